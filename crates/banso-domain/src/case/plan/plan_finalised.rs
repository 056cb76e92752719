use crate::Refusal;
use crate::case::{Case, says};
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use banso_kernel::{Party, Personal, PlanId, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A revision comes into force (本計画の確定). Source: domain.md §3.1 (sequence).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanFinalised {
    /// The plan.
    pub plan: PlanId,
    /// The revision.
    pub rev: u32,
    /// Who put it in force.
    pub by: Party,
    /// From when it holds, where that is another day.
    #[serde(default)]
    pub effective_from: Stated<NaiveDate>,
}

impl Payload for PlanFinalised {
    const NAME: &'static str = "PlanFinalised";

    fn label(&self) -> Cow<'_, str> {
        "本計画の確定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let from = self.effective_from.value().map(|from| format!("・{from} から")).unwrap_or_default();
        Some(format!("第{}版{from}", self.rev).into())
    }

    fn sample() -> Self {
        Self { plan: id("haru:plan"), rev: 1, by: consultant(), effective_from: Stated::NotRecorded }
    }
}

impl Admit for PlanFinalised {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        let plan = case.revision(&self.plan, self.rev)?;
        Ok(plan.map_or(Admission::New, |plan| says(&plan.finalised, self)))
    }
}
