//! The projector: reads the log, keeps each person's state and rows, and moves its checkpoints in the same
//! transaction (design D14, D15). A signal only wakes it; polling guarantees. Killed at any point, it goes on
//! from the last commit. Several of them share the parts ([`crate::Share`]); two on one part disturb each
//! other and nothing else.

use crate::decoded::decode;
use crate::queries::read_stream;
use crate::share::part_name;
use crate::stored::{Stored, StoredBody, Unknown, fold};
use banso_kernel::{Part, Recorded, Seq, StreamId};
use banso_log::{Checkpoint, Log, LogError, ModelVersion, Models, Move, PersonWrite};
use banso_views::{Advance, PersonState, VERSION};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// Events of one page, and so of one transaction.
const PAGE_EVENTS_MAX: usize = 2_000;
/// How long it sleeps where no signal wakes it.
const POLL: Duration = Duration::from_millis(500);
/// How long it waits after the store failed.
const RETRY: Duration = Duration::from_secs(1);
/// States kept in memory between pages.
const CACHED_STATES_MAX: usize = 20_000;

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
    /// Parts that hold an event which this binary does not know, and where.
    stopped: BTreeMap<Part, Seq>,
    states: HashMap<StreamId, Stored>,
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

/// What a page comes to.
struct Page {
    moves: Vec<Move>,
    writes: Vec<PersonWrite>,
    states: HashMap<StreamId, Stored>,
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
            stopped: BTreeMap::new(),
            states: HashMap::new(),
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
            stopped: BTreeMap::new(),
            states: HashMap::new(),
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
        let events = self.log.read(from, PAGE_EVENTS_MAX).await?;
        let Some(last) = events.last() else {
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
        if self.states.len() > CACHED_STATES_MAX {
            self.states.clear();
        }
        self.states.extend(page.states);
        self.share(None);
        Ok(true)
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

    async fn fold_page(
        &mut self,
        mine: &BTreeSet<Part>,
        events: &[Recorded],
        last: Seq,
    ) -> Result<Page, LogError> {
        loop {
            match self.fold_known(mine, events, last).await? {
                Ok(page) => return Ok(page),
                // Once more: of the parts that stop, only what stands before.
                Err(stops) => self.stopped.extend(stops),
            }
        }
    }

    /// Up to where this part can be taken in.
    fn limit(&self, part: Part, last: Seq) -> Seq {
        self.stopped.get(&part).map_or(last, |unknown| last.min(unknown.saturating_sub(1)))
    }

    /// `Err`: parts with an event that this binary does not know, and the first such event.
    async fn fold_known(
        &mut self,
        mine: &BTreeSet<Part>,
        events: &[Recorded],
        last: Seq,
    ) -> Result<Result<Page, BTreeMap<Part, Seq>>, LogError> {
        let mut by_stream: HashMap<&StreamId, Vec<&Recorded>> = HashMap::new();
        for event in events {
            let (stream, seq) = (&event.header.stream, event.header.seq);
            let part = stream.part();
            let done = self.checkpoints[usize::from(part.number())].seq;
            if stream.person().is_some()
                && mine.contains(&part)
                && seq > done
                && seq <= self.limit(part, last)
            {
                by_stream.entry(stream).or_default().push(event);
            }
        }
        self.load(by_stream.keys().copied()).await?;
        let mut page = Page { moves: Vec::new(), writes: Vec::new(), states: HashMap::new() };
        let mut stops: BTreeMap<Part, Seq> = BTreeMap::new();
        for (stream, events) in by_stream {
            let Some(person) = stream.person() else { continue };
            let before = self.states.get(stream);
            match self.next_state(stream, before, &events).await? {
                Ok(None) => {}
                Ok(Some(after)) => {
                    let rows_before = before.map(|before| before.rows(person)).transpose()?;
                    let rows = after.rows(person)?;
                    // Without a state before, rows may stand there all the same: write them.
                    let rows = (rows_before.as_ref() != Some(&rows)).then_some(rows);
                    page.writes.push(PersonWrite { stream: stream.clone(), state: after.write()?, rows });
                    page.states.insert(stream.clone(), after);
                }
                Err(Unknown { seq, event_type }) => {
                    tracing::error!(part = stream.part().number(), seq, %event_type, PART_STOPPED);
                    let stop = stops.entry(stream.part()).or_insert(seq);
                    *stop = seq.min(*stop);
                }
            }
        }
        if !stops.is_empty() {
            return Ok(Err(stops));
        }
        for (part, from) in Part::all().zip(&self.checkpoints).filter(|(part, _)| mine.contains(part)) {
            let to = self.limit(part, last);
            if from.seq < to {
                page.moves.push(Move { part, from: *from, to });
            }
        }
        Ok(Ok(page))
    }

    /// Brings the stored states of these streams into memory.
    async fn load(&mut self, streams: impl Iterator<Item = &StreamId>) -> Result<(), LogError> {
        let cold: Vec<StreamId> =
            streams.filter(|stream| !self.states.contains_key(*stream)).cloned().collect();
        if cold.is_empty() {
            return Ok(());
        }
        let stored = self.models.states(self.version, &cold).await?;
        for (stream, stored) in cold.into_iter().zip(stored) {
            if let Some(stored) = stored.as_ref().and_then(Stored::read) {
                self.states.insert(stream, stored);
            }
        }
        Ok(())
    }

    /// The state after these events; `None` if they are in it already. `Err`: an event that this binary does
    /// not know.
    async fn next_state(
        &self,
        stream: &StreamId,
        before: Option<&Stored>,
        events: &[&Recorded],
    ) -> Result<Result<Option<Stored>, Unknown>, LogError> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(Ok(None)) };
        let done = before.map_or(0, |before| before.stream_seq);
        if last.header.stream_seq <= done {
            return Ok(Ok(None));
        }
        let goes_on = match before.map(|before| &before.body) {
            // Whoever is set aside stays so until a rebuild; it is only noted how far the events go.
            Some(StoredBody::Parked { seq, reason }) => {
                let body = StoredBody::Parked { seq: *seq, reason: reason.clone() };
                return Ok(Ok(Some(Stored { stream_seq: last.header.stream_seq, body })));
            }
            Some(StoredBody::Folded(state)) => Some((**state).clone()),
            None => (first.header.stream_seq == 1).then(PersonState::default),
        };
        if let Some(state) = goes_on
            && let Some(state) = advance(state, events)
        {
            let body = StoredBody::Folded(Box::new(state));
            return Ok(Ok(Some(Stored { stream_seq: last.header.stream_seq, body })));
        }
        let all = read_stream(&*self.log, stream, 0, last.header.seq).await?;
        Ok(fold(&all).map(|folded| {
            folded.report_if_parked(stream);
            Some(folded)
        }))
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

/// The state after these events, if all of them can be read and come in order.
fn advance(mut state: PersonState, events: &[&Recorded]) -> Option<PersonState> {
    for event in events.iter().filter(|event| event.header.stream_seq > state.stream_seq).collect::<Vec<_>>()
    {
        let entry = decode(event).ok()?;
        let advanced = catch_unwind(AssertUnwindSafe(|| state.advance(&entry)));
        if !matches!(advanced, Ok(Advance::Done)) {
            return None;
        }
    }
    Some(state)
}
