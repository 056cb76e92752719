//! A server and a store of its own for each test, publishers, readers, and the check that nothing is lost or
//! doubled.

use crate::testing::NatsServer;
use crate::{
    INTAKE_STREAM, Intake, IntakeSettings, IntakeStatus, IntakeStreamSettings, OutcomeSource,
    ReceivedMessage, Relay, RelaySettings, Sink, StreamSettings, connect, ensure_intake,
};
use async_nats::jetstream::{self, context::PublishAckFuture};
use async_nats::{Client, HeaderMap};
use async_trait::async_trait;
use banso_kernel::{CloudEvent, SystemClock, SystemIds};
use banso_log::conformance::AdmitAll;
use banso_log::{
    AppendError, Delivery, Inbox, IntakePosition, Limits, Log, LogError, MessageReceipt, Outcome,
    SqliteStore, StoredReceipt, Unit, Writer,
};
use percent_encoding::percent_decode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

/// No wait of a test is longer; whoever waits that long waits in vain.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// A user of the tests' server who may do everything.
pub(super) const ADMIN: (&str, &str) = ("admin", "pw-of-admin");

pub(super) struct Fixture {
    pub(super) dir: TempDir,
    pub(super) server: NatsServer,
    pub(super) store: Arc<SqliteStore>,
    pub(super) sink: Arc<WriterSink>,
    pub(super) publishers: watch::Sender<BTreeSet<String>>,
}

/// The door of the tests: the writer and a decider that admits everything.
pub(super) struct WriterSink {
    pub(super) store: Arc<SqliteStore>,
    writer: Writer<AdmitAll>,
    /// Off: the position is not compared, as if it stood outside of the transaction.
    fenced: bool,
}

impl WriterSink {
    pub(super) fn on(store: &Arc<SqliteStore>, limits: Limits, fenced: bool) -> Arc<Self> {
        let writer =
            Writer::start(store.clone(), AdmitAll, Arc::new(SystemClock), Arc::new(SystemIds), limits);
        Arc::new(Self { store: store.clone(), writer: writer.unwrap(), fenced })
    }
}

#[async_trait]
impl Sink for WriterSink {
    async fn position(&self, publisher: &str) -> Result<Option<IntakePosition>, LogError> {
        self.store.intake_position(publisher).await
    }

    async fn deliver(
        &self,
        publisher: &str,
        from: Option<IntakePosition>,
        to: IntakePosition,
        messages: Vec<ReceivedMessage>,
    ) -> Result<(), AppendError> {
        let mut units = Vec::new();
        let opened: Vec<_> = messages
            .into_iter()
            .map(|message| {
                let told = told(&message);
                let proposal = proposal(message);
                let is_read = proposal.is_ok();
                units.extend(proposal.into_iter().map(Unit::Single));
                (told, is_read)
            })
            .collect();
        let receipts = move |outcomes: &[Outcome<()>]| {
            let mut outcomes = outcomes.iter();
            let receipt = |(mut told, is_read): (Value, bool)| {
                let status = match is_read.then(|| outcomes.next()).flatten() {
                    Some(Outcome::Admitted(_)) => 201,
                    Some(Outcome::Duplicate(_)) => 200,
                    Some(_) => 409,
                    None => 400,
                };
                told["status"] = status.into();
                MessageReceipt { seq: told["message"].as_u64().unwrap(), body: told.to_string().into() }
            };
            opened.into_iter().map(receipt).collect()
        };
        let deliver = |from, receipts| {
            self.writer.deliver(units, Delivery { publisher: publisher.to_owned(), from, to, receipts })
        };
        let from = if self.fenced {
            from
        } else {
            self.store
                .intake_position(publisher)
                .await
                .map_err(|error| AppendError::Unavailable(Arc::new(error)))?
        };
        deliver(from, Box::new(receipts)).await.map(drop)
    }
}

/// Without the status.
fn told(message: &ReceivedMessage) -> Value {
    let text = |name: &str| {
        let value = message.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value);
        value.map(|value| percent_decode(value).decode_utf8_lossy().into_owned())
    };
    let mut told = json!({ "message": message.seq });
    for (key, value) in
        [("source", text("ce-source")), ("id", text("ce-id")), ("detail", message.defect.clone())]
    {
        if let Some(value) = value {
            told[key] = value.into();
        }
    }
    told
}

