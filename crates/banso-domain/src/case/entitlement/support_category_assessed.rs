use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{id, stated, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The municipality surveys how much support the person needs (認定調査). Source: S0 p.31.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportCategoryAssessed {
    /// The application it belongs to.
    pub entitlement: EntitlementId,
    /// Who surveyed.
    pub by: Party,
    /// What for.
    #[serde(default)]
    pub purpose: Stated<Personal<String>>,
}

impl Payload for SupportCategoryAssessed {
    const NAME: &'static str = "SupportCategoryAssessed";

    fn label(&self) -> Cow<'_, str> {
        "認定調査".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.purpose.value().cloned()
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Application(&self.entitlement)]
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e1"),
            by: welfare_officer(),
            purpose: stated("今後のサービス利用も見据えて"),
        }
    }
}

impl Admit for SupportCategoryAssessed {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn assessed() -> SupportCategoryAssessed {
        SupportCategoryAssessed::sample()
    }

    #[test]
    fn a_survey_is_admitted_before_the_application() {
        given_nothing().when(told(assessed())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(assessed())]).when(told(assessed()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_survey_for_something_else_is_another_survey() {
        given([told(assessed())])
            .when(told(SupportCategoryAssessed { purpose: Stated::NotRecorded, ..assessed() }))
            .admits();
    }

    #[test]
    fn an_application_of_another_person_is_refused() {
        given_nothing()
            .when(told(SupportCategoryAssessed { entitlement: id("aki:e1"), ..assessed() }))
            .refuses(Refusal::ForeignReference("application"));
    }
}
