//! An event as the domain sees it: the decoded payload and what of its envelope the rules look at.

use banso_kernel::{ActorRef, EventId, EventType, Seq, StreamSeq, When};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::{EventRetracted, Thing};

/// A decoded event of one stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry<E> {
    /// Its id.
    pub event_id: EventId,
    /// Position in the log.
    pub seq: Seq,
    /// Position in the stream.
    pub stream_seq: StreamSeq,
    /// When the log took it.
    pub recorded_at: DateTime<Utc>,
    /// When it happened; `None` only in a correction that keeps its original's date.
    pub occurred: Option<When>,
    /// Who recorded it.
    pub actor: ActorRef,
    /// The event that it corrects.
    pub corrects: Option<EventId>,
    /// The event that already said the same.
    pub repeats: Option<EventId>,
    /// What happened.
    pub event: Arc<E>,
}

/// What every event of a stream can say about itself.
pub trait StreamEvent {
    /// The type on the wire.
    fn event_type(&self) -> EventType;

    /// The thing with an id of its own that it brings.
    fn brings(&self) -> Option<Thing<'_>>;

    /// The retraction, if this event takes another one back (design D12).
    fn retraction(&self) -> Option<&EventRetracted>;
}
