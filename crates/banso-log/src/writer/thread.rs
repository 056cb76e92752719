//! The thread: takes a batch, fetches what it needs, lets it be decided, stores it, answers.

use super::batch::{Batch, Deciding};
use super::heads::Heads;
use super::queue::{AppendError, Intake, Job, Unit};
use crate::decide::{Decider, Outcome, Undecidable};
use crate::inbox::{Delivery, IntakePosition, Settled};
use crate::port::{LogError, Sealed};
use crate::write_side::{Behind, LogHead, LogStore, StreamHead, WriteSide};
use banso_kernel::{Clock, EventId, IdGen, Proposal, Recorded, Seq, StreamId};
use std::borrow::Borrow;
use std::collections::HashMap;
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
                LogError::Unavailable { attempt: "decide on a batch", source: "the rules panicked".into() }
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
        unverified: Option<Decided<D>>,
        sent: &mut Option<Decided<D>>,
    ) -> Result<(), LogError> {
        let begun = side.begin()?;
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
        catch_up(side, known, &log, &mut self.deciding, &mut self.heads)?;
        self.locked = if moved { LOCKED_BATCHES } else { self.locked.saturating_sub(1) };

        let decided = match unverified {
            Some(decided) if !moved && side.find(&ids(jobs))?.iter().all(Option::is_none) => decided,
            unverified => {
                if unverified.is_some() && !moved {
                    self.deciding.forget(streams(jobs));
                }
                intake.more(jobs);
                let found: Vec<Recorded> = side.find(&ids(jobs))?.into_iter().flatten().collect();
                self.decide(side, jobs, log, &found)?
            }
        };
        let decided = sent.insert(decided);
        if decided.writes_nothing() {
            return side.rollback();
        }
        let started = Instant::now();
        side.append(&decided.rows, &decided.settled)?;
        side.commit()?;
        record("locked", decided.rows.len(), started);
        Ok(())
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
        let mut answers = Vec::with_capacity(jobs.len());
        for (job, delivery) in jobs.iter().zip(deliveries) {
            if let Some(actual) = delivery.as_ref().and_then(|delivery| intakes.stands_elsewhere(delivery)) {
                answers.push(Err(AppendError::Fenced { actual }));
                continue;
            }
            if job.dry_run {
                warm(side, &mut batch, &job.units, up_to)?;
                answers.push(Ok(batch.dry_run(&job.units)));
                continue;
            }
            let mut outcomes = Vec::new();
            for unit in &job.units {
                warm(side, &mut batch, std::slice::from_ref(unit), up_to)?;
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

/// Where the intakes of a batch stand; they move with each delivery that is decided on.
struct Intakes {
    positions: HashMap<String, Option<IntakePosition>>,
    settled: Vec<Settled>,
}

impl Intakes {
    fn of<D: Decider>(side: &mut dyn WriteSide, jobs: &[Job<D>]) -> Result<Self, LogError> {
        let deliveries = jobs.iter().filter_map(|job| job.delivery.as_ref());
        let mut publishers: Vec<&str> = deliveries.map(|delivery| delivery.publisher.as_str()).collect();
        publishers.sort_unstable();
        publishers.dedup();
        let mut positions = HashMap::new();
        if !publishers.is_empty() {
            let found = side.intake_positions(&publishers)?;
            positions.extend(publishers.into_iter().map(str::to_owned).zip(found));
        }
        Ok(Self { positions, settled: Vec::new() })
    }

    /// Where the intake stands, if it is not where the delivery's reader found it.
    fn stands_elsewhere<R>(&self, delivery: &Delivery<R>) -> Option<Option<IntakePosition>> {
        let actual = self.positions.get(&delivery.publisher).cloned().flatten();
        (actual != delivery.from).then_some(actual)
    }

    fn settle<R>(&mut self, delivery: Delivery<R>, outcomes: &[Outcome<R>]) {
        let Delivery { publisher, from: _, to, receipts } = delivery;
        self.positions.insert(publisher.clone(), Some(to.clone()));
        self.settled.push(Settled { publisher, to, receipts: receipts(outcomes) });
    }
}

/// Reads what other processes appended since `known`, which follows event by event: each is observed once.
fn catch_up<D: Decider>(
    side: &mut dyn WriteSide,
    known: &mut LogHead,
    log: &LogHead,
    deciding: &mut Deciding<D>,
    heads: &mut Heads,
) -> Result<(), LogError> {
    // Beginning with the known event itself: a log that was put back and has grown beyond it again is another one.
    let mut after = known.seq.saturating_sub(1);
    while known.seq < log.seq {
        let page = side.read_sealed(after)?;
        if page.is_empty() {
            return Err(LogError::Damaged { seq: after + 1, reason: "the event is missing".to_owned() });
        }
        for event in page {
            if event.columns.seq > known.seq {
                heads.observe(&event);
                deciding.observe(&event.event);
                let recorded_at = Some(event.columns.recorded_at);
                *known = LogHead { seq: event.columns.seq, recorded_at, chain: event.log_chain };
            } else if event.log_chain != known.chain {
                return Err(put_back(known, log));
            }
        }
        after = known.seq;
    }
    if known.seq == log.seq && known.chain == log.chain { Ok(()) } else { Err(put_back(known, log)) }
}

fn put_back(known: &LogHead, log: &LogHead) -> LogError {
    let reason = format!("the log was put back while it was open: it stood at {}", known.seq);
    LogError::Damaged { seq: log.seq, reason }
}

fn fetch_heads<D: Decider>(
    side: &mut dyn WriteSide,
    heads: &mut Heads,
    batch: &mut Batch<'_, '_, D>,
    jobs: &[Job<D>],
    up_to: Seq,
) -> Result<(), LogError> {
    let mut unknown = Vec::new();
    for stream in batch.missing_heads(jobs.iter().flat_map(Job::items)) {
        match heads.get(&stream) {
            Some(head) => batch.put_head(stream, head.clone()),
            None => unknown.push(stream),
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let found = side.stream_heads(&unknown, up_to)?;
    for (stream, head) in unknown.into_iter().zip(found) {
        batch.put_head(stream, head);
    }
    Ok(())
}

/// Loads the streams that these units need and the decider does not have.
fn warm<D: Decider>(
    side: &mut dyn WriteSide,
    batch: &mut Batch<'_, '_, D>,
    units: &[Unit<D::Item>],
    up_to: Seq,
) -> Result<(), LogError> {
    for stream in batch.cold(units.iter().flat_map(Unit::items)) {
        match whole_stream(side, &stream, up_to) {
            Ok(events) => batch.load(stream, events),
            // Others' proposals are none the worse for it.
            Err(LogError::Damaged { seq, reason }) => {
                batch.cannot_load(stream, Undecidable { seq, reason });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn whole_stream(side: &mut dyn WriteSide, stream: &StreamId, up_to: Seq) -> Result<Vec<Recorded>, LogError> {
    let mut events = side.read_stream(stream, 0, up_to)?;
    while let Some(last) = events.last().map(|last| last.header.stream_seq) {
        let mut page = side.read_stream(stream, last, up_to)?;
        if page.is_empty() {
            break;
        }
        events.append(&mut page);
    }
    Ok(events)
}

fn ids<D: Decider>(jobs: &[Job<D>]) -> Vec<EventId> {
    jobs.iter().flat_map(Job::items).map(|item| proposal::<D>(item).event_id).collect()
}

fn proposal<D: Decider>(item: &D::Item) -> &Proposal {
    item.borrow()
}

/// The streams on which these jobs may have been decided.
fn streams<D: Decider>(jobs: &[Job<D>]) -> impl Iterator<Item = &StreamId> {
    jobs.iter().flat_map(Job::items).map(|item| &proposal::<D>(item).stream)
}

fn record(path: &'static str, events: usize, started: Instant) {
    metrics::histogram!("banso_append_batch_events", "path" => path).record(events as f64);
    metrics::histogram!("banso_append_commit_seconds", "path" => path)
        .record(started.elapsed().as_secs_f64());
}

fn count<D: Decider>(jobs: &[Job<D>], answers: &[Answer<D>]) {
    let mut counts = [0; 7];
    const NAMES: [&str; 7] = [
        "admitted",
        "duplicate",
        "id_conflict",
        "version_conflict",
        "refused",
        "group_refused",
        "undecidable",
    ];
    let earnest = jobs.iter().zip(answers).filter(|(job, _)| !job.dry_run);
    for outcome in earnest.filter_map(|(_, answer)| answer.as_ref().ok()).flatten() {
        let which = match outcome {
            Outcome::Admitted(_) => 0,
            Outcome::Duplicate(_) => 1,
            Outcome::IdConflict { .. } => 2,
            Outcome::VersionConflict { .. } => 3,
            Outcome::Refused(_) => 4,
            Outcome::GroupRefused { .. } => 5,
            Outcome::Undecidable(_) => 6,
        };
        counts[which] += 1;
    }
    for (name, count) in NAMES.into_iter().zip(counts) {
        if count > 0 {
            metrics::counter!("banso_append_events_total", "outcome" => name).increment(count);
        }
    }
}
