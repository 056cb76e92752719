//! What the server's configuration (`ops/nats`) refuses.

use super::fixture::{Fixture, until_at};
use crate::connect_with;
use crate::testing::NatsServer;
use async_nats::Client;
use async_nats::jetstream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A user of the server, and what the server refused it.
pub(super) struct User {
    pub(super) client: Client,
    refused: Arc<Mutex<Vec<String>>>,
}

impl User {
    async fn of(fixture: &Fixture, name: &str) -> Self {
        Self::at(&fixture.server, name).await
    }

    pub(super) async fn at(server: &NatsServer, name: &str) -> Self {
        let refused = Arc::new(Mutex::new(Vec::new()));
        let heard = refused.clone();
        let settings = server.settings(name);
        let client = connect_with(&settings, move |event| {
            if let async_nats::Event::ServerError(error) = event {
                heard.lock().unwrap().push(error.to_string().to_lowercase());
            }
        });
        Self { client: client.await.unwrap(), refused }
    }

    /// Whether the server lets it publish there.
    pub(super) async fn may_publish(&self, subject: &str) -> bool {
        self.client.publish(subject.to_owned(), "{}".into()).await.unwrap();
        self.answered(&format!("publish to \"{}\"", subject.to_lowercase())).await
    }

    pub(super) async fn may_subscribe(&self, subject: &str) -> bool {
        let _subscription = self.client.subscribe(subject.to_owned()).await.unwrap();
        self.answered(&format!("subscription to \"{}\"", subject.to_lowercase())).await
    }

    /// Everything that was sent before the answer to a ping was judged before it.
    async fn answered(&self, what: &str) -> bool {
        self.client.flush().await.unwrap();
        // The answer of the server is read in its order; the callback runs a little later.
        for _ in 0..20 {
            if self.refused.lock().unwrap().iter().any(|refused| refused.contains(what)) {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_relay_publishes_events_outcomes_and_heartbeats() {
    let fixture = Fixture::new();
    let subjects = [
        "banso.v1.events.5.note.noted.person-haru",
        "banso.v1.outcomes.hospital.x",
        "banso.v1.heartbeat",
        "banso.v1.relay.repair.BANSO_EVENTS",
    ];
    for name in ["intake", "hospital", "municipality", "subscriber"] {
        let user = User::of(&fixture, name).await;
        for subject in subjects {
            assert!(!user.may_publish(subject).await, "{name}: {subject}");
        }
    }
    let relay = User::of(&fixture, "relay").await;
    for subject in subjects {
        assert!(relay.may_publish(subject).await, "{subject}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_speaks_only_for_itself() {
    let fixture = Fixture::new();
    let hospital = User::of(&fixture, "hospital").await;
    assert!(hospital.may_publish("banso.v1.intake.hospital.note.noted").await);
    assert!(!hospital.may_publish("banso.v1.intake.municipality.note.noted").await);
    assert!(!hospital.may_publish("banso.v1.intake.hospital2.note.noted").await);
    assert!(!hospital.may_subscribe("banso.v1.intake.>").await);
    assert!(!hospital.may_subscribe("banso.v1.outcomes.municipality.>").await);
    let own = "$JS.API.CONSUMER.CREATE.BANSO_OUTCOMES.hospital.banso.v1.outcomes.hospital";
    let others = "$JS.API.CONSUMER.CREATE.BANSO_OUTCOMES.hospital.banso.v1.outcomes.municipality";
    assert!(hospital.may_publish(own).await);
    assert!(!hospital.may_publish(others).await);
    assert!(!hospital.may_publish("$JS.API.CONSUMER.CREATE.BANSO_EVENTS.c").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_what_comes_to_another() {
    let fixture = Fixture::new();
    let subscriber = User::of(&fixture, "subscriber").await;
    for subject in ["_INBOX_relay.>", "_INBOX_hospital.>", "_INBOX.>", "banso.v1.intake.>", ">", "$JS.API.>"]
    {
        assert!(!subscriber.may_subscribe(subject).await, "{subject}");
    }
    assert!(subscriber.may_subscribe("banso.v1.heartbeat").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_an_event_from_the_stream() {
    let fixture = Fixture::new();
    fixture.log.append(20).await;
    let relay = fixture.relay().await;
    until_at(&relay, 20).await;
    relay.stop().await;
    for name in ["intake", "hospital", "subscriber"] {
        let user = User::of(&fixture, name).await;
        for call in ["DELETE", "PURGE", "UPDATE", "MSG.DELETE", "CREATE"] {
            assert!(
                !user.may_publish(&format!("$JS.API.STREAM.{call}.BANSO_EVENTS")).await,
                "{name}: {call}"
            );
        }
    }
    // The relay's own account may delete the stream to fill it anew, and no message of it.
    let stream = jetstream::new(fixture.client("relay").await).get_stream("BANSO_EVENTS").await.unwrap();
    assert!(stream.delete_message(7).await.is_err());
    assert!(stream.purge().await.is_err());
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_password_nobody_connects() {
    let fixture = Fixture::new();
    let mut settings = fixture.server.settings("relay").as_user("relay", "wrong");
    settings.name = "nobody".to_owned();
    let refused = Arc::new(Mutex::new(false));
    let heard = refused.clone();
    let client = connect_with(&settings, move |event| {
        *heard.lock().unwrap() |= event.to_string().to_lowercase().contains("authorization");
    });
    let client = client.await.unwrap();
    for _ in 0..200 {
        if *refused.lock().unwrap() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_ne!(client.connection_state(), async_nats::connection::State::Connected);
}
