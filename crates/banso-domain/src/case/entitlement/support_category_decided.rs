use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{id, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The municipality decides the support category (区分認定). Source: S0 p.17 (障害支援区分).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportCategoryDecided {
    /// The application it belongs to.
    pub entitlement: EntitlementId,
    /// Who decided.
    pub by: Party,
    /// What.
    #[serde(default)]
    pub category: Stated<SupportCategory>,
    /// Until when.
    #[serde(default)]
    pub valid_to: Stated<NaiveDate>,
}

labelled! {
    /// How much support somebody needs (障害支援区分).
    SupportCategory {
        NotApplicable = "非該当",
        One = "区分1",
        Two = "区分2",
        Three = "区分3",
        Four = "区分4",
        Five = "区分5",
        Six = "区分6",
    }
}

impl Payload for SupportCategoryDecided {
    const NAME: &'static str = "SupportCategoryDecided";

    fn label(&self) -> Cow<'_, str> {
        "区分認定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.category.value().map_or("区分の記載なし", |category| category.label()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Application(&self.entitlement)]
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e2"),
            by: welfare_officer(),
            category: Stated::NotRecorded,
            valid_to: Stated::NotRecorded,
        }
    }
}

impl Admit for SupportCategoryDecided {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn decided() -> SupportCategoryDecided {
        SupportCategoryDecided::sample()
    }

    #[test]
    fn a_decision_is_admitted_before_the_application() {
        given_nothing().when(told(decided())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(decided())]).when(told(decided()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_category_is_another_decision() {
        given([told(decided())])
            .when(told(SupportCategoryDecided {
                category: Stated::Value(SupportCategory::Three),
                ..decided()
            }))
            .admits();
    }

    #[test]
    fn an_application_of_another_person_is_refused() {
        given_nothing()
            .when(told(SupportCategoryDecided { entitlement: id("aki:e1"), ..decided() }))
            .refuses(Refusal::ForeignReference("application"));
    }
}
