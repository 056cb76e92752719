//! Who says yes or no to a proposal. The log gives the position and keeps what was admitted; the rules live
//! with whoever implements [`Decider`].

use banso_kernel::{EventId, Proposal, Recorded, Seq, StreamId, StreamSeq};
use chrono::{DateTime, Utc};
use std::borrow::Borrow;

/// Decides on proposals, one after the other, against the moving state of their streams. The writer calls it
/// from one place only, never concurrently.
///
/// # Contract with the writer
///
/// The writer MUST, before `decide`: hand over every stream that [`Decider::cold`] names, whole and in order,
/// by `load`; and by `observe` every event that somebody else appended since. After a batch whose commit did
/// not succeed it MUST call `forget` for every stream it decided on. After every batch, whatever became of it, it
/// MUST call `settle`. A decider MUST NOT do I/O. Where `decide` panics, the stream is forgotten and its proposal
/// answered [`Outcome::Undecidable`]; nobody else is concerned.
pub trait Decider: Send + 'static {
    /// A proposal, together with what the door decoded of it.
    type Item: Borrow<Proposal> + Send + 'static;
    /// Why a proposal is refused.
    type Refusal: Clone + Send + 'static;

    /// The streams without whose state this item cannot be decided, and which are not in memory.
    fn cold(&self, item: &Self::Item) -> Vec<StreamId>;

    /// The whole of a stream that is not in memory, in order; empty for a new one. An event that cannot be
    /// read makes the stream undecidable until somebody mends it: proposals to it are answered `Err` here.
    fn load(&mut self, stream: &StreamId, events: Vec<Recorded>) -> Result<(), Undecidable>;

    /// An event that another process appended. Ignored where the stream is not in memory.
    fn observe(&mut self, event: &Recorded);

    /// Yes or no to `item` at `position`. After a yes the state in memory includes the event.
    fn decide(&mut self, item: &Self::Item, position: Position) -> Result<Admitted, Self::Refusal>;

    /// Remembers the state of these streams until `restore` or `release`.
    fn save(&mut self, streams: &[StreamId]);

    /// Puts the state of the saved streams back.
    fn restore(&mut self);

    /// Keeps what was decided since `save`.
    fn release(&mut self);

    /// Drops the state of a stream: the writer could not commit what was decided on it.
    fn forget(&mut self, stream: &StreamId);

    /// The batch is over: what was decided in it is in the log, or was forgotten. Until then nothing that it asked
    /// for may be dropped.
    fn settle(&mut self) {}
}

/// Where and when an admitted proposal will stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Position in the log.
    pub seq: Seq,
    /// Position in the stream.
    pub stream_seq: StreamSeq,
    /// When the log takes it.
    pub recorded_at: DateTime<Utc>,
}

/// A yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// The event that already said the same.
    pub repeats: Option<EventId>,
}

/// A stream that the decider cannot go on with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} cannot be read by this binary: {reason}")]
pub struct Undecidable {
    /// The event: one of the log, or where the proposal would have stood.
    pub seq: Seq,
    /// Why not.
    pub reason: String,
}

/// What became of one proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<R> {
    /// It is in the log (or would be, in a dry run).
    Admitted(Receipt),
    /// It was in the log already: the first result.
    Duplicate(Receipt),
    /// Another proposal has this id: nothing was stored.
    IdConflict {
        /// The id of both.
        event_id: EventId,
    },
    /// The stream stands elsewhere: nothing was stored.
    VersionConflict {
        /// Where the stream stands.
        actual: StreamSeq,
    },
    /// The rules say no: nothing was stored.
    Refused(R),
    /// Another proposal of its group was not admitted: nothing was stored.
    GroupRefused {
        /// Which one, counted from 0 within the submission.
        because: usize,
    },
    /// The stream holds an event that this binary cannot read, or the rules panicked at the proposal: nothing was
    /// stored.
    Undecidable(Undecidable),
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Position in the log.
    pub seq: Seq,
    /// Position in its stream.
    pub stream_seq: StreamSeq,
    /// Its id.
    pub event_id: EventId,
    /// The event that already said the same.
    pub repeats: Option<EventId>,
}
