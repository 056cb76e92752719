use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, day, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// It is set when somebody looks at how the support goes (モニタリングの予定). Source: S0 p.17 (モニタリング期間),
/// S2 p.7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoringScheduled {
    /// The plan that is looked at; none where there is no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
    /// By when, each time. Where only the month is set: its last day.
    pub due: Vec<NaiveDate>,
    /// What sets it.
    pub basis: MonitoringBasis,
    /// Who set it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Party>,
}

labelled! {
    /// What sets when to look.
    MonitoringBasis {
        Entitlement = "支給決定",
        Plan = "計画",
        FollowUp = "見守り予定",
    }
}

impl Payload for MonitoringScheduled {
    const NAME: &'static str = "MonitoringScheduled";

    fn label(&self) -> Cow<'_, str> {
        "モニタリングの予定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let due: Vec<String> = self.due.iter().map(NaiveDate::to_string).collect();
        Some(format!("{}: {}", self.basis.label(), due.join("・")).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.plan.iter().map(Thing::Plan).collect()
    }

    fn sample() -> Self {
        Self {
            plan: Some(id("haru:plan")),
            due: vec![day("2025-10-31"), day("2026-01-31")],
            basis: MonitoringBasis::Plan,
            by: vec![consultant()],
        }
    }
}

impl Admit for MonitoringScheduled {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.due.is_empty() {
            return Err(Refusal::Nobody("due"));
        }
        let mut days = BTreeSet::new();
        if let Some(twice) = self.due.iter().find(|day| !days.insert(**day)) {
            return Err(Refusal::Twice(format!("due {twice}")));
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn scheduled() -> MonitoringScheduled {
        MonitoringScheduled::sample()
    }

    fn due(days: &[&str]) -> MonitoringScheduled {
        MonitoringScheduled { due: days.iter().map(|due| day(due)).collect(), ..scheduled() }
    }

    #[test]
    fn a_schedule_is_admitted_before_the_plan_and_without_one() {
        given_nothing().when(told(scheduled())).admits();
        given_nothing().when(told(MonitoringScheduled { plan: None, ..scheduled() })).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(scheduled())]).when(told(scheduled()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn other_days_are_another_schedule() {
        given([told(scheduled())]).when(told(due(&["2026-04-30"]))).admits();
    }

    #[test]
    fn a_schedule_without_days_is_refused() {
        given_nothing().when(told(due(&[]))).refuses(Refusal::Nobody("due"));
    }

    #[test]
    fn the_same_day_twice_is_refused() {
        given_nothing()
            .when(told(due(&["2025-10-31", "2026-01-31", "2025-10-31"])))
            .refuses(Refusal::Twice("due 2025-10-31".to_owned()));
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(MonitoringScheduled { plan: Some(id("aki:plan")), ..scheduled() }))
            .refuses(Refusal::ForeignReference("plan"));
    }
}
