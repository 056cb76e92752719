//! A store of its own for each test, events for it, and a writer that admits anything.

use crate::admission::{CaseDecider, Item};
use crate::door::Door;
use crate::projector::Projector;
use crate::queries::Queries;
use crate::{Outcome, audit};
use banso_domain::{CaseEvent, Payload, StreamEvent, case::person::FactRecorded};
use banso_kernel::{CloudEvent, ManualClock, Part, StreamId, SystemClock, SystemIds};
use banso_log::conformance::AdmitAll;
use banso_log::{Limits, Log, Models, SqliteStore, StoredState, Submission, Unit, WorkRow, Writer};
use chrono::DateTime;
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) struct Fixture {
    dir: TempDir,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<ManualClock>,
    anything: Writer<AdmitAll>,
    pub(crate) door: Door,
    pub(crate) queries: Queries,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        SqliteStore::migrate(dir.path(), &SystemIds).unwrap();
        let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
        let clock = Arc::new(ManualClock::at("2025-06-01T00:00:00Z".parse().unwrap()));
        let limits = Limits::default();
        let start = || (store.clone(), clock.clone(), Arc::new(SystemIds));
        let (log, at, ids) = start();
        let anything = Writer::start(log, AdmitAll, at, ids, limits).unwrap();
        let (log, at, ids) = start();
        let cases = Writer::start(log, CaseDecider::default(), at, ids, limits).unwrap();
        let door = Door::new(Arc::new(cases), clock.clone());
        let queries = Queries::new(store.clone(), store.clone(), Arc::new(SystemClock));
        Self { dir, store, clock, anything, door, queries }
    }

    /// The same store as another process sees it.
    pub(crate) fn opened_again(&self) -> Arc<SqliteStore> {
        Arc::new(SqliteStore::open(self.dir.path()).unwrap())
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        self.dir.path()
    }

    pub(crate) async fn projector(&self) -> Projector {
        Projector::start(self.store.clone(), self.store.clone()).await.unwrap()
    }

    /// Everything projected, by a projector that has nothing in memory.
    pub(crate) async fn project(&self) {
        run_out(&mut self.projector().await).await;
    }

    /// Appends whatever it is.
    pub(crate) async fn append(&self, event: CloudEvent) -> u64 {
        let proposal = event.into_proposal(DateTime::UNIX_EPOCH).unwrap();
        let submission = Submission { units: vec![Unit::Single(proposal)], dry_run: false };
        match self.anything.append(submission).await.unwrap().remove(0) {
            banso_log::Outcome::Admitted(receipt) => receipt.seq,
            other => panic!("{other:?}"),
        }
    }

    /// Appends all of them, in batches.
    pub(crate) async fn append_all(&self, events: impl Iterator<Item = CloudEvent>) {
        let unit = |event: CloudEvent| Unit::Single(event.into_proposal(DateTime::UNIX_EPOCH).unwrap());
        let units: Vec<_> = events.map(unit).collect();
        for units in units.chunks(1_000) {
            let submission = Submission { units: units.to_vec(), dry_run: false };
            let outcomes = self.anything.append(submission).await.unwrap();
            assert!(outcomes.iter().all(|outcome| matches!(outcome, banso_log::Outcome::Admitted(_))));
        }
    }

    /// Appends facts of these persons.
    pub(crate) async fn facts(&self, persons: &[&str]) {
        for person in persons {
            let head = self.store.head().await.unwrap();
            self.append(fact(person, head + 1)).await;
        }
    }

    pub(crate) async fn publish(&self, event: CloudEvent) -> Outcome {
        let item = self.door.propose(event, None).unwrap();
        self.door.publish_one(item, false).await.unwrap()
    }

    pub(crate) async fn active(&self) -> u32 {
        let versions = self.store.versions().await.unwrap();
        versions.iter().find(|version| version.active).unwrap().version
    }

    /// All that is stored in a version.
    pub(crate) async fn stored(&self, version: u32) -> Vec<(StreamId, StoredState, Vec<WorkRow>)> {
        let mut all = Vec::new();
        for (stream, state) in self.store.states_from(version, None, 10_000).await.unwrap() {
            let rows = self.store.rows_of(version, stream.person().unwrap()).await.unwrap();
            all.push((stream, state, rows));
        }
        all
    }

    pub(crate) async fn checkpoints(&self, version: u32) -> Vec<u64> {
        self.store.checkpoints(version).await.unwrap().iter().map(|checkpoint| checkpoint.seq).collect()
    }

    pub(crate) async fn audited(&self) -> audit::Findings {
        let findings = audit::read_models(&*self.store, &*self.store).await.unwrap();
        assert_eq!(findings.breaches, 0, "{:?}", findings.listed);
        findings
    }
}

