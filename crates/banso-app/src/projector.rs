//! The projector: reads the log, keeps each person's state and rows, and moves its checkpoints in the same
//! transaction (design D14, D15). A signal only wakes it; polling guarantees. Killed at any point, it goes on
//! from the last commit. Several of them share the parts ([`crate::Share`]); two on one part disturb each
//! other and nothing else.

mod fold;

use crate::share::part_name;
use crate::stored::Stored;
use banso_kernel::{Part, Recorded, Seq, StreamId};
use banso_log::{Checkpoint, Log, LogError, ModelVersion, Models};
use banso_views::VERSION;
use lru::LruCache;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// Events read at a time.
const READ_EVENTS: usize = 2_000;
/// While there is more to read, reads are put together to a page, which is one transaction, up to so many events,
const PAGE_EVENTS_MAX: usize = 40_000;
/// bytes of bodies
const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// and persons. The read that reaches one of these bounds still belongs to the page.
const PAGE_PERSONS_MAX: usize = 2_000;
/// How long it sleeps where no signal wakes it.
const POLL: Duration = Duration::from_millis(500);
/// How long it waits after the store failed.
const RETRY: Duration = Duration::from_secs(1);
/// States kept in memory between pages.
const CACHED_STATES_MAX: NonZeroUsize = NonZeroUsize::new(20_000).unwrap();

/// What `PART_STOPPED` parts wait for, in logs and readiness.
pub const PART_STOPPED: &str = "needs a newer binary";

/// Keeps the read models of one store.
pub struct Projector {
    log: Arc<dyn Log>,
    models: Arc<dyn Models>,
    version: u32,
    active: bool,
    /// Whether it keeps this version and no other: one that is being rebuilt.
    pinned: bool,
    /// The parts that are its share, by name; `None` = all.
    share: Option<watch::Receiver<BTreeSet<String>>>,
    checkpoints: Vec<Checkpoint>,
    /// Whether the last step found nothing new.
    is_idle: bool,
    /// Parts that hold an event which this binary does not know, and where.
    stopped: BTreeMap<Part, Seq>,
    /// Of the persons seen last. While a page is folded, its persons' states are taken out.
    states: LruCache<StreamId, Stored>,
    shared: Arc<Mutex<ProjectorState>>,
}

/// How far the projector is.
#[derive(Clone, Debug, Default)]
pub struct ProjectorState {
    /// Parts that need a newer binary, and the event at which they stand.
    pub stopped: BTreeMap<u8, Seq>,
    /// Why the last step failed, until one succeeds.
    pub failing: Option<String>,
}

impl Projector {
    /// Finds the version to keep, or begins one. A version of other code is left alone: a new one is filled
    /// beside it and takes its place when it has caught up.
    pub async fn start(log: Arc<dyn Log>, models: Arc<dyn Models>) -> Result<Self, LogError> {
        let mut projector = Self {
            log,
            models,
            version: 0,
            active: false,
            pinned: false,
            share: None,
            checkpoints: Vec::new(),
            is_idle: false,
            stopped: BTreeMap::new(),
            states: LruCache::new(CACHED_STATES_MAX),
            shared: Arc::default(),
        };
        projector.find_version().await?;
        Ok(projector)
    }

    /// Goes on with this version, which nobody reads yet, from where it stands. Fails where somebody else
    /// writes to it.
    pub(crate) async fn on_version(
        log: Arc<dyn Log>,
        models: Arc<dyn Models>,
        version: u32,
    ) -> Result<Self, LogError> {
        let checkpoints = models.checkpoints(version).await?;
        Ok(Self {
            log,
            models,
            version,
            active: false,
            pinned: true,
            share: None,
            checkpoints,
            is_idle: false,
            stopped: BTreeMap::new(),
            states: LruCache::new(CACHED_STATES_MAX),
            shared: Arc::default(),
        })
    }

