use crate::Refusal;
use crate::case::Case;
use crate::case::service::ServiceKind;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{id, stated, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The municipality decides not to grant what was applied for, or a part of it (支給しない決定・却下).
/// Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntitlementDenied {
    /// The application it answers.
    pub entitlement: EntitlementId,
    /// Who decided.
    pub by: Party,
    /// What is not granted; not recorded = what was applied for.
    #[serde(default)]
    pub services: Stated<Vec<ServiceKind>>,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for EntitlementDenied {
    const NAME: &'static str = "EntitlementDenied";

    fn label(&self) -> Cow<'_, str> {
        "支給しない決定（却下）".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let services = self.services.value().filter(|services| !services.is_empty());
        let services =
            services.map(|list| list.iter().map(ServiceKind::label).collect::<Vec<_>>().join("・"));
        let reason = self.reason.value().map_or("理由の記載なし", |reason| reason.reveal());
        let services = services.map(|services| format!("{services}: ")).unwrap_or_default();
        Some(format!("{services}{reason}").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Application(&self.entitlement)]
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e2"),
            by: welfare_officer(),
            services: vec![ServiceKind::CommunitySettlementSupport].into(),
            reason: stated("グループホームの入居者は地域定着支援の対象ではないため"),
        }
    }
}

impl Admit for EntitlementDenied {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::entitlement::EntitlementGranted;
    use crate::case::spec::{given, given_nothing, told};

    fn denied() -> EntitlementDenied {
        EntitlementDenied::sample()
    }

    #[test]
    fn a_denial_is_admitted_before_the_application() {
        given_nothing().when(told(denied())).admits();
    }

    #[test]
    fn a_part_may_be_denied_where_another_was_granted() {
        given([told(EntitlementGranted::sample())]).when(told(denied())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(denied())]).when(told(denied()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_denial_for_another_reason_is_another_one() {
        let other = EntitlementDenied { reason: Stated::NotRecorded, ..denied() };
        assert_eq!(other.detail().unwrap().reveal(), "地域定着支援: 理由の記載なし");
        given([told(denied())]).when(told(other)).admits();
    }

    #[test]
    fn an_application_of_another_person_is_refused() {
        given_nothing()
            .when(told(EntitlementDenied { entitlement: id("aki:e1"), ..denied() }))
            .refuses(Refusal::ForeignReference("application"));
    }
}
