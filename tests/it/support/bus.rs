//! A nats-server of a test's own, with the configuration of `ops/nats`, and what banso is told of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::process::HARU;
use super::server::PATIENCE;
use async_nats::jetstream::{self, consumer};
use async_nats::{Client, HeaderMap};
use banso_nats::testing::{NatsServer, password};
use banso_nats::{API_PREFIX, connect};
use futures::StreamExt;
use serde_json::Value;
use std::collections::BTreeSet;
use tempfile::TempDir;

/// Who publishes over the bus in tests.
pub(crate) const PUBLISHER: &str = "hospital";

/// A bus, gone when this is dropped.
pub(crate) struct Bus {
    pub(crate) server: NatsServer,
    _dir: TempDir,
}

impl Bus {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { server: NatsServer::start(dir.path()), _dir: dir }
    }

    /// The lines of a configuration that lead here: the hospital speaks for everybody in ハルさん's case.
    pub(crate) fn toml(&self) -> String {
        let sources: BTreeSet<String> =
            HARU.lines().map(|line| line_of(line)["source"].as_str().unwrap().to_owned()).collect();
        let sources = Vec::from_iter(sources);
        format!(
            "[nats]\nservers = [{:?}]\n\
             [nats.relay_user]\nname = \"relay\"\npassword = {:?}\n\
             [nats.intake_user]\nname = \"intake\"\npassword = {:?}\n\
             [relay]\nmax_bytes = 1073741824\nsubscribers = [{{ name = \"subscriber\" }}]\n\
             [intake]\npublishers = [{{ name = \"{PUBLISHER}\", sources = {sources:?} }}, {{ name = \"municipality\", sources = [\"https://city.example\"] }}]\n",
            self.server.url(),
            password("relay"),
            password("intake"),
        )
    }

    /// A client of one of its users.
    pub(crate) async fn client(&self, user: &str) -> Client {
        connect(&self.server.settings(user)).await.unwrap()
    }
}

/// A line of a scenario.
pub(crate) fn line_of(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

/// Publishes an event to a publisher's intake in the binary form; returns when JetStream has it.
pub(crate) async fn publish(client: &Client, publisher: &str, event: &Value) {
    let event_type = event["type"].as_str().unwrap();
    let name = event_type.strip_prefix("banso.").unwrap().split('.').next().unwrap();
    let parsed = event_type.parse().unwrap();
    let entity = banso_app::EventFilter::entity_of(&parsed).unwrap_or("unknown");
    let subject = format!("banso.v1.intake.{publisher}.{}.{}", kebab(entity), kebab(name));
    let mut headers = HeaderMap::new();
    for (attribute, value) in event.as_object().unwrap() {
        if let Some(text) = value.as_str() {
            headers.insert(format!("ce-{attribute}").as_str(), encoded(text).as_str());
        }
    }
    let data = event["data"].to_string();
    publish_raw(client, &subject, headers, data.into()).await;
}

/// Publishes anything to an intake; returns when JetStream has it.
pub(crate) async fn publish_raw(client: &Client, subject: &str, headers: HeaderMap, data: bytes::Bytes) {
    let jetstream = jetstream::new(client.clone());
    let began = std::time::Instant::now();
    // The stream of the intake may still have to be made.
    loop {
        let sent = jetstream.publish_with_headers(subject.to_owned(), headers.clone(), data.clone()).await;
        match async { Ok::<_, Box<dyn std::error::Error>>(sent?.await?) }.await {
            Ok(_) => return,
            Err(error) if began.elapsed() > PATIENCE => panic!("{subject}: {error}"),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
}

/// The outcomes of a publisher, as they come.
pub(crate) struct Outcomes(consumer::pull::Stream);

impl Outcomes {
    pub(crate) async fn of(client: &Client, publisher: &str) -> Self {
        Self(messages(client, "BANSO_OUTCOMES", publisher).await)
    }

    /// The next one: the publisher's id of the event, and what became of it.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        let message =
            tokio::time::timeout(PATIENCE, self.0.next()).await.expect("an outcome").unwrap().unwrap();
        message.ack().await.unwrap();
        let id = message.headers.as_ref().and_then(|headers| headers.get("ce-bansoofid"));
        let id = id.map(|id| id.as_str().to_owned()).unwrap_or_default();
        (id, serde_json::from_slice(&message.payload).unwrap())
    }
}

/// The events that a subscriber gets, as they come: position on the bus, and headers.
pub(crate) async fn messages(client: &Client, stream: &str, name: &str) -> consumer::pull::Stream {
    consumer(client, stream, name).await.messages().await.unwrap()
}

/// What a service reads a stream with, as soon as banso has made it.
pub(crate) async fn consumer(client: &Client, stream: &str, name: &str) -> consumer::PullConsumer {
    let jetstream = jetstream::with_prefix(client.clone(), API_PREFIX);
    let began = std::time::Instant::now();
    loop {
        // The relay makes the consumer as soon as it has made the stream.
        match jetstream.get_consumer_from_stream::<consumer::pull::Config, _, _>(name, stream).await {
            Ok(consumer) => return consumer,
            Err(error) if began.elapsed() > PATIENCE => panic!("{name} of {stream}: {error}"),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
}

fn kebab(name: &str) -> String {
    let mut token = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !token.is_empty() {
            token.push('-');
        }
        token.push(if letter == '_' { '-' } else { letter.to_ascii_lowercase() });
    }
    token
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'"' | b'%' | 0..=0x20 | 0x7f.. => format!("%{byte:02X}"),
        other => char::from(other).to_string(),
    };
    text.bytes().map(byte).collect()
}