    /// Keeps only the parts of a share.
    pub(crate) fn sharing(self, share: watch::Receiver<BTreeSet<String>>) -> Self {
        Self { share: Some(share), ..self }
    }

    /// How it gets on, for readiness.
    pub fn state(&self) -> Arc<Mutex<ProjectorState>> {
        self.shared.clone()
    }

    /// Keeps the read models until `stop` says so. Failures of the store are reported and retried.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut appended = self.log.appended();
        let mut share = self.share.clone();
        while !*stop.borrow() {
            if let Some(share) = &mut share
                && share.has_changed().unwrap_or(false)
            {
                share.mark_unchanged();
                // What is new in it was moved by others.
                self.forget();
            }
            let pause = match self.step().await {
                Ok(true) => Duration::ZERO,
                Ok(false) => POLL,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the projector failed, it tries again"
                    );
                    self.share(Some(error.to_string()));
                    self.checkpoints.clear();
                    RETRY
                }
            };
            if pause > Duration::ZERO {
                tokio::select! {
                    changed = stop.changed() => if changed.is_err() {
                        // Whoever could say stop is gone.
                        return;
                    },
                    _ = appended.changed(), if pause == POLL => {}
                    () = changed(share.clone()) => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }

    /// One page. `Ok(false)`: there is nothing new.
    pub async fn step(&mut self) -> Result<bool, LogError> {
        if self.checkpoints.is_empty() {
            self.find_version().await?;
        }
        let mine = self.mine();
        let moving = self
            .checkpoints
            .iter()
            .zip(Part::all())
            .filter(|(_, part)| mine.contains(part) && !self.stopped.contains_key(part));
        let Some(from) = moving.map(|(checkpoint, _)| checkpoint.seq).min() else {
            self.share(None);
            return Ok(false);
        };
        let events = self.read_page(from).await?;
        let Some(last) = events.last() else {
            if std::mem::replace(&mut self.is_idle, true) && self.has_lost(&mine).await? {
                self.forget();
                return Ok(true);
            }
            if !self.pinned {
                let versions = self.models.versions().await?;
                if !self.is_kept(&versions) {
                    // Another one was rebuilt beside it, and may lack what came in the meantime.
                    self.forget();
                    return Ok(true);
                }
                self.caught_up(&versions, from).await?;
            }
            self.share(None);
            return Ok(false);
        };
        self.is_idle = false;
        let page = self.fold_page(&mine, &events, last.header.seq).await?;
        if !self.models.commit(self.version, &page.moves, &page.writes).await? {
            if self.pinned {
                return Err(crate::rebuild::taken_over());
            }
            // Somebody else projects here too, or the version is gone: look again.
            self.forget();
            return Ok(true);
        }
        for moved in &page.moves {
            self.checkpoints[usize::from(moved.part.number())] =
                Checkpoint { seq: moved.to, rev: moved.from.rev + 1 };
        }
        for (stream, state) in page.states {
            self.states.put(stream, state);
        }
        self.share(None);
        Ok(true)
    }

    /// Whether the store crashed and lost what was projected last: those commits do not wait for the disk. Where more
    /// events come the next commit shows it.
    async fn has_lost(&self, mine: &BTreeSet<Part>) -> Result<bool, LogError> {
        let stored = self.models.checkpoints(self.version).await?;
        let mut both = Part::all().zip(stored.iter().zip(&self.checkpoints));
        Ok(both.any(|(part, (stored, known))| mine.contains(&part) && stored != known))
    }

    /// What comes next: far behind, much of it, so that a person's events are folded and written together.
    async fn read_page(&self, after: Seq) -> Result<Vec<Recorded>, LogError> {
        let mut events = self.log.read(after, READ_EVENTS).await?;
        let (mut looked_at, mut bytes, mut persons) = (0, 0, HashSet::new());
        while let [.., last] = &events[..] {
            for event in &events[looked_at..] {
                bytes += event.body.len();
                if !persons.contains(&event.header.stream) {
                    persons.insert(event.header.stream.clone());
                }
            }
            let is_full = events.len() >= PAGE_EVENTS_MAX
                || bytes >= PAGE_BYTES_MAX
                || persons.len() >= PAGE_PERSONS_MAX;
            // A short read is the last one, or one of large bodies.
            if is_full || events.len() - looked_at < READ_EVENTS {
                break;
            }
            looked_at = events.len();
            let more = self.log.read(last.header.seq, READ_EVENTS).await?;
            if more.is_empty() {
                break;
            }
            events.extend(more);
        }
        Ok(events)
    }

    /// The parts that it keeps.
    fn mine(&self) -> BTreeSet<Part> {
        let share = self.share.as_ref().map(|share| share.borrow());
        let held = |part: &Part| share.as_ref().is_none_or(|share| share.contains(&part_name(*part)));
        Part::all().filter(held).collect()
    }

    fn forget(&mut self) {
        self.checkpoints.clear();
        self.states.clear();
        self.stopped.clear();
    }

    async fn find_version(&mut self) -> Result<(), LogError> {
        let versions = self.models.versions().await?;
        let of_this_code = |version: &&banso_log::ModelVersion| version.code == VERSION;
        let active = versions.iter().find(|version| version.active);
        let (version, is_active) = match active.filter(of_this_code).or(versions.iter().rfind(of_this_code)) {
            Some(version) => (version.version, version.active),
            None => (self.models.create(VERSION).await?, false),
        };
        if !is_active && active.is_none() {
            // Nobody reads anything yet: what is missing is folded from the log.
            self.models.activate(version).await?;
        }
        self.forget();
        self.version = version;
        self.active = is_active || active.is_none();
        self.checkpoints = self.models.checkpoints(version).await?;
        let head = self.log.head().await?;
        if self.checkpoints.iter().any(|checkpoint| checkpoint.seq > head) {
            // What is projected beyond the log's end never happened, as far as anybody can prove.
            tracing::error!(version, head, "the log was put back: its read models are folded anew");
            self.version = self.models.create(VERSION).await?;
            if self.active {
                self.models.activate(self.version).await?;
            }
            self.checkpoints = self.models.checkpoints(self.version).await?;
        }
        Ok(())
    }

    /// A version of this code takes the place of one of older code as soon as it has caught up. A newer one
    /// stays: while both binaries run, the older one answers from the log.
    async fn caught_up(&mut self, versions: &[ModelVersion], head: Seq) -> Result<(), LogError> {
        let newer = versions.iter().any(|version| version.active && version.code > VERSION);
        if self.active || newer {
            return Ok(());
        }
        // The parts of others as well.
        let checkpoints = self.models.checkpoints(self.version).await?;
        let behind = |(part, checkpoint): (Part, &Checkpoint)| {
            checkpoint.seq < head && !self.stopped.contains_key(&part)
        };
        if !Part::all().zip(&checkpoints).any(behind) {
            self.models.activate(self.version).await?;
            self.active = true;
            tracing::info!(version = self.version, "read models of this version have taken over");
        }
        Ok(())
    }

    /// Whether this version is still the one to keep.
    fn is_kept(&self, versions: &[ModelVersion]) -> bool {
        let active = versions.iter().find(|version| version.active && version.code == VERSION);
        active.map_or_else(
            || versions.iter().any(|version| version.version == self.version),
            |active| active.version == self.version,
        )
    }

    fn share(&self, failing: Option<String>) {
        if let Ok(mut shared) = self.shared.lock() {
            if failing.is_none() {
                shared.stopped = self.stopped.iter().map(|(part, seq)| (part.number(), *seq)).collect();
            }
            shared.failing = failing;
        }
    }
}

/// Returns when the share changed; never without one. Takes a copy, so that the loop sees the change too.
async fn changed(share: Option<watch::Receiver<BTreeSet<String>>>) {
    if let Some(mut share) = share
        && share.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}
