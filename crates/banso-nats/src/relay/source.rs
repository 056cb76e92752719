//! What a relay puts on the bus.

use crate::codec::Outgoing;
use async_nats::jetstream::message::StreamMessage;
use async_trait::async_trait;
use banso_kernel::{Hash, Seq};
use banso_log::{Identity, LogError};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// An append-only sequence in the database that a stream shows: the events, the outcomes.
///
/// # Contract
///
/// 1. Positions are dense from 1. What stands at one stays there and stays the same, except after an operator
///    put the database back.
/// 2. [`Source::waiting`] MUST return every message behind `at` in order, up to its limit, and MUST NOT read the
///    identity and the proof before them: whoever puts the database back does it before or after all, or shows.
/// 3. Each of its messages has as its `proof` what [`Source::proof`] says of its position.
/// 4. [`Source::judge`] MUST tell a message that was made from this source from every other.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// The log that it belongs to.
    async fn identity(&self) -> Result<Identity, LogError>;

    /// Its last position, 0 where it is empty.
    async fn head(&self) -> Result<Seq, LogError>;

    /// What stands behind `at`: at most `limit` messages, none only where there are none.
    async fn waiting(&self, at: Seq, limit: usize) -> Result<Waiting, LogError>;

    /// The first position recorded after `since`; one behind the head where there is none.
    async fn first_since(&self, since: DateTime<Utc>) -> Result<Seq, LogError>;

    /// What a message of the bus is to this source.
    async fn judge(&self, message: &StreamMessage) -> Result<Verdict, LogError>;

    /// Whether a message, and every one before it, says what this source has at its position, whatever the
    /// epoch. May be `false` where that cannot be told.
    async fn has(&self, message: &StreamMessage) -> Result<bool, LogError>;

    /// What nothing else can have at this position: a hash over it and everything before it; `None` behind the
    /// head, and at 0. It changes where an operator put the database back under a relay at work.
    async fn proof(&self, at: Seq) -> Result<Option<Hash>, LogError>;

    /// What subscribers are told while the bus stands at `at`: a subject and its message. `None` = nothing.
    async fn heartbeat(&self, at: Seq) -> Result<Option<(String, Bytes)>, LogError>;

    /// Wakes at each growth; may be early, late or missed.
    fn grown(&self) -> watch::Receiver<Seq>;
}

/// What a relay finds behind its cursor, and what tells that the source still is the one it published.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// In order.
    pub messages: Vec<Outgoing>,
    /// Nothing stands behind them.
    pub is_last: bool,
    /// What [`Source::proof`] says of the cursor.
    pub proof: Option<Hash>,
    /// The log that the messages belong to.
    pub identity: Identity,
}

/// What a message of the bus is to a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message of this position.
    Stands(Seq),
    /// Made from this log, of a position that the log does not have (any more).
    Beyond(Seq),
    /// Made from this log, of a position at which the log has something else.
    Differs(Seq),
    /// Made from this log in another epoch.
    OfEpoch(u32),
    /// Made from another log.
    OfAnotherLog,
    /// Not made by a relay.
    Foreign,
}
