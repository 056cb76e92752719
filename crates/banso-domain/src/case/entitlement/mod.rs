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

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
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
