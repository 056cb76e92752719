use super::entitlement_granted::GrantedService;
use crate::case::Case;
use crate::case::service::ServiceKind;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{id, stated, welfare_officer};
use crate::thing::Thing;
use crate::{Frequency, Refusal};
use banso_kernel::{CertificateId, EntitlementId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The municipality changes, renews or withdraws what it granted (支給決定の変更・更新・取消し). What is not recorded
/// here stays as it was. How the plan is monitored has an event of its own. Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntitlementChanged {
    /// What was granted.
    pub entitlement: EntitlementId,
    /// Who decided.
    pub by: Party,
    /// All that is granted from now on, where that changes; empty = nothing any more (取消し).
    #[serde(default)]
    pub services: Stated<Vec<GrantedService>>,
    /// The most that the person pays in a month, in yen (利用者負担上限額), where that changes.
    #[serde(default)]
    pub copay_cap_yen: Stated<u32>,
    /// The certificate's number (受給者証番号), where that changes.
    #[serde(default)]
    pub certificate_no: Stated<Personal<CertificateId>>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for EntitlementChanged {
    const NAME: &'static str = "EntitlementChanged";

    fn label(&self) -> Cow<'_, str> {
        match self.services.value() {
            Some(services) if services.is_empty() => "支給決定の取消し",
            Some(_) | None => "支給決定の変更",
        }
        .into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let said = |service: &GrantedService| {
            let amount = service.amount.value().map(|f| format!(" {}", f.verbatim())).unwrap_or_default();
            format!("{}{amount}", service.kind.label())
        };
        let services = self.services.value().into_iter().flatten().map(said);
        let copay = self.copay_cap_yen.value().map(|yen| format!("負担上限額 {yen}円"));
        let reason = self.reason.value().map(|reason| reason.reveal().clone());
        let parts: Vec<String> = services.chain(copay).chain(reason).collect();
        (!parts.is_empty()).then(|| parts.join("・").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Grant(&self.entitlement)]
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e2"),
            by: welfare_officer(),
            services: vec![GrantedService {
                kind: ServiceKind::HomeCare,
                amount: Frequency::from("週3回").into(),
                valid_from: Stated::NotRecorded,
                valid_to: Stated::NotRecorded,
            }]
            .into(),
            copay_cap_yen: Stated::NotRecorded,
            certificate_no: Stated::NotRecorded,
            reason: stated("作りたい料理が増えたため"),
        }
    }
}

impl Admit for EntitlementChanged {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        self.services.value().into_iter().flatten().try_for_each(GrantedService::check)?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn changed() -> EntitlementChanged {
        EntitlementChanged::sample()
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
    fn another_change_of_the_same_grant_is_another_one() {
        given([told(changed())])
            .when(told(EntitlementChanged { copay_cap_yen: 9300.into(), ..changed() }))
            .admits();
    }

    #[test]
    fn a_grant_may_be_withdrawn_and_is_named_so() {
        let withdrawn = EntitlementChanged { services: Vec::new().into(), ..changed() };
        assert_eq!((&*withdrawn.label(), &*changed().label()), ("支給決定の取消し", "支給決定の変更"));
        given([told(changed())]).when(told(withdrawn)).admits();
    }

    #[test]
    fn a_grant_to_another_person_is_refused() {
        given_nothing()
            .when(told(EntitlementChanged { entitlement: id("aki:e1"), ..changed() }))
            .refuses(Refusal::ForeignReference("grant"));
    }

    #[test]
    fn a_service_whose_term_runs_backwards_is_refused() {
        let on = |day: &str| Stated::Value(day.parse().unwrap());
        let mut service = changed().services.value().unwrap()[0].clone();
        (service.valid_from, service.valid_to) = (on("2025-08-01"), on("2025-07-31"));
        given_nothing()
            .when(told(EntitlementChanged { services: vec![service].into(), ..changed() }))
            .refuses(Refusal::Backwards("service's term"));
    }
}