fn proposal(message: ReceivedMessage) -> Result<banso_kernel::Proposal, ()> {
    if message.defect.is_some() {
        return Err(());
    }
    let attributes: BTreeMap<String, String> = message
        .headers
        .iter()
        .filter_map(|(name, value)| {
            Some((
                name.strip_prefix("ce-")?.to_owned(),
                percent_decode(value).decode_utf8().ok()?.into_owned(),
            ))
        })
        .collect();
    let event = CloudEvent { attributes, data: message.payload };
    event.into_proposal(message.received_at).map_err(drop)
}

impl Fixture {
    pub(super) async fn new() -> Self {
        Self::with(|config| config, Limits::default()).await
    }

    pub(super) async fn with(configure: impl FnOnce(String) -> String, limits: Limits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let admin = format!("users: [ {{ user: {}, password: \"{}\" }}", ADMIN.0, ADMIN.1);
        let configure = |config: String| configure(config.replacen("users: [", &admin, 1));
        let server = NatsServer::start_with(&dir.path().join("nats"), configure);
        let log = dir.path().join("log");
        SqliteStore::migrate(&log, &SystemIds).unwrap();
        let store = Arc::new(SqliteStore::open(&log).unwrap());
        let sink = WriterSink::on(&store, limits, true);
        let names = ["hospital", "municipality"].map(str::to_owned).into();
        let fixture = Self { dir, server, store, sink, publishers: watch::channel(names).0 };
        fixture.make_stream().await;
        fixture
    }

    pub(super) async fn make_stream(&self) {
        let relay = self.client("relay").await;
        let settings =
            IntakeStreamSettings { max_bytes: 256 * 1024 * 1024, ..IntakeStreamSettings::default() };
        ensure_intake(&relay, &settings).await.unwrap();
    }

    pub(super) async fn client(&self, user: &str) -> Client {
        let settings = self.server.settings(user);
        connected(connect(&settings).await.unwrap()).await
    }

    pub(super) async fn admin(&self) -> Client {
        let settings = self.server.settings("").as_user(ADMIN.0, ADMIN.1);
        connected(connect(&settings).await.unwrap()).await
    }

    pub(super) fn settings(&self) -> IntakeSettings {
        IntakeSettings {
            tail_look: Duration::from_millis(10),
            lag_look: Duration::from_millis(100),
            ..IntakeSettings::of(self.publishers.borrow().clone())
        }
    }

    pub(super) async fn intake(&self) -> Intake {
        self.intake_into(self.sink.clone()).await
    }

    /// A reader as in another process, with a connection of its own.
    pub(super) async fn intake_into(&self, sink: Arc<dyn Sink>) -> Intake {
        let client = connect(&self.server.settings("intake")).await.unwrap();
        Intake::start(client, sink, self.settings(), self.publishers.subscribe())
    }

    pub(super) async fn outcome_relay(&self) -> Relay {
        self.outcome_relay_of(&self.store).await
    }

    pub(super) async fn outcome_relay_of(&self, store: &Arc<SqliteStore>) -> Relay {
        let client = connect(&self.server.settings("relay")).await.unwrap();
        let source = Arc::new(OutcomeSource::new(store.clone(), Arc::new(SystemClock)));
        let stream = StreamSettings { max_bytes: 64 * 1024 * 1024, ..StreamSettings::outcomes() };
        let settings = RelaySettings::of(stream);
        Relay::start(client, source, settings, Arc::new(SystemClock), Arc::new(SystemIds))
    }

