//! A store that takes nothing for a while, and messages that it can never take.

use super::fixture::{Fixture, headers, send, subject, until};
use crate::ReaderState;
use async_nats::jetstream;
use banso_log::{Custody, Inbox};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_log_is_held_messages_wait_and_then_go_on() {
    let fixture = Fixture::new().await;
    fixture.store.hold("as a test asks").await.unwrap();
    let sent = fixture.publish("hospital", 0..50).await;
    let intake = fixture.intake().await;
    let failing = |status: &crate::IntakeStatus| {
        let reader = status.readers.get("hospital");
        reader.is_some_and(|reader| {
            matches!(reader.state, ReaderState::Failing { reason: "unavailable", .. })
                && reader.failures >= 3
                && reader.lag == Some(50)
        })
    };
    let status = until(&intake, failing).await;
    assert!(status.trouble().is_some_and(|trouble| trouble.starts_with("hospital: ")), "{status:?}");
    assert_eq!(fixture.store.receipt_head().await.unwrap(), 0);
    fixture.store.let_go().await.unwrap();
    fixture.until_receipts(50).await;
    assert_eq!(fixture.breaches("hospital", &sent).await, Vec::<String>::new());
    let status = until(&intake, |status| status.readers["hospital"].lag == Some(0)).await;
    assert_eq!(status.trouble(), None);
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_is_too_large_is_told_so_and_holds_up_nothing() {
    let fixture = Fixture::new().await;
    let mut sent = fixture.publish("hospital", 0..5).await;
    let jetstream = jetstream::new(fixture.client("hospital").await);
    let mut group = headers("hospital", 5);
    group.insert("group", "101");
    let ack = send(&jetstream, &subject("hospital"), group, "{}").await;
    sent.push(ack.await.unwrap().sequence);
    sent.extend(fixture.publish("hospital", 6..9).await);
    let intake = fixture.intake().await;
    fixture.until_receipts(9).await;
    assert_eq!(fixture.breaches("hospital", &sent).await, Vec::<String>::new());
    assert_eq!(fixture.recorded("hospital").await, [0, 1, 2, 3, 4, 6, 7, 8]);
    let receipts = fixture.receipts().await;
    let told: serde_json::Value = serde_json::from_slice(&receipts[5].body).unwrap();
    assert_eq!(told["status"], 400);
    assert!(told["detail"].as_str().is_some_and(|detail| detail.contains("group")), "{told}");
    intake.stop().await;
}
