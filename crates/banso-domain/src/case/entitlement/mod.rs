//! What the person applied for and what the municipality decided (申請・支給決定).

mod draft_plan_requested;
mod draft_plan_submitted;
mod entitlement_changed;
mod entitlement_denied;
mod entitlement_granted;
mod ltc_certification_applied;
mod ltc_certified;
mod monitoring_window_changed;
mod service_applied;
mod support_category_assessed;
mod support_category_decided;

pub use draft_plan_requested::{DraftPlanAuthor, DraftPlanRequested};
pub use draft_plan_submitted::DraftPlanSubmitted;
pub use entitlement_changed::EntitlementChanged;
pub use entitlement_denied::EntitlementDenied;
pub use entitlement_granted::{EntitlementGranted, GrantedService, MonitoringWindow};
pub use ltc_certification_applied::{LtcApplicationKind, LtcCertificationApplied};
pub use ltc_certified::{LtcCertified, LtcLevel};
pub use monitoring_window_changed::MonitoringWindowChanged;
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
        /// The municipality asks for a draft plan.
        DraftPlanRequested(DraftPlanRequested),
        /// The municipality decides not to grant.
        Denied(EntitlementDenied),
        /// The municipality changes what it granted.
        Changed(EntitlementChanged),
        /// The municipality changes in which rhythm the plan is monitored.
        MonitoringWindowChanged(MonitoringWindowChanged),
        /// Long-term care certification is applied for.
        LtcApplied(LtcCertificationApplied),
        /// How much long-term care the person needs is decided.
        LtcCertified(LtcCertified),
    }
}
