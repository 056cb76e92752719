//! Notes of contacts with the person and about the person, and who was told (記録).

mod contact_recorded;
mod information_shared;

pub use contact_recorded::{ContactKind, ContactRecorded};
pub use information_shared::{InformationShared, SharingBasis};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of notes.
    NoteEvent of CaseEvent::Note admitted by Case {
        /// Somebody met or called somebody.
        ContactRecorded(ContactRecorded),
        /// Somebody told somebody else what they know.
        InformationShared(InformationShared),
    }
}
