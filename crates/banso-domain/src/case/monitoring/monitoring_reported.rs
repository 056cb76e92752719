use crate::Refusal;
use crate::case::Case;
use crate::case::meeting::PlanRevisionRef;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{EventId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The municipality is told how the support goes (モニタリング報告). Source: domain.md §3.1 (report and verify).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoringReported {
    /// The revision of the plan that the report is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRevisionRef>,
    /// The event that recorded the monitoring which is reported.
    #[serde(default)]
    pub monitoring: Stated<EventId>,
    /// Who is told.
    pub municipality: Party,
    /// Who reports.
    pub by: Party,
    /// On what occasion.
    #[serde(default)]
    pub reason: Stated<ReportReason>,
}

labelled! {
    /// On what occasion a municipality is told.
    ReportReason {
        Renewal = "支給決定の更新",
        Change = "支給決定の変更",
        Interval = "モニタリング期間の再設定",
        Requested = "市町村の求め",
        Other = "その他",
    }
}

impl Payload for MonitoringReported {
    const NAME: &'static str = "MonitoringReported";

    fn label(&self) -> Cow<'_, str> {
        "モニタリング報告".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.municipality]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.reason.value().map(|reason| reason.label().into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.plan.iter().map(|plan| Thing::Plan(&plan.plan)).collect()
    }

    fn refers_to_events(&self) -> Vec<EventId> {
        self.monitoring.value().copied().into_iter().collect()
    }

    fn sample() -> Self {
        Self {
            plan: Some(PlanRevisionRef { plan: id("haru:plan"), rev: 1 }),
            monitoring: Stated::Value(EventId::of("https://c-soudan.example", "haru-monitoring-1")),
            municipality: welfare_officer(),
            by: consultant(),
            reason: ReportReason::Renewal.into(),
        }
    }
}

impl Admit for MonitoringReported {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if let Some(plan) = &self.plan {
            case.has_revision(&plan.plan, plan.rev)?;
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::PlanDrafted;
    use crate::case::spec::{given, given_nothing, told};

    fn reported() -> MonitoringReported {
        MonitoringReported::sample()
    }

    fn of(plan: &str, rev: u32) -> MonitoringReported {
        MonitoringReported { plan: Some(PlanRevisionRef { plan: id(plan), rev }), ..reported() }
    }

    #[test]
    fn a_report_is_admitted_before_the_monitoring_and_the_plan_and_without_one() {
        given_nothing().when(told(reported())).admits();
        given_nothing().when(told(MonitoringReported { plan: None, ..reported() })).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(reported())]).when(told(reported()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_report_on_another_occasion_is_another_one() {
        given([told(reported())])
            .when(told(MonitoringReported { reason: ReportReason::Interval.into(), ..reported() }))
            .admits();
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing().when(told(of("aki:plan", 1))).refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_revision_that_the_plan_does_not_have_is_refused() {
        given([told(PlanDrafted::sample())])
            .when(told(of("haru:plan", 2)))
            .refuses(Refusal::UnknownRevision { rev: 2, last: 1 });
        given_nothing().when(told(of("haru:plan", 0))).refuses(Refusal::UnknownRevision { rev: 0, last: 1 });
    }
}
