//! The decisions of one batch, in memory: from proposals and what the store knows to outcomes and rows.
//! Knows no store; whoever drives it fetches first ([`Batch::missing_heads`], [`Batch::unknown_ids`],
//! [`Batch::cold`]) and stores what [`Batch::seal`] returns.

use super::queue::Unit;
use crate::decide::{Admitted, Decider, Outcome, Position, Receipt, Undecidable};
use crate::port::{Columns, Sealed};
use crate::write_side::{LogHead, StreamHead};
use banso_kernel::{EventId, Fingerprint, Header, IdGen, Proposal, Recorded, Seq, StreamId, leaf, link};
use chrono::{DateTime, TimeDelta, Utc};
use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The decider, and whether the state of some streams is saved in it.
pub(super) struct Deciding<D> {
    decider: D,
    saved: bool,
}

/// One batch being decided. `'i` are the proposals.
pub(super) struct Batch<'d, 'i, D: Decider> {
    deciding: &'d mut Deciding<D>,
    log: LogHead,
    recorded_at: DateTime<Utc>,
    /// Where every stream of the batch stands; `stream_seq` moves with each yes, the chain with `seal`.
    heads: HashMap<StreamId, StreamHead>,
    /// Every event that has the id of a proposal: in the store, or admitted before it in this batch.
    known: HashMap<EventId, Known>,
    undecidable: HashMap<StreamId, Undecidable>,
    drafts: Vec<Draft<'i, D::Item>>,
}

/// An event with the id of a proposal.
struct Known {
    receipt: Receipt,
    fingerprint: Fingerprint,
}

/// A proposal that was admitted.
struct Draft<'i, I> {
    item: &'i I,
    position: Position,
    repeats: Option<EventId>,
}

impl<D: Decider> Deciding<D> {
    pub(super) fn new(decider: D) -> Self {
        Self { decider, saved: false }
    }

    pub(super) fn observe(&mut self, event: &Recorded) {
        self.decider.observe(event);
    }

    /// Drops what was decided on these streams; also after a panic in the middle of a group.
    pub(super) fn forget<'s>(&mut self, streams: impl IntoIterator<Item = &'s StreamId>) {
        if self.saved {
            self.restore();
        }
        for stream in streams {
            self.decider.forget(stream);
        }
    }

    pub(super) fn settle(&mut self) {
        self.decider.settle();
    }

    fn save(&mut self, streams: &[StreamId]) {
        self.saved = true;
        self.decider.save(streams);
    }

    fn restore(&mut self) {
        self.decider.restore();
        self.saved = false;
    }

    fn release(&mut self) {
        self.decider.release();
        self.saved = false;
    }
}

impl<'d, 'i, D: Decider> Batch<'d, 'i, D> {
    /// A batch behind `log`, at `now` or, where the log is ahead of the clock, directly behind its time.
    pub(super) fn new(deciding: &'d mut Deciding<D>, log: LogHead, now: DateTime<Utc>) -> Self {
        let now = micros(now);
        let recorded_at = match log.recorded_at {
            Some(last) if now <= last => last + TimeDelta::microseconds(1),
            Some(_) | None => now,
        };
        Self {
            deciding,
            log,
            recorded_at,
            heads: HashMap::new(),
            known: HashMap::new(),
            undecidable: HashMap::new(),
            drafts: Vec::new(),
        }
    }

