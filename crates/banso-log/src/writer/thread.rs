//! The thread: takes a batch, fetches what it needs, lets it be decided, stores it, answers.

use super::batch::{Batch, Deciding};
use super::heads::Heads;
use super::queue::{AppendError, Intake, Job, Unit};
use crate::decide::{Decider, Outcome};
use crate::port::{LogError, Sealed};
use crate::write_side::{LogHead, LogStore, StreamHead, WriteSide};
use banso_kernel::{Clock, EventId, IdGen, Proposal, StreamId};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

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
}

/// The outcomes of each job of a batch.
type Outcomes<D> = Vec<Vec<Outcome<<D as Decider>::Refusal>>>;

/// A batch as it was decided.
struct Decided<D: Decider> {
    outcomes: Outcomes<D>,
    rows: Vec<Sealed>,
    log: LogHead,
    heads: HashMap<StreamId, StreamHead>,
}

impl<D: Decider> WriterThread<D> {
    pub(super) fn new(
        store: Arc<dyn LogStore>,
        side: Box<dyn WriteSide>,
        decider: D,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
    ) -> Self {
        let deciding = Deciding::new(decider);
        Self { store, clock, ids, deciding, heads: Heads::new(), known: None, side: Some(side) }
    }

    /// Until nothing comes any more.
    pub(super) fn run(mut self, mut intake: Intake<D>) {
        while let Some(jobs) = intake.next() {
            match self.batch(&jobs) {
                Ok(outcomes) => {
                    count(&jobs, &outcomes);
                    for (job, outcomes) in jobs.into_iter().zip(outcomes) {
                        job.answer(Ok(outcomes));
                    }
                }
                Err(error) => {
                    for job in jobs {
                        job.answer(Err(error.clone()));
                    }
                }
            }
        }
        intake.refuse_rest();
    }

