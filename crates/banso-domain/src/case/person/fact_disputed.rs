use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use crate::thing::Thing;
use banso_kernel::{FactId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody says that a recorded fact is not so (わかったことへの異論), and it stands beside the fact until that is
/// corrected, or the objection retracted. Source: S3 (精度).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactDisputed {
    /// The fact.
    pub fact: FactId,
    /// Who objects.
    pub by: Vec<Party>,
    /// Why, or how they see it.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for FactDisputed {
    const NAME: &'static str = "FactDisputed";

    fn label(&self) -> Cow<'_, str> {
        "わかったことへの異論".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.reason.value().cloned().unwrap_or_else(|| "理由の記載なし".into()))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Fact(&self.fact)]
    }

    fn sample() -> Self {
        Self { fact: id("haru:f1"), by: vec![Party::Person], reason: Stated::NotRecorded }
    }
}

impl Admit for FactDisputed {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.by.is_empty() {
            return Err(Refusal::Nobody("by"));
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::person::FactRecorded;
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::stated;

    fn disputed() -> FactDisputed {
        FactDisputed::sample()
    }

    #[test]
    fn a_fact_may_be_disputed() {
        given([told(FactRecorded::sample())]).when(told(disputed())).admits();
    }

    #[test]
    fn an_objection_is_admitted_before_the_fact() {
        given_nothing().when(told(disputed())).admits();
    }

    #[test]
    fn the_same_objection_from_a_second_recorder_is_a_repeat() {
        given([told(disputed())]).when(told(disputed()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_reason_is_another_objection() {
        let with_a_reason = FactDisputed { reason: stated("通院は続けている"), ..disputed() };
        given([told(disputed())]).when(told(with_a_reason)).admits();
    }

    #[test]
    fn an_objection_to_a_fact_of_another_person_is_refused() {
        given_nothing()
            .when(told(FactDisputed { fact: id("aki:f1"), ..disputed() }))
            .refuses(Refusal::ForeignReference("fact"));
    }

    #[test]
    fn an_objection_of_nobody_is_refused() {
        given_nothing()
            .when(told(FactDisputed { by: Vec::new(), ..disputed() }))
            .refuses(Refusal::Nobody("by"));
    }
}