    /// The streams of these proposals whose head is not given yet, each once.
    pub(super) fn missing_heads<'a>(&self, items: impl Iterator<Item = &'a D::Item>) -> Vec<StreamId>
    where
        D::Item: 'a,
    {
        let mut seen = HashSet::new();
        items
            .map(|item| &proposal::<D>(item).stream)
            .filter(|stream| !self.heads.contains_key(*stream) && seen.insert(*stream))
            .cloned()
            .collect()
    }

    /// Where a stream stands.
    pub(super) fn put_head(&mut self, stream: StreamId, head: StreamHead) {
        self.heads.insert(stream, head);
    }

    /// An event of the store that has the id of one of the proposals.
    pub(super) fn put_known(&mut self, header: &Header) {
        let receipt = Receipt {
            seq: header.seq,
            stream_seq: header.stream_seq,
            event_id: header.event_id,
            repeats: header.repeats,
        };
        self.known.insert(header.event_id, Known { receipt, fingerprint: header.fingerprint });
    }

    /// The streams that have to be loaded before these proposals are decided, each once.
    pub(super) fn cold<'a>(&self, items: impl Iterator<Item = &'a D::Item>) -> Vec<StreamId>
    where
        D::Item: 'a,
    {
        let mut seen = HashSet::new();
        let cold = items.flat_map(|item| self.deciding.decider.cold(item));
        cold.filter(|stream| !self.undecidable.contains_key(stream) && seen.insert(stream.clone())).collect()
    }

    /// The whole of a cold stream.
    pub(super) fn load(&mut self, stream: StreamId, events: Vec<Recorded>) {
        if let Err(reason) = self.deciding.decider.load(&stream, events) {
            self.cannot_load(stream, reason);
        }
    }

    /// A cold stream that the store or the decider cannot read.
    pub(super) fn cannot_load(&mut self, stream: StreamId, reason: Undecidable) {
        tracing::error!(%stream, seq = reason.seq, reason = %reason.reason, "a stream cannot be decided on");
        self.undecidable.insert(stream, reason);
    }

    /// Decides on one unit; its outcomes come behind those that the submission has already.
    pub(super) fn unit(&mut self, unit: &'i Unit<D::Item>, outcomes: &mut Vec<Outcome<D::Refusal>>) {
        match unit {
            Unit::Single(item) => {
                let outcome = self.one(item);
                outcomes.push(outcome);
            }
            Unit::Group(items) => {
                self.deciding.save(&streams::<D>(items.iter()));
                let mark = self.drafts.len();
                match self.group(items, outcomes) {
                    Ok(()) => self.deciding.release(),
                    Err(failed) => {
                        self.undo(mark);
                        self.deciding.restore();
                        self.refuse_group(items, failed, outcomes);
                    }
                }
            }
        }
    }

    /// Decides on a whole submission as if it were in earnest, and undoes it.
    pub(super) fn dry_run(&mut self, units: &'i [Unit<D::Item>]) -> Vec<Outcome<D::Refusal>> {
        let concerned = streams::<D>(units.iter().flat_map(Unit::items));
        let (start, mut outcomes) = (self.drafts.len(), Vec::new());
        self.deciding.save(&concerned);
        for unit in units {
            match unit {
                Unit::Single(item) => {
                    let outcome = self.one(item);
                    outcomes.push(outcome);
                }
                Unit::Group(items) => {
                    let mark = self.drafts.len();
                    if let Err(failed) = self.group(items, &mut outcomes) {
                        self.undo(mark);
                        // A decider saves once, not once within another: go back to the beginning and decide
                        // again on what was admitted before the group. The same state gives the same answers.
                        self.deciding.restore();
                        self.deciding.save(&concerned);
                        for draft in self.drafts.iter().skip(start) {
                            drop(self.deciding.decider.decide(draft.item, draft.position));
                        }
                        self.refuse_group(items, failed, &mut outcomes);
                    }
                }
            }
        }
        self.undo(start);
        self.deciding.restore();
        outcomes
    }

    /// Order of the checks: idempotency, expected version, admission.
    fn one(&mut self, item: &'i D::Item) -> Outcome<D::Refusal> {
        let proposal = proposal::<D>(item);
        if let Some(known) = self.known.get(&proposal.event_id) {
            return known.answer(proposal);
        }
        // The driver gave the head of every stream of the batch.
        let stream_seq = self.heads.get(&proposal.stream).map_or(0, |head| head.stream_seq);
        if !proposal.expected.holds_at(stream_seq) {
            return Outcome::VersionConflict { actual: stream_seq };
        }
        if let Some(reason) = self.unreadable(item) {
            return Outcome::Undecidable(reason.clone());
        }
        let position =
            Position { seq: self.head() + 1, stream_seq: stream_seq + 1, recorded_at: self.recorded_at };
        // One proposal at which the rules panic must not fail those of others.
        let decided = catch_unwind(AssertUnwindSafe(|| self.deciding.decider.decide(item, position)));
        let Admitted { repeats } = match decided {
            Ok(Ok(admitted)) => admitted,
            Ok(Err(refusal)) => return Outcome::Refused(refusal),
            Err(_panic) => return self.panicked(proposal, position),
        };
        let receipt = Receipt {
            seq: position.seq,
            stream_seq: position.stream_seq,
            event_id: proposal.event_id,
            repeats,
        };
        self.known.insert(proposal.event_id, Known { receipt, fingerprint: proposal.fingerprint });
        if let Some(head) = self.heads.get_mut(&proposal.stream) {
            head.stream_seq = position.stream_seq;
        }
        self.drafts.push(Draft { item, position, repeats });
        Outcome::Admitted(receipt)
    }

    /// What is in memory of the stream may be half of a change: it is loaded again for the next batch, and nothing
    /// more of this one is decided on it. The panic's own message has been printed; it could name content.
    fn panicked(&mut self, proposal: &Proposal, position: Position) -> Outcome<D::Refusal> {
        tracing::error!(event_type = %proposal.event_type, event_id = %proposal.event_id, "the rules panicked");
        let reason = Undecidable { seq: position.seq, reason: "the rules panicked at it".to_owned() };
        self.deciding.decider.forget(&proposal.stream);
        self.undecidable.insert(proposal.stream.clone(), reason.clone());
        Outcome::Undecidable(reason)
    }

    /// Decides on a group until one of it is not admitted: `Err` is its place in the group and its outcome.
    fn group(
        &mut self,
        items: &'i [D::Item],
        outcomes: &mut Vec<Outcome<D::Refusal>>,
    ) -> Result<(), (usize, Outcome<D::Refusal>)> {
        let mut decided = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            match self.one(item) {
                // A duplicate is in the log already, as the group wants it.
                stored @ (Outcome::Admitted(_) | Outcome::Duplicate(_)) => decided.push(stored),
                failed => return Err((place, failed)),
            }
        }
        outcomes.append(&mut decided);
        Ok(())
    }

    /// The outcomes of a group that was undone.
    fn refuse_group(
        &self,
        items: &[D::Item],
        (place, outcome): (usize, Outcome<D::Refusal>),
        outcomes: &mut Vec<Outcome<D::Refusal>>,
    ) {
        let because = outcomes.len() + place;
        let mut outcome = Some(outcome);
        for (other, item) in items.iter().enumerate() {
            let proposal = proposal::<D>(item);
            outcomes.push(match outcome.take_if(|_| other == place) {
                Some(outcome) => outcome,
                None => match self.known.get(&proposal.event_id).map(|known| known.answer(proposal)) {
                    Some(stored @ Outcome::Duplicate(_)) => stored,
                    Some(_) | None => Outcome::GroupRefused { because },
                },
            });
        }
    }

    /// Takes back all drafts from `mark` on; the decider's state is the caller's business.
    fn undo(&mut self, mark: usize) {
        for draft in self.drafts.drain(mark..) {
            let proposal = proposal::<D>(draft.item);
            self.known.remove(&proposal.event_id);
            if let Some(head) = self.heads.get_mut(&proposal.stream) {
                head.stream_seq -= 1;
            }
        }
    }

    /// Why the item cannot be decided on: its own stream, or another one it needs, cannot be read.
    fn unreadable(&self, item: &D::Item) -> Option<&Undecidable> {
        if self.undecidable.is_empty() {
            return None;
        }
        let own = self.undecidable.get(&proposal::<D>(item).stream);
        own.or_else(|| self.deciding.decider.cold(item).iter().find_map(|cold| self.undecidable.get(cold)))
    }

    fn head(&self) -> Seq {
        self.drafts.last().map_or(self.log.seq, |last| last.position.seq)
    }

    /// The rows of all that was admitted, hashed and chained; then where the log and the streams stand.
    pub(super) fn seal(mut self, ids: &dyn IdGen) -> (Vec<Sealed>, LogHead, HashMap<StreamId, StreamHead>) {
        let mut rows = Vec::with_capacity(self.drafts.len());
        for draft in std::mem::take(&mut self.drafts) {
            let proposal = proposal::<D>(draft.item);
            let row = self.row(proposal, draft.position, draft.repeats, ids);
            rows.push(row);
        }
        (rows, self.log, self.heads)
    }

    fn row(
        &mut self,
        proposal: &Proposal,
        position: Position,
        repeats: Option<EventId>,
        ids: &dyn IdGen,
    ) -> Sealed {
        let header = header(proposal, position, repeats);
        // A header holds texts, numbers and times under fixed names: there is nothing that JSON cannot write.
        let bytes = serde_json::to_vec(&header).expect("a header has a JSON form");
        let salt = ids.salt();
        let leaf = leaf(&bytes, &salt, &proposal.body);
        let stream_chain = match self.heads.get_mut(&proposal.stream) {
            Some(head) => {
                head.chain = link(&head.chain, &leaf);
                head.chain
            }
            None => link(&banso_kernel::stream_genesis(&proposal.stream), &leaf),
        };
        let log_chain = link(&self.log.chain, &leaf);
        self.log = LogHead { seq: position.seq, recorded_at: Some(position.recorded_at), chain: log_chain };
        Sealed {
            columns: Columns {
                seq: position.seq,
                stream: proposal.stream.clone(),
                stream_seq: position.stream_seq,
                event_id: proposal.event_id,
                recorded_at: position.recorded_at,
                part: proposal.stream.part(),
            },
            event: Recorded { header, body: proposal.body.clone() },
            header: bytes,
            salt,
            stream_chain,
            log_chain,
        }
    }
}

