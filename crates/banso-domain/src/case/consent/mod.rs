//! What may be shared about the person, with whom and what for (情報共有の同意), and what is read in an emergency
//! without it. A withdrawal stops later reads and rewrites nothing.

mod basis;
mod scope;

mod consent_given;
mod consent_refused;
mod consent_withdrawn;
mod emergency_access_ended;
mod emergency_access_reviewed;
mod emergency_access_started;

pub use basis::LegalBasis;
pub use consent_given::ConsentGiven;
pub use consent_refused::ConsentRefused;
pub use consent_withdrawn::{ConsentWithdrawn, WithdrawnScope};
pub use emergency_access_ended::EmergencyAccessEnded;
pub use emergency_access_reviewed::{EmergencyAccessReviewed, ReviewVerdict};
pub use emergency_access_started::EmergencyAccessStarted;
pub use scope::{Capacity, ConsentForm, ConsentingParty, InformationClass, SharingPurpose, SharingScope};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use scope::labels;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of consents and of access in an emergency.
    ConsentEvent of CaseEvent::Consent admitted by Case {
        /// Somebody agrees.
        Given(ConsentGiven),
        /// Somebody does not agree.
        Refused(ConsentRefused),
        /// A consent is taken back.
        Withdrawn(ConsentWithdrawn),
        /// Somebody reads in an emergency.
        AccessStarted(EmergencyAccessStarted),
        /// They are done.
        AccessEnded(EmergencyAccessEnded),
        /// It is looked at afterwards.
        AccessReviewed(EmergencyAccessReviewed),
    }
}
