//! The same rule that banso's case has for a note: its id is used once. As an aggregate of cqrs-es.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is known about a person.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Person {
    notes: BTreeSet<String>,
}

impl Person {
    /// How many notes there are about them.
    pub(crate) fn notes(&self) -> u64 {
        self.notes.len() as u64
    }
}

/// A contact's note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub(crate) note: String,
    kind: String,
    by: Vec<serde_json::Value>,
    met: Vec<serde_json::Value>,
    place: String,
    pub(crate) summary: String,
    next_action: String,
}

/// An event of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum PersonEvent {
    ContactRecorded(Contact),
}

/// Why a command is refused.
#[derive(Debug)]
pub(crate) struct NoteKnown;

impl std::fmt::Display for NoteKnown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the note is known already")
    }
}

impl std::error::Error for NoteKnown {}

impl DomainEvent for PersonEvent {
    fn event_type(&self) -> String {
        match self {
            Self::ContactRecorded(_) => "ContactRecorded".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Person {
    const TYPE: &'static str = "person";
    type Command = Vec<Contact>;
    type Event = PersonEvent;
    type Error = NoteKnown;
    type Services = ();

    async fn handle(
        &mut self,
        notes: Vec<Contact>,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), NoteKnown> {
        for note in notes {
            if self.notes.contains(&note.note) {
                return Err(NoteKnown);
            }
            sink.write(PersonEvent::ContactRecorded(note), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: PersonEvent) {
        match event {
            PersonEvent::ContactRecorded(contact) => {
                self.notes.insert(contact.note);
            }
        }
    }
}
