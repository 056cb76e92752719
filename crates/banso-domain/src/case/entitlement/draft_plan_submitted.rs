use crate::Refusal;
use crate::case::{Case, says};
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use banso_kernel::{EntitlementId, Party, Personal, PlanId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A draft plan goes to the municipality, which decides on it (計画案の提出). Source: domain.md §3.1 (sequence).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftPlanSubmitted {
    /// The application it supports.
    pub entitlement: EntitlementId,
    /// The plan.
    pub plan: PlanId,
    /// Which revision of it.
    pub rev: u32,
    /// Who submitted it.
    pub by: Party,
}

impl Payload for DraftPlanSubmitted {
    const NAME: &'static str = "DraftPlanSubmitted";

    fn label(&self) -> Cow<'_, str> {
        "計画案の提出".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(format!("第{}版", self.rev).into())
    }

    fn sample() -> Self {
        Self { entitlement: id("haru:e2"), plan: id("haru:plan"), rev: 1, by: consultant() }
    }
}

impl Admit for DraftPlanSubmitted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.own("entitlement", &self.entitlement)?;
        case.revision(&self.plan, self.rev)?;
        Ok(says(&case.known.entitlement.submitted, self))
    }
}
