//! One process of banso: a store, the writer, the projector, the door and the queries.

use crate::admission::{CaseDecider, HOT_BYTES_MAX};
use crate::door::Door;
use crate::follower::Follower;
use crate::projector::{Projector, ProjectorState};
use crate::queries::{EventFilter, Queries};
use crate::share::{Share, part_names};
use banso_kernel::{Clock, IdGen, Part, Seq};
use banso_log::{Limits, Log, LogError, SqliteStore, Store, Writer};
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
    /// The log, to be read.
    pub log: Arc<dyn Log>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    writer: Arc<Writer<CaseDecider>>,
    projected: Arc<Mutex<ProjectorState>>,
    stop: watch::Sender<bool>,
    projecting: Mutex<Option<Projecting>>,
}

/// The bounds of a process.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Those of the writer.
    pub writer: Limits,
    /// Bytes that cases may take in memory, about.
    pub hot_cases_bytes: usize,
}

impl From<Limits> for Bounds {
    fn from(writer: Limits) -> Self {
        Self { writer, hot_cases_bytes: HOT_BYTES_MAX }
    }
}

/// The projector of this process.
struct Projecting {
    task: JoinHandle<()>,
    share: Share,
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
    /// [`App::start`] with a store in SQLite, all in this process.
    pub async fn open_sqlite(
        dir: &Path,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        limits: Limits,
    ) -> Result<Self, LogError> {
        Self::start(Arc::new(SqliteStore::open(dir)?), clock, ids, limits, true).await
    }

    /// Starts the writer on a store and, where this process is to `project`, a projector that shares the parts
    /// with those of other processes.
    pub async fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        bounds: impl Into<Bounds>,
        project: bool,
    ) -> Result<Self, LogError> {
        let Bounds { writer: limits, hot_cases_bytes } = bounds.into();
        let decider = CaseDecider::keeping(hot_cases_bytes);
        let writer = Arc::new(Writer::start(store.clone(), decider, clock.clone(), ids.clone(), limits)?);
        let (stop, stopping) = watch::channel(false);
        let mut projected = Arc::default();
        let mut projecting = None;
        if project {
            let projector = Projector::start(store.clone(), store.clone()).await?;
            let share = Share::join(store.clone(), ids.as_ref(), "project", part_names());
            let projector = projector.sharing(share.held());
            projected = projector.state();
            projecting = Some(Projecting { task: tokio::spawn(projector.run(stopping)), share });
        }
        Ok(Self {
            door: Door::new(writer.clone(), clock.clone()),
            queries: Queries::new(store.clone(), store.clone(), clock.clone()),
            log: store.clone(),
            store,
            clock,
            writer,
            projected,
            stop,
            projecting: Mutex::new(projecting),
        })
    }

    /// Takes no more proposals, answers those that wait, and lets the projector end its page.
    pub async fn stop(&self) {
        self.writer.stop().await;
        self.stop.send_replace(true);
        let projecting = self.projecting.lock().ok().and_then(|mut projecting| projecting.take());
        if let Some(Projecting { task, share }) = projecting {
            if let Err(error) = task.await {
                tracing::error!(%error, "the projector ended badly");
            }
            share.leave().await;
        }
    }

    /// How many events wait for the writer.
    pub fn waiting_events(&self) -> usize {
        self.writer.waiting_events()
    }

    /// Why this process can record nothing until somebody acts.
    pub fn stuck(&self) -> Option<String> {
        self.writer.stuck()
    }

    /// Follows the log behind a position until the process ends.
    pub fn follow(&self, after: Seq, filter: EventFilter, stopping: watch::Receiver<bool>) -> Follower {
        Follower::new(self.log.clone(), after, filter, stopping)
    }

    /// How far the read models are behind the log, by whomever they are kept.
    pub async fn projector_status(&self) -> Result<ProjectorStatus, LogError> {
        let state = self.projected.lock().map(|state| state.clone()).unwrap_or_default();
        let head = self.store.head().await?;
        let checkpoints = self.checkpoints().await?;
        let now = self.clock.now();
        let mut waiting_since: BTreeMap<Seq, Option<DateTime<Utc>>> = BTreeMap::new();
        let mut lag = BTreeMap::new();
        for part in Part::all() {
            let at = checkpoints.get(usize::from(part.number())).copied().unwrap_or(0);
            if let Entry::Vacant(slot) = waiting_since.entry(at) {
                let first = if at < head { self.store.read(at, 1).await? } else { Vec::new() };
                slot.insert(first.first().map(|event| event.header.recorded_at));
            }
            let since = waiting_since.get(&at).copied().flatten();
            let seconds = since.map_or(0.0, |since| (now - since).as_seconds_f64().max(0.0));
            lag.insert(part.number(), Lag { events: head.saturating_sub(at), seconds });
        }
        let ended = self.projecting.lock().is_ok_and(|projecting| {
            projecting.as_ref().is_some_and(|projecting| projecting.task.is_finished())
        });
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
            let checkpoints = self.checkpoints().await.map_err(|error| error.to_string())?;
            if !checkpoints.is_empty() && checkpoints.iter().all(|at| *at >= seq) {
                return Ok(());
            }
            tokio::time::sleep(PROJECTED_POLL).await;
        }
    }

    /// The position of each part in the version that is read; empty where there is none yet.
    async fn checkpoints(&self) -> Result<Vec<Seq>, LogError> {
        let versions = self.store.versions().await?;
        let Some(active) = versions.iter().find(|version| version.active) else { return Ok(Vec::new()) };
        let checkpoints = self.store.checkpoints(active.version).await?;
        Ok(checkpoints.iter().map(|checkpoint| checkpoint.seq).collect())
    }
}
