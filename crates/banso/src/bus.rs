//! What a process does on the bus: the relays, the intake, and the hold on the log where bus and log disagree.

use crate::config::{Role, Settings};
use anyhow::Context;
use async_nats::{Client, connection};
use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use banso_api::{Beside, IntakeMessage, Publisher};
use banso_app::{App, AppendError, EventFilter, IntakePosition, Share};
use banso_kernel::{Clock, SystemIds};
use banso_log::{LogError, Store};
use banso_nats::{
    ConnectSettings, EventSource, Intake, IntakeKeeper, IntakeSettings, IntakeStatus, IntakeStreamSettings,
    OutcomeSource, ReceivedMessage, Relay, RelaySettings, Sink, Source, State, Status, StreamSettings,
    StreamState, Subscriber, subscribe, subscribe_outcomes,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a starting process waits for the bus to say where it stands, before it records anything.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// How long a command waits for the bus …
const REACH_WAIT: Duration = Duration::from_secs(10);
/// … and how often it looks.
const LOOK: Duration = Duration::from_millis(10);
/// How often services' consumers are looked after.
const CONSUMERS_LOOK: Duration = Duration::from_secs(5);
/// How long it waits after the store did not take a hold.
const RETRY: Duration = Duration::from_secs(1);

/// The bus for a command that cannot do without: connected; `None` = there is none.
pub(crate) async fn reach(settings: &Settings, name: &str) -> anyhow::Result<Option<Client>> {
    let Some(connection) = settings.nats(&settings.nats.relay_user, name) else { return Ok(None) };
    let client = banso_nats::connect(&connection).await.context("the bus cannot be used")?;
    let connected = async {
        while client.connection_state() != connection::State::Connected {
            tokio::time::sleep(LOOK).await;
        }
    };
    let waited = tokio::time::timeout(REACH_WAIT, connected).await;
    waited.with_context(|| format!("the bus at {} does not answer", connection.servers.join(", ")))?;
    Ok(Some(client))
}

/// The relays of a process. They start before anything is recorded.
#[derive(Default)]
pub(crate) struct Relays {
    relays: Vec<Relay>,
    guards: Vec<JoinHandle<()>>,
    keeper: Option<IntakeKeeper>,
    beside: Vec<Beside>,
}

impl Relays {
    /// Starts what the roles ask for, and has the bus compared with the log.
    pub(crate) async fn start(
        settings: &Settings,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let mut relays = Self::default();
        let connection = settings.nats(&settings.nats.relay_user, "banso relay");
        let Some(connection) = connection.filter(|_| settings.does(Role::Relay)) else { return Ok(relays) };
        let events = Arc::new(EventSource::new(store.clone(), EventFilter::entity_of));
        let outcomes = Arc::new(OutcomeSource::new(store.clone(), clock.clone()));
        let of = |name, stream, source| Relayed { name, stream: settings.kept(stream), source, clock };
        let status = relays.add(&connection, of("bus", StreamSettings::events(), events)).await?;
        first_look(status.clone(), store.as_ref()).await?;
        relays.guards.push(tokio::spawn(guard(status.clone(), store.clone())));
        let subscribers = settings.subscribers().into_iter().map(Consumer::OfEvents).collect();
        relays.keep_consumers(&connection, status, subscribers).await?;

        let status = relays.add(&connection, of("outcomes", StreamSettings::outcomes(), outcomes)).await?;
        let publishers = settings.publishers().into_iter();
        let publishers = publishers.map(|publisher| Consumer::OfOutcomes(publisher.name)).collect();
        relays.keep_consumers(&connection, status, publishers).await?;

        let client = banso_nats::connect(&connection).await.context("the bus cannot be used")?;
        relays.keeper = Some(IntakeKeeper::start(client, kept_intake(settings)));
        Ok(relays)
    }

    async fn add(
        &mut self,
        connection: &ConnectSettings,
        relayed: Relayed<'_>,
    ) -> anyhow::Result<watch::Receiver<Status>> {
        let Relayed { name, stream, source, clock } = relayed;
        let client = banso_nats::connect(connection).await.context("the bus cannot be used")?;
        let relay =
            Relay::start(client, source, RelaySettings::of(stream), clock.clone(), Arc::new(SystemIds));
        let status = relay.status();
        let seen = status.clone();
        let problem = move || match seen.has_changed() {
            Ok(_) => problem(&seen.borrow().state),
            Err(_) => Some("the relay has ended".to_owned()),
        };
        self.beside.push(Beside { name, problem: Box::new(problem) });
        self.relays.push(relay);
        Ok(status)
    }

    /// Makes what services read with, once the stream is there. They may not make it themselves.
    async fn keep_consumers(
        &mut self,
        connection: &ConnectSettings,
        status: watch::Receiver<Status>,
        consumers: Vec<Consumer>,
    ) -> anyhow::Result<()> {
        if !consumers.is_empty() {
            let client = banso_nats::connect(connection).await.context("the bus cannot be used")?;
            self.guards.push(tokio::spawn(make_consumers(client, status, consumers)));
        }
        Ok(())
    }

    /// What `/readyz` tells of them.
    pub(crate) fn beside(&mut self) -> Vec<Beside> {
        std::mem::take(&mut self.beside)
    }

    /// Lets them end their batches.
    pub(crate) async fn stop(self) {
        for guard in &self.guards {
            guard.abort();
        }
        for relay in self.relays {
            relay.stop().await;
        }
    }
}

/// What a service reads with.
enum Consumer {
    OfEvents(Subscriber),
    OfOutcomes(String),
}

impl Consumer {
    fn name(&self) -> &str {
        match self {
            Self::OfEvents(subscriber) => &subscriber.name,
            Self::OfOutcomes(publisher) => publisher,
        }
    }
}

/// Again and again: a stream that was wiped lost its consumers too.
async fn make_consumers(client: Client, mut status: watch::Receiver<Status>, consumers: Vec<Consumer>) {
    loop {
        // By the relay that publishes: while it fills the stream anew, it puts back those that were there.
        if status.wait_for(|status| status.state == State::Following).await.is_err() {
            return;
        }
        for consumer in &consumers {
            let made = match consumer {
                Consumer::OfEvents(subscriber) => subscribe(&client, subscriber).await,
                Consumer::OfOutcomes(publisher) => subscribe_outcomes(&client, publisher).await,
            };
            if let Err(error) = made {
                // The others must not wait for it.
                tracing::warn!(%error, name = consumer.name(), "a service's consumer could not be made; tried again");
            }
        }
        tokio::time::sleep(CONSUMERS_LOOK).await;
    }
}

/// A stream to relay into.
struct Relayed<'a> {
    name: &'static str,
    stream: StreamSettings,
    source: Arc<dyn Source>,
    clock: &'a Arc<dyn Clock>,
}

