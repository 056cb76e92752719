//! What goes in comes out, in order, once.

use super::fixture::{Fixture, until};
use banso_log::{Inbox, Limits, Log};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_publishers_order_is_kept_and_every_message_has_one_receipt() {
    let fixture = Fixture::new().await;
    let names: Vec<String> = (0..6).map(|n| format!("publisher-{n}")).collect();
    fixture.publishers.send_replace(names.iter().cloned().collect());
    let intake = fixture.intake().await;
    let mut sent = vec![Vec::new(); names.len()];
    // Interleaved, in pieces of different length.
    for round in 0..5u64 {
        for (name, sent) in (0u64..).zip(&names).zip(&mut sent).map(|((n, name), sent)| ((n, name), sent)) {
            let first = sent.len() as u64;
            sent.extend(fixture.publish(name.1, first..first + 10 + (round * 7 + name.0) % 40).await);
        }
    }
    let total: usize = sent.iter().map(Vec::len).sum();
    fixture.until_receipts(total as u64).await;
    for (name, sent) in names.iter().zip(&sent) {
        assert_eq!(fixture.breaches(name, sent).await, Vec::<String>::new(), "{name}");
        let numbers: Vec<u64> = (0..sent.len() as u64).collect();
        assert_eq!(fixture.recorded(name).await, numbers, "{name}");
    }
    assert_eq!(fixture.store.head().await.unwrap(), total as u64);
    let status = until(&intake, |status| status.readers.values().all(|reader| reader.lag == Some(0))).await;
    assert_eq!(status.trouble(), None);
    assert_eq!(status.readers.values().map(|reader| reader.read).sum::<u64>(), total as u64);
    intake.stop().await;
    assert_eq!(fixture.store.receipt_head().await.unwrap(), total as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_comes_twice_or_late_is_recorded_once_and_told_each_time() {
    let fixture = Fixture::new().await;
    let sent = fixture.publish("hospital", [3, 1, 3, 2, 1, 0]).await;
    let intake = fixture.intake().await;
    fixture.until_receipts(6).await;
    assert_eq!(fixture.breaches("hospital", &sent).await, Vec::<String>::new());
    assert_eq!(fixture.recorded("hospital").await, [3, 1, 2, 0]);
    let status = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap()["status"].as_u64();
    let told: Vec<_> =
        fixture.receipts().await.iter().map(|receipt| status(&receipt.body).unwrap()).collect();
    assert_eq!(told, [201, 201, 200, 201, 200, 201]);
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_stay_below_their_bounds_and_shrink_where_the_queue_has_no_room() {
    let limits = Limits { queue_events: 11, ..Limits::default() };
    let fixture = Fixture::with(|config| config, limits).await;
    let sent = fixture.publish("hospital", 0..150).await;
    let intake = fixture.intake().await;
    fixture.until_receipts(150).await;
    assert_eq!(fixture.breaches("hospital", &sent).await, Vec::<String>::new());
    let status = until(&intake, |status| status.readers["hospital"].read == 150).await;
    let reader = &status.readers["hospital"];
    assert!(reader.deliveries >= 15, "{reader:?}");
    assert!(reader.failures > 0, "{reader:?}");
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishers_come_and_go_and_unknown_ones_count_as_unread() {
    let fixture = Fixture::new().await;
    fixture.publishers.send_replace(BTreeSet::from([
        "hospital".to_owned(),
        "a.*".to_owned(),
        ">".to_owned(),
    ]));
    fixture.publish("municipality", 0..4).await;
    fixture.publish("hospital", 0..3).await;
    let intake = fixture.intake().await;
    fixture.until_receipts(3).await;
    let status = until(&intake, |status| status.unread == 4).await;
    // What is no name is no pattern either.
    assert_eq!(status.readers[">"].read + status.readers["a.*"].read, 0);
    assert_eq!(status.trouble().as_deref(), Some(">: not a publisher's name"));
    fixture.publishers.send_replace(BTreeSet::from(["municipality".to_owned()]));
    fixture.until_receipts(7).await;
    until(&intake, |status| status.readers.keys().eq(["municipality"])).await;
    // Nobody reads it any more: it waits, and nothing is lost.
    fixture.publish("hospital", 3..5).await;
    fixture.publish("municipality", 4..5).await;
    fixture.until_receipts(8).await;
    assert_eq!(fixture.recorded("hospital").await.len(), 3);
    fixture.publishers.send_replace(BTreeSet::from(["hospital".to_owned()]));
    fixture.until_receipts(10).await;
    assert_eq!(fixture.recorded("hospital").await, [0, 1, 2, 3, 4]);
    intake.stop().await;
}
