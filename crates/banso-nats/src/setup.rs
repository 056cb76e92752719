//! The streams as they must be.

use crate::subject::{EVENTS_STREAM, EVENTS_SUBJECTS};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use banso_kernel::{LogId, Seq};
use banso_log::Identity;
use std::time::Duration;

/// How long the bus keeps an event, in days.
pub const MAX_AGE_DAYS: u64 = 30;
/// How much the bus keeps, in bytes; about ten million events.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024 * 1024;

/// What the stream's metadata says of the log that it is filled from. It stands there even while the stream
/// holds no message.
const LOG_ID: &str = "banso-log-id";
const EPOCH: &str = "banso-epoch";

/// The stream of relays' notes to each other.
pub(crate) const RELAY_STREAM: &str = "BANSO_RELAY";
const RELAY_SUBJECTS: &str = "banso.v1.relay.>";

/// A stream that a relay fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSettings {
    /// `BANSO_EVENTS`.
    pub name: String,
    /// What it takes: `banso.v1.events.>`.
    pub subjects: String,
    /// A message older than this is dropped.
    pub max_age: Duration,
    /// Above this many bytes the oldest messages are dropped. The server sets so much room aside.
    pub max_bytes: u64,
    /// On how many servers of a cluster it lies.
    pub replicas: usize,
}

impl StreamSettings {
    /// All events, for 30 days.
    pub fn events() -> Self {
        Self {
            name: EVENTS_STREAM.to_owned(),
            subjects: EVENTS_SUBJECTS.to_owned(),
            max_age: Duration::from_secs(MAX_AGE_DAYS * 24 * 60 * 60),
            max_bytes: MAX_BYTES,
            replicas: 1,
        }
    }

    /// The stream's configuration, its first message being that of `first`.
    pub(crate) fn config(&self, identity: &Identity, first: Seq) -> Config {
        Config {
            name: self.name.clone(),
            description: Some("events of banso, from its log; filled again when lost".to_owned()),
            subjects: vec![self.subjects.clone()],
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            max_age: self.max_age,
            max_bytes: i64::try_from(self.max_bytes).unwrap_or(i64::MAX),
            max_messages: -1,
            max_messages_per_subject: -1,
            max_consumers: -1,
            storage: StorageType::File,
            num_replicas: self.replicas,
            deny_delete: true,
            deny_purge: true,
            allow_direct: true,
            allow_atomic_publish: true,
            first_sequence: Some(first),
            metadata: metadata(identity).into(),
            ..Config::default()
        }
    }

    /// The found configuration with everything in it that banso needs; `None` where it is so already.
    pub(crate) fn corrected(&self, found: &Config, identity: &Identity) -> Option<Config> {
        let mut corrected = found.clone();
        corrected.subjects = vec![self.subjects.clone()];
        corrected.max_age = self.max_age;
        corrected.max_bytes = i64::try_from(self.max_bytes).unwrap_or(i64::MAX);
        corrected.max_messages = -1;
        corrected.max_messages_per_subject = -1;
        corrected.discard = DiscardPolicy::Old;
        corrected.num_replicas = self.replicas;
        corrected.deny_delete = true;
        corrected.deny_purge = true;
        corrected.allow_direct = true;
        corrected.allow_atomic_publish = true;
        corrected.metadata.extend(metadata(identity));
        (corrected != *found).then_some(corrected)
    }
}

fn metadata(identity: &Identity) -> [(String, String); 2] {
    [(LOG_ID.to_owned(), identity.log_id.to_string()), (EPOCH.to_owned(), identity.epoch.to_string())]
}

/// From which log the stream is filled, as far as it says.
pub(crate) fn identity_of(config: &Config) -> Option<Identity> {
    let log_id: LogId = config.metadata.get(LOG_ID)?.parse().ok()?;
    Some(Identity { log_id, epoch: config.metadata.get(EPOCH)?.parse().ok()? })
}

/// The stream of relays' notes: the last one on each subject.
pub(crate) fn notes(replicas: usize) -> Config {
    Config {
        name: RELAY_STREAM.to_owned(),
        description: Some("repairs of banso's streams that are under way".to_owned()),
        subjects: vec![RELAY_SUBJECTS.to_owned()],
        max_messages_per_subject: 1,
        storage: StorageType::File,
        num_replicas: replicas,
        deny_delete: true,
        ..Config::default()
    }
}
