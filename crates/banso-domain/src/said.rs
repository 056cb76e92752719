//! Whether somebody said the same before, without keeping what was said.

use crate::thing::{Thing, ThingKind};
use banso_kernel::{EventId, Hash, Seq};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Enough for most events, so that few buffers grow.
const EVENT_BYTES_USUALLY: usize = 1_024;

/// What an event says: the first half of the SHA-256 of what it is and its payload. Two events say the same where
/// this is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Said([u8; 16]);

impl Said {
    pub(crate) fn by(event: &impl Serialize) -> Self {
        // An event holds texts, numbers and times under fixed names: there is nothing that JSON cannot write.
        let mut bytes = Vec::with_capacity(EVENT_BYTES_USUALLY);
        serde_json::to_writer(&mut bytes, event).expect("an event has a JSON form");
        let mut half = [0; 16];
        half.copy_from_slice(&Hash::of(&bytes).as_bytes()[..16]);
        Self(half)
    }
}

/// Which event said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The event.
    pub event: EventId,
    /// What it says.
    pub said: Said,
}

/// Who brought which thing first, and what was said of no thing with an id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Heard {
    things: BTreeMap<ThingKind, BTreeMap<Box<str>, Told>>,
    sayings: BTreeSet<(Said, Seq, EventId)>,
}

impl Heard {
    pub(crate) fn add(&mut self, seq: Seq, told: Told, brings: Option<Thing<'_>>) {
        match brings {
            Some(thing) => {
                self.things.entry(thing.kind()).or_default().entry(thing.id().into()).or_insert(told);
            }
            None => {
                self.sayings.insert((told.said, seq, told.event));
            }
        }
    }

    pub(crate) fn thing(&self, thing: Thing<'_>) -> Option<&Told> {
        self.things.get(&thing.kind())?.get(thing.id())
    }

    /// The events that say it, in the log's order.
    pub(crate) fn who_said(&self, said: Said) -> impl Iterator<Item = EventId> {
        let first = (said, 0, EventId::from_bytes([0; 16]));
        self.sayings
            .range(first..)
            .take_while(move |(other, _, _)| *other == said)
            .map(|(_, _, event)| *event)
    }
}
