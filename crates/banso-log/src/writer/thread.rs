//! The thread: takes a batch, fetches what it needs, lets it be decided, stores it, answers.

use super::batch::{Batch, Deciding};
use super::fetch::{catch_up, fetch_heads, warm};
use super::heads::Heads;
use super::intakes::Intakes;
use super::measure::{count, record};
use super::queue::{AppendError, Intake, Job};
use crate::decide::{Decider, Outcome};
use crate::inbox::Settled;
use crate::port::{LogError, Sealed};
use crate::write_side::{Behind, Committed, LogHead, LogStore, StreamHead, WriteSide};
use banso_kernel::{Clock, EventId, IdGen, Proposal, Recorded, StreamId};
use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// After somebody else appended, so many batches take the lock before one goes without it again.
const LOCKED_BATCHES: u32 = 2;

pub(super) struct WriterThread<D: Decider> {
    store: Arc<dyn LogStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    deciding: Deciding<D>,
    heads: Heads,
    /// Where the log stood when this thread last looked; everything up to here was observed.
    known: Option<LogHead>,
    /// Gone after a failure; the next batch opens a new one.
    side: Option<Box<dyn WriteSide>>,
    /// So many batches take the lock whatever they are: nothing is known of the log yet, its connection was
    /// lost, or others append too.
    locked: u32,
    /// Why nothing can be recorded, until something is.
    stuck: watch::Sender<Option<String>>,
}

/// The outcomes of one job.
type Answer<D> = Result<Vec<Outcome<<D as Decider>::Refusal>>, AppendError>;

/// A batch as it was decided.
struct Decided<D: Decider> {
    answers: Vec<Answer<D>>,
    rows: Vec<Sealed>,
    settled: Vec<Settled>,
    log: LogHead,
    heads: HashMap<StreamId, StreamHead>,
}

/// What came of a batch that tried to go without the lock.
enum Quiet<D: Decider> {
    /// It is stored.
    Stored,
    /// It was decided in memory, but contains a no or nothing to write: whether memory is right is to be seen
    /// under the lock.
    Unverified(Decided<D>),
    /// The log had moved: to be decided again.
    Moved,
}

impl<D: Decider> Decided<D> {
    fn writes_nothing(&self) -> bool {
        self.rows.is_empty() && self.settled.is_empty()
    }

    fn all_admitted(&self) -> bool {
        !self.rows.is_empty()
            && self.answers.iter().all(|answer| {
                answer.as_ref().is_ok_and(|outcomes| {
                    outcomes.iter().all(|outcome| matches!(outcome, Outcome::Admitted(_)))
                })
            })
    }
}

impl<D: Decider> WriterThread<D> {
    pub(super) fn new(
        store: Arc<dyn LogStore>,
        side: Box<dyn WriteSide>,
        decider: D,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        stuck: watch::Sender<Option<String>>,
    ) -> Self {
        let (deciding, heads) = (Deciding::new(decider), Heads::new());
        Self { store, clock, ids, deciding, heads, known: None, side: Some(side), locked: 1, stuck }
    }

    /// Until nothing comes any more.
    pub(super) fn run(mut self, mut intake: Intake<D>) {
        while let Some(mut jobs) = intake.next() {
            let answers = match self.batch(&mut jobs, &mut intake) {
                Ok(answers) => answers,
                Err(error) => jobs.iter().map(|_| Err(error.clone())).collect(),
            };
            self.deciding.settle();
            self.tell_if_stuck(&answers);
            count(&jobs, &answers);
            for (job, answer) in jobs.into_iter().zip(answers) {
                job.answer(answer);
            }
        }
        intake.refuse_rest();
    }

    /// A log that is not the one that was known stays so until an operator has acted: others are to be asked.
    fn tell_if_stuck(&self, answers: &[Answer<D>]) {
        let failure = answers.iter().find_map(|answer| answer.as_ref().err());
        let stuck = match failure {
            Some(AppendError::Unavailable(error)) => match &**error {
                damaged @ LogError::Damaged { .. } => Some(damaged.to_string()),
                _ => return,
            },
            Some(_) => return,
            None => None,
        };
        self.stuck.send_if_modified(|known| std::mem::replace(known, stuck.clone()) != stuck);
    }

