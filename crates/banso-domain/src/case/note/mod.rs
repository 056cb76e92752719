//! Notes of contacts with the person and about the person (記録).

mod contact_recorded;

pub use contact_recorded::{ContactKind, ContactRecorded};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use crate::said::Told;
use banso_kernel::NoteId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `apply`.
entity_events! {
    /// Events of notes.
    NoteEvent of CaseEvent::Note admitted by Case {
        /// Somebody met or called somebody.
        ContactRecorded(ContactRecorded),
    }
}

/// What the rules look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Notes(pub(crate) BTreeMap<NoteId, Told>);

impl Notes {
    pub(crate) fn apply(&mut self, told: Told, event: &NoteEvent) {
        match event {
            NoteEvent::ContactRecorded(said) => {
                self.0.entry(said.note.clone()).or_insert(told);
            }
        }
    }
}
