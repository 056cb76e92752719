use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use crate::{Refusal, Term};
use banso_kernel::{EpisodeId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person and those around them agree on what to do when things get hard (クライシスプラン), in the person's
/// words. The latest one holds. Source: domain.md §4 (地域定着支援台帳), §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrisisPlanAgreed {
    /// The support whose ledger (地域定着支援台帳) it belongs to.
    #[serde(default)]
    pub episode: Stated<EpisodeId>,
    /// With whom the person agreed on it.
    pub agreed_with: Vec<Party>,
    /// How it shows that things get hard (調子をくずすときのサイン).
    #[serde(default)]
    pub signs: Stated<Personal<String>>,
    /// What the person does then (自分でできること).
    #[serde(default)]
    pub own_steps: Stated<Personal<String>>,
    /// What the others are to do (まわりにしてほしいこと).
    #[serde(default)]
    pub wanted: Stated<Personal<String>>,
    /// What nobody is to do (してほしくないこと).
    #[serde(default)]
    pub unwanted: Stated<Personal<String>>,
    /// Whom to call, in this order (連絡先).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Personal<String>>,
    /// What treatment the person wishes for, and where (希望する医療).
    #[serde(default)]
    pub treatment_wish: Stated<Personal<String>>,
    /// After how long it is looked at again (見直し).
    #[serde(default)]
    pub review_after: Stated<Term>,
}

impl Payload for CrisisPlanAgreed {
    const NAME: &'static str = "CrisisPlanAgreed";

    fn label(&self) -> Cow<'_, str> {
        "クライシスプラン".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&Party::Person]
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.agreed_with.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let signs = self.signs.value().map(|signs| format!("サイン: {}", signs.reveal()));
        let steps = self.own_steps.value().map(|steps| format!("自分でできること: {}", steps.reveal()));
        let parts: Vec<String> = signs.into_iter().chain(steps).collect();
        (!parts.is_empty()).then(|| parts.join("・").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.episode.value().map(Thing::Episode).into_iter().collect()
    }

    fn sample() -> Self {
        Self {
            episode: Stated::Value(id("haru:settlement1")),
            agreed_with: vec![consultant()],
            signs: Stated::NotRecorded,
            own_steps: stated("疲れたり困ったことは担当スタッフに伝えます。"),
            wanted: stated("最初は声をかけてもらえると安心です。"),
            unwanted: Stated::NotRecorded,
            contacts: Vec::new(),
            treatment_wish: Stated::NotRecorded,
            review_after: Term::from("3ケ月").into(),
        }
    }
}

impl Admit for CrisisPlanAgreed {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn agreed() -> CrisisPlanAgreed {
        CrisisPlanAgreed::sample()
    }

    #[test]
    fn a_crisis_plan_is_admitted_before_the_support_it_belongs_to() {
        given_nothing().when(told(agreed())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(agreed())]).when(told(agreed()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn a_plan_looked_at_again_is_another_one() {
        given([told(agreed())])
            .when(told(CrisisPlanAgreed { unwanted: stated("大きな声"), ..agreed() }))
            .admits();
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(CrisisPlanAgreed { episode: Stated::Value(id("aki:x1")), ..agreed() }))
            .refuses(Refusal::ForeignReference("episode"));
    }
}