    /// One batch, and what is to be done when it fails.
    fn batch(
        &mut self,
        jobs: &mut Vec<Job<D>>,
        intake: &mut Intake<D>,
    ) -> Result<Vec<Answer<D>>, AppendError> {
        // What the store was asked to write: from then on it may be stored, whatever happens here.
        let mut sent = None;
        let stored = catch_unwind(AssertUnwindSafe(|| self.store_batch(jobs, intake, &mut sent)));
        let error = match (stored, sent) {
            (Ok(Ok(())), Some(decided)) => {
                self.known = Some(decided.log);
                for (stream, head) in decided.heads {
                    self.heads.put(stream, head);
                }
                return Ok(decided.answers);
            }
            (Ok(Err(error)), Some(decided)) if !decided.writes_nothing() => {
                self.abandon(jobs);
                return self.look_up(decided, error);
            }
            (Err(_panic), Some(decided)) if !decided.writes_nothing() => {
                tracing::error!("the writer panicked while it stored a batch");
                self.abandon(jobs);
                return Err(AppendError::OutcomeUnknown);
            }
            (Ok(Err(error)), _) => error,
            // The panic's own message has been printed; it could name content, so it is not repeated.
            (Ok(Ok(())), None) | (Err(_), _) => {
                LogError::Unavailable { attempt: "decide on a batch", source: "the writer panicked".into() }
            }
        };
        tracing::error!(
            error = &error as &dyn std::error::Error,
            jobs = jobs.len(),
            "a batch was not decided"
        );
        self.abandon(jobs);
        Err(AppendError::Unavailable(Arc::new(error)))
    }

    fn store_batch(
        &mut self,
        jobs: &mut Vec<Job<D>>,
        intake: &mut Intake<D>,
        sent: &mut Option<Decided<D>>,
    ) -> Result<(), LogError> {
        let mut side = match self.side.take() {
            Some(side) => side,
            None => self.store.write_side()?,
        };
        let unverified = match self.known.clone() {
            Some(known) if self.may_go_quiet(side.as_ref(), jobs) => {
                match self.quietly(side.as_mut(), jobs, known, sent)? {
                    Quiet::Stored => {
                        self.side = Some(side);
                        return Ok(());
                    }
                    Quiet::Unverified(decided) => Some(decided),
                    Quiet::Moved => None,
                }
            }
            Some(_) | None => None,
        };
        self.under_lock(side.as_mut(), jobs, intake, unverified, sent)?;
        self.side = Some(side);
        Ok(())
    }

    fn may_go_quiet(&self, side: &dyn WriteSide, jobs: &[Job<D>]) -> bool {
        self.locked == 0
            && side.has_quiet_path()
            && jobs.iter().all(|job| !job.dry_run && job.delivery.is_none())
    }

    fn quietly(
        &mut self,
        side: &mut dyn WriteSide,
        jobs: &mut [Job<D>],
        known: LogHead,
        sent: &mut Option<Decided<D>>,
    ) -> Result<Quiet<D>, LogError> {
        let decided = self.decide(side, jobs, known.clone(), &[])?;
        if !decided.all_admitted() {
            return Ok(Quiet::Unverified(decided));
        }
        let decided = sent.insert(decided);
        let started = Instant::now();
        match side.append_behind(&known, &decided.rows)? {
            Behind::Stored => {
                record("quiet", decided.rows.len(), started);
                Ok(Quiet::Stored)
            }
            Behind::Moved => {
                *sent = None;
                self.locked = LOCKED_BATCHES;
                self.deciding.forget(streams(jobs));
                Ok(Quiet::Moved)
            }
        }
    }

