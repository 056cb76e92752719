//! The writer: one per process, one thread, group commit (design D4).
//!
//! Its thread takes everything that was queued while the previous commit was in flight, decides on it in
//! order against the moving state of the streams, stores what was admitted in one transaction, and answers
//! each caller after the commit.
//!
//! Where the store can append behind a known head without its lock ([`crate::WriteSide::append_behind`]), a
//! batch of yeses goes that *quiet path*: what is in memory is right if the log still stands where it is
//! known to. A no never rests on memory alone: such a batch, and all while others append too, go the *locked
//! path*, which first reads what others appended.

mod batch;
#[cfg(test)]
mod batch_properties;
mod fetch;
mod heads;
mod intakes;
mod measure;
mod queue;
mod thread;

pub use queue::{AppendError, Limits, Submission, Unit};

use crate::decide::{Decider, Outcome};
use crate::inbox::Delivery;
use crate::port::LogError;
use crate::write_side::LogStore;
use banso_kernel::{Clock, IdGen};
use queue::Queue;
use std::sync::{Arc, mpsc};
use tokio::sync::watch;

/// Most events of one group.
pub const GROUP_EVENTS_MAX: usize = 100;
/// Most events that wait for the writer. A submission above it is never taken.
pub const QUEUE_EVENTS_MAX: usize = 8_192;
/// Most bytes that wait for the writer.
pub const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A batch takes no further submission that would bring it above this many events. A submission is never
/// divided.
pub const BATCH_EVENTS_MAX: usize = 1_000;
/// The same in bytes.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The way into the log for one process. Dropping it lets the thread finish what is queued.
pub struct Writer<D: Decider> {
    queue: Queue<D>,
    /// Closed when the thread has ended.
    ended: watch::Receiver<()>,
    stuck: watch::Receiver<Option<String>>,
}

impl<D: Decider> Writer<D> {
    /// Starts the writer's thread. It owns the decider, which must not have anything in memory yet: whatever
    /// it needs is loaded for it. Fails where the store cannot be opened for writing. Blocks.
    pub fn start(
        store: Arc<dyn LogStore>,
        decider: D,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        limits: Limits,
    ) -> Result<Self, LogError> {
        let (queue, intake) = queue::bounded(limits);
        let (alive, ended) = watch::channel(());
        let (stick, stuck) = watch::channel(None);
        let (opened, opening) = mpsc::sync_channel(1);
        let run = move || {
            // Dropped last, however the thread ends: after that its connection is closed.
            let _alive = alive;
            let (side, answer) = match store.write_side() {
                Ok(side) => (Some(side), Ok(())),
                Err(error) => (None, Err(error)),
            };
            // Whoever started the thread waits for this.
            drop(opened.send(answer));
            if let Some(side) = side {
                thread::WriterThread::new(store, side, decider, clock, ids, stick).run(intake);
            }
        };
        let attempt = "start the writer's thread";
        std::thread::Builder::new()
            .name("banso-writer".to_owned())
            .spawn(run)
            .map_err(|source| LogError::Unavailable { attempt, source: source.into() })?;
        opening.recv().map_err(|source| LogError::Unavailable { attempt, source: source.into() })??;
        Ok(Self { queue, ended, stuck })
    }

    /// Proposes events; answers after they are durable, with one outcome each, in order.
    ///
    /// An error is about the submission as a whole. Only after [`AppendError::OutcomeUnknown`] may something
    /// have been stored; sending it again with the same ids is always right, and gets the first result.
    pub async fn append(
        &self,
        submission: Submission<D::Item>,
    ) -> Result<Vec<Outcome<D::Refusal>>, AppendError> {
        self.queue.submit(submission, None)?.await.unwrap_or(Err(AppendError::OutcomeUnknown))
    }

    /// Proposes the events that messages of a publisher's intake make, and stores with them, in one
    /// transaction, how far the intake is read and what became of each message.
    pub async fn deliver(
        &self,
        units: Vec<Unit<D::Item>>,
        delivery: Delivery<D::Refusal>,
    ) -> Result<Vec<Outcome<D::Refusal>>, AppendError> {
        let submission = Submission { units, dry_run: false };
        self.queue.submit(submission, Some(delivery))?.await.unwrap_or(Err(AppendError::OutcomeUnknown))
    }

    /// How many events wait now.
    pub fn waiting_events(&self) -> usize {
        self.queue.waiting_events()
    }

    /// Whether nothing more may wait now.
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Why nothing can be recorded by this writer until somebody acts: its thread has ended, or the log is not
    /// the one that it knew. A failure that may pass by itself is not told here.
    pub fn stuck(&self) -> Option<String> {
        let ended = self.ended.has_changed().is_err();
        if ended { Some("the writer has ended".to_owned()) } else { self.stuck.borrow().clone() }
    }

    /// Takes no more, finishes what is queued, and ends the thread.
    pub async fn stop(&self) {
        self.queue.close();
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

impl<D: Decider> std::fmt::Debug for Writer<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
