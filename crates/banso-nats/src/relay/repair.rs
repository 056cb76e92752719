//! Filling a stream anew without losing how far its readers are.
//!
//! JetStream deletes a stream's consumers with it. So a repair first writes a note: the durable consumers and
//! how far each had acknowledged. The note lies in a stream of its own and is written by compare-and-set: of two
//! relays only one repairs, and what one leaves unfinished the next one finishes.

use crate::bus::{Bus, BusError, no_answer};
use crate::setup::{RELAY_STREAM, notes};
use async_nats::HeaderMap;
use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::consumer::{AckPolicy, Config, DeliverPolicy};
use banso_kernel::{Clock, Seq};
use chrono::{DateTime, TimeDelta, Utc};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A consumer that is being restored delivers nothing; if its relay dies meanwhile, for so long at most.
const PAUSE_MINUTES: i64 = 1;

/// What a relay writes down of a repair.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Note {
    /// Whether it is still under way.
    pub(super) under_way: bool,
    /// The relay that does it.
    pub(super) by: String,
    /// Why.
    pub(super) reason: String,
    /// Since when.
    pub(super) at: DateTime<Utc>,
    /// The stream's durable consumers.
    pub(super) consumers: Vec<SavedConsumer>,
}

/// A durable consumer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SavedConsumer {
    config: Config,
    /// Everything up to here is acknowledged.
    floor: Seq,
}

impl SavedConsumer {
    /// Whatever it acknowledged behind `at` it is given again.
    pub(super) fn go_back_to(&mut self, at: Seq) {
        self.floor = self.floor.min(at);
    }
}

/// The last note about a stream, and the position that the next one must follow.
#[derive(Clone, Debug, Default)]
pub(super) struct Noted {
    pub(super) at: Seq,
    pub(super) note: Option<Note>,
}

impl Noted {
    /// The repair that somebody has begun and not ended.
    pub(super) fn under_way(&self) -> Option<&Note> {
        self.note.as_ref().filter(|note| note.under_way)
    }
}

/// The notes about one stream.
#[derive(Clone, Debug)]
pub(super) struct Notes {
    bus: Bus,
    subject: String,
    replicas: usize,
}

impl Notes {
    pub(super) fn about(bus: Bus, stream: &str, replicas: usize) -> Self {
        Self { bus, subject: format!("banso.v1.relay.repair.{stream}"), replicas }
    }

    /// The last note. Makes the stream of notes where it is not there.
    pub(super) async fn read(&self) -> Result<Noted, BusError> {
        if self.bus.stream(RELAY_STREAM).await?.is_none() {
            self.bus.create_stream(&notes(self.replicas)).await?;
        }
        let Some(message) = self.bus.last_on(RELAY_STREAM, &self.subject).await? else {
            return Ok(Noted::default());
        };
        // What cannot be read cannot be finished either.
        let note = serde_json::from_slice(&message.payload).ok();
        Ok(Noted { at: message.sequence, note })
    }

    /// Writes a note behind the one that was read; its position, or `None` where another relay was first.
    pub(super) async fn write(&self, note: &Note, behind: Seq) -> Result<Option<Seq>, BusError> {
        let attempt = "note a repair";
        let mut headers = HeaderMap::new();
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, behind.to_string());
        let json = serde_json::to_vec(note).map_err(no_answer(attempt))?;
        match self.bus.publish(attempt, self.subject.clone(), headers, json.into()).await {
            Ok(ack) => Ok(Some(ack.sequence)),
            Err(BusError::Refused { code, .. }) if code == ErrorCode::STREAM_WRONG_LAST_SEQUENCE.0 => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// The stream's durable consumers as they are, and those of a repair that was not ended: what is noted there
/// was true before that repair began.
pub(super) async fn consumers_of(
    bus: &Bus,
    stream: &str,
    unfinished: Option<&Note>,
) -> Result<Vec<SavedConsumer>, BusError> {
    let mut consumers = unfinished.map(|note| note.consumers.clone()).unwrap_or_default();
    for info in bus.consumers(stream).await? {
        let known = consumers.iter().any(|saved| saved.config.durable_name == info.config.durable_name);
        if info.config.durable_name.is_none() || known {
            continue;
        }
        // Who acknowledges nothing is as far as it was served.
        let reached = if info.config.ack_policy == AckPolicy::None { info.delivered } else { info.ack_floor };
        consumers.push(SavedConsumer { config: info.config, floor: reached.stream_sequence });
    }
    Ok(consumers)
}

/// The position up to which the stream must be filled before the consumers are restored.
pub(super) fn floor_of(consumers: &[SavedConsumer]) -> Seq {
    consumers.iter().map(|saved| saved.floor).max().unwrap_or(0)
}

/// Gives the stream back a consumer, directly behind what it had acknowledged. `cursor` = the stream's end.
pub(super) async fn restore(
    bus: &Bus,
    stream: &str,
    saved: &SavedConsumer,
    cursor: Seq,
    clock: &dyn Clock,
) -> Result<(), BusError> {
    // In a new epoch the log may end before what was once acknowledged.
    let next = saved.floor.min(cursor) + 1;
    let Some(name) = saved.config.durable_name.clone() else { return Ok(()) };
    let mut config = saved.config.clone();
    let paused_until = config.pause_until;
    // Its reader asks all the time, and must not be served from the beginning before it is set.
    config.pause_until = Some(clock.now() + TimeDelta::minutes(PAUSE_MINUTES));
    bus.create_consumer(stream, config.clone()).await?;
    let reset = format!("CONSUMER.RESET.{stream}.{name}");
    match bus.ask::<IgnoredAny>("set a consumer", reset, &json!({ "seq": next })).await {
        Ok(_) => {
            let resume = json!({ "pause_until": paused_until });
            let pause = format!("CONSUMER.PAUSE.{stream}.{name}");
            bus.ask::<IgnoredAny>("resume a consumer", pause, &resume).await?;
        }
        // A server before 2.14 cannot set one, and no server one that begins with what comes next.
        Err(BusError::Refused { .. } | BusError::NoAnswer { .. }) => {
            let delete = format!("CONSUMER.DELETE.{stream}.{name}");
            bus.ask::<IgnoredAny>("make a consumer anew", delete, &json!({})).await?;
            config.pause_until = paused_until;
            config.deliver_policy = DeliverPolicy::ByStartSequence { start_sequence: next };
            bus.create_consumer(stream, config).await?;
        }
    }
    tracing::info!(stream, name, next, "restored a consumer");
    Ok(())
}
