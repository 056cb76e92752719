use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::welfare_officer;
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody whose support was concluded is supported again (支援の再開). Source: S4; domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportReopened {
    /// Who takes it up.
    pub by: Vec<Party>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for SupportReopened {
    const NAME: &'static str = "SupportReopened";

    fn label(&self) -> Cow<'_, str> {
        "支援の再開".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.reason.value().cloned()
    }

    fn sample() -> Self {
        Self { by: vec![welfare_officer()], reason: Stated::NotRecorded }
    }
}

impl Admit for SupportReopened {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::person::SupportConcluded;
    use crate::case::spec::{given, given_nothing, told};

    fn reopened() -> SupportReopened {
        SupportReopened::sample()
    }

    #[test]
    fn support_may_begin_again() {
        given([told(SupportConcluded::sample())]).when(told(reopened())).admits();
    }

    #[test]
    fn a_new_beginning_is_admitted_before_the_conclusion() {
        given_nothing().when(told(reopened())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(reopened())]).when(told(reopened()).recorded_by("nurse@d-hoken")).repeats(1);
    }
}
