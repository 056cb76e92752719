//! The intake: reads what publishers sent, in their order, and hands it to the door.
//!
//! The stream is read as a log by position. Where a publisher's intake stands is written in the transaction of
//! the results, and that is the fence: of several readers of one publisher only one delivery goes through.
//! Nothing is acknowledged to JetStream, and no consumer holds a place.

mod message;
mod reader;
mod sink;
mod status;
mod stream;
mod tail;
pub(crate) mod window;

pub use message::{HEADERS_MAX, ReceivedMessage};
pub use sink::Sink;
pub use status::{IntakeStatus, ReaderState, ReaderStatus, StreamState};
pub use stream::{INTAKE_MAX_BYTES, IntakeKeeper, IntakeStreamSettings, ensure_intake};

use crate::bus::{Bus, BusError};
use async_nats::Client;
use banso_log::{AppendError, LogError};
use reader::Reader;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tail::Tail;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Most messages of a delivery.
pub const DELIVERY_MESSAGES_MAX: usize = 200;
/// A delivery ends before the message that would bring it above this many bytes.
pub const DELIVERY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How often the end of the stream is looked at, for all readers of a process together.
pub const TAIL_LOOK_MS: u64 = 50;
/// How often the lag and the unread messages are counted.
pub const LAG_LOOK_MS: u64 = 5_000;
/// First pause of a reader after trouble; it doubles up to [`READER_PAUSE_MS_MAX`].
pub const READER_PAUSE_MS: u64 = 50;
/// Longest pause of a reader.
pub const READER_PAUSE_MS_MAX: u64 = 5_000;

/// How the intake is read.
#[derive(Clone, Debug)]
pub struct IntakeSettings {
    /// Every publisher that is configured, by name, whoever reads it. Messages of others count as unread.
    pub configured: BTreeSet<String>,
    /// See [`DELIVERY_MESSAGES_MAX`].
    pub delivery_messages_max: usize,
    /// See [`DELIVERY_BYTES_MAX`].
    pub delivery_bytes_max: usize,
    /// See [`TAIL_LOOK_MS`].
    pub tail_look: Duration,
    /// See [`LAG_LOOK_MS`].
    pub lag_look: Duration,
}

impl IntakeSettings {
    /// The intake of these publishers.
    pub fn of(configured: BTreeSet<String>) -> Self {
        Self {
            configured,
            delivery_messages_max: DELIVERY_MESSAGES_MAX,
            delivery_bytes_max: DELIVERY_BYTES_MAX,
            tail_look: Duration::from_millis(TAIL_LOOK_MS),
            lag_look: Duration::from_millis(LAG_LOOK_MS),
        }
    }
}

/// Whether a publisher may be called so: one token of a subject, of a-z, 0-9, `-` and `_`.
pub fn is_publisher_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

/// The readers of this process. Dropping it ends them at once: a delivery is settled as a whole or not at all.
#[derive(Debug)]
pub struct Intake {
    status: watch::Receiver<IntakeStatus>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Intake {
    /// Starts on this runtime; neither NATS nor the store need answer yet. `publishers` = those that this process
    /// is to read now. Where two processes believe in the same one, the fence keeps the results right.
    pub fn start(
        client: Client,
        sink: Arc<dyn Sink>,
        settings: IntakeSettings,
        publishers: watch::Receiver<BTreeSet<String>>,
    ) -> Self {
        let (said, status) = watch::channel(IntakeStatus::default());
        let (stop, stopping) = watch::channel(false);
        let shared =
            Shared { bus: Bus::new(client), sink, settings: Arc::new(settings), said: Arc::new(said) };
        Self { status, stop, task: tokio::spawn(run(shared, publishers, stopping)) }
    }

    /// What the readers do; changes are signalled.
    pub fn status(&self) -> watch::Receiver<IntakeStatus> {
        self.status.clone()
    }

    /// Lets deliveries under way come to their end, and ends the readers.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the intake had ended before");
        }
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What all readers of a process have in common.
#[derive(Clone)]
struct Shared {
    bus: Bus,
    sink: Arc<dyn Sink>,
    settings: Arc<IntakeSettings>,
    said: Arc<watch::Sender<IntakeStatus>>,
}

/// A reader's task, which ends with its value.
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    async fn end(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "a reader of the intake had ended before");
        }
    }
}

/// Keeps one reader for each publisher that is to be read.
async fn run(
    shared: Shared,
    mut publishers: watch::Receiver<BTreeSet<String>>,
    mut stopping: watch::Receiver<bool>,
) {
    let tail = Tail::start(shared.clone(), publishers.clone());
    let mut readers: BTreeMap<String, Running> = BTreeMap::new();
    let mut given = true;
    while !*stopping.borrow_and_update() {
        let wanted = publishers.borrow_and_update().clone();
        let ended: Vec<String> = readers.keys().filter(|name| !wanted.contains(*name)).cloned().collect();
        for name in ended {
            if let Some(reader) = readers.remove(&name) {
                reader.end().await;
            }
            shared.said.send_modify(|status| drop(status.readers.remove(&name)));
        }
        for name in &wanted {
            // A reader that ended although nobody asked it to is started anew.
            if readers.get(name).is_none_or(|reader| reader.task.is_finished()) {
                readers.insert(name.clone(), started(&shared, name, &tail));
            }
        }
        tokio::select! {
            _ = stopping.changed() => {}
            changed = publishers.changed(), if given => given = changed.is_ok(),
            () = tokio::time::sleep(Duration::from_millis(READER_PAUSE_MS_MAX)) => {}
        }
    }
    for reader in readers.values() {
        reader.stop.send_replace(true);
    }
    for (_, reader) in readers {
        reader.end().await;
    }
}

fn started(shared: &Shared, publisher: &str, tail: &Tail) -> Running {
    let (stop, stopping) = watch::channel(false);
    let reader = Reader::of(shared.clone(), publisher.to_owned());
    let task = if is_publisher_name(publisher) {
        tokio::spawn(reader.until(tail.seen(), stopping))
    } else {
        tracing::error!(publisher, "not a publisher's name: nothing is read");
        tokio::spawn(reader.refuse(stopping))
    };
    Running { stop, task }
}

/// What keeps a reader from going on; it tries again.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("the store cannot be read: {0}")]
    Log(#[from] LogError),
    #[error(transparent)]
    Append(#[from] AppendError),
}

#[cfg(test)]
mod tests {
    use super::is_publisher_name;

    #[test]
    fn a_publisher_is_one_token_of_a_subject() {
        for name in ["hospital", "city-7_east", "a"] {
            assert!(is_publisher_name(name), "{name}");
        }
        for name in ["", "*", ">", "a.b", "a b", "Hospital", "病院", "a*", &"a".repeat(65)] {
            assert!(!is_publisher_name(name), "{name}");
        }
    }
}
