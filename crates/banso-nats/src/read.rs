//! The stream, read from front to back: for checking it, and for giving a log back what it lost.

use crate::bus::{Bus, BusError, no_answer};
use crate::codec::{BusEvent, DecodeError, decode};
use crate::subject::EVENTS_STREAM;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::{Ordered, OrderedConfig};
use async_nats::{Client, HeaderMap};
use banso_kernel::Seq;
use bytes::Bytes;
use futures::StreamExt;
use std::time::Duration;
use tokio::time::timeout;

/// How long the next message may take.
const NEXT_MS_MAX: u64 = 10_000;

/// The messages of the stream of events, up to where it ends now.
pub struct BusEvents {
    messages: Option<Ordered>,
    last: Seq,
    at: Seq,
}

/// A message of the stream of events.
#[derive(Clone, Debug)]
pub struct BusMessage {
    /// Its position on the bus.
    pub seq: Seq,
    /// Where it was published.
    pub subject: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its data.
    pub payload: Bytes,
}

impl BusMessage {
    /// The event that it carries.
    pub fn event(&self) -> Result<BusEvent, DecodeError> {
        decode(&self.headers, &self.payload)
    }
}

impl BusEvents {
    /// The messages behind a position of the bus.
    pub async fn after(client: &Client, after: Seq) -> Result<Self, BusError> {
        let attempt = "read the stream";
        let bus = Bus::new(client.clone());
        let Some(info) = bus.stream(EVENTS_STREAM).await? else {
            return Ok(Self { messages: None, last: 0, at: after });
        };
        let (first, last) = (info.state.first_sequence, info.state.last_sequence);
        if info.state.messages == 0 || last <= after {
            return Ok(Self { messages: None, last, at: after });
        }
        let start_sequence = first.max(after + 1);
        let config = OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
            ..OrderedConfig::default()
        };
        let stream = bus.jetstream.get_stream(EVENTS_STREAM).await.map_err(no_answer(attempt))?;
        let consumer = stream.create_consumer(config).await.map_err(no_answer(attempt))?;
        let messages = consumer.messages().await.map_err(no_answer(attempt))?;
        Ok(Self { messages: Some(messages), last, at: start_sequence - 1 })
    }

    /// Where the stream ended when reading began, 0 where there is none.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<BusMessage>, BusError> {
        let attempt = "give the next message";
        let Some(messages) = self.messages.as_mut().filter(|_| self.at < self.last) else { return Ok(None) };
        let next = timeout(Duration::from_millis(NEXT_MS_MAX), messages.next()).await;
        let message = match next.map_err(no_answer(attempt))? {
            Some(message) => message.map_err(no_answer(attempt))?,
            None => return Err(no_answer(attempt)("it ended before its end")),
        };
        self.at = message.info().map_err(no_answer(attempt))?.stream_sequence;
        let message = message.message;
        Ok(Some(BusMessage {
            seq: self.at,
            subject: message.subject.to_string(),
            headers: message.headers.unwrap_or_default(),
            payload: message.payload,
        }))
    }
}
