//! The relay: puts what the log has on the bus, in order, each position once.
//!
//! Its cursor is the stream's own end, compared with the log whenever it begins, comes back or was overtaken.
//! Nothing about the bus stands in the database, so whatever the bus loses is seen and filled again, and
//! whatever it has that the log lacks stops the relay.

mod assess;
mod batch;
mod events;
mod parts;
mod repair;
mod run;
mod source;
mod status;

pub use events::{EventSource, Heartbeat};
pub(crate) use parts::PartHeads;
pub use source::{Source, Verdict, Waiting};
pub use status::{State, Status, Stop};

use crate::bus::{Bus, BusError};
use crate::setup::StreamSettings;
use async_nats::Client;
use banso_kernel::{Clock, IdGen};
use banso_log::LogError;
use run::Run;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Most messages of a batch; nats-server takes no more.
pub const RELAY_BATCH_MESSAGES_MAX: usize = 1_000;
/// A batch ends before the message that would bring it above this many bytes.
pub const RELAY_BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How often a relay tells where the bus stands.
pub const HEARTBEAT_MS: u64 = 1_000;
/// How long a relay waits at most before it looks into the log by itself.
pub const POLL_MS: u64 = 500;
/// How often a relay without work looks whether the stream still is as it left it.
pub const LOOK_AFTER_MS: u64 = 5_000;
/// How often a relay that stands by looks at the stream.
pub const STAND_BY_LOOK_MS: u64 = 250;
/// A stream that stood still for so long, although the log has more, is taken over.
pub const STAND_STILL_MS: u64 = 2_500;
/// How long a relay waits after trouble before it tries again.
pub const TRY_AGAIN_MS: u64 = 250;
/// How long a stopped relay waits before it looks whether the reason is gone.
pub const STOPPED_LOOK_MS: u64 = 2_000;

/// How a relay works.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// What it fills.
    pub stream: StreamSettings,
    /// Most messages of a batch, at most [`RELAY_BATCH_MESSAGES_MAX`].
    pub batch_messages_max: usize,
    /// Most bytes of a batch; a message above it goes alone.
    pub batch_bytes_max: usize,
    /// See [`HEARTBEAT_MS`].
    pub heartbeat: Duration,
    /// See [`STAND_STILL_MS`].
    pub stand_still: Duration,
    /// Publishes wherever the stream ends, to show what the fence is good for.
    #[cfg(test)]
    pub(crate) unfenced: bool,
}

impl RelaySettings {
    /// A relay of this stream.
    pub fn of(stream: StreamSettings) -> Self {
        Self {
            stream,
            batch_messages_max: RELAY_BATCH_MESSAGES_MAX,
            batch_bytes_max: RELAY_BATCH_BYTES_MAX,
            heartbeat: Duration::from_millis(HEARTBEAT_MS),
            stand_still: Duration::from_millis(STAND_STILL_MS),
            #[cfg(test)]
            unfenced: false,
        }
    }

    #[cfg(test)]
    fn fenced(&self) -> bool {
        !self.unfenced
    }

    #[cfg(not(test))]
    fn fenced(&self) -> bool {
        true
    }
}

/// A relay at work. Any number of them may run for one stream, in any processes: one publishes, the others
/// stand by. Dropping it ends it at once; a batch is on the bus as a whole or not at all.
#[derive(Debug)]
pub struct Relay {
    status: watch::Receiver<Status>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Starts a relay on this runtime. It needs neither NATS nor the log to answer yet.
    pub fn start(
        client: Client,
        source: Arc<dyn Source>,
        settings: RelaySettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
    ) -> Self {
        let (said, status) = watch::channel(Status::starting());
        let (stop, stopping) = watch::channel(false);
        let run = Run::new(Bus::new(client), source, settings, clock, ids, said);
        let task = tokio::spawn(run.until(stopping));
        Self { status, stop, task }
    }

    /// What it does; changes are signalled.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Lets it finish its batch, and ends it.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the relay had ended before");
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What keeps a relay from going on; it tries again.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("the log cannot be read: {0}")]
    Log(#[from] LogError),
}
