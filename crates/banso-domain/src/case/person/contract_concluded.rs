use crate::Refusal;
use crate::case::Case;
use crate::case::plan::{ConsentBy, ConsentMethod};
use crate::case::service::ServiceKind;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use banso_kernel::{Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An office explains what matters and makes a contract with the person (重要事項説明・契約): 「計画と実施は契約」.
/// Source: S4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContractConcluded {
    /// With whom.
    pub provider: Party,
    /// About which support.
    pub service: ServiceKind,
    /// Who explained it.
    pub explained_by: Vec<Party>,
    /// Whether the paper with what matters was handed over and explained (重要事項説明書).
    #[serde(default)]
    pub important_matters_explained: Stated<bool>,
    /// Who agreed.
    #[serde(default)]
    pub by: Stated<ConsentBy>,
    /// In which form.
    #[serde(default)]
    pub method: Stated<ConsentMethod>,
    /// Until when.
    #[serde(default)]
    pub valid_to: Stated<NaiveDate>,
}

impl Payload for ContractConcluded {
    const NAME: &'static str = "ContractConcluded";

    fn label(&self) -> Cow<'_, str> {
        "重要事項説明・契約".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.explained_by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.provider]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let by = self.by.value().map(|by| format!("・{}", by.label())).unwrap_or_default();
        let explained = match self.important_matters_explained.value() {
            Some(true) => "・重要事項説明済み",
            Some(false) => "・重要事項説明なし",
            None => "",
        };
        Some(format!("{}{by}{explained}", self.service.label()).into())
    }

    fn sample() -> Self {
        Self {
            provider: Party::Org(id("c-soudan")),
            service: ServiceKind::PlanningConsultation,
            explained_by: vec![consultant()],
            important_matters_explained: Stated::Value(true),
            by: Stated::Value(ConsentBy::Person),
            method: Stated::Value(ConsentMethod::Signature),
            valid_to: Stated::NotRecorded,
        }
    }
}

impl Admit for ContractConcluded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn concluded() -> ContractConcluded {
        ContractConcluded::sample()
    }

    #[test]
    fn a_contract_is_admitted() {
        given_nothing().when(told(concluded())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(concluded())]).when(told(concluded()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_contract_with_another_office_is_another_contract() {
        let another = ContractConcluded { provider: Party::Org(id("a-kyotaku")), ..concluded() };
        given([told(concluded())]).when(told(another)).admits();
    }

    #[test]
    fn a_contract_without_the_explanation_is_admitted() {
        let without = ContractConcluded { important_matters_explained: Stated::Value(false), ..concluded() };
        given_nothing().when(told(without)).admits();
    }
}
