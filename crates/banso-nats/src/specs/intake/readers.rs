//! Readers that die, and several of one publisher: the position in the transaction of the results keeps it right.

use super::fixture::{Fixture, WriterSink, until};
use banso_log::{Inbox, Limits, SqliteStore};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_is_dropped_anywhere_loses_and_doubles_nothing() {
    let fixture = Fixture::new().await;
    let sent = fixture.publish("hospital", 0..600).await;
    let mut lives = 0u64;
    let mut reached = 0;
    while reached < 600 {
        let mut settings = fixture.settings();
        settings.delivery_messages_max = 7;
        settings.tail_look = Duration::from_millis(1);
        let client = crate::connect(&fixture.server.settings("intake")).await.unwrap();
        let intake =
            crate::Intake::start(client, fixture.sink.clone(), settings, fixture.publishers.subscribe());
        // A little longer each time, so that it meets every await.
        tokio::time::sleep(Duration::from_micros(3_000 + lives * 370)).await;
        drop(intake);
        lives += 1;
        reached = fixture.store.receipt_head().await.unwrap();
    }
    assert!(lives > 3, "{lives}");
    assert_eq!(fixture.breaches("hospital", &sent).await, Vec::<String>::new());
    assert_eq!(fixture.recorded("hospital").await, (0..600).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_readers_of_one_publisher_settle_each_message_once() {
    let fixture = Fixture::new().await;
    let sent = read_by_two(&fixture, true).await;
    assert_eq!(fixture.breaches("hospital", &sent).await, Vec::<String>::new());
    assert_eq!(fixture.recorded("hospital").await, (0..sent.len() as u64).collect::<Vec<_>>());
}

/// The guard is one: without it the check turns red.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_position_in_the_transaction_two_readers_tell_messages_twice() {
    let fixture = Fixture::new().await;
    let sent = read_by_two(&fixture, false).await;
    let breaches = fixture.breaches("hospital", &sent).await;
    assert!(breaches.iter().any(|breach| breach.ends_with("told 2 times")), "{breaches:?}");
}

/// Two processes, each with a store and a writer of its own on one database.
async fn read_by_two(fixture: &Fixture, fenced: bool) -> Vec<u64> {
    let mut sent = fixture.publish("hospital", 0..300).await;
    let other = Arc::new(SqliteStore::open(&fixture.dir.path().join("log")).unwrap());
    let sinks = [
        WriterSink::on(&fixture.store, Limits::default(), fenced),
        WriterSink::on(&other, Limits::default(), fenced),
    ];
    let one = fixture.intake_into(sinks[0].clone()).await;
    let two = fixture.intake_into(sinks[1].clone()).await;
    let both = |status: &crate::IntakeStatus| {
        status.readers.get("hospital").is_some_and(|reader| reader.fences > 0 || reader.read > 0)
    };
    until(&one, both).await;
    until(&two, both).await;
    for n in 0..40 {
        sent.extend(fixture.publish("hospital", [300 + n]).await);
    }
    fixture.until_receipts(340).await;
    one.stop().await;
    two.stop().await;
    sent
}
