use super::fixture::{Fixture, until};
use crate::relay::{Relay, RelaySettings, State};
use banso_kernel::Seq;

/// Appends while both relays run, by turns what goes out as one batch and what goes out one by one; returns the
/// log's end.
async fn load(fixture: &Fixture, rounds: u64) -> Seq {
    for round in 0..rounds {
        fixture.log.append(if round % 2 == 0 { 50 } else { 3 }).await;
        tokio::task::yield_now().await;
    }
    fixture.log.head().await
}

async fn one_of_them_at(relays: [&Relay; 2], seq: Seq) {
    let [a, b] = relays;
    let there = |relay| until(relay, move |status| status.cursor == Some(seq));
    tokio::select! { _ = there(a) => {}, _ = there(b) => {} }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_relays_one_publishes_and_the_other_stands_by() {
    let fixture = Fixture::new();
    let (a, b) = (fixture.relay().await, fixture.relay().await);
    let head = load(&fixture, 100).await;
    one_of_them_at([&a, &b], head).await;
    fixture.expect_whole(1).await;
    let published = a.status().borrow().published + b.status().borrow().published;
    assert_eq!(published, head, "each event once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_was_overtaken_with_a_single_event_publishes_nothing() {
    let fixture = Fixture::new();
    let relay = fixture.relay().await;
    fixture.log.append(1).await;
    until(&relay, |status| status.cursor == Some(1)).await;
    fixture.publish_foreign().await;
    fixture.log.append(1).await;
    until(&relay, |status| status.fence_losses == 1).await;
    // Where nobody else publishes, the foreign message is no relay's.
    until(&relay, |status| status.repairs == 1 && status.cursor == Some(2)).await;
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_stands_by_takes_over_when_the_other_dies() {
    let fixture = Fixture::new();
    let a = fixture.relay().await;
    fixture.log.append(10).await;
    until(&a, |status| status.cursor == Some(10)).await;
    let b = fixture.relay().await;
    until(&b, |status| status.cursor == Some(10)).await;
    // Whoever loses the race for these stands by.
    let mut head = 10;
    while ![&a, &b].iter().any(|relay| relay.status().borrow().state == State::StandBy) {
        fixture.log.append(50).await;
        head = fixture.log.head().await;
        one_of_them_at([&a, &b], head).await;
    }
    let (active, waiting) = if a.status().borrow().state == State::StandBy { (b, a) } else { (a, b) };
    drop(active);
    fixture.log.append(100).await;
    until(&waiting, |status| status.state == State::Following && status.cursor == Some(head + 100)).await;
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_fill_a_wiped_store_once() {
    let mut fixture = Fixture::new();
    let (a, b) = (fixture.relay().await, fixture.relay().await);
    let head = load(&fixture, 40).await;
    one_of_them_at([&a, &b], head).await;
    fixture.server.kill();
    std::fs::remove_dir_all(fixture.server.store()).unwrap();
    fixture.server.run();
    let head = load(&fixture, 40).await;
    one_of_them_at([&a, &b], head).await;
    until(&a, |status| status.cursor == Some(head)).await;
    until(&b, |status| status.cursor == Some(head)).await;
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_fence_two_relays_tear_the_stream_and_the_check_sees_it() {
    let fixture = Fixture::new();
    let unfenced = |settings| RelaySettings { unfenced: true, batch_messages_max: 5, ..settings };
    let a = fixture.relay_with(unfenced).await;
    until(&a, |status| status.state == State::Following).await;
    let b = fixture.relay_with(unfenced).await;
    until(&b, |status| status.state == State::Following).await;
    let head = load(&fixture, 40).await;
    until(&a, |status| status.cursor.is_some_and(|cursor| cursor >= head)).await;
    until(&b, |status| status.cursor.is_some_and(|cursor| cursor >= head)).await;
    drop((a, b));
    assert!(fixture.end_of_stream().await > head, "events stand there twice");
    assert!(fixture.check().await.broken > 0);

    // With the fence, the next relay puts it right.
    let relay = fixture.relay().await;
    until(&relay, |status| status.cursor == Some(head) && status.state == State::Following).await;
    fixture.expect_whole(1).await;
}
