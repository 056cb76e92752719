use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, day, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// It is decided not to look this time, for a reason (モニタリングの見送り). Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoringWaived {
    /// The plan that would have been looked at; none where there is no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
    /// The day by which it was due. Where only the month was set: its last day.
    pub due: NaiveDate,
    /// Why.
    pub reason: Personal<String>,
    /// Who decided it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Party>,
}

impl Payload for MonitoringWaived {
    const NAME: &'static str = "MonitoringWaived";

    fn label(&self) -> Cow<'_, str> {
        "モニタリングの見送り".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(format!("{} の分: {}", self.due, self.reason.reveal()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.plan.iter().map(Thing::Plan).collect()
    }

    fn sample() -> Self {
        Self {
            plan: Some(id("haru:plan")),
            due: day("2026-01-31"),
            reason: "入院中のため".into(),
            by: vec![consultant()],
        }
    }
}

impl Admit for MonitoringWaived {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn waived() -> MonitoringWaived {
        MonitoringWaived::sample()
    }

    #[test]
    fn a_waiver_is_admitted_before_the_plan_and_without_one() {
        given_nothing().when(told(waived())).admits();
        given_nothing().when(told(MonitoringWaived { plan: None, ..waived() })).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(waived())]).when(told(waived()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_waiver_of_another_time_is_another_one() {
        given([told(waived())]).when(told(MonitoringWaived { due: day("2026-02-28"), ..waived() })).admits();
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(MonitoringWaived { plan: Some(id("aki:plan")), ..waived() }))
            .refuses(Refusal::ForeignReference("plan"));
    }
}