impl Known {
    fn answer<R>(&self, proposal: &Proposal) -> Outcome<R> {
        if self.fingerprint == proposal.fingerprint {
            Outcome::Duplicate(self.receipt)
        } else {
            Outcome::IdConflict { event_id: proposal.event_id }
        }
    }
}

fn header(proposal: &Proposal, position: Position, repeats: Option<EventId>) -> Header {
    Header {
        seq: position.seq,
        stream: proposal.stream.clone(),
        stream_seq: position.stream_seq,
        event_id: proposal.event_id,
        source: proposal.source.clone(),
        id: proposal.id.clone(),
        event_type: proposal.event_type.clone(),
        occurred: proposal.occurred,
        received_at: proposal.received_at,
        recorded_at: position.recorded_at,
        actor: proposal.actor.clone(),
        corrects: proposal.corrects,
        repeats,
        group: proposal.group.clone(),
        correlation: proposal.correlation.clone(),
        causation: proposal.causation,
        confidentiality: proposal.confidentiality,
        traceparent: proposal.traceparent.clone(),
        fingerprint: proposal.fingerprint,
    }
}

fn proposal<D: Decider>(item: &D::Item) -> &Proposal {
    item.borrow()
}

fn streams<'a, D: Decider>(items: impl Iterator<Item = &'a D::Item>) -> Vec<StreamId>
where
    D::Item: 'a,
{
    let streams: HashSet<&StreamId> = items.map(|item| &proposal::<D>(item).stream).collect();
    streams.into_iter().cloned().collect()
}

/// What a column keeps of a time.
fn micros(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}
