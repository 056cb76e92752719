use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{id, stated};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, Stated, SupportId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A support is no longer given (支援終了), with what it came to (終了と事後評価) and whom to call if it is needed again.
/// The others go on. Source: S4 (ケアマネジメントの過程); domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportEnded {
    /// The support.
    pub support: SupportId,
    /// Who ended it.
    pub by: Vec<Party>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// What it came to, as the person and those around them see it (事後評価).
    #[serde(default)]
    pub post_evaluation: Stated<Personal<String>>,
    /// Whom to call if it is needed again (再開の連絡先).
    #[serde(default)]
    pub reopen_contact: Stated<Personal<String>>,
}

impl Payload for SupportEnded {
    const NAME: &'static str = "SupportEnded";

    fn label(&self) -> Cow<'_, str> {
        "支援終了".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.reason.value().or(self.post_evaluation.value()).cloned()
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Support(&self.support)]
    }

    fn sample() -> Self {
        Self {
            support: id("haru:s1"),
            by: vec![Party::Person, Party::Org(id("a-kyotaku"))],
            reason: stated("作りたい料理がひとりで作れるようになった"),
            post_evaluation: stated("買い物から片付けまでひとりでできている"),
            reopen_contact: Stated::NotRecorded,
        }
    }
}

impl Admit for SupportEnded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};
    use crate::case::team::SupportStarted;

    fn ended() -> SupportEnded {
        SupportEnded::sample()
    }

    #[test]
    fn a_support_may_end() {
        given([told(SupportStarted::sample())]).when(told(ended())).admits();
    }

    #[test]
    fn an_end_reported_before_the_start_is_admitted() {
        given_nothing().when(told(ended())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(ended())]).when(told(ended()).recorded_by("helper@a-kyotaku")).repeats(1);
    }

    #[test]
    fn another_reason_for_the_same_end_is_new() {
        given([told(ended())]).when(told(SupportEnded { reason: Stated::NotRecorded, ..ended() })).admits();
    }

    #[test]
    fn a_support_of_another_person_is_refused() {
        given_nothing()
            .when(told(SupportEnded { support: id("aki:s1"), ..ended() }))
            .refuses(Refusal::ForeignReference("support"));
    }
}
