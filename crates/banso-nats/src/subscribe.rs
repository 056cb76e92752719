//! The consumers with which services read the events, and publishers what became of theirs.
//!
//! A service may not make one itself: a consumer delivers to any subject that its maker names, whatever the maker
//! may publish to (`ops/nats/nats-server.conf`).

use crate::bus::{Bus, BusError};
use crate::subject::{EVENTS_STREAM, OUTCOMES_STREAM, outcomes_subject};
use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, Config};
use serde::Deserialize;
use std::time::Duration;

/// Where a service reaches what it may of JetStream's API (`ops/nats/nats-server.conf`): the API prefix of its
/// client.
pub const API_PREFIX: &str = "banso.api";

/// How long a subscriber may take for a message before it is given it again.
const ACK_WAIT_MS: u64 = 30_000;
/// Messages that a subscriber may have and not yet have acknowledged.
const UNACKNOWLEDGED_MAX: i64 = 10_000;

/// A service that reads the events.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscriber {
    /// Its consumer's name; its account may use no other.
    pub name: String,
    /// What it gets: `banso.v1.events.5.>`; none = everything.
    #[serde(default)]
    pub subjects: Vec<String>,
}

impl Subscriber {
    /// One that gets every event.
    pub fn to_all(name: &str) -> Self {
        Self { name: name.to_owned(), subjects: Vec::new() }
    }
}

/// Makes the subscriber's durable pull consumer, or gives it other subjects. It keeps its place. `client` is the
/// relay's.
pub async fn subscribe(client: &Client, subscriber: &Subscriber) -> Result<(), BusError> {
    make(client, EVENTS_STREAM, &subscriber.name, subscriber.subjects.clone()).await
}

/// Makes the durable pull consumer, called as the publisher is, with which a publisher reads its outcomes. It keeps
/// its place. `client` is the relay's.
pub async fn subscribe_outcomes(client: &Client, publisher: &str) -> Result<(), BusError> {
    make(client, OUTCOMES_STREAM, publisher, vec![outcomes_subject(publisher)]).await
}

async fn make(client: &Client, stream: &str, name: &str, subjects: Vec<String>) -> Result<(), BusError> {
    let bus = Bus::new(client.clone());
    let config = match bus.consumer(stream, name).await? {
        Some(found) if found.config.filter_subjects == subjects => return Ok(()),
        // Where it began cannot be changed; a repair may have made it begin elsewhere.
        Some(found) => Config { filter_subject: String::new(), filter_subjects: subjects, ..found.config },
        None => Config {
            durable_name: Some(name.to_owned()),
            filter_subjects: subjects,
            ack_policy: AckPolicy::Explicit,
            ack_wait: Duration::from_millis(ACK_WAIT_MS),
            max_ack_pending: UNACKNOWLEDGED_MAX,
            ..Config::default()
        },
    };
    bus.create_consumer(stream, config).await.map(drop)
}
