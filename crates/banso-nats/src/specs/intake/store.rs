//! A store that takes nothing for a while.

use super::fixture::{Fixture, until};
use crate::ReaderState;
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
