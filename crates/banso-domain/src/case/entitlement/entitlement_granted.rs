use crate::case::Case;
use crate::case::service::ServiceKind;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{id, welfare_officer};
use crate::thing::Thing;
use crate::{Frequency, Refusal};
use banso_kernel::{CertificateId, EntitlementId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::num::NonZeroU32;

/// The municipality grants services and issues the certificate (支給決定・受給者証). Source: S0 p.17, S4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntitlementGranted {
    /// The application it answers.
    pub entitlement: EntitlementId,
    /// Who granted.
    pub by: Party,
    /// The certificate's number (受給者証番号).
    #[serde(default)]
    pub certificate_no: Stated<Personal<CertificateId>>,
    /// What was granted.
    pub services: Vec<GrantedService>,
    /// The most that the person pays in a month, in yen (利用者負担上限額).
    #[serde(default)]
    pub copay_cap_yen: Stated<u32>,
    /// In which rhythm the plan is to be monitored: data of the decision, never a constant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub monitoring: Vec<MonitoringWindow>,
}

/// A service that was granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrantedService {
    /// Which.
    pub kind: ServiceKind,
    /// How much of it (支給量).
    #[serde(default)]
    pub amount: Stated<Frequency>,
    /// From when.
    #[serde(default)]
    pub valid_from: Stated<NaiveDate>,
    /// Until when.
    #[serde(default)]
    pub valid_to: Stated<NaiveDate>,
}

/// A rhythm of monitoring and when it holds (モニタリング期間).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoringWindow {
    /// Every so many months.
    pub every_months: NonZeroU32,
    /// From when.
    pub from: NaiveDate,
    /// Until when.
    pub to: NaiveDate,
}

impl GrantedService {
    /// Refuses a service whose term runs backwards.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        runs_forward("service's term", self.valid_from.value(), self.valid_to.value())
    }
}

impl MonitoringWindow {
    /// Refuses a window that runs backwards.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        runs_forward("monitoring window", Some(&self.from), Some(&self.to))
    }
}

/// Refuses a term that ends before it begins, where both are known.
pub(super) fn runs_forward(
    what: &'static str,
    from: Option<&NaiveDate>,
    to: Option<&NaiveDate>,
) -> Result<(), Refusal> {
    match (from, to) {
        (Some(from), Some(to)) if to < from => Err(Refusal::Backwards(what)),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

impl Payload for EntitlementGranted {
    const NAME: &'static str = "EntitlementGranted";

    fn label(&self) -> Cow<'_, str> {
        "支給決定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.services.iter().map(|service| service.kind.label()).collect::<Vec<_>>().join("・").into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Grant(&self.entitlement))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Application(&self.entitlement)]
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e2"),
            by: welfare_officer(),
            certificate_no: Stated::NotRecorded,
            services: vec![GrantedService {
                kind: ServiceKind::HomeCare,
                amount: Frequency::from("週2回").into(),
                valid_from: Stated::NotRecorded,
                valid_to: Stated::NotRecorded,
            }],
            copay_cap_yen: Stated::NotRecorded,
            monitoring: Vec::new(),
        }
    }
}

impl Admit for EntitlementGranted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.services.is_empty() {
            return Err(Refusal::Nobody("services"));
        }
        self.services.iter().try_for_each(GrantedService::check)?;
        self.monitoring.iter().try_for_each(MonitoringWindow::check)?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn granted() -> EntitlementGranted {
        EntitlementGranted::sample()
    }

    #[test]
    fn a_grant_is_admitted_before_the_application() {
        given_nothing().when(told(granted())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(granted())]).when(told(granted()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_grant_on_the_same_application_is_refused() {
        given([told(granted())])
            .when(told(EntitlementGranted { copay_cap_yen: 9300.into(), ..granted() }))
            .refuses(Refusal::IdAlreadyUsed { what: "grant", by: event(1) });
    }

    #[test]
    fn an_application_of_another_person_is_refused() {
        given_nothing()
            .when(told(EntitlementGranted { entitlement: id("aki:e1"), ..granted() }))
            .refuses(Refusal::ForeignReference("application"));
    }

    #[test]
    fn a_grant_of_nothing_is_refused() {
        given_nothing()
            .when(told(EntitlementGranted { services: Vec::new(), ..granted() }))
            .refuses(Refusal::Nobody("services"));
    }
    #[test]
    fn a_service_whose_term_runs_backwards_is_refused() {
        let on = |day: &str| Stated::Value(day.parse().unwrap());
        let from = |from: &str, to: &str| {
            let service = granted().services.remove(0);
            GrantedService { valid_from: on(from), valid_to: on(to), ..service }
        };
        given_nothing()
            .when(told(EntitlementGranted { services: vec![from("2025-08-01", "2025-07-31")], ..granted() }))
            .refuses(Refusal::Backwards("service's term"));
        given_nothing()
            .when(told(EntitlementGranted { services: vec![from("2025-08-01", "2025-08-01")], ..granted() }))
            .admits();
    }

    #[test]
    fn a_monitoring_window_that_runs_backwards_is_refused() {
        let window = MonitoringWindow {
            every_months: 3.try_into().unwrap(),
            from: "2012-05-01".parse().unwrap(),
            to: "2012-04-30".parse().unwrap(),
        };
        given_nothing()
            .when(told(EntitlementGranted { monitoring: vec![window], ..granted() }))
            .refuses(Refusal::Backwards("monitoring window"));
    }

    #[test]
    fn a_rhythm_of_no_months_cannot_be_written() {
        let window = r#"{"every_months":0,"from":"2012-05-01","to":"2013-04-30"}"#;
        assert!(serde_json::from_str::<MonitoringWindow>(window).is_err());
    }
}
