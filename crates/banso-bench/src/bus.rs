//! A bus of a subject's own: a real nats-server that syncs every message, as `ops/nats` configures it.

use crate::bench::Bench;
use crate::wrong;
use anyhow::Context;
use async_nats::Client;
use async_nats::connection::State as Connection;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{self, consumer::pull};
use banso_app::EventFilter;
use banso_kernel::{Seq, SystemClock, SystemIds};
use banso_log::{Log, Store};
use banso_nats::testing::NatsServer;
use banso_nats::{
    API_PREFIX, EVENTS_STREAM, EventSource, Relay, RelaySettings, State, StreamSettings, Subscriber,
    check_bus, connect, subscribe,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The service that reads; `ops/nats` names its account.
const SUBSCRIBER: &str = "subscriber";
/// No wait is longer; what has not come by then does not come.
pub(crate) const BUS_WAIT: Duration = Duration::from_secs(60);
/// How often it is looked whether a client has connected.
const CONNECTED_LOOK: Duration = Duration::from_millis(2);

/// The server, and the relay's connection to it.
pub(crate) struct Bus {
    server: NatsServer,
    pub(crate) client: Client,
}

impl Bus {
    /// A new one without a stream.
    pub(crate) async fn start(bench: &Bench) -> anyhow::Result<Self> {
        let server = NatsServer::start(&bench.folder()?);
        let client = connected(&server, "relay").await?;
        Ok(Self { server, client })
    }

    /// Starts the relay of a process with this store, as `banso serve` does.
    pub(crate) fn relay(&self, store: Arc<dyn Store>) -> Relay {
        let source = Arc::new(source(store));
        let settings = RelaySettings::of(StreamSettings::events());
        Relay::start(self.client.clone(), source, settings, Arc::new(SystemClock), Arc::new(SystemIds))
    }

    /// A service with its durable consumer.
    pub(crate) async fn subscriber(&self) -> anyhow::Result<PullConsumer> {
        subscribe(&self.client, &Subscriber::to_all(SUBSCRIBER)).await?;
        let jetstream = jetstream::with_prefix(connected(&self.server, SUBSCRIBER).await?, API_PREFIX);
        let consumer = jetstream.get_consumer_from_stream::<pull::Config, _, _>(SUBSCRIBER, EVENTS_STREAM);
        consumer.await.context("find the subscriber's consumer")
    }

    /// What is wrong with the bus, which should have what the log has from the first event to `last`.
    pub(crate) async fn wrong(&self, log: &dyn Log, last: Seq) -> anyhow::Result<Vec<String>> {
        let report = check_bus(log, &self.client, &mut |_| {}).await?;
        let breaches = report.breaches.iter();
        let breaches = breaches.map(|breach| format!("bus at {}: {}", breach.seq, breach.found));
        let mut wrong = wrong::first("the bus", breaches, report.broken);
        if report.window != Some((1, last)) {
            wrong.push(format!("the bus has {:?}, and should have 1 to {last}", report.window));
        }
        Ok(wrong)
    }
}

/// What a relay puts on the bus.
pub(crate) fn source(store: Arc<dyn Store>) -> EventSource {
    EventSource::new(store, EventFilter::entity_of)
}

/// Returns when everything up to this position is on the bus.
pub(crate) async fn relayed(relay: &Relay, up_to: Seq) -> anyhow::Result<()> {
    let mut status = relay.status();
    let there = status.wait_for(|status| {
        status.state == State::Following && status.cursor.is_some_and(|cursor| cursor >= up_to)
    });
    let waited = timeout(BUS_WAIT, there).await.map(|there| there.map(drop));
    waited.with_context(|| format!("the relay did not reach {up_to}"))?.context("the relay has ended")
}

async fn connected(server: &NatsServer, user: &str) -> anyhow::Result<Client> {
    let client = connect(&server.settings(user)).await?;
    let connecting = async {
        while client.connection_state() != Connection::Connected {
            tokio::time::sleep(CONNECTED_LOOK).await;
        }
    };
    timeout(BUS_WAIT, connecting).await.with_context(|| format!("connect {user} to the bus"))?;
    Ok(client)
}
