//! A log and a server of its own for each test, events for the log, and relays between the two.

use crate::bus::Bus;
use crate::relay::{EventSource, Relay, RelaySettings, State, Status};
use crate::setup::StreamSettings;
use crate::testing::NatsServer;
use crate::{
    API_PREFIX, BusEvents, BusMessage, BusReport, EVENTS_STREAM, Subscriber, check_bus, connect, subscribe,
};
use async_nats::jetstream::{
    self,
    consumer::{Consumer, pull},
};
use async_nats::{Client, HeaderMap};
use banso_kernel::{Clock, CloudEvent, EventType, Proposal, Seq, SystemClock, SystemIds};
use banso_log::conformance::AdmitAll;
use banso_log::{Limits, Log, Outcome, SqliteStore, Submission, Unit, Writer};
use chrono::DateTime;
use futures::StreamExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;

/// No wait of a test is longer; whoever waits that long waits in vain.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Fixture {
    pub(super) dir: TempDir,
    pub(super) server: NatsServer,
    pub(super) log: TestLog,
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::with(|config| config, Arc::new(SystemClock))
    }

    pub(super) fn with(configure: impl FnOnce(String) -> String, clock: Arc<dyn Clock>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = NatsServer::start_with(&dir.path().join("nats"), configure);
        let log = TestLog::in_dir(&dir.path().join("log"), clock);
        Self { dir, server, log }
    }

    /// With a user `admin` who may do everything that the server does.
    pub(super) fn with_admin() -> Self {
        let users = "    users: [\n";
        let admin = format!("{users}      {{ user: admin, password: \"pw-of-admin\" }}\n");
        Self::with(|config| config.replacen(users, &admin, 1), Arc::new(SystemClock))
    }

    pub(super) async fn client(&self, user: &str) -> Client {
        let client = connect(&self.server.settings(user)).await.unwrap();
        timeout(PATIENCE, async {
            while client.connection_state() != async_nats::connection::State::Connected {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("connected");
        client
    }

    pub(super) async fn bus(&self) -> Bus {
        Bus::new(self.client("relay").await)
    }

    pub(super) async fn relay(&self) -> Relay {
        self.relay_with(|settings| settings).await
    }

    pub(super) async fn relay_with(&self, change: impl FnOnce(RelaySettings) -> RelaySettings) -> Relay {
        self.relay_of(&self.log, change).await
    }

    pub(super) async fn relay_of(
        &self,
        log: &TestLog,
        change: impl FnOnce(RelaySettings) -> RelaySettings,
    ) -> Relay {
        let client = connect(&self.server.settings("relay")).await.unwrap();
        let source = Arc::new(EventSource::new(log.store.clone(), entity_of));
        let settings = change(RelaySettings::of(small()));
        Relay::start(client, source, settings, Arc::new(SystemClock), Arc::new(SystemIds))
    }

    /// What the bus is, compared with the log.
    pub(super) async fn check(&self) -> BusReport {
        check_bus(self.log.store.as_ref(), &self.client("relay").await, &mut |_| {}).await.unwrap()
    }

    /// Nothing but what the log has, all of it from `first` on.
    pub(super) async fn expect_whole(&self, first: Seq) {
        let report = self.check().await;
        assert_eq!(report.breaches, [], "of {} breaches", report.broken);
        let head = self.log.store.head().await.unwrap();
        assert_eq!((report.window, report.messages), (Some((first, head)), head + 1 - first));
    }

    /// All messages on the bus.
    pub(super) async fn messages(&self) -> Vec<BusMessage> {
        let mut events = BusEvents::after(&self.client("relay").await, 0).await.unwrap();
        let mut messages = Vec::new();
        while let Some(message) = events.next().await.unwrap() {
            messages.push(message);
        }
        messages
    }

    pub(super) async fn end_of_stream(&self) -> Seq {
        self.bus().await.stream(EVENTS_STREAM).await.unwrap().unwrap().state.last_sequence
    }

    /// A message that no relay published.
    pub(super) async fn publish_foreign(&self) {
        let subject = "banso.v1.events.5.note.noted.person-haru".to_owned();
        self.bus().await.publish("test", subject, Default::default(), "{}".into()).await.unwrap();
    }

    /// The consumer of the subscriber; in the tests there is one user for all of them.
    pub(super) async fn subscriber(&self) -> Reader {
        subscribe(&self.client("relay").await, &Subscriber::to_all("subscriber")).await.unwrap();
        Reader(jetstream::with_prefix(self.client("subscriber").await, API_PREFIX))
    }
}

/// A service that reads with the consumer of its name.
pub(super) struct Reader(jetstream::Context);

impl Reader {
    /// Takes and acknowledges so many messages; their positions.
    pub(super) async fn take(&self, count: usize) -> Vec<Seq> {
        let mut messages = self.consumer().await.fetch().max_messages(count).messages().await.unwrap();
        let mut taken = Vec::new();
        while let Some(message) = timeout(PATIENCE, messages.next()).await.expect("messages") {
            let message = message.unwrap();
            taken.push(message.info().unwrap().stream_sequence);
            message.ack().await.unwrap();
        }
        // The server has taken the acknowledgements when it answers what was asked behind them.
        timeout(PATIENCE, async {
            while taken.last().is_some_and(|last| *last > 0) && self.floor().await < taken[taken.len() - 1] {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("acknowledged");
        taken
    }

    /// Everything up to here is acknowledged.
    pub(super) async fn floor(&self) -> Seq {
        self.consumer().await.cached_info().ack_floor.stream_sequence
    }

    async fn consumer(&self) -> Consumer<pull::Config> {
        self.0.get_consumer_from_stream("subscriber", EVENTS_STREAM).await.unwrap()
    }
}

/// The headers of an event, without those of its batch.
pub(super) fn own_headers(message: &BusMessage) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, values) in message.headers.iter().filter(|(name, _)| name.to_string().starts_with("ce-")) {
        headers.insert(name.clone(), values[0].clone());
    }
    headers
}

/// A stream that fits into a test's disk.
pub(super) fn small() -> StreamSettings {
    StreamSettings { max_bytes: 256 * 1024 * 1024, ..StreamSettings::events() }
}

pub(super) fn entity_of(event_type: &EventType) -> Option<&'static str> {
    (event_type.name == "Noted").then_some("note")
}

/// A log, and a writer that admits everything.
pub(crate) struct TestLog {
    pub(crate) dir: PathBuf,
    pub(crate) store: Arc<SqliteStore>,
    writer: Writer<AdmitAll>,
    ids: AtomicU64,
}

impl TestLog {
    pub(crate) fn in_dir(dir: &Path, clock: Arc<dyn Clock>) -> Self {
        SqliteStore::migrate(dir, &SystemIds).unwrap();
        let store = Arc::new(SqliteStore::open(dir).unwrap());
        let limits = Limits::default();
        let writer = Writer::start(store.clone(), AdmitAll, clock, Arc::new(SystemIds), limits).unwrap();
        Self { dir: dir.to_owned(), store, writer, ids: AtomicU64::new(0) }
    }

    /// Appends so many events of 40 persons.
    pub(crate) async fn append(&self, count: u64) {
        self.append_each(count, |n| format!(r#"{{ "n" : {n}, "言葉": "おはよう" }}"#)).await;
    }

    pub(crate) async fn append_each(&self, count: u64, body: impl Fn(u64) -> String) {
        let units = (0..count).map(|_| {
            let n = self.ids.fetch_add(1, Ordering::SeqCst);
            Unit::Single(proposal(n, &self.dir, body(n)))
        });
        for chunk in units.collect::<Vec<_>>().chunks(1_000) {
            let submission = Submission { units: chunk.to_vec(), dry_run: false };
            let outcomes = self.writer.append(submission).await.unwrap();
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Admitted(_))));
        }
    }

    pub(crate) async fn head(&self) -> Seq {
        self.store.head().await.unwrap()
    }

    pub(crate) fn begin_epoch(&self, epoch: u32) {
        let log = rusqlite::Connection::open(self.dir.join("log.sqlite3")).unwrap();
        assert_eq!(log.execute("UPDATE log_identity SET epoch = ?1", [epoch]).unwrap(), 1);
    }

    /// The log as it is now, as a backup has it.
    pub(crate) async fn backup(&self, to: &Path) -> TestLog {
        copy_dir(&self.dir, to);
        TestLog::in_dir(to, Arc::new(SystemClock))
    }
}

fn proposal(n: u64, dir: &Path, body: String) -> Proposal {
    let attributes = [
        ("specversion", "1.0".to_owned()),
        ("id", format!("id {n}")),
        // A log that was put back goes on with other events.
        ("source", format!("https://hospital.example/{}", dir.file_name().unwrap().display())),
        ("type", "banso.Noted.v1".to_owned()),
        ("subject", format!("person/p{}", n % 40)),
        ("bansooccurred", "2025-04-01".to_owned()),
        ("bansoactor", "psw@hospital".to_owned()),
        ("bansocorrelation", "つながり 1".to_owned()),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
    CloudEvent { attributes, data: body.into() }.into_proposal(DateTime::UNIX_EPOCH).unwrap()
}

pub(super) fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Waits until the relay says so.
pub(super) async fn until(relay: &Relay, what: impl FnMut(&Status) -> bool) -> Status {
    let mut status = relay.status();
    let found = timeout(PATIENCE, status.wait_for(what)).await;
    match found {
        Ok(found) => found.expect("the relay runs").clone(),
        Err(_) => panic!("the relay does not get there: {:?}", relay.status().borrow()),
    }
}

/// Waits until the relay has published everything up to a position.
pub(super) async fn until_at(relay: &Relay, seq: Seq) -> Status {
    until(relay, |status| status.cursor == Some(seq) && status.state == State::Following).await
}