    fn under_lock(
        &mut self,
        side: &mut dyn WriteSide,
        jobs: &mut Vec<Job<D>>,
        intake: &mut Intake<D>,
        mut unverified: Option<Decided<D>>,
        sent: &mut Option<Decided<D>>,
    ) -> Result<(), LogError> {
        // Where the store says so itself, the ids are looked up only if it does.
        let mut look_up = !side.has_quiet_path();
        loop {
            match self.locked(side, jobs, intake, unverified.take(), look_up, sent)? {
                Committed::Stored => return Ok(()),
                Committed::Known if look_up => {
                    return Err(LogError::Unavailable {
                        attempt: "append events",
                        source: "one of them is in the log and is not found there".into(),
                    });
                }
                Committed::Known => {
                    *sent = None;
                    self.deciding.forget(streams(jobs));
                    look_up = true;
                }
            }
        }
    }

    /// One transaction under the lock. `look_up`: the ids of all proposals are looked up before they are decided
    /// on, and not only where one is not admitted.
    fn locked(
        &mut self,
        side: &mut dyn WriteSide,
        jobs: &mut Vec<Job<D>>,
        intake: &mut Intake<D>,
        unverified: Option<Decided<D>>,
        look_up: bool,
        sent: &mut Option<Decided<D>>,
    ) -> Result<Committed, LogError> {
        let begun = side.begin(self.known.as_ref().map(|known| known.seq))?;
        if let Some(reason) = begun.held {
            side.rollback()?;
            return Err(LogError::Held { reason });
        }
        let log = begun.head;
        let known = self.known.get_or_insert_with(|| log.clone());
        let moved = known.seq != log.seq;
        if moved && unverified.is_some() {
            // Before others' events are observed: what was decided in memory does not stand ahead of them.
            self.deciding.forget(streams(jobs));
        }
        catch_up(side, known, &log, begun.behind, &mut self.deciding, &mut self.heads)?;
        self.locked = if moved { LOCKED_BATCHES } else { self.locked.saturating_sub(1) };

        let decided = match unverified {
            Some(decided) if !moved && side.find(&ids(jobs))?.iter().all(Option::is_none) => decided,
            unverified => {
                if unverified.is_some() && !moved {
                    self.deciding.forget(streams(jobs));
                }
                intake.more(jobs);
                self.decide_under_lock(side, jobs, log, look_up)?
            }
        };
        let decided = sent.insert(decided);
        if decided.writes_nothing() {
            side.rollback()?;
            return Ok(Committed::Stored);
        }
        let started = Instant::now();
        side.append(&decided.rows, &decided.settled)?;
        let committed = side.commit()?;
        if committed == Committed::Stored {
            record("locked", decided.rows.len(), started);
        }
        Ok(committed)
    }

    /// Most proposals are new, and the store refuses one that is not. So they are decided on first, and looked up
    /// where that does not say yes to all, or cannot be done twice.
    fn decide_under_lock(
        &mut self,
        side: &mut dyn WriteSide,
        jobs: &mut [Job<D>],
        log: LogHead,
        look_up: bool,
    ) -> Result<Decided<D>, LogError> {
        if !look_up && jobs.iter().all(|job| !job.dry_run && job.delivery.is_none()) {
            let decided = self.decide(side, jobs, log.clone(), &[])?;
            if decided.all_admitted() {
                return Ok(decided);
            }
            self.deciding.forget(streams(jobs));
        }
        let found: Vec<Recorded> = side.find(&ids(jobs))?.into_iter().flatten().collect();
        self.decide(side, jobs, log, &found)
    }

