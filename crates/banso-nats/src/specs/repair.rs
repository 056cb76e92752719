use super::fixture::{Fixture, own_headers, until, until_at};
use crate::bus::Bus;
use crate::relay::State;
use crate::{EVENTS_STREAM, Subscriber, subscribe};
use async_nats::jetstream::consumer::{AckPolicy, Config, DeliverPolicy};
use banso_kernel::Seq;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_message_is_removed_and_no_reader_loses_its_place() {
    let fixture = Fixture::new();
    fixture.log.append(500).await;
    let relay = fixture.relay().await;
    until_at(&relay, 500).await;
    let reader = fixture.subscriber().await;
    assert_eq!(reader.take(450).await, (1..=450).collect::<Vec<Seq>>());

    fixture.publish_foreign().await;
    assert!(fixture.check().await.broken > 0, "the check sees it");
    fixture.log.append(100).await;
    let status = until(&relay, |status| status.repairs == 1 && status.cursor == Some(600)).await;
    assert_eq!(status.published, 1_100);
    until_at(&relay, 600).await;
    fixture.expect_whole(1).await;

    assert_eq!(reader.floor().await, 450);
    assert_eq!(reader.take(150).await, (451..=600).collect::<Vec<Seq>>());
    let consumers = fixture.bus().await.consumers(EVENTS_STREAM).await.unwrap();
    for consumer in consumers.iter().filter(|consumer| consumer.config.durable_name.is_some()) {
        assert_eq!(consumer.config.deliver_policy, DeliverPolicy::All, "its configuration is its reader's");
        assert!(!consumer.paused);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_messages_in_the_middle_are_found_by_the_next_relay() {
    let fixture = Fixture::new();
    fixture.log.append(50).await;
    let relay = fixture.relay_with(|settings| crate::RelaySettings { unfenced: true, ..settings }).await;
    until_at(&relay, 50).await;
    fixture.publish_foreign().await;
    fixture.log.append(50).await;
    until_at(&relay, 100).await;
    relay.stop().await;
    assert_eq!(fixture.end_of_stream().await, 101);
    let reader = fixture.subscriber().await;
    assert_eq!(reader.take(70).await.len(), 70, "69 events and a foreign message");

    let relay = fixture.relay().await;
    assert_eq!(until_at(&relay, 100).await.repairs, 1);
    fixture.expect_whole(1).await;
    assert_eq!(reader.take(50).await, (51..=100).collect::<Vec<Seq>>(), "no event is left out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_begins_elsewhere_is_given_other_subjects_and_keeps_its_place() {
    let fixture = Fixture::new();
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 50).await;
    // As a repair leaves it on a server that cannot set a consumer.
    let made = Config {
        durable_name: Some("subscriber".to_owned()),
        ack_policy: AckPolicy::Explicit,
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: 21 },
        ..Config::default()
    };
    fixture.bus().await.create_consumer(EVENTS_STREAM, made).await.unwrap();
    let reader = fixture.subscriber().await;
    assert_eq!(reader.take(10).await, (21..=30).collect::<Vec<Seq>>());

    let client = fixture.client("relay").await;
    for subjects in ["banso.v1.events.*.note.>", "banso.v1.events.*.note.noted.>"] {
        let subscriber = Subscriber { name: "subscriber".to_owned(), subjects: vec![subjects.to_owned()] };
        subscribe(&client, &subscriber).await.unwrap();
        let consumer = fixture.bus().await.consumer(EVENTS_STREAM, "subscriber").await.unwrap().unwrap();
        assert_eq!(consumer.config.filter_subjects, subscriber.subjects);
    }
    assert_eq!(reader.take(20).await, (31..=50).collect::<Vec<Seq>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hole_is_filled() {
    let fixture = Fixture::with_admin();
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 50).await;
    relay.stop().await;
    // The stream as it is, without the guard that keeps its messages.
    let (bus, messages) = (Bus::new(fixture.client("admin").await), fixture.messages().await);
    let mut config = bus.stream(EVENTS_STREAM).await.unwrap().unwrap().config;
    config.deny_delete = false;
    bus.delete_stream(EVENTS_STREAM).await.unwrap();
    bus.create_stream(&config).await.unwrap();
    for message in messages {
        let headers = own_headers(&message);
        bus.publish("test", message.subject, headers, message.payload).await.unwrap();
    }
    assert_eq!(fixture.check().await.broken, 0);
    assert!(bus.handle(EVENTS_STREAM).await.unwrap().delete_message(20).await.unwrap());
    assert!(fixture.check().await.broken > 0, "the check sees it");

    let relay = fixture.relay().await;
    assert_eq!(until_at(&relay, 50).await.repairs, 1);
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_that_was_not_ended_is_ended_by_the_next_relay() {
    let fixture = Fixture::new();
    fixture.log.append(3_000).await;
    let relay = fixture.relay().await;
    until_at(&relay, 3_000).await;
    let reader = fixture.subscriber().await;
    assert_eq!(reader.take(2_000).await.len(), 2_000);
    fixture.publish_foreign().await;
    fixture.log.append(1).await;
    // The stream and its consumers are gone, and are not back yet.
    until(&relay, |status| matches!(status.state, State::Repairing(_)) && status.repairs == 1).await;
    drop(relay);

    let relay = fixture.relay().await;
    until_at(&relay, 3_001).await;
    fixture.expect_whole(1).await;
    assert_eq!(reader.floor().await, 2_000);
    assert_eq!(reader.take(1).await, [2_001]);
}
