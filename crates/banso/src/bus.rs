//! What a process does on the bus: the relay, the intake, and the hold on the log where bus and log disagree.

use crate::config::{Role, Settings};
use anyhow::Context;
use banso_api::Beside;
use banso_app::EventFilter;
use banso_kernel::{Clock, SystemIds};
use banso_log::Store;
use banso_nats::{EventSource, Relay, RelaySettings, State, Status, StreamSettings};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a starting process waits for the bus to say where it stands, before it records anything.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// How long it waits after the store did not take a hold.
const RETRY: Duration = Duration::from_secs(1);

/// The bus of a process.
pub(crate) struct Bus {
    relays: Vec<Relay>,
    guards: Vec<JoinHandle<()>>,
    statuses: Vec<(&'static str, watch::Receiver<Status>)>,
}

impl Bus {
    /// Starts what the roles ask for; `None` = there is no bus.
    pub(crate) async fn start(
        settings: &Settings,
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Option<Self>> {
        let Some(connection) = settings.nats(&settings.nats.relay_user, "banso relay") else {
            return Ok(None);
        };
        let mut bus = Self { relays: Vec::new(), guards: Vec::new(), statuses: Vec::new() };
        if settings.does(Role::Relay) {
            let client = banso_nats::connect(&connection).await.context("the bus cannot be used")?;
            let source = Arc::new(EventSource::new(store.clone(), EventFilter::entity_of));
            let relay = RelaySettings::of(settings.kept(StreamSettings::events()));
            let relay = Relay::start(client, source, relay, clock.clone(), Arc::new(SystemIds));
            bus.guards.push(tokio::spawn(guard(relay.status(), store.clone())));
            bus.statuses.push(("bus", relay.status()));
            first_look(relay.status(), store.as_ref()).await?;
            bus.relays.push(relay);
        }
        Ok(Some(bus))
    }

    /// What `/readyz` tells of it.
    pub(crate) fn beside(&self) -> Vec<Beside> {
        let of = |(name, status): &(&'static str, watch::Receiver<Status>)| {
            let status = status.clone();
            let problem = move || problem(&status.borrow().state);
            Beside { name, problem: Box::new(problem) }
        };
        self.statuses.iter().map(of).collect()
    }

    /// Lets the relays end their batches.
    pub(crate) async fn stop(self) {
        for guard in &self.guards {
            guard.abort();
        }
        for relay in self.relays {
            relay.stop().await;
        }
    }
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
    let looked = status.wait_for(|status| !matches!(status.state, State::Starting));
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
