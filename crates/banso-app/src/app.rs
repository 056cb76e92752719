//! One process of banso: a store, the writer, the projector, the door and the queries.

use crate::admission::CaseDecider;
use crate::door::Door;
use crate::follower::Follower;
use crate::projector::{Projector, ProjectorState};
use crate::queries::{EventFilter, Queries};
use banso_kernel::{Clock, IdGen, Part, Seq};
use banso_log::{Limits, Log, LogError, LogStore, Models, SqliteStore, Writer};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often it is looked whether the projector has come far enough.
const PROJECTED_POLL: Duration = Duration::from_millis(5);

/// A running banso, without a transport.
pub struct App {
    /// Where events come in.
    pub door: Door,
    /// Where questions are answered.
    pub queries: Queries,
    /// The log.
    pub log: Arc<dyn Log>,
    /// The read models.
    pub models: Arc<dyn Models>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    writer: Arc<Writer<CaseDecider>>,
    projected: Arc<Mutex<ProjectorState>>,
    stop: watch::Sender<bool>,
    projector: Mutex<Option<JoinHandle<()>>>,
}

/// How far the projector is behind the log.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectorStatus {
    /// The log's head.
    pub head: Seq,
    /// By part: how many events it may be behind, and since when the oldest of them waits.
    pub lag: BTreeMap<u8, Lag>,
    /// Parts that need a newer binary, and the event at which they stand.
    pub stopped: BTreeMap<u8, Seq>,
    /// Why the projector does not get on.
    pub failing: Option<String>,
}

/// How far a part is behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lag {
    /// Positions of the log between the part's checkpoint and the head.
    pub events: u64,
    /// Seconds since the first event behind the checkpoint was recorded.
    pub seconds: f64,
}

impl App {
    /// Opens a store in SQLite and starts the writer and the projector on it.
    pub async fn open_sqlite(
        dir: &Path,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        limits: Limits,
    ) -> Result<Self, LogError> {
        let store = Arc::new(SqliteStore::open(dir)?);
        Self::start(store.clone(), store.clone(), store, clock, ids, limits).await
    }

    async fn start(
        store: Arc<dyn LogStore>,
        log: Arc<dyn Log>,
        models: Arc<dyn Models>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        limits: Limits,
    ) -> Result<Self, LogError> {
        let writer = Arc::new(Writer::start(store, CaseDecider::default(), clock.clone(), ids, limits)?);
        let projector = Projector::start(log.clone(), models.clone()).await?;
        let projected = projector.state();
        let (stop, stopping) = watch::channel(false);
        let projector = tokio::spawn(projector.run(stopping));
        Ok(Self {
            door: Door::new(writer.clone(), clock.clone()),
            queries: Queries::new(log.clone(), models.clone(), clock.clone()),
            log,
            models,
            clock,
            writer,
            projected,
            stop,
            projector: Mutex::new(Some(projector)),
        })
    }

    /// Takes no more proposals, answers those that wait, and lets the projector end its page.
    pub async fn stop(&self) {
        self.writer.stop().await;
        self.stop.send_replace(true);
        let projector = self.projector.lock().ok().and_then(|mut projector| projector.take());
        if let Some(projector) = projector
            && let Err(error) = projector.await
        {
            tracing::error!(%error, "the projector ended badly");
        }
    }

    /// How many events wait for the writer.
    pub fn waiting_events(&self) -> usize {
        self.writer.waiting_events()
    }

    /// Follows the log behind a position until the process ends.
    pub fn follow(&self, after: Seq, filter: EventFilter, stopping: watch::Receiver<bool>) -> Follower {
        Follower::new(self.log.clone(), after, filter, stopping)
    }

    /// How far the read models are behind the log.
    pub async fn projector_status(&self) -> Result<ProjectorStatus, LogError> {
        let state = self.projected.lock().map(|state| state.clone()).unwrap_or_default();
        let head = self.log.head().await?;
        let now = self.clock.now();
        let mut waiting_since: BTreeMap<Seq, Option<DateTime<Utc>>> = BTreeMap::new();
        let mut lag = BTreeMap::new();
        for part in Part::all() {
            let at = state.checkpoints.get(usize::from(part.number())).copied().unwrap_or(0);
            if let Entry::Vacant(slot) = waiting_since.entry(at) {
                let first = if at < head { self.log.read(at, 1).await? } else { Vec::new() };
                slot.insert(first.first().map(|event| event.header.recorded_at));
            }
            let since = waiting_since.get(&at).copied().flatten();
            let seconds = since.map_or(0.0, |since| (now - since).as_seconds_f64().max(0.0));
            lag.insert(part.number(), Lag { events: head.saturating_sub(at), seconds });
        }
        let ended =
            self.projector.lock().is_ok_and(|task| task.as_ref().is_some_and(JoinHandle::is_finished));
        let failing = state.failing.or_else(|| ended.then(|| "the projector has ended".to_owned()));
        Ok(ProjectorStatus { head, lag, stopped: state.stopped, failing })
    }

    /// Returns when the read models have taken in everything up to `seq`, or what keeps them from it.
    pub async fn projected_up_to(&self, seq: Seq) -> Result<(), String> {
        loop {
            let state = self.projected.lock().map(|state| state.clone()).unwrap_or_default();
            if let Some(failing) = state.failing {
                return Err(failing);
            }
            if !state.stopped.is_empty() {
                return Err(crate::PART_STOPPED.to_owned());
            }
            if !state.checkpoints.is_empty() && state.checkpoints.iter().all(|at| *at >= seq) {
                return Ok(());
            }
            tokio::time::sleep(PROJECTED_POLL).await;
        }
    }
}
