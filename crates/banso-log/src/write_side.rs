//! What the writer's thread needs of a store, beside what everybody reads from it.

use crate::port::{Log, LogError, Sealed};
use banso_kernel::{EventId, Hash, Recorded, Seq, StreamId, StreamSeq};
use chrono::{DateTime, Utc};

/// A store that a [`crate::Writer`] can append to.
pub trait LogStore: Log {
    /// A new connection for appending. Blocks.
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
pub trait WriteSide: Send {
    /// Takes the store's lock.
    fn begin(&mut self) -> Result<LogHead, LogError>;

    /// Events with `seq > after`, in order, within the bounds of a read.
    fn read_sealed(&mut self, after: Seq) -> Result<Vec<Sealed>, LogError>;

    /// Events of one stream with `stream_seq > after`, in order, within the bounds of a read.
    fn read_stream(&mut self, stream: &StreamId, after: StreamSeq) -> Result<Vec<Recorded>, LogError>;

    /// Where these streams stand, in the order of the streams.
    fn stream_heads(&mut self, streams: &[StreamId]) -> Result<Vec<StreamHead>, LogError>;

    /// The events with these ids, in the order of the ids. Also outside of `begin` and `commit`.
    fn find(&mut self, ids: &[EventId]) -> Result<Vec<Option<Recorded>>, LogError>;

    /// Stores these rows.
    fn append(&mut self, rows: &[Sealed]) -> Result<(), LogError>;

    /// Makes what was appended durable and visible, gives the lock back, wakes readers.
    fn commit(&mut self) -> Result<(), LogError>;

    /// Gives the lock back; nothing was appended.
    fn rollback(&mut self) -> Result<(), LogError>;
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