fn kept_intake(settings: &Settings) -> IntakeStreamSettings {
    let StreamSettings { max_age, max_bytes, replicas, .. } =
        settings.kept(StreamSettings { max_bytes: banso_nats::INTAKE_MAX_BYTES, ..StreamSettings::events() });
    IntakeStreamSettings { max_age, max_bytes, replicas }
}

/// The intake of a process: its share of the publishers.
pub(crate) struct Reading {
    intake: Intake,
    share: Share,
    reach: JoinHandle<()>,
}

impl Reading {
    /// Starts reading, if this process is to read and there are publishers.
    pub(crate) async fn start(settings: &Settings, app: &Arc<App>) -> anyhow::Result<Option<Self>> {
        let connection = settings.nats(&settings.nats.intake_user, "banso intake");
        let publishers = settings.publishers();
        let reads = settings.does(Role::Intake) && !publishers.is_empty();
        let Some(connection) = connection.filter(|_| reads) else { return Ok(None) };
        let client = banso_nats::connect(&connection).await.context("the bus cannot be used")?;
        let names: Vec<String> = publishers.iter().map(|publisher| publisher.name.clone()).collect();
        let (say, able) = watch::channel(false);
        let share = Share::join_while(able, app.store.clone(), &SystemIds, "intake", names.clone());
        let door = Arc::new(IntakeDoor::of(app.clone(), publishers));
        let of_all = IntakeSettings::of(names.into_iter().collect());
        let intake = Intake::start(client, door, of_all, share.held());
        let reach = tokio::spawn(reaches(intake.status(), say));
        Ok(Some(Self { intake, share, reach }))
    }

    /// What `/readyz` tells of it.
    pub(crate) fn beside(&self) -> Beside {
        let status = self.intake.status();
        Beside { name: "intake", problem: Box::new(move || status.borrow().trouble()) }
    }