pub(crate) async fn run_out(projector: &mut Projector) {
    while projector.step().await.unwrap() {}
}

/// An event as a door takes it.
pub(crate) fn event(person: &str, id: &str, event_type: &str, occurred: &str, data: &str) -> CloudEvent {
    let subject = format!("person/{person}");
    let attributes = [
        ("specversion", "1.0"),
        ("id", id),
        ("source", "https://app.example"),
        ("type", event_type),
        ("subject", &subject),
        ("bansooccurred", occurred),
        ("bansoactor", "nurse@d-hoken"),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    CloudEvent { attributes, data: data.to_owned().into() }
}

/// A payload as an event.
pub(crate) fn told(person: &str, id: &str, occurred: &str, payload: impl Into<CaseEvent>) -> CloudEvent {
    let payload = payload.into();
    let data = payload.to_pretty_json().unwrap();
    event(person, id, &payload.event_type().to_string(), occurred, &data)
}

/// Something found out about a person.
pub(crate) fn fact(person: &str, n: u64) -> CloudEvent {
    fact_on(person, n, "unknown")
}

/// The same, on a day.
pub(crate) fn fact_on(person: &str, n: u64, day: &str) -> CloudEvent {
    let payload = FactRecorded { fact: format!("{person}:f{n}").parse().unwrap(), ..FactRecorded::sample() };
    told(person, &format!("{person}-{n}"), day, payload)
}

/// The name of a person of this part.
pub(crate) fn person_of(part: u8, not: &str) -> String {
    let of_part = |name: &String| {
        let stream: StreamId = format!("person/{name}").parse().unwrap();
        stream.part() == Part::try_from(part).unwrap() && name != not
    };
    (0..).map(|n| format!("p{n}")).find(of_part).unwrap()
}

/// A writer's item, without a door.
pub(crate) fn item(event: CloudEvent) -> Item {
    let proposal = event.into_proposal(DateTime::UNIX_EPOCH).unwrap();
    let decoded = crate::Decoded::read(&proposal.stream, &proposal.event_type, &proposal.body).unwrap();
    Item { proposal, decoded }
}

/// The read models of `$inner`, but for commits, which go through `$commit`.
macro_rules! models_but_for_commits {
    ($name:ty, $inner:ident, $commit:ident) => {
        #[async_trait::async_trait]
        impl banso_log::Models for $name {
            async fn versions(&self) -> Result<Vec<banso_log::ModelVersion>, banso_log::LogError> {
                self.$inner.versions().await
            }
            async fn create(&self, code: u32) -> Result<u32, banso_log::LogError> {
                self.$inner.create(code).await
            }
            async fn activate(&self, version: u32) -> Result<(), banso_log::LogError> {
                self.$inner.activate(version).await
            }
            async fn drop_version(&self, version: u32) -> Result<(), banso_log::LogError> {
                self.$inner.drop_version(version).await
            }
            async fn checkpoints(
                &self,
                version: u32,
            ) -> Result<Vec<banso_log::Checkpoint>, banso_log::LogError> {
                self.$inner.checkpoints(version).await
            }
            async fn commit(
                &self,
                version: u32,
                moves: &[banso_log::Move],
                writes: &[banso_log::PersonWrite],
            ) -> Result<bool, banso_log::LogError> {
                self.$commit(version, moves, writes).await
            }
            async fn states(
                &self,
                version: u32,
                streams: &[banso_kernel::StreamId],
            ) -> Result<Vec<Option<banso_log::StoredState>>, banso_log::LogError> {
                self.$inner.states(version, streams).await
            }
            async fn states_from(
                &self,
                version: u32,
                after: Option<&banso_kernel::StreamId>,
                limit: usize,
            ) -> Result<Vec<(banso_kernel::StreamId, banso_log::StoredState)>, banso_log::LogError> {
                self.$inner.states_from(version, after, limit).await
            }
            async fn now(
                &self,
                stream: &banso_kernel::StreamId,
                registry_after: banso_kernel::StreamSeq,
            ) -> Result<banso_log::Now, banso_log::LogError> {
                self.$inner.now(stream, registry_after).await
            }
            async fn rows(
                &self,
                query: &banso_log::RowQuery,
            ) -> Result<Vec<banso_log::WorkRow>, banso_log::LogError> {
                self.$inner.rows(query).await
            }
            async fn rows_of(
                &self,
                version: u32,
                person: &banso_kernel::PersonId,
            ) -> Result<Vec<banso_log::WorkRow>, banso_log::LogError> {
                self.$inner.rows_of(version, person).await
            }
        }
    };
}
pub(crate) use models_but_for_commits;
