//! What the writer's thread needs of a store, beside what everybody reads from it.

use crate::inbox::{IntakePosition, Settled};
use crate::port::{Log, LogError, Page, Sealed};
use banso_kernel::{EventId, Hash, Recorded, Seq, StreamId, StreamSeq};
use chrono::{DateTime, Utc};

/// A store that a [`crate::Writer`] can append to.
pub trait LogStore: Log {
    /// A new connection for appending. Blocks, and so do all its calls: it belongs on a thread of its own.
    fn write_side(&self) -> Result<Box<dyn WriteSide>, LogError>;
}

/// A connection for appending, owned by one thread; every call blocks.
///
/// # Contract
///
/// 1. From [`WriteSide::begin`] to [`WriteSide::commit`] or [`WriteSide::rollback`] nobody else appends to
///    the log, and every read here sees all that was appended before.
/// 2. [`WriteSide::append`] stores all rows or fails; nothing of it is visible to others before `commit`.
/// 3. A `commit` that succeeds is durable. One that fails may have succeeded.
/// 4. Dropping it is a rollback.
/// 5. [`WriteSide::append_behind`] stores the rows, durably, if and only if the log stands exactly at the
///    given head, nothing else of the rows is in the log, and nobody holds the log. One that fails may have
///    succeeded.
/// 6. Every call ends within a bounded time, also when the store stopped answering.
pub trait WriteSide: Send {
    /// Takes the store's lock, and reads what stands behind it: where the log stands, and the first events from
    /// `known` on, that one included.
    fn begin(&mut self, known: Option<Seq>) -> Result<Begun, LogError>;

    /// Events with `seq > after`, in order, within the bounds of a read.
    fn read_sealed(&mut self, after: Seq) -> Result<Vec<Sealed>, LogError>;

    /// Events of one stream with `stream_seq > after` and `seq <= up_to`, in order, within the bounds of a
    /// read. Also outside of `begin` and `commit`.
    fn read_stream(&mut self, stream: &StreamId, after: StreamSeq, up_to: Seq) -> Result<Page, LogError>;

    /// The first page of each of these streams, in their order; the error of one that cannot be read stands in
    /// its place. Also outside of `begin` and `commit`.
    fn read_streams(&mut self, streams: &[StreamId], up_to: Seq) -> Result<Vec<Beginning>, LogError> {
        let beginning = |stream| match self.read_stream(stream, 0, up_to) {
            Err(error @ LogError::Damaged { .. }) => Ok(Err(error)),
            other => other.map(Ok),
        };
        streams.iter().map(beginning).collect()
    }

    /// Where these streams stood at `up_to`, in the order of the streams. Also outside of `begin` and
    /// `commit`.
    fn stream_heads(&mut self, streams: &[StreamId], up_to: Seq) -> Result<Vec<StreamHead>, LogError>;

    /// The events with these ids, in the order of the ids. Also outside of `begin` and `commit`.
    fn find(&mut self, ids: &[EventId]) -> Result<Vec<Option<Recorded>>, LogError>;

    /// How far the intake of these publishers is read, in their order; `None` where it never was. Also outside
    /// of `begin` and `commit`.
    fn intake_positions(&mut self, publishers: &[&str]) -> Result<Vec<Option<IntakePosition>>, LogError>;

    /// Stores these rows, and what became of intake messages, in the order given.
    fn append(&mut self, rows: &[Sealed], settled: &[Settled]) -> Result<(), LogError>;

    /// Makes what was appended durable and visible, gives the lock back, wakes readers.
    fn commit(&mut self) -> Result<Committed, LogError>;

    /// Gives the lock back; nothing was appended.
    fn rollback(&mut self) -> Result<(), LogError>;

    /// Whether [`WriteSide::append_behind`] is worth a try: without, every batch takes the lock.
    fn has_quiet_path(&self) -> bool {
        false
    }

    /// Stores rows without the lock, in one round trip, and wakes readers.
    fn append_behind(&mut self, _head: &LogHead, _rows: &[Sealed]) -> Result<Behind, LogError> {
        Ok(Behind::Moved)
    }
}

/// The first page of a stream, or why it cannot be read.
pub type Beginning = Result<Page, LogError>;

/// The lock was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Where the log stands.
    pub head: LogHead,
    /// The event that was known and those behind it, in order, within the bounds of a read. Empty where none was
    /// named, where nothing stands behind it, and where the log ends before it.
    pub behind: Vec<Sealed>,
    /// Why nothing may be appended: an operator has to decide first ([`crate::Custody`]).
    pub held: Option<String>,
}

/// What became of rows that were to be stored under the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// They are stored.
    Stored,
    /// One of them has an id that the log has already: nothing was stored, and the lock is given back.
    Known,
}

/// What became of rows that were to be stored without the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// They are stored.
    Stored,
    /// The log stands elsewhere, has one of the ids already, or is held: nothing was stored. Who wants to
    /// know takes the lock.
    Moved,
}

/// Where the log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The last position, 0 for an empty log.
    pub seq: Seq,
    /// When it was recorded; `None` for an empty log.
    pub recorded_at: Option<DateTime<Utc>>,
    /// The log's chain up to there.
    pub chain: Hash,
}

/// Where a stream stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// The last position, 0 for a stream without events.
    pub stream_seq: StreamSeq,
    /// The stream's chain up to there.
    pub chain: Hash,
}
