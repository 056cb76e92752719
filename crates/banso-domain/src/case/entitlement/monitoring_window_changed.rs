use super::entitlement_granted::MonitoringWindow;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{day, id, stated, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The municipality changes in which rhythm the plan is to be monitored (モニタリング期間の変更). All windows of the
/// decision are given anew. Source: domain.md §3.1 (monitoring interval).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoringWindowChanged {
    /// What was granted.
    pub entitlement: EntitlementId,
    /// Who decided.
    pub by: Party,
    /// The rhythms from now on.
    pub monitoring: Vec<MonitoringWindow>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for MonitoringWindowChanged {
    const NAME: &'static str = "MonitoringWindowChanged";

    fn label(&self) -> Cow<'_, str> {
        "モニタリング期間の変更".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let said = |window: &MonitoringWindow| {
            format!("{}か月ごと {}〜{}", window.every_months, window.from, window.to)
        };
        let reason = self.reason.value().map(|reason| reason.reveal().clone());
        let parts: Vec<String> = self.monitoring.iter().map(said).chain(reason).collect();
        Some(parts.join("・").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Grant(&self.entitlement)]
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e2"),
            by: welfare_officer(),
            monitoring: vec![
                MonitoringWindow { every_months: id("1"), from: day("2025-08-01"), to: day("2025-10-31") },
                MonitoringWindow { every_months: id("6"), from: day("2025-11-01"), to: day("2026-07-31") },
            ],
            reason: stated("退院後3月間は毎月"),
        }
    }
}

impl Admit for MonitoringWindowChanged {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.monitoring.is_empty() {
            return Err(Refusal::Nobody("monitoring"));
        }
        self.monitoring.iter().try_for_each(MonitoringWindow::check)?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn changed() -> MonitoringWindowChanged {
        MonitoringWindowChanged::sample()
    }

    #[test]
    fn a_change_is_admitted_before_the_grant() {
        given_nothing().when(told(changed())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(changed())]).when(told(changed()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_rhythm_is_another_change() {
        let monitoring = changed().monitoring.split_off(1);
        given([told(changed())]).when(told(MonitoringWindowChanged { monitoring, ..changed() })).admits();
    }

    #[test]
    fn a_change_to_no_rhythm_is_refused() {
        given_nothing()
            .when(told(MonitoringWindowChanged { monitoring: Vec::new(), ..changed() }))
            .refuses(Refusal::Nobody("monitoring"));
    }

    #[test]
    fn a_window_that_runs_backwards_is_refused() {
        let mut monitoring = changed().monitoring;
        monitoring[1].to = "2025-10-31".parse().unwrap();
        given_nothing()
            .when(told(MonitoringWindowChanged { monitoring, ..changed() }))
            .refuses(Refusal::Backwards("monitoring window"));
    }

    #[test]
    fn a_grant_to_another_person_is_refused() {
        given_nothing()
            .when(told(MonitoringWindowChanged { entitlement: id("aki:e1"), ..changed() }))
            .refuses(Refusal::ForeignReference("grant"));
    }
}
