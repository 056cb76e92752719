//! The persons of a worker's parts while their events go by: of each the state so far, never the events.

use super::Page;
use super::bulk::Bulk;
use crate::decoded::decode;
use crate::histories::histories;
use crate::stored::{Stored, StoredBody, Unknown, advance, fold};
use banso_domain::ReadError;
use banso_kernel::{Part, Recorded, Seq, StreamId, StreamSeq};
use banso_log::{Log, LogError, PersonWrite, Stretch};
use banso_views::PersonState;
use futures::TryStreamExt;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Persons written in one transaction.
const WRITE_PERSONS_MAX: usize = 500;

/// What is known of the persons of some parts.
pub(super) struct Persons {
    parts: BTreeMap<Part, HashMap<StreamId, Person>>,
    /// Parts that hold an event which this binary does not know, and where: they end before it.
    stopped: BTreeMap<Part, Seq>,
    /// How many persons may be held.
    max: usize,
}

struct Person {
    /// The last event that went by.
    stream_seq: StreamSeq,
    so_far: SoFar,
}

enum SoFar {
    Folded(Box<PersonState>),
    /// An event belongs before others, or changes them: to be folded from the log.
    Mixed,
    /// Set aside for the event at this position.
    Parked(Seq),
}

/// What became of some parts.
#[derive(Default)]
pub(super) struct Written {
    pub(super) parts: BTreeSet<Part>,
    pub(super) persons: u64,
    pub(super) stopped: usize,
}

impl Written {
    pub(super) fn add(&mut self, other: Self) {
        self.parts.extend(other.parts);
        self.persons += other.persons;
        self.stopped += other.stopped;
    }
}

impl Persons {
    pub(super) fn of(parts: &BTreeSet<Part>, max: usize) -> Self {
        let parts = parts.iter().map(|part| (*part, HashMap::new())).collect();
        Self { parts, stopped: BTreeMap::new(), max }
    }

    /// Takes in what is dealt of these parts, to its end.
    pub(super) async fn fold(mut self, mut dealt: mpsc::Receiver<Arc<Page>>) -> Self {
        while let Some(page) = dealt.recv().await {
            for (part, event) in page.of_persons() {
                self.take(part, event);
            }
            self.let_go();
        }
        self
    }

    fn take(&mut self, part: Part, event: &Recorded) {
        let Self { parts, stopped, .. } = self;
        let Some(persons) = parts.get_mut(&part).filter(|_| !stopped.contains_key(&part)) else { return };
        let (stream, stream_seq) = (&event.header.stream, event.header.stream_seq);
        let known = persons.get_mut(stream);
        if let Some(Person { stream_seq: last, so_far: SoFar::Parked(_) }) = known {
            // Whoever is set aside stays so, whatever comes.
            *last = stream_seq;
            return;
        }
        let entry = match decode(event) {
            Ok(entry) => entry,
            Err(ReadError::UnknownType(_)) => {
                stopped.insert(part, event.header.seq);
                return;
            }
            Err(ReadError::Malformed { .. }) => {
                let parked = Person { stream_seq, so_far: SoFar::Parked(event.header.seq) };
                persons.insert(stream.clone(), parked);
                return;
            }
        };
        let person = match known {
            Some(person) => person,
            None => {
                let so_far = SoFar::Folded(Box::default());
                persons.entry(stream.clone()).or_insert(Person { stream_seq, so_far })
            }
        };
        person.stream_seq = stream_seq;
        if let SoFar::Folded(state) = &mut person.so_far
            && !advance(state, &entry)
        {
            person.so_far = SoFar::Mixed;
        }
    }

    /// Lets half of the parts go where they hold too many persons.
    fn let_go(&mut self) {
        while self.parts.len() > 1 && self.parts.values().map(HashMap::len).sum::<usize>() > self.max {
            let kept = self.parts.len() / 2;
            if let Some(first) = self.parts.keys().nth(kept).copied() {
                for part in self.parts.split_off(&first).into_keys() {
                    self.stopped.remove(&part);
                }
            }
        }
    }

    /// Writes the parts that were not let go.
    pub(super) async fn write(
        self,
        log: Arc<dyn Log>,
        mut bulk: Bulk,
        up_to: Seq,
    ) -> Result<Written, LogError> {
        let end = |part: &Part| self.stopped.get(part).map_or(up_to, |unknown| unknown - 1);
        let ends: Vec<(Part, Seq)> = self.parts.keys().map(|part| (*part, end(part))).collect();
        let written = Written {
            parts: self.parts.keys().copied().collect(),
            persons: self.parts.values().map(|persons| persons.len() as u64).sum(),
            stopped: self.stopped.len(),
        };
        let mut waiting = Vec::with_capacity(WRITE_PERSONS_MAX);
        let mut mixed = Vec::new();
        for (stream, Person { stream_seq, so_far }) in self.parts.into_values().flatten() {
            let stored = match so_far {
                SoFar::Folded(state) => Stored { stream_seq, body: StoredBody::Folded(state) },
                SoFar::Parked(seq) => Stored::malformed(stream_seq, seq),
                SoFar::Mixed => {
                    mixed.push(Stretch { stream, after: 0, up_to: stream_seq });
                    continue;
                }
            };
            put(&mut waiting, stream, stored, &mut bulk).await?;
        }
        let mut found = pin!(histories(&log, mixed));
        while let Some(found) = found.try_next().await? {
            for (stream, events) in found {
                match fold(&events) {
                    Ok(stored) => put(&mut waiting, stream, stored, &mut bulk).await?,
                    Err(Unknown { seq, .. }) => {
                        let reason = "its type was known a moment ago".to_owned();
                        return Err(LogError::Damaged { seq, reason });
                    }
                }
            }
        }
        bulk.write(&ends, &mut waiting).await?;
        Ok(written)
    }
}

async fn put(
    waiting: &mut Vec<PersonWrite>,
    stream: StreamId,
    stored: Stored,
    bulk: &mut Bulk,
) -> Result<(), LogError> {
    let Some(person) = stream.person() else { return Ok(()) };
    stored.report_if_parked(&stream);
    let rows = stored.rows(person)?;
    let rows = (!rows.is_empty()).then_some(rows);
    waiting.push(PersonWrite { state: stored.write()?, stream, rows });
    if waiting.len() == WRITE_PERSONS_MAX {
        bulk.write(&[], waiting).await?;
    }
    Ok(())
}
