//! Stretches of a life with a beginning and an end: hospital stays (入院), 地域移行支援, 地域定着支援.

mod community_settlement_support_started;
mod community_transition_support_started;
mod discharge_date_decided;
mod hospital_admitted;
mod hospital_discharged;

pub use community_settlement_support_started::CommunitySettlementSupportStarted;
pub use community_transition_support_started::CommunityTransitionSupportStarted;
pub use discharge_date_decided::DischargeDateDecided;
pub use hospital_admitted::{AdmissionForm, HospitalAdmitted};
pub use hospital_discharged::{Destination, HospitalDischarged};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of hospital stays and of supports under the law.
    EpisodeEvent of CaseEvent::Episode admitted by Case {
        /// A hospital stay begins.
        HospitalAdmitted(HospitalAdmitted),
        /// 地域移行支援 begins.
        TransitionSupportStarted(CommunityTransitionSupportStarted),
        /// The day of discharge is agreed.
        DischargeDateDecided(DischargeDateDecided),
        /// A hospital stay ends.
        HospitalDischarged(HospitalDischarged),
        /// 地域定着支援 begins.
        SettlementSupportStarted(CommunitySettlementSupportStarted),
    }
}
