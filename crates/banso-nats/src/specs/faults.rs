use super::fixture::{Fixture, copy_dir, until, until_at};
use crate::codec::encode;
use crate::relay::State;
use async_nats::header::{NATS_BATCH_ID, NATS_BATCH_SEQUENCE, NATS_EXPECTED_LAST_SEQUENCE};
use banso_log::Log;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_under_load_has_everything_in_the_end() {
    let mut fixture = Fixture::new();
    let relay = fixture.relay().await;
    for _ in 0..4 {
        for _ in 0..5 {
            fixture.log.append(400).await;
        }
        until(&relay, |status| status.cursor.is_some_and(|cursor| cursor > 0)).await;
        fixture.server.kill();
        fixture.log.append(200).await;
        fixture.server.run();
    }
    let head = fixture.log.head().await;
    until_at(&relay, head).await;
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_away_gets_what_it_missed() {
    let mut fixture = Fixture::new();
    fixture.log.append(100).await;
    let relay = fixture.relay().await;
    until_at(&relay, 100).await;
    fixture.server.stop();
    until(&relay, |status| matches!(status.state, State::Unreachable(_))).await;
    fixture.log.append(3_000).await;
    fixture.server.run();
    until_at(&relay, 3_100).await;
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stood_still_loses_and_repeats_nothing() {
    let fixture = Fixture::new();
    fixture.log.append(100).await;
    let relay = fixture.relay().await;
    until_at(&relay, 100).await;
    fixture.server.signal("STOP");
    fixture.log.append(500).await;
    until(&relay, |status| matches!(status.state, State::Unreachable(_))).await;
    fixture.server.signal("CONT");
    until_at(&relay, 600).await;
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wiped_store_is_filled_again_with_the_same_positions() {
    let mut fixture = Fixture::new();
    fixture.log.append(2_500).await;
    let relay = fixture.relay().await;
    until_at(&relay, 2_500).await;
    let before = fixture.messages().await;
    fixture.server.kill();
    std::fs::remove_dir_all(fixture.server.store()).unwrap();
    fixture.server.run();
    let status = until(&relay, |status| status.published == 5_000 && status.state == State::Following).await;
    assert_eq!(status.repairs, 1);
    fixture.expect_whole(1).await;
    let again = fixture.messages().await;
    let events = |messages: &[crate::BusMessage]| {
        messages.iter().map(|m| (m.seq, m.subject.clone(), m.event().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(events(&before), events(&again));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_stream_is_filled_again_though_nothing_happens() {
    let fixture = Fixture::new();
    fixture.log.append(300).await;
    let relay = fixture.relay().await;
    until_at(&relay, 300).await;
    fixture.bus().await.delete_stream("BANSO_EVENTS").await.unwrap();
    until(&relay, |status| status.published == 600 && status.state == State::Following).await;
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_that_was_cut_off_is_published_again() {
    let mut fixture = Fixture::new();
    fixture.log.append(500).await;
    let relay = fixture.relay().await;
    until_at(&relay, 500).await;
    fixture.server.stop();
    let backup = fixture.dir.path().join("backup");
    copy_dir(&fixture.server.store(), &backup);
    fixture.server.run();
    fixture.log.append(500).await;
    until_at(&relay, 1_000).await;
    fixture.server.kill();
    std::fs::remove_dir_all(fixture.server.store()).unwrap();
    copy_dir(&backup, &fixture.server.store());
    fixture.server.run();
    let status = until(&relay, |status| status.published == 1_500).await;
    assert_eq!(status.repairs, 0, "what is there is right");
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_was_not_committed_leaves_nothing() {
    let fixture = Fixture::new();
    fixture.log.append(10).await;
    let relay = fixture.relay().await;
    until_at(&relay, 10).await;
    relay.stop().await;

    // A relay that dies in the middle of a batch.
    fixture.log.append(10).await;
    let client = fixture.client("relay").await;
    let identity = fixture.log.store.identity().await.unwrap();
    for (n, event) in (1..).zip(fixture.log.store.read_sealed(10, 5).await.unwrap()) {
        let mut message = encode(&event, &identity, 0, |_| None);
        message.headers.insert(NATS_BATCH_ID, "half-a-batch");
        message.headers.insert(NATS_BATCH_SEQUENCE, n.to_string());
        if n == 1 {
            message.headers.insert(NATS_EXPECTED_LAST_SEQUENCE, "10");
        }
        client.publish_with_headers(message.subject, message.headers, message.payload).await.unwrap();
    }
    client.flush().await.unwrap();
    assert_eq!(fixture.end_of_stream().await, 10);

    let relay = fixture.relay().await;
    until_at(&relay, 20).await;
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_dies_at_any_moment_leaves_whole_batches() {
    let fixture = Fixture::new();
    for round in 0..10 {
        fixture.log.append(500).await;
        let relay = fixture.relay().await;
        until(&relay, |status| status.published > 0).await;
        fixture.log.append(500).await;
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        drop(relay);
    }
    let relay = fixture.relay().await;
    until_at(&relay, 10_000).await;
    fixture.expect_whole(1).await;
}
