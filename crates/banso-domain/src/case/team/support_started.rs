use crate::case::service::ServiceKind;
use crate::case::{Case, introduces};
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use crate::{Frequency, Refusal};
use banso_kernel::{Party, Personal, PlanId, PlanItemId, Stated, SupportId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A support is given from now on, with or without a plan (支援開始). Source: S0 p.31 (the plan's supports).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportStarted {
    /// Its id.
    pub support: SupportId,
    /// Who gives it.
    pub provider: Party,
    /// What it is.
    pub service: ServiceKind,
    /// How often.
    #[serde(default)]
    pub frequency: Stated<Frequency>,
    /// The row of a plan that it carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_item: Option<PlanItemRef>,
}

/// A row of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanItemRef {
    /// The plan.
    pub plan: PlanId,
    /// The row.
    pub item: PlanItemId,
}

impl Payload for SupportStarted {
    const NAME: &'static str = "SupportStarted";

    fn label(&self) -> Cow<'_, str> {
        "支援開始".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.provider]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let frequency = self.frequency.value().map(|f| format!(" {}", f.verbatim())).unwrap_or_default();
        Some(format!("{}{frequency}", self.service.label()).into())
    }

    fn sample() -> Self {
        Self {
            support: id("haru:s1"),
            provider: Party::Org(id("a-kyotaku")),
            service: ServiceKind::HomeCare,
            frequency: Frequency::from("週2回 1時間").into(),
            plan_item: Some(PlanItemRef { plan: id("haru:plan"), item: id("1") }),
        }
    }
}

impl Admit for SupportStarted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.own("support", &self.support)?;
        if let Some(row) = &self.plan_item {
            case.own("plan", &row.plan)?;
        }
        introduces("support", case.known.team.supports.get(&self.support), self)
    }
}
