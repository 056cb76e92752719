use super::fixture::{Fixture, small, until, until_at};
use crate::relay::{Heartbeat, RelaySettings, State, Stop};
use crate::setup::StreamSettings;
use crate::{BusEvents, BusMessage, HEARTBEAT_SUBJECT, part_subjects};
use banso_kernel::{ManualClock, Part};
use banso_log::Log;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_stands_at_its_own_position() {
    let fixture = Fixture::new();
    fixture.log.append(1_500).await;
    let relay = fixture.relay().await;
    until_at(&relay, 1_500).await;
    fixture.log.append(1_000).await;
    let status = until_at(&relay, 2_500).await;
    fixture.expect_whole(1).await;
    assert_eq!((status.published, status.fence_losses, status.repairs), (2_500, 0, 0));
    assert_eq!((status.lag_events(), status.waiting_since), (0, None));
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_begins_where_the_last_one_ended() {
    let fixture = Fixture::new();
    fixture.log.append(300).await;
    let relay = fixture.relay().await;
    until_at(&relay, 300).await;
    relay.stop().await;
    fixture.log.append(300).await;
    let relay = fixture.relay().await;
    assert_eq!(until_at(&relay, 600).await.published, 300);
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_log_is_followed_from_its_first_event() {
    let fixture = Fixture::new();
    let relay = fixture.relay().await;
    until_at(&relay, 0).await;
    fixture.log.append(1).await;
    until_at(&relay, 1).await;
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_bounded_in_messages_and_bytes() {
    let fixture = Fixture::new();
    fixture.log.append_each(100, |n| format!(r#"{{"n":{n},"text":"{}"}}"#, "あ".repeat(1_000))).await;
    let relay = fixture.relay_with(|settings| RelaySettings { batch_bytes_max: 20_000, ..settings }).await;
    let status = until_at(&relay, 100).await;
    assert!((20..=34).contains(&status.batches), "{} batches of 5 messages at most", status.batches);
    relay.stop().await;
    fixture.log.append(100).await;
    let relay = fixture.relay_with(|settings| RelaySettings { batch_messages_max: 10, ..settings }).await;
    assert_eq!(until_at(&relay, 200).await.batches, 10);
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_events_are_published_one_by_one_and_many_as_one_batch() {
    let fixture = Fixture::new();
    fixture.log.append(3).await;
    let relay = fixture.relay().await;
    until_at(&relay, 3).await;
    fixture.log.append(20).await;
    let status = until_at(&relay, 23).await;
    assert_eq!((status.published, status.batches), (23, 4));
    let in_batch = |message: &BusMessage| message.headers.get("Nats-Batch-Id").is_some();
    let alone = fixture.messages().await.iter().filter(|message| !in_batch(message)).count();
    assert_eq!(alone, 3);
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bus_gives_the_log_back_as_it_is() {
    let fixture = Fixture::new();
    fixture.log.append(700).await;
    let relay = fixture.relay().await;
    until_at(&relay, 700).await;
    let mut events = BusEvents::after(&fixture.client("relay").await, 250).await.unwrap();
    let log = fixture.log.store.read_sealed(250, 1_000).await.unwrap();
    for expected in log {
        assert_eq!(events.next().await.unwrap().unwrap().event().unwrap().sealed, expected);
    }
    assert!(events.next().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_stream_begins_with_its_window() {
    let old: DateTime<Utc> = "2020-01-01T00:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(old));
    let fixture = Fixture::with(|config| config, clock.clone());
    fixture.log.append(100).await;
    #[expect(clippy::disallowed_methods, reason = "the window ends now")]
    clock.set(Utc::now() - TimeDelta::days(1));
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 150).await;
    fixture.expect_whole(101).await;
    let first = fixture.messages().await.remove(0).event().unwrap();
    assert_eq!(
        first.previous_in_part, 61,
        "the part's event before the window: person p20 came at 21 and 61"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_a_part_sees_each_hole() {
    let fixture = Fixture::new();
    fixture.log.append(400).await;
    let relay = fixture.relay().await;
    until_at(&relay, 400).await;
    let events: Vec<_> = fixture.messages().await.iter().map(|m| m.event().unwrap()).collect();
    for part in Part::all() {
        let of_part: Vec<_> = events.iter().filter(|event| event.sealed.columns.part == part).collect();
        let mut seen = 0;
        for event in &of_part {
            assert_eq!(event.previous_in_part, seen);
            seen = event.sealed.columns.seq;
        }
        if let [before, lost, behind, ..] = of_part.as_slice() {
            assert_ne!(
                behind.previous_in_part, before.sealed.columns.seq,
                "{} is missed",
                lost.sealed.columns.seq
            );
        }
    }
    assert!(events.iter().any(|event| event.sealed.columns.part.number() == 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_tells_the_end_of_each_part() {
    let fixture = Fixture::new();
    fixture.log.append(400).await;
    let subscriber = fixture.client("subscriber").await;
    let mut heartbeats = subscriber.subscribe(HEARTBEAT_SUBJECT).await.unwrap();
    subscriber.flush().await.unwrap();
    let relay = fixture.relay().await;
    until_at(&relay, 400).await;
    let heartbeat = loop {
        let message = heartbeats.next().await.unwrap();
        let heartbeat: Heartbeat = serde_json::from_slice(&message.payload).unwrap();
        if heartbeat.head == 400 {
            break heartbeat;
        }
    };
    let identity = fixture.log.store.identity().await.unwrap();
    assert_eq!((heartbeat.log_id, heartbeat.epoch), (identity.log_id, identity.epoch));
    let events = fixture.log.store.read(0, 1_000).await.unwrap();
    let last: std::collections::BTreeMap<_, _> =
        events.iter().map(|event| (event.header.part(), event.header.seq)).collect();
    assert_eq!(heartbeat.parts, last);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_subject_holds_the_events_of_one_part() {
    let fixture = Fixture::new();
    fixture.log.append(80).await;
    let relay = fixture.relay().await;
    until_at(&relay, 80).await;
    for message in fixture.messages().await {
        let part = message.event().unwrap().sealed.columns.part;
        assert!(
            message.subject.starts_with(part_subjects(part).trim_end_matches('>')),
            "{}",
            message.subject
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_the_server_does_not_take_stops_the_relay_visibly() {
    let mut fixture =
        Fixture::with(|config| with_max_payload(&config, "8KB"), Arc::new(banso_kernel::SystemClock));
    fixture.log.append(10).await;
    fixture.log.append_each(1, |_| format!(r#"{{"text":"{}"}}"#, "x".repeat(20_000))).await;
    fixture.log.append(10).await;
    let relay = fixture.relay().await;
    let status = until(&relay, |status| matches!(status.state, State::Stopped(_))).await;
    assert!(
        matches!(status.state, State::Stopped(Stop::TooLarge { seq: 11, limit: 8_192, .. })),
        "{status:?}"
    );
    assert_eq!(fixture.end_of_stream().await, 10, "what stands before it is on the bus");

    fixture.server.stop();
    let config = fixture.dir.path().join("nats/nats-server.conf");
    std::fs::write(&config, with_max_payload(&std::fs::read_to_string(&config).unwrap(), "1MB")).unwrap();
    fixture.server.run();
    until_at(&relay, 21).await;
    fixture.expect_whole(1).await;
}

fn with_max_payload(config: &str, limit: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("max_payload:") { format!("max_payload: {limit}") } else { line.to_owned() }
    };
    config.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_the_stream_are_brought_to_what_they_must_be() {
    let fixture = Fixture::new();
    fixture.log.append(10).await;
    let relay = fixture.relay().await;
    until_at(&relay, 10).await;
    relay.stop().await;
    let changed = StreamSettings { max_age: std::time::Duration::from_secs(9 * 24 * 3_600), ..small() };
    let relay = fixture.relay_with(|settings| RelaySettings { stream: changed.clone(), ..settings }).await;
    fixture.log.append(10).await;
    until_at(&relay, 20).await;
    let info = fixture.bus().await.stream("BANSO_EVENTS").await.unwrap().unwrap();
    assert_eq!(info.config.max_age, changed.max_age);
    fixture.expect_whole(1).await;
}
