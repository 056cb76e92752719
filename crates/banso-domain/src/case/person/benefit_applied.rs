use super::BenefitKind;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use banso_kernel::{Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody applies for a benefit for the person (手帳・年金・自立支援医療・生活保護などの申請). The last
/// application for a kind is the one that the next decision on it answers. Source: S0 (手帳6ヶ月, 年金1年6ヶ月).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenefitApplied {
    /// What for.
    pub benefit: BenefitKind,
    /// Who applied: the person, or somebody for them.
    pub by: Vec<Party>,
    /// Where.
    pub to: Party,
    /// The first visit to a doctor for it (初診日), from which the waiting times of certificate and pension count.
    #[serde(default)]
    pub first_visit_on: Stated<NaiveDate>,
}

impl Payload for BenefitApplied {
    const NAME: &'static str = "BenefitApplied";

    fn label(&self) -> Cow<'_, str> {
        format!("{}の申請", self.benefit.label()).into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.to]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let day = self.first_visit_on.value()?;
        Some(format!("初診日 {}", day.format("%Y-%m-%d")).into())
    }

    fn sample() -> Self {
        Self {
            benefit: BenefitKind::IntellectualDisabilityCertificate,
            by: vec![Party::NotRecorded],
            to: Party::Org(id("kibougaoka")),
            first_visit_on: Stated::NotRecorded,
        }
    }
}

impl Admit for BenefitApplied {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn applied() -> BenefitApplied {
        BenefitApplied::sample()
    }

    #[test]
    fn an_application_is_admitted() {
        given_nothing().when(told(applied())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(applied())]).when(told(applied()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn an_application_on_another_day_is_another_one() {
        given([told(applied()).on("2025-04-01")]).when(told(applied()).on("2025-05-01")).admits();
    }

    #[test]
    fn an_application_for_another_benefit_is_another_one() {
        let pension = BenefitApplied { benefit: BenefitKind::DisabilityPension, ..applied() };
        given([told(applied())]).when(told(pension)).admits();
    }

    #[test]
    fn a_benefit_without_a_name_of_its_own_stands_by_its_words() {
        let allowance =
            BenefitApplied { benefit: BenefitKind::Other("特別障害者手当".to_owned()), ..applied() };
        assert_eq!(allowance.label(), "特別障害者手当の申請");
        given([told(applied())]).when(told(allowance)).admits();
    }
}
