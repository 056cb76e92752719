//! A service in the process itself: it proposes one event after the other at the door, and notes what it is told.

use crate::bench::PERSONS;
use crate::load::Worker;
use crate::notes::{Note, Notes};
use anyhow::bail;
use banso_app::audit::{Attempt, AttemptOutcome};
use banso_app::{Door, Outcome};
use banso_kernel::CloudEvent;
use std::collections::BTreeMap;

/// Who publishes.
pub(crate) const SOURCE: &str = "https://c-soudan.example";

/// A publisher, with all that it was told.
pub(crate) struct Publisher {
    door: Door,
    pub(crate) notes: Notes,
    pub(crate) attempts: Vec<Attempt>,
}

impl Publisher {
    pub(crate) fn of(door: &Door, name: String) -> Self {
        Self::about(door, name, PERSONS)
    }

    /// One that writes about so many persons.
    pub(crate) fn about(door: &Door, name: String, persons: u64) -> Self {
        Self { door: door.clone(), notes: Notes::of(name, persons), attempts: Vec::new() }
    }

    pub(crate) async fn publish(&mut self, note: Note) -> anyhow::Result<()> {
        let item = self.door.propose(event(&note), None)?;
        let outcome = self.door.publish_one(item, false).await?;
        self.attempts.push(attempt(note.id, &outcome));
        match outcome {
            Outcome::Admitted(_) => Ok(()),
            other => bail!("not admitted: {other:?}"),
        }
    }
}

impl Worker for Publisher {
    async fn once(&mut self) -> anyhow::Result<()> {
        let note = self.notes.any();
        self.publish(note).await
    }
}

/// A note as a service publishes it.
pub(crate) fn event(note: &Note) -> CloudEvent {
    event_of("ContactRecorded", note)
}

/// An event of another type, with the note's body.
pub(crate) fn event_of(name: &str, note: &Note) -> CloudEvent {
    let attributes: BTreeMap<String, String> = [
        ("specversion", "1.0"),
        ("id", &note.id),
        ("source", SOURCE),
        ("type", &format!("banso.{name}.v1")),
        ("subject", &format!("person/{}", note.person)),
        ("bansooccurred", "2025-06-01"),
        ("bansoactor", "consultant@c-soudan"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    CloudEvent { attributes, data: note.body.clone().into() }
}

/// What a publisher was told of one event.
pub(crate) fn attempt(id: String, outcome: &Outcome) -> Attempt {
    let (outcome, seq) = match outcome {
        Outcome::Admitted(receipt) => (AttemptOutcome::Admitted, Some(receipt.seq)),
        Outcome::Duplicate(receipt) => (AttemptOutcome::Duplicate, Some(receipt.seq)),
        Outcome::IdConflict { .. }
        | Outcome::VersionConflict { .. }
        | Outcome::Refused(_)
        | Outcome::GroupRefused { .. }
        | Outcome::Undecidable(_) => (AttemptOutcome::Refused, None),
    };
    Attempt { source: SOURCE.to_owned(), id, outcome, seq }
}
