//! The way from the callers to the thread: bounded, without a lock or a signal per event.

use super::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, GROUP_EVENTS_MAX, QUEUE_BYTES_MAX, QUEUE_EVENTS_MAX};
use crate::decide::{Decider, Outcome};
use crate::inbox::{Delivery, IntakePosition};
use crate::port::LogError;
use banso_kernel::Proposal;
use std::borrow::Borrow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long the thread offers its processor to others before it takes what came as the whole batch, as long as
/// fewer came than are expected (a batch of all costs less than two of the half; a lone publisher never waits), and
/// before it falls asleep behind a batch.
const GATHER_MAX: Duration = Duration::from_micros(100);
/// What a queued event costs beside its body.
const EVENT_OVERHEAD_BYTES: usize = 512;

/// Proposals that are answered together.
#[derive(Clone, Debug)]
pub struct Submission<I> {
    /// In this order.
    pub units: Vec<Unit<I>>,
    /// Only ask: decided in the same order under the same lock, then undone.
    pub dry_run: bool,
}

/// What is admitted or not admitted by itself.
#[derive(Clone, Debug)]
pub enum Unit<I> {
    /// One proposal.
    Single(I),
    /// Up to [`GROUP_EVENTS_MAX`] proposals, all or none, also across streams.
    Group(Vec<I>),
}

/// Why a submission has no outcomes.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Too much waits already; nothing was stored.
    #[error("the writer's queue is full")]
    QueueFull,
    /// A group is too large; nothing was stored.
    #[error("a group has at most {GROUP_EVENTS_MAX} events, not {events}")]
    GroupTooLarge {
        /// How many it has.
        events: usize,
    },
    /// The store failed; nothing was stored.
    #[error("the events could not be stored")]
    Unavailable(#[source] Arc<LogError>),
    /// The store's answer was lost, and asking again failed too: all that was admitted of the batch is stored
    /// or none of it. The same proposals may be sent again.
    #[error("it is not known whether the events were stored; retry with the same ids")]
    OutcomeUnknown,
    /// A delivery's intake stands elsewhere than its reader believes; nothing of it was decided on.
    #[error("somebody else reads this intake")]
    Fenced {
        /// Where it stands.
        actual: Option<IntakePosition>,
    },
    /// The writer was stopped; nothing was stored.
    #[error("the writer was stopped")]
    Stopped,
}

/// How much may wait, and how much goes into one transaction.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Events that wait.
    pub queue_events: usize,
    /// Bytes that wait.
    pub queue_bytes: usize,
    /// Events of a batch.
    pub batch_events: usize,
    /// Bytes of a batch.
    pub batch_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_events: QUEUE_EVENTS_MAX,
            queue_bytes: QUEUE_BYTES_MAX,
            batch_events: BATCH_EVENTS_MAX,
            batch_bytes: BATCH_BYTES_MAX,
        }
    }
}

type Answer<D> = Result<Vec<Outcome<<D as Decider>::Refusal>>, AppendError>;

/// A submission on its way, with where to answer.
pub(super) struct Job<D: Decider> {
    pub(super) units: Vec<Unit<D::Item>>,
    pub(super) dry_run: bool,
    /// Taken out when it is decided on.
    pub(super) delivery: Option<Delivery<D::Refusal>>,
    size: Size,
    answer: oneshot::Sender<Answer<D>>,
}

impl<D: Decider> Job<D> {
    /// Its proposals in order.
    pub(super) fn items(&self) -> impl Iterator<Item = &D::Item> {
        self.units.iter().flat_map(Unit::items)
    }

    pub(super) fn answer(self, answer: Answer<D>) {
        // Who asked may have gone away; what was stored stays stored.
        drop(self.answer.send(answer));
    }
}

impl<I> Unit<I> {
    /// Its proposals in order.
    pub(super) fn items(&self) -> impl Iterator<Item = &I> {
        match self {
            Self::Single(item) => std::slice::from_ref(item).iter(),
            Self::Group(items) => items.iter(),
        }
    }
}

enum Message<D: Decider> {
    Job(Job<D>),
    Stop,
}

#[derive(Clone, Copy, Default)]
struct Size {
    events: usize,
    bytes: usize,
}

impl Size {
    fn and(self, other: Self) -> Self {
        Self { events: self.events + other.events, bytes: self.bytes + other.bytes }
    }
}

/// What waits now.
struct Waiting {
    limits: Limits,
    submissions: AtomicUsize,
    events: AtomicUsize,
    bytes: AtomicUsize,
}

impl Waiting {
    fn reserve(&self, size: Size) -> Result<(), AppendError> {
        let within =
            |max: usize, more: usize| move |now: usize| now.checked_add(more).filter(|sum| *sum <= max);
        let events = within(self.limits.queue_events, size.events);
        self.events.fetch_update(Relaxed, Relaxed, events).map_err(|_| AppendError::QueueFull)?;
        let bytes = within(self.limits.queue_bytes, size.bytes);
        self.bytes.fetch_update(Relaxed, Relaxed, bytes).map_err(|_| {
            self.events.fetch_sub(size.events, Relaxed);
            AppendError::QueueFull
        })?;
        self.submissions.fetch_add(1, Relaxed);
        Ok(())
    }

    fn release(&self, size: Size) {
        self.submissions.fetch_sub(1, Relaxed);
        self.events.fetch_sub(size.events, Relaxed);
        self.bytes.fetch_sub(size.bytes, Relaxed);
    }
}

/// The callers' end.
pub(super) struct Queue<D: Decider> {
    sender: Sender<Message<D>>,
    waiting: Arc<Waiting>,
}