    /// One batch, and what is to be done when it fails.
    fn batch(&mut self, jobs: &[Job<D>]) -> Result<Outcomes<D>, AppendError> {
        let mut decided = None;
        let stored = catch_unwind(AssertUnwindSafe(|| {
            let batch = decided.insert(self.decide(jobs)?);
            self.store(batch)
        }));
        let error = match (stored, decided) {
            (Ok(Ok(())), Some(decided)) => {
                self.remember(decided.log, decided.heads);
                return Ok(decided.outcomes);
            }
            (Ok(Err(error)), Some(decided)) if !decided.rows.is_empty() => {
                self.abandon(jobs);
                return self.look_up(decided, error);
            }
            (Err(_panic), Some(decided)) if !decided.rows.is_empty() => {
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

    fn decide(&mut self, jobs: &[Job<D>]) -> Result<Decided<D>, LogError> {
        let side = match self.side.take() {
            Some(side) => self.side.insert(side),
            None => self.side.insert(self.store.write_side()?),
        };
        let log = side.begin()?;
        let known = self.known.get_or_insert_with(|| log.clone());
        catch_up(side.as_mut(), known, &log, &mut self.deciding, &mut self.heads)?;
        let mut batch = Batch::new(&mut self.deciding, log, self.clock.now());
        fetch_heads(side.as_mut(), &mut self.heads, &mut batch, jobs)?;
        for event in side.find(&ids(jobs))?.into_iter().flatten() {
            batch.put_known(&event.header);
        }
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            if job.dry_run {
                warm(side.as_mut(), &mut batch, &job.units)?;
                outcomes.push(batch.dry_run(&job.units));
                continue;
            }
            let mut answers = Vec::new();
            for unit in &job.units {
                warm(side.as_mut(), &mut batch, std::slice::from_ref(unit))?;
                batch.unit(unit, &mut answers);
            }
            outcomes.push(answers);
        }
        let (rows, log, heads) = batch.seal(self.ids.as_ref());
        Ok(Decided { outcomes, rows, log, heads })
    }

    fn store(&mut self, decided: &Decided<D>) -> Result<(), LogError> {
        let Some(side) = self.side.as_mut() else { return Ok(()) };
        metrics::histogram!("banso_append_batch_events").record(decided.rows.len() as f64);
        if decided.rows.is_empty() {
            return side.rollback();
        }
        let started = Instant::now();
        side.append(&decided.rows)?;
        side.commit()?;
        metrics::histogram!("banso_append_commit_seconds").record(started.elapsed().as_secs_f64());
        Ok(())
    }

    fn remember(&mut self, log: LogHead, heads: HashMap<StreamId, StreamHead>) {
        self.known = Some(log);
        for (stream, head) in heads {
            self.heads.put(stream, head);
        }
    }

    /// Drops all that the batch may have changed in memory, and the connection with its transaction.
    fn abandon(&mut self, jobs: &[Job<D>]) {
        self.side = None;
        let streams = || jobs.iter().flat_map(Job::items).map(|item| &proposal::<D>(item).stream);
        for stream in streams() {
            self.heads.forget(stream);
        }
        self.deciding.forget(streams());
    }

    /// The store did not say whether it took the batch: ask it, before anyone is told anything.
    fn look_up(&mut self, decided: Decided<D>, error: LogError) -> Result<Outcomes<D>, AppendError> {
        let events = decided.rows.len();
        let ids: Vec<EventId> = decided.rows.iter().map(|row| row.columns.event_id).collect();
        let found = self.store.write_side().and_then(|mut side| side.find(&ids));
        let cause = &error as &dyn std::error::Error;
        match found {
            Ok(found) if stored(&decided.rows, &found) => {
                tracing::warn!(error = cause, events, "the answer of a commit was lost; the batch is stored");
                Ok(decided.outcomes)
            }
            Ok(_) => {
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

/// A batch is one transaction: it is stored if its events are there, each as it was written.
fn stored(rows: &[Sealed], found: &[Option<banso_kernel::Recorded>]) -> bool {
    rows.iter().zip(found).all(|(row, found)| found.as_ref().is_some_and(|found| *found == row.event))
}

/// Reads what other processes appended since `known`, which follows event by event: each is observed once.
fn catch_up<D: Decider>(
    side: &mut dyn WriteSide,
    known: &mut LogHead,
    log: &LogHead,
    deciding: &mut Deciding<D>,
    heads: &mut Heads,
) -> Result<(), LogError> {
    while known.seq < log.seq {
        let page = side.read_sealed(known.seq)?;
        if page.is_empty() {
            return Err(LogError::Damaged { seq: known.seq + 1, reason: "the event is missing".to_owned() });
        }
        for event in page {
            heads.observe(&event);
            deciding.observe(&event.event);
            let recorded_at = Some(event.columns.recorded_at);
            *known = LogHead { seq: event.columns.seq, recorded_at, chain: event.log_chain };
        }
    }
    if known.seq == log.seq && known.chain == log.chain {
        return Ok(());
    }
    Err(LogError::Damaged {
        seq: log.seq,
        reason: format!("the log was put back while it was open: it stood at {}", known.seq),
    })
}

fn fetch_heads<D: Decider>(
    side: &mut dyn WriteSide,
    heads: &mut Heads,
    batch: &mut Batch<'_, '_, D>,
    jobs: &[Job<D>],
) -> Result<(), LogError> {
    let mut unknown = Vec::new();
    for stream in batch.missing_heads(jobs.iter().flat_map(Job::items)) {
        match heads.get(&stream) {
            Some(head) => batch.put_head(stream, head.clone()),
            None => unknown.push(stream),
        }
    }
    let found = side.stream_heads(&unknown)?;
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
) -> Result<(), LogError> {
    for stream in batch.cold(units.iter().flat_map(Unit::items)) {
        let mut events = side.read_stream(&stream, 0)?;
        while let Some(last) = events.last().map(|last| last.header.stream_seq) {
            let mut page = side.read_stream(&stream, last)?;
            if page.is_empty() {
                break;
            }
            events.append(&mut page);
        }
        batch.load(stream, events);
    }
    Ok(())
}

fn ids<D: Decider>(jobs: &[Job<D>]) -> Vec<EventId> {
    jobs.iter().flat_map(Job::items).map(|item| proposal::<D>(item).event_id).collect()
}

fn proposal<D: Decider>(item: &D::Item) -> &Proposal {
    item.borrow()
}

fn count<D: Decider>(jobs: &[Job<D>], outcomes: &Outcomes<D>) {
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
    let earnest = jobs.iter().zip(outcomes).filter(|(job, _)| !job.dry_run);
    for outcome in earnest.flat_map(|(_, outcomes)| outcomes) {
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
