//! What a store of events must do, whatever it is made of.

use async_trait::async_trait;
use banso_kernel::{EventId, Hash, LogId, Part, Recorded, Salt, Seq, StreamId, StreamSeq};
use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// Most events that one read returns.
pub const READ_EVENTS_MAX: usize = 10_000;
/// A read ends with the event that brings its bodies to this many bytes.
pub const READ_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A page of no more events may be sent without its bytes being counted first, which is quicker: 32 MiB at most,
/// of bodies as large as a door takes them. What is behind [`READ_BYTES_MAX`] is not returned all the same.
pub const SMALL_PAGE_EVENTS_MAX: usize = 128;

/// The log: an append-only sequence of events, each also at a position of its stream.
///
/// # Contract
///
/// An adapter MUST keep all of this; [`crate::conformance`] proves it.
///
/// 1. `seq` is dense from 1; per stream, `stream_seq` is dense from 1. An event that a read returns stays
///    where it is and as it is, for ever.
/// 2. A read MUST NOT return an event before every event with a smaller `seq` can be read.
/// 3. A read that starts after an append was acknowledged MUST see the appended events.
/// 4. Header and body bytes MUST come back as they were written.
/// 5. A read returns at most `limit` and at most [`READ_EVENTS_MAX`] events, and stops after the event that
///    brings it to [`READ_BYTES_MAX`]; it returns none only where there are none. A page that stays below all
///    three MUST say that it is the last one; a page with anything behind it, be it damaged, MUST NOT.
/// 6. `recorded_at` is the same for the events of one batch and strictly greater than that of every earlier
///    batch.
/// 7. The store itself refuses to change or delete an event (trigger, rights), whoever asks.
/// 8. The signal of [`Log::appended`] only wakes: it may be early, late or missed.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// Which log this is.
    async fn identity(&self) -> Result<Identity, LogError>;

    /// The last position, 0 for an empty log.
    async fn head(&self) -> Result<Seq, LogError>;

    /// Events with `seq > after`, in order.
    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<Recorded>, LogError>;

    /// Events with `seq < before`, the last one first. `before = u64::MAX` begins at the head.
    async fn read_back(&self, before: Seq, limit: usize) -> Result<Vec<Recorded>, LogError>;

    /// Events of one stream with `stream_seq > after` and `seq <= up_to`, in order.
    async fn read_stream(
        &self,
        stream: &StreamId,
        after: StreamSeq,
        up_to: Seq,
        limit: usize,
    ) -> Result<Page, LogError>;

    /// Events of these stretches, one stretch after the other as asked, each in order. A page may end within a
    /// stretch; one question for many streams, where [`Log::read_stream`] would be one for each.
    async fn read_stretches(&self, stretches: &[Stretch], limit: usize) -> Result<Vec<Recorded>, LogError>;

    /// The events with these ids, in the order of the ids; `None` for an id that is not there.
    async fn find(&self, ids: &[EventId]) -> Result<Vec<Option<Recorded>>, LogError>;

    /// The last position that was recorded at or before this time, 0 if there is none.
    async fn seq_at(&self, recorded_by: DateTime<Utc>) -> Result<Seq, LogError>;

    /// Events with `seq > after` together with all that proves them, in order.
    async fn read_sealed(&self, after: Seq, limit: usize) -> Result<Vec<Sealed>, LogError>;

    /// What a reader that stands at `at` finds behind it, with what tells that the log still is the one it read:
    /// in one question, and not read before the events.
    async fn read_following(&self, at: Seq, limit: usize) -> Result<Following, LogError>;

    /// The head, as far as this process has heard of it: one signal a batch, to wake readers of events and of
    /// receipts.
    fn appended(&self) -> watch::Receiver<Seq>;
}

/// What one read found, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T = Recorded> {
    /// The events.
    pub events: Vec<T>,
    /// Nothing of what was asked for stands behind them: whoever wants all of it need not ask again.
    pub is_last: bool,
}

/// A stretch of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Whose events.
    pub stream: StreamId,
    /// Only those behind this position of the stream.
    pub after: StreamSeq,
    /// Only those up to this position of the stream.
    pub up_to: StreamSeq,
}

/// Which log this is, and how often it was continued after a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Drawn when the log was created.
    pub log_id: LogId,
    /// Raised when an operator continues the log after a loss; from 1.
    pub epoch: u32,
}

/// An event with the exact bytes that were hashed, and its place in both chains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The event, decoded.
    pub event: Recorded,
    /// The header, byte for byte.
    pub header: Vec<u8>,
    /// What keeps the body from being guessed.
    pub salt: Salt,
    /// The chain of the stream up to and including this event.
    pub stream_chain: Hash,
    /// The chain of the log up to and including this event.
    pub log_chain: Hash,
    /// What the store's own columns say; a row whose header says otherwise was tampered with.
    pub columns: Columns,
}

/// What stands behind a position, and what the log is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Following {
    /// The events with `seq > at`, as [`Log::read_sealed`] reads them.
    pub events: Vec<Sealed>,
    /// Nothing stands behind them.
    pub is_last: bool,
    /// The chain of the log up to and including the event at the position; `None` where there is none. It
    /// changes where an operator put the database back.
    pub log_chain: Option<Hash>,
    /// Which log this is.
    pub identity: Identity,
}

/// The columns of an event's row that repeat what stands in its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Position in the log.
    pub seq: Seq,
    /// Whose event it is.
    pub stream: StreamId,
    /// Position in the stream.
    pub stream_seq: StreamSeq,
    /// Its id.
    pub event_id: EventId,
    /// When the log took it.
    pub recorded_at: DateTime<Utc>,
    /// The part of its stream.
    pub part: Part,
}

/// Why a store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The store cannot be reached, is full, busy or broken; nothing is known to have changed.
    #[error("the store failed to {attempt}")]
    Unavailable {
        /// What was attempted.
        attempt: &'static str,
        /// What the driver said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row is not what the log once wrote.
    #[error("the log is damaged at position {seq}: {reason}")]
    Damaged {
        /// Where.
        seq: Seq,
        /// What is wrong.
        reason: String,
    },
    /// Nothing may be appended until an operator has decided ([`crate::Custody`]).
    #[error("the log is held: {reason}")]
    Held {
        /// Why.
        reason: String,
    },
    /// The store was written by a newer banso.
    #[error("the store's schema is newer than this binary (store {store}, binary {binary})")]
    SchemaTooNew {
        /// The schema that the store has.
        store: i64,
        /// The schema that the binary knows.
        binary: i64,
    },
    /// The store has not been migrated.
    #[error("there is no store here, or one of an older schema: run `banso migrate`")]
    SchemaTooOld,
}
