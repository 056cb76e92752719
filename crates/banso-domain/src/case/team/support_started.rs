use crate::case::Case;
use crate::case::service::ServiceKind;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use crate::thing::Thing;
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

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Support(&self.support))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.plan_item.iter().map(|row| Thing::Plan(&row.plan)).collect()
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
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn started() -> SupportStarted {
        SupportStarted::sample()
    }

    #[test]
    fn a_support_is_admitted_before_the_plan_it_carries_out() {
        given_nothing().when(told(started())).admits();
    }

    #[test]
    fn a_support_without_a_plan_is_admitted() {
        given_nothing().when(told(SupportStarted { plan_item: None, ..started() })).admits();
    }

    #[test]
    fn the_same_support_from_a_second_recorder_is_a_repeat() {
        given([told(started())]).when(told(started()).recorded_by("helper@a-kyotaku")).repeats(1);
    }

    #[test]
    fn another_support_under_a_used_id_is_refused() {
        given([told(started())])
            .when(told(SupportStarted { service: ServiceKind::VisitingNursing, ..started() }))
            .refuses(Refusal::IdAlreadyUsed { what: "support", by: event(1) });
    }

    #[test]
    fn a_support_of_another_person_is_refused() {
        given_nothing()
            .when(told(SupportStarted { support: id("aki:s1"), ..started() }))
            .refuses(Refusal::ForeignReference("support"));
    }

    #[test]
    fn a_support_by_the_plan_of_another_person_is_refused() {
        let row = PlanItemRef { plan: id("aki:plan"), item: id("1") };
        given_nothing()
            .when(told(SupportStarted { plan_item: Some(row), ..started() }))
            .refuses(Refusal::ForeignReference("plan"));
    }
}
