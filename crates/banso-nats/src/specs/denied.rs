//! What the server's configuration (`ops/nats`) refuses.

use super::fixture::{Fixture, PATIENCE, until_at};
use crate::{API_PREFIX, Subscriber, connect_with, subscribe};
use async_nats::Client;
use async_nats::jetstream;
use tokio::sync::watch;
use tokio::time::timeout;

/// A user of the server, and what the server refused it.
struct User {
    client: Client,
    refused: watch::Receiver<Vec<String>>,
}

impl User {
    async fn of(fixture: &Fixture, name: &str) -> Self {
        let (heard, refused) = watch::channel(Vec::new());
        let settings = fixture.server.settings(name);
        let client = connect_with(&settings, move |event| {
            if let async_nats::Event::ServerError(error) = event {
                heard.send_modify(|heard| heard.push(error.to_string().to_lowercase()));
            }
        });
        Self { client: client.await.unwrap(), refused }
    }

    /// Whether the server lets it publish there.
    async fn may_publish(&self, subject: &str) -> bool {
        self.client.publish(subject.to_owned(), "{}".into()).await.unwrap();
        !self.refused_by_now(&format!("publish to \"{subject}\"")).await
    }

    async fn may_subscribe(&self, subject: &str) -> bool {
        let _subscription = self.client.subscribe(subject.to_owned()).await.unwrap();
        !self.refused_by_now(&format!("subscription to \"{subject}\"")).await
    }

    /// Whether the server has refused this, once it has refused what was sent behind it.
    async fn refused_by_now(&self, what: &str) -> bool {
        let mark = format!("nobody.may.{}", self.refused.borrow().len());
        self.client.publish(mark.clone(), "".into()).await.unwrap();
        let named = |refused: &Vec<String>, what: &str| {
            let what = what.to_lowercase();
            refused.iter().any(|refused| refused.contains(&what))
        };
        let mut refused = self.refused.clone();
        let heard = refused.wait_for(|refused| named(refused, &format!("\"{mark}\"")));
        let heard = timeout(PATIENCE, heard).await.expect("the server refuses the mark").unwrap();
        named(&heard, what)
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
    assert!(!hospital.may_subscribe("banso.v1.outcomes.hospital.>").await, "by its consumer alone");
    assert!(hospital.may_publish("banso.api.CONSUMER.MSG.NEXT.BANSO_OUTCOMES.hospital").await);
    assert!(!hospital.may_publish("banso.api.CONSUMER.MSG.NEXT.BANSO_OUTCOMES.municipality").await);
    for name in ["hospital", "subscriber"] {
        let user = User::of(&fixture, name).await;
        for stream in ["BANSO_EVENTS", "BANSO_OUTCOMES", "BANSO_INTAKE"] {
            for api in ["$JS.API", API_PREFIX] {
                assert!(!user.may_publish(&format!("{api}.CONSUMER.CREATE.{stream}.{name}")).await);
            }
        }
    }
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
    let fixture = Fixture::with_admin();
    fixture.log.append(20).await;
    let relay = fixture.relay().await;
    until_at(&relay, 20).await;
    relay.stop().await;
    for name in ["relay", "intake", "hospital", "subscriber"] {
        let user = User::of(&fixture, name).await;
        // The relay may delete the stream, to fill it anew, and no message of it.
        let all = ["MSG.DELETE", "PURGE", "DELETE", "UPDATE", "CREATE"];
        for call in &all[..if name == "relay" { 2 } else { 5 }] {
            assert!(
                !user.may_publish(&format!("$JS.API.STREAM.{call}.BANSO_EVENTS")).await,
                "{name}: {call}"
            );
        }
    }
    // Not even who may do everything: the stream itself refuses it.
    let stream = jetstream::new(fixture.client("admin").await).get_stream("BANSO_EVENTS").await.unwrap();
    assert!(stream.delete_message(7).await.is_err());
    assert!(stream.purge().await.is_err());
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_password_nobody_connects() {
    let fixture = Fixture::new();
    let mut settings = fixture.server.settings("relay").as_user("relay", "wrong");
    settings.name = "nobody".to_owned();
    let (heard, mut refused) = watch::channel(false);
    let client = connect_with(&settings, move |event| {
        heard.send_modify(|heard| *heard |= event.to_string().to_lowercase().contains("authorization"));
    });
    let client = client.await.unwrap();
    timeout(PATIENCE, refused.wait_for(|refused| *refused)).await.expect("refused").unwrap();
    assert_ne!(client.connection_state(), async_nats::connection::State::Connected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_lands_where_its_asker_may_not_publish() {
    let fixture = Fixture::new();
    fixture.log.append(20).await;
    let relay = fixture.relay().await;
    until_at(&relay, 20).await;
    relay.stop().await;
    let bus = fixture.bus().await;
    let intake = jetstream::stream::Config {
        name: "BANSO_INTAKE".to_owned(),
        subjects: vec!["banso.v1.intake.>".to_owned()],
        ..Default::default()
    };
    bus.create_stream(&intake).await.unwrap();
    subscribe(&fixture.client("relay").await, &Subscriber::to_all("subscriber")).await.unwrap();

    let (hospital, subscriber) = (fixture.client("hospital").await, fixture.client("subscriber").await);
    let own = "banso.v1.intake.hospital.note.noted";
    for target in ["banso.v1.events.5.note.noted.person-haru", "banso.v1.intake.municipality.note.noted"] {
        hospital.publish_with_reply(own, target, "{}".into()).await.unwrap();
        for question in ["STREAM.INFO.BANSO_EVENTS", "CONSUMER.MSG.NEXT.BANSO_EVENTS.subscriber"] {
            let question = format!("{API_PREFIX}.{question}");
            subscriber.publish_with_reply(question, target, "".into()).await.unwrap();
        }
    }
    // An answered request behind the others: they were answered too.
    hospital.request(own, "{}".into()).await.unwrap();
    let answer =
        subscriber.request(format!("{API_PREFIX}.STREAM.INFO.BANSO_EVENTS"), "".into()).await.unwrap();
    assert!(String::from_utf8_lossy(&answer.payload).contains("\"last_seq\":20"), "it is answered");
    fixture.expect_whole(1).await;
    let state = bus.stream("BANSO_INTAKE").await.unwrap().unwrap().state;
    assert_eq!(state.messages, 3, "what the hospital sent, and nothing in the name of the municipality");
}
