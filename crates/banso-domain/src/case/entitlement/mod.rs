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

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use crate::said::Told;
use banso_kernel::EntitlementId;
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
    pub(crate) applied: BTreeMap<EntitlementId, Told>,
    pub(crate) granted: BTreeMap<EntitlementId, Told>,
}

impl Entitlements {
    pub(crate) fn apply(&mut self, told: Told, event: &EntitlementEvent) {
        match event {
            EntitlementEvent::ServiceApplied(said) => {
                self.applied.entry(said.entitlement.clone()).or_insert(told);
            }
            EntitlementEvent::Granted(said) => {
                self.granted.entry(said.entitlement.clone()).or_insert(told);
            }
            EntitlementEvent::CategoryAssessed(_)
            | EntitlementEvent::CategoryDecided(_)
            | EntitlementEvent::DraftPlanSubmitted(_) => {}
        }
    }
}