    /// Publishes the events with these numbers, and waits until the bus has them; their positions.
    pub(super) async fn publish(&self, publisher: &str, numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let jetstream = jetstream::new(self.admin().await);
        let mut acks = Vec::new();
        for n in numbers {
            let headers = headers(publisher, n);
            acks.push(send(&jetstream, &subject(publisher), headers, format!(r#"{{"n":{n}}}"#)).await);
        }
        let mut at = Vec::new();
        for ack in acks {
            at.push(ack.await.unwrap().sequence);
        }
        at
    }

    pub(super) async fn receipts(&self) -> Vec<StoredReceipt> {
        let mut receipts = Vec::new();
        loop {
            let after = receipts.len() as u64;
            let page = self.store.receipts(after, 1_000).await.unwrap();
            if page.is_empty() {
                return receipts;
            }
            receipts.extend(page);
        }
    }

    pub(super) async fn until_receipts(&self, count: u64) {
        let head = async {
            while self.store.receipt_head().await.unwrap() < count {
                nap().await
            }
        };
        if timeout(PATIENCE, head).await.is_err() {
            panic!("{} of {count} receipts", self.store.receipt_head().await.unwrap());
        }
    }

    /// The numbers of a publisher's events in the order of the log.
    pub(super) async fn recorded(&self, publisher: &str) -> Vec<u64> {
        let mut recorded = Vec::new();
        let mut after = 0;
        loop {
            let page = self.store.read(after, 1_000).await.unwrap();
            let Some(last) = page.last() else { return recorded };
            after = last.header.seq;
            let own = page.iter().filter(|event| event.header.source.as_ref() == source(publisher));
            recorded.extend(own.map(|event| event.header.id.parse::<u64>().unwrap()));
        }
    }

    /// What is wrong with the receipts of a publisher, whose messages stand at `sent`: each has one, in order.
    pub(super) async fn breaches(&self, publisher: &str, sent: &[u64]) -> Vec<String> {
        let receipts = self.receipts().await;
        let told: Vec<u64> =
            receipts.iter().filter(|r| r.publisher == publisher).map(|r| r.position.seq).collect();
        let mut breaches = Vec::new();
        for pair in told.windows(2).filter(|pair| pair[0] >= pair[1]) {
            breaches.push(format!("{} is told behind {}", pair[1], pair[0]));
        }
        for seq in sent {
            let count = told.iter().filter(|told| *told == seq).count();
            if count != 1 {
                breaches.push(format!("{seq} is told {count} times"));
            }
        }
        breaches
    }
}

pub(super) fn subject(publisher: &str) -> String {
    format!("banso.v1.intake.{publisher}.note.noted")
}

pub(super) fn source(publisher: &str) -> String {
    format!("https://{publisher}.example")
}

/// The attributes of a publisher's `n`th event.
pub(super) fn headers(publisher: &str, n: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("ce-specversion", "1.0".to_owned()),
        ("ce-id", n.to_string()),
        ("ce-source", source(publisher)),
        ("ce-type", "banso.Noted.v1".to_owned()),
        ("ce-subject", format!("person/p{}", n % 7)),
        ("ce-bansooccurred", "2025-04-01".to_owned()),
        ("ce-bansoactor", format!("psw@{publisher}")),
    ] {
        headers.insert(name, value);
    }
    headers
}

pub(super) async fn send(
    jetstream: &jetstream::Context,
    subject: &str,
    headers: HeaderMap,
    payload: impl Into<bytes::Bytes>,
) -> PublishAckFuture {
    jetstream.publish_with_headers(subject.to_owned(), headers, payload.into()).await.unwrap()
}

pub(super) async fn connected(client: Client) -> Client {
    let connecting = async {
        while client.connection_state() != async_nats::connection::State::Connected {
            nap().await;
        }
    };
    timeout(PATIENCE, connecting).await.expect("connected");
    client
}

pub(super) async fn nap() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}

/// Waits until the intake says so.
pub(super) async fn until(intake: &Intake, what: impl FnMut(&IntakeStatus) -> bool) -> IntakeStatus {
    let mut status = intake.status();
    match timeout(PATIENCE, status.wait_for(what)).await {
        Ok(found) => found.expect("the intake runs").clone(),
        Err(_) => panic!("the intake does not get there: {:?}", intake.status().borrow()),
    }
}

/// Deletes the intake's stream, as only an operator may.
pub(super) async fn delete_stream(fixture: &Fixture) {
    jetstream::new(fixture.admin().await).delete_stream(INTAKE_STREAM).await.unwrap();
}
