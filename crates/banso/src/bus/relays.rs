//! The relays of a process, and the hold on the log where bus and log disagree.

use crate::config::{Role, Settings};
use anyhow::Context;
use async_nats::Client;
use banso_api::Beside;
use banso_app::EventFilter;
use banso_kernel::{Clock, SystemIds};
use banso_log::{LogError, Store};
use banso_nats::{
    EventSource, IntakeKeeper, IntakeStreamSettings, OutcomeSource, Relay, RelaySettings, Source, State,
    Status, StreamSettings, Subscriber, subscribe, subscribe_outcomes,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a starting process waits for the bus to say where it stands, before it records anything.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// How often services' consumers are looked after.
const CONSUMERS_LOOK: Duration = Duration::from_secs(5);
/// How long it waits after the store did not take a hold.
const RETRY: Duration = Duration::from_secs(1);

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
        let client = banso_nats::connect(&connection).await.context("the bus cannot be used")?;
        let mut relay = |name, stream, source: Arc<dyn Source>| {
            let stream = RelaySettings::of(settings.kept(stream));
            let relay = Relay::start(client.clone(), source, stream, clock.clone(), Arc::new(SystemIds));
            relays.add(name, relay)
        };
        let of_events = relay("bus", StreamSettings::events(), events);
        first_look(of_events.clone(), store.as_ref()).await?;
        let of_outcomes = relay("outcomes", StreamSettings::outcomes(), outcomes);
        relays.guards.push(tokio::spawn(guard(of_events.clone(), store.clone())));
        let subscribers = settings.relay.subscribers.iter().cloned().map(Consumer::OfEvents).collect();
        relays.guards.push(tokio::spawn(make_consumers(client.clone(), of_events, subscribers)));
        let publishers = settings.intake.publishers.iter();
        let publishers = publishers.map(|publisher| Consumer::OfOutcomes(publisher.name.clone())).collect();
        relays.guards.push(tokio::spawn(make_consumers(client.clone(), of_outcomes, publishers)));
        relays.keeper = Some(IntakeKeeper::start(client, kept_intake(settings)));
        Ok(relays)
    }

    fn add(&mut self, name: &'static str, relay: Relay) -> watch::Receiver<Status> {
        let status = relay.status();
        let seen = status.clone();
        let problem = move || match seen.has_changed() {
            Ok(_) => problem(&seen.borrow().state),
            Err(_) => Some("the relay has ended".to_owned()),
        };
        self.beside.push(Beside { name, problem: Box::new(problem) });
        self.relays.push(relay);
        status
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

/// Makes what services read with: they may not make it themselves. Again and again, for a stream that was wiped
/// lost its consumers too.
async fn make_consumers(client: Client, mut status: watch::Receiver<Status>, consumers: Vec<Consumer>) {
    while !consumers.is_empty() {
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

fn kept_intake(settings: &Settings) -> IntakeStreamSettings {
    let StreamSettings { max_age, max_bytes, replicas, .. } =
        settings.kept(StreamSettings { max_bytes: banso_nats::INTAKE_MAX_BYTES, ..StreamSettings::events() });
    IntakeStreamSettings { max_age, max_bytes, replicas }
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

async fn hold_if_forbidden(state: &State, store: &dyn Store) -> Result<(), LogError> {
    if let State::Stopped(stop) = state
        && stop.forbids_appending()
        && store.held().await?.is_none()
    {
        tracing::error!(%stop, "nothing is recorded until an operator has decided");
        store.hold(&stop.to_string()).await?;
    }
    Ok(())
}
