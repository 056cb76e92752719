use super::{ConsentForm, ConsentingParty, SharingScope};
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::consultant;
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person does not agree that information about them is shared (情報共有の不同意): 「YesもNoも言える環境」. It may
/// still be collected by who asked, and go no further. Sources: S4; domain.md §5.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConsentRefused {
    /// What was asked for.
    pub scope: SharingScope,
    /// Who refuses.
    pub by: ConsentingParty,
    /// Whether who asked may keep the information without sharing it (集めるが共有しない).
    pub collect_only: bool,
    /// In which form.
    #[serde(default)]
    pub method: Stated<ConsentForm>,
    /// Who explained it.
    pub explained_by: Vec<Party>,
    /// What was explained.
    #[serde(default)]
    pub explained: Stated<Personal<String>>,
    /// Why not.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for ConsentRefused {
    const NAME: &'static str = "ConsentRefused";

    fn label(&self) -> Cow<'_, str> {
        "情報共有の不同意".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![self.by.party()]
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.scope.with.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let kept = if self.collect_only { "・集めるが共有しない" } else { "" };
        let reason = self.reason.value().map(|reason| format!(": {}", reason.reveal())).unwrap_or_default();
        Some(format!("{}{kept}{}{reason}", self.scope.line(), self.by.note()).into())
    }

    fn sample() -> Self {
        Self {
            scope: super::scope::sample(),
            by: ConsentingParty::Person,
            collect_only: true,
            method: Stated::NotRecorded,
            explained_by: vec![consultant()],
            explained: Stated::NotRecorded,
            reason: Stated::NotRecorded,
        }
    }
}

impl Admit for ConsentRefused {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        self.scope.check()?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::consent::ConsentGiven;
    use crate::case::spec::{given, given_nothing, told};

    fn refused() -> ConsentRefused {
        ConsentRefused::sample()
    }

    #[test]
    fn a_no_is_admitted() {
        given_nothing().when(told(refused())).admits();
    }

    #[test]
    fn a_no_after_a_yes_is_admitted() {
        given([told(ConsentGiven::sample())]).when(told(refused())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(refused())]).when(told(refused()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn a_no_to_the_collecting_too_is_another_no() {
        given([told(refused())]).when(told(ConsentRefused { collect_only: false, ..refused() })).admits();
    }

    #[test]
    fn a_no_to_sharing_with_nobody_is_refused() {
        let scope = SharingScope { with: Vec::new(), ..refused().scope };
        given_nothing()
            .when(told(ConsentRefused { scope, ..refused() }))
            .refuses(Refusal::Nobody("with or roles"));
    }

    #[test]
    fn a_no_to_sharing_nothing_is_refused() {
        let scope = SharingScope { classes: Vec::new(), ..refused().scope };
        given_nothing().when(told(ConsentRefused { scope, ..refused() })).refuses(Refusal::Nobody("classes"));
    }
}
