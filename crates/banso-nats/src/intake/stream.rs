//! The stream `BANSO_INTAKE`, and who looks after it.

use crate::bus::{Bus, BusError};
use crate::setup::MAX_AGE_DAYS;
use crate::subject::{INTAKE_STREAM, INTAKE_SUBJECTS};
use async_nats::Client;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How much the intake keeps, in bytes. Above it publishers are refused.
pub const INTAKE_MAX_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// How often the stream is looked after.
const KEEP_MS: u64 = 5_000;
/// How soon after that failed.
const TRY_AGAIN_MS: u64 = 250;

/// How the stream is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeStreamSettings {
    /// A message older than this is dropped, read or not.
    pub max_age: Duration,
    /// Above this many bytes JetStream takes no message. The server sets so much room aside.
    pub max_bytes: u64,
    /// On how many servers of a cluster it lies.
    pub replicas: usize,
}

impl Default for IntakeStreamSettings {
    fn default() -> Self {
        let max_age = Duration::from_secs(MAX_AGE_DAYS * 24 * 60 * 60);
        Self { max_age, max_bytes: INTAKE_MAX_BYTES, replicas: 1 }
    }
}

impl IntakeStreamSettings {
    /// The found configuration, or the server's own, with everything in it that banso needs.
    fn applied_to(&self, found: Config) -> Config {
        Config {
            name: INTAKE_STREAM.to_owned(),
            description: Some("what publishers propose to banso; outcomes are on BANSO_OUTCOMES".to_owned()),
            subjects: vec![INTAKE_SUBJECTS.to_owned()],
            retention: RetentionPolicy::Limits,
            storage: StorageType::File,
            // The publisher hears it, and nothing that was taken is dropped unread.
            discard: DiscardPolicy::New,
            max_age: self.max_age,
            max_bytes: i64::try_from(self.max_bytes).unwrap_or(i64::MAX),
            max_messages: -1,
            max_messages_per_subject: -1,
            max_consumers: -1,
            max_message_size: -1,
            num_replicas: self.replicas,
            deny_delete: true,
            deny_purge: true,
            allow_rollup: false,
            ..found
        }
    }
}

/// Makes the stream where it is not there, and brings its settings to what they must be. For a client that may
/// do so: `relay` in `ops/nats`.
pub async fn ensure_intake(client: &Client, settings: &IntakeStreamSettings) -> Result<(), BusError> {
    let bus = Bus::new(client.clone());
    let Some(info) = bus.stream(INTAKE_STREAM).await? else {
        return match bus.create_stream(&settings.applied_to(Config::default())).await {
            // Somebody else made it; the next look compares its settings.
            Err(BusError::Refused { code, .. }) if code == ErrorCode::STREAM_NAME_EXIST.0 => Ok(()),
            made => made.map(|_| tracing::info!(stream = INTAKE_STREAM, "made the stream")),
        };
    };
    let config = settings.applied_to(info.config.clone());
    if config != info.config {
        bus.update_stream(&config).await?;
        tracing::warn!(stream = INTAKE_STREAM, "brought the stream's settings to what they must be");
    }
    Ok(())
}

/// Looks after the stream as long as its value lives. Any number of them may, in any processes.
#[derive(Debug)]
pub struct IntakeKeeper {
    task: JoinHandle<()>,
}

impl IntakeKeeper {
    /// Starts on this runtime; NATS need not answer yet.
    pub fn start(client: Client, settings: IntakeStreamSettings) -> Self {
        let task = async move {
            let mut said = None;
            loop {
                let trouble = ensure_intake(&client, &settings).await.err().map(|error| error.to_string());
                if let Some(error) = trouble.as_ref().filter(|_| trouble != said) {
                    tracing::warn!(stream = INTAKE_STREAM, error, "the stream cannot be looked after");
                }
                let pause = if trouble.is_some() { TRY_AGAIN_MS } else { KEEP_MS };
                said = trouble;
                sleep(Duration::from_millis(pause)).await;
            }
        };
        Self { task: tokio::spawn(task) }
    }
}

impl Drop for IntakeKeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}