    /// Decides on all jobs behind `log`. `found` are the events that have the id of a proposal already.
    fn decide(
        &mut self,
        side: &mut dyn WriteSide,
        jobs: &mut [Job<D>],
        log: LogHead,
        found: &[Recorded],
    ) -> Result<Decided<D>, LogError> {
        let up_to = log.seq;
        let mut intakes = Intakes::of(side, jobs)?;
        let deliveries: Vec<_> = jobs.iter_mut().map(|job| job.delivery.take()).collect();
        let mut batch = Batch::new(&mut self.deciding, log, self.clock.now());
        fetch_heads(side, &mut self.heads, &mut batch, jobs, up_to)?;
        for event in found {
            batch.put_known(&event.header);
        }
        warm(side, &mut batch, jobs.iter().flat_map(|job| &job.units), up_to)?;
        let mut answers = Vec::with_capacity(jobs.len());
        for (job, delivery) in jobs.iter().zip(deliveries) {
            if let Some(actual) = delivery.as_ref().and_then(|delivery| intakes.stands_elsewhere(delivery)) {
                answers.push(Err(AppendError::Fenced { actual }));
                continue;
            }
            if job.dry_run {
                answers.push(Ok(batch.dry_run(&job.units)));
                continue;
            }
            let mut outcomes = Vec::new();
            for unit in &job.units {
                batch.unit(unit, &mut outcomes);
            }
            if let Some(delivery) = delivery {
                intakes.settle(delivery, &outcomes);
            }
            answers.push(Ok(outcomes));
        }
        let (rows, log, heads) = batch.seal(self.ids.as_ref());
        Ok(Decided { answers, rows, settled: intakes.settled, log, heads })
    }

    /// Drops all that the batch may have changed in memory, and the connection with its transaction.
    fn abandon(&mut self, jobs: &[Job<D>]) {
        self.side = None;
        self.locked = self.locked.max(1);
        for stream in streams(jobs) {
            self.heads.forget(stream);
        }
        self.deciding.forget(streams(jobs));
    }

    /// The store did not say whether it took the batch: ask it, before anyone is told anything.
    fn look_up(&mut self, decided: Decided<D>, error: LogError) -> Result<Vec<Answer<D>>, AppendError> {
        let events = decided.rows.len();
        let cause = &error as &dyn std::error::Error;
        match self.store.write_side().and_then(|mut side| is_stored(side.as_mut(), &decided)) {
            Ok(true) => {
                tracing::warn!(error = cause, events, "the answer of a commit was lost; the batch is stored");
                Ok(decided.answers)
            }
            Ok(false) => {
                tracing::error!(error = cause, events, "a batch was not stored");
                Err(AppendError::Unavailable(Arc::new(error)))
            }
            Err(second) => {
                let second = &second as &dyn std::error::Error;
                tracing::error!(error = cause, second, events, "it is unknown whether a batch was stored");
                Err(AppendError::OutcomeUnknown)
            }
        }
    }
}

/// A batch is one transaction: it is stored if its events are there, each as it was written, or, where it
/// brought none, if the intake stands where it put it.
fn is_stored<D: Decider>(side: &mut dyn WriteSide, decided: &Decided<D>) -> Result<bool, LogError> {
    if decided.rows.is_empty() {
        let Some(last) = decided.settled.last() else { return Ok(false) };
        let found = side.intake_positions(&[&last.publisher])?;
        return Ok(found.first() == Some(&Some(last.to.clone())));
    }
    let ids: Vec<EventId> = decided.rows.iter().map(|row| row.columns.event_id).collect();
    let found = side.find(&ids)?;
    Ok(decided
        .rows
        .iter()
        .zip(&found)
        .all(|(row, found)| found.as_ref().is_some_and(|found| *found == row.event)))
}

/// Each once: a batch may name one large event a thousand times.
fn ids<D: Decider>(jobs: &[Job<D>]) -> Vec<EventId> {
    let ids: HashSet<EventId> =
        jobs.iter().flat_map(Job::items).map(|item| proposal::<D>(item).event_id).collect();
    ids.into_iter().collect()
}

fn proposal<D: Decider>(item: &D::Item) -> &Proposal {
    item.borrow()
}

/// The streams on which these jobs may have been decided.
fn streams<D: Decider>(jobs: &[Job<D>]) -> impl Iterator<Item = &StreamId> {
    jobs.iter().flat_map(Job::items).map(|item| &proposal::<D>(item).stream)
}