/// The thread's end.
pub(super) struct Intake<D: Decider> {
    receiver: Receiver<Message<D>>,
    waiting: Arc<Waiting>,
    /// Taken from the channel, but too much for the batch before.
    carried: Option<Job<D>>,
    /// Submissions of the batch before.
    answered: usize,
    stopping: bool,
}

pub(super) fn bounded<D: Decider>(limits: Limits) -> (Queue<D>, Intake<D>) {
    let (sender, receiver) = mpsc::channel();
    let waiting = Arc::new(Waiting {
        limits,
        submissions: AtomicUsize::new(0),
        events: AtomicUsize::new(0),
        bytes: AtomicUsize::new(0),
    });
    let queue = Queue { sender, waiting: Arc::clone(&waiting) };
    (queue, Intake { receiver, waiting, carried: None, answered: 0, stopping: false })
}

impl<D: Decider> Queue<D> {
    /// Queues a submission, or says at once that there is no room.
    pub(super) fn submit(
        &self,
        submission: Submission<D::Item>,
        delivery: Option<Delivery<D::Refusal>>,
    ) -> Result<oneshot::Receiver<Answer<D>>, AppendError> {
        // A delivery without a proposal also takes its place in the queue.
        let mut size = Size { events: usize::from(delivery.is_some()), bytes: 0 };
        for unit in &submission.units {
            match unit {
                Unit::Group(items) if items.len() > GROUP_EVENTS_MAX => {
                    return Err(AppendError::GroupTooLarge { events: items.len() });
                }
                Unit::Single(_) | Unit::Group(_) => {}
            }
            for item in unit.items() {
                let proposal: &Proposal = item.borrow();
                size.events += 1;
                size.bytes += proposal.body.len() + EVENT_OVERHEAD_BYTES;
            }
        }
        self.waiting.reserve(size)?;
        let (answer, outcomes) = oneshot::channel();
        let Submission { units, dry_run } = submission;
        let message = Message::Job(Job { units, dry_run, delivery, size, answer });
        match self.sender.send(message) {
            Ok(()) => Ok(outcomes),
            Err(_) => {
                self.waiting.release(size);
                Err(AppendError::Stopped)
            }
        }
    }

    pub(super) fn waiting_events(&self) -> usize {
        self.waiting.events.load(Relaxed)
    }

    pub(super) fn is_full(&self) -> bool {
        let Waiting { limits, events, bytes, .. } = &*self.waiting;
        events.load(Relaxed) >= limits.queue_events || bytes.load(Relaxed) >= limits.queue_bytes
    }

    /// What was queued before is still taken, what comes after is not.
    pub(super) fn close(&self) {
        // Where the thread has ended already there is nothing to close.
        drop(self.sender.send(Message::Stop));
    }
}

impl<D: Decider> Intake<D> {
    /// The next batch: all that is queued, within the limits. Waits for the first submission only; `None`
    /// when nothing will come any more.
    pub(super) fn next(&mut self) -> Option<Vec<Job<D>>> {
        // Those who were just answered, most of whom propose again at once, and those who came meanwhile.
        let expected = self.answered + self.waiting.submissions.load(Relaxed);
        let first = self.first()?;
        self.waiting.release(first.size);
        let mut jobs = vec![first];
        self.fill(&mut jobs, expected);
        self.answered = jobs.len();
        Some(jobs)
    }

    /// What was queued while a batch waited for the store's lock: it goes along.
    pub(super) fn more(&mut self, jobs: &mut Vec<Job<D>>) {
        self.fill(jobs, 0);
        self.answered = jobs.len();
    }

    /// Takes all that is queued, and waits a little for so many submissions.
    fn fill(&mut self, jobs: &mut Vec<Job<D>>, expected: usize) {
        let limits = self.waiting.limits;
        let mut total = jobs.iter().fold(Size::default(), |sum, job| sum.and(job.size));
        let begun = Instant::now();
        while !self.stopping && self.carried.is_none() {
            match self.receiver.try_recv() {
                Ok(Message::Job(job)) => {
                    let with = total.and(job.size);
                    if with.events > limits.batch_events || with.bytes > limits.batch_bytes {
                        self.carried = Some(job);
                        break;
                    }
                    total = with;
                    self.waiting.release(job.size);
                    jobs.push(job);
                }
                Ok(Message::Stop) => self.stopping = true,
                Err(TryRecvError::Empty) if jobs.len() < expected && begun.elapsed() < GATHER_MAX => {
                    std::thread::yield_now();
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
    }

    fn first(&mut self) -> Option<Job<D>> {
        if let Some(job) = self.carried.take() {
            return Some(job);
        }
        if self.stopping {
            return None;
        }
        match self.soon().or_else(|| self.receiver.recv().ok()) {
            Some(Message::Job(job)) => Some(job),
            Some(Message::Stop) | None => None,
        }
    }

    /// What comes so soon that falling asleep and being woken would take longer.
    fn soon(&self) -> Option<Message<D>> {
        let begun = Instant::now();
        while self.answered > 0 && begun.elapsed() < GATHER_MAX {
            match self.receiver.try_recv() {
                Ok(message) => return Some(message),
                Err(TryRecvError::Empty) => std::thread::yield_now(),
                Err(TryRecvError::Disconnected) => return None,
            }
        }
        None
    }

    /// Answers those who came too late.
    pub(super) fn refuse_rest(self) {
        for message in self.receiver.try_iter() {
            match message {
                Message::Job(job) => job.answer(Err(AppendError::Stopped)),
                Message::Stop => {}
            }
        }
    }
}