    /// Lets deliveries under way be settled.
    pub(crate) async fn stop(self) {
        self.intake.stop().await;
        self.share.leave().await;
        self.reach.abort();
    }
}

/// Says whether this process reaches the intake: one that does not must not keep publishers from those that do.
async fn reaches(mut status: watch::Receiver<IntakeStatus>, say: watch::Sender<bool>) {
    loop {
        let reaches = match &status.borrow_and_update().stream {
            Some(StreamState::There | StreamState::Absent) => true,
            Some(StreamState::Unreachable(_)) | None => false,
        };
        say.send_if_modified(|said| std::mem::replace(said, reaches) != reaches);
        if status.changed().await.is_err() {
            return;
        }
    }
}

/// The door of the intake, as the readers know it.
pub struct IntakeDoor {
    app: Arc<App>,
    publishers: BTreeMap<String, Publisher>,
}

impl IntakeDoor {
    /// Open to these publishers.
    pub fn of(app: Arc<App>, publishers: impl IntoIterator<Item = Publisher>) -> Self {
        let by_name = publishers.into_iter().map(|publisher| (publisher.name.clone(), publisher));
        Self { app, publishers: by_name.collect() }
    }
}

#[async_trait]
impl Sink for IntakeDoor {
    async fn position(&self, publisher: &str) -> Result<Option<IntakePosition>, LogError> {
        self.app.store.intake_position(publisher).await
    }

    async fn deliver(
        &self,
        publisher: &str,
        from: Option<IntakePosition>,
        to: IntakePosition,
        messages: Vec<ReceivedMessage>,
    ) -> Result<(), AppendError> {
        // The share holds names of the configuration alone.
        let Some(publisher) = self.publishers.get(publisher) else { return Err(AppendError::Stopped) };
        let messages = messages.into_iter().map(message).collect();
        banso_api::deliver(&self.app, publisher, from, to, messages).await
    }
}

fn message(received: ReceivedMessage) -> IntakeMessage {
    let ReceivedMessage { seq, received_at, subject, headers, payload, mut defect } = received;
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        match (name.parse::<HeaderName>(), HeaderValue::from_maybe_shared(value)) {
            (Ok(name), Ok(value)) => drop(map.append(name, value)),
            _ => defect = Some("a header is none that HTTP allows".to_owned()),
        }
    }
    IntakeMessage { seq, received_at, subject, headers: map, payload, defect }
}

fn problem(state: &State) -> Option<String> {
    match state {
        State::Following | State::StandBy => None,
        State::Starting | State::Repairing(_) | State::Unreachable(_) | State::Stopped(_) => {
            Some(state.to_string())
        }
    }
}

/// Waits until the relay has compared bus and log, so that nothing is recorded behind a log that lost its end.
/// A bus that does not answer is no reason not to start.
async fn first_look(mut status: watch::Receiver<Status>, store: &dyn Store) -> anyhow::Result<()> {
    // Not reached yet is no answer: the connection is only coming about.
    let looked = status.wait_for(|status| !matches!(status.state, State::Starting | State::Unreachable(_)));
    match tokio::time::timeout(FIRST_LOOK, looked).await {
        Ok(Ok(status)) => {
            let state = status.state.clone();
            drop(status);
            hold_if_forbidden(&state, store).await?;
        }
        Ok(Err(_)) | Err(_) => tracing::warn!("the bus has not said where it stands; it is compared later"),
    }
    Ok(())
}

/// Holds the log whenever the bus turns out to know more than it.
async fn guard(mut status: watch::Receiver<Status>, store: Arc<dyn Store>) {
    loop {
        let state = status.borrow_and_update().state.clone();
        if let Err(error) = hold_if_forbidden(&state, store.as_ref()).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the log could not be held");
            tokio::time::sleep(RETRY).await;
            continue;
        }
        if status.changed().await.is_err() {
            return;
        }
    }
}

async fn hold_if_forbidden(state: &State, store: &dyn Store) -> Result<(), banso_log::LogError> {
    if let State::Stopped(stop) = state
        && stop.forbids_appending()
        && store.held().await?.is_none()
    {
        tracing::error!(%stop, "nothing is recorded until an operator has decided");
        store.hold(&stop.to_string()).await?;
    }
    Ok(())
}
