use crate::Refusal;
use crate::case::Case;
use crate::case::service::ServiceKind;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{id, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person applies for services (利用申請). Source: S0 p.31, S4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceApplied {
    /// The application's id, which a later decision carries too.
    pub entitlement: EntitlementId,
    /// To whom.
    pub municipality: Party,
    /// For what.
    #[serde(default)]
    pub services: Stated<Vec<ServiceKind>>,
    /// Who applied.
    pub applicant: Applicant,
}

labelled! {
    /// Who applied.
    Applicant {
        Person = "本人",
        Proxy = "代理",
    }
}

impl Payload for ServiceApplied {
    const NAME: &'static str = "ServiceApplied";

    fn label(&self) -> Cow<'_, str> {
        "利用申請".into()
    }

    fn doers(&self) -> Vec<&Party> {
        match self.applicant {
            Applicant::Person => vec![&Party::Person],
            Applicant::Proxy => Vec::new(),
        }
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.municipality]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let services = self.services.value()?;
        Some(services.iter().map(ServiceKind::label).collect::<Vec<_>>().join("・").into())
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Application(&self.entitlement))
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e1"),
            municipality: welfare_officer(),
            services: Stated::NotRecorded,
            applicant: Applicant::Person,
        }
    }
}

impl Admit for ServiceApplied {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn applied() -> ServiceApplied {
        ServiceApplied::sample()
    }

    #[test]
    fn an_application_is_admitted() {
        given_nothing().when(told(applied())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(applied())]).when(told(applied()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_application_under_a_used_id_is_refused() {
        given([told(applied())])
            .when(told(ServiceApplied { applicant: Applicant::Proxy, ..applied() }))
            .refuses(Refusal::IdAlreadyUsed { what: "application", by: event(1) });
    }

    #[test]
    fn an_application_of_another_person_is_refused() {
        given_nothing()
            .when(told(ServiceApplied { entitlement: id("aki:e1"), ..applied() }))
            .refuses(Refusal::ForeignReference("application"));
    }
}
