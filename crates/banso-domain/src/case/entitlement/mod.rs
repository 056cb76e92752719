//! What the person applied for and what the municipality decided (申請・支給決定).

mod draft_plan_submitted;
mod entitlement_granted;
mod service_applied;
mod support_category_assessed;
mod support_category_decided;

pub use draft_plan_submitted::DraftPlanSubmitted;
pub use entitlement_granted::{EntitlementGranted, GrantedService, MonitoringWindow};
pub use service_applied::{Applicant, ServiceApplied};
pub use support_category_assessed::SupportCategoryAssessed;
pub use support_category_decided::{SupportCategory, SupportCategoryDecided};

use crate::case::{Case, CaseEvent, Told};
use crate::payload::entity_events;
use banso_kernel::{EntitlementId, EventId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `apply`.
entity_events! {
    /// Events of an application and what was decided on it.
    EntitlementEvent of CaseEvent::Entitlement admitted by Case {
        /// The person applied.
        ServiceApplied(ServiceApplied),
        /// The survey for the support category was made.
        CategoryAssessed(SupportCategoryAssessed),
        /// The support category was decided.
        CategoryDecided(SupportCategoryDecided),
        /// A draft plan went to the municipality.
        DraftPlanSubmitted(DraftPlanSubmitted),
        /// The municipality granted services.
        Granted(EntitlementGranted),
    }
}

/// What the rules look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entitlements {
    pub(crate) applied: BTreeMap<EntitlementId, Told<ServiceApplied>>,
    pub(crate) assessed: Vec<Told<SupportCategoryAssessed>>,
    pub(crate) decided: Vec<Told<SupportCategoryDecided>>,
    pub(crate) submitted: Vec<Told<DraftPlanSubmitted>>,
    pub(crate) granted: BTreeMap<EntitlementId, Told<EntitlementGranted>>,
}

impl Entitlements {
    pub(crate) fn apply(&mut self, id: EventId, event: &EntitlementEvent) {
        match event {
            EntitlementEvent::ServiceApplied(said) => {
                self.applied.entry(said.entitlement.clone()).or_insert_with(|| Told::by(id, said));
            }
            EntitlementEvent::CategoryAssessed(said) => self.assessed.push(Told::by(id, said)),
            EntitlementEvent::CategoryDecided(said) => self.decided.push(Told::by(id, said)),
            EntitlementEvent::DraftPlanSubmitted(said) => self.submitted.push(Told::by(id, said)),
            EntitlementEvent::Granted(said) => {
                self.granted.entry(said.entitlement.clone()).or_insert_with(|| Told::by(id, said));
            }
        }
    }
}
