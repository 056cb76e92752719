//! What [`crate::Inbox`] promises, and the writer of deliveries.

use super::Fixture;
use super::case::{Case, REFUSE, admitted, numbered, proposal};
use crate::{AppendError, Delivery, IntakePosition, MessageReceipt, Outcome, Unit};
use bytes::Bytes;

const INTAKE: &str = "intake-1";

fn at(seq: u64) -> IntakePosition {
    IntakePosition { stream: INTAKE.to_owned(), seq }
}

/// Messages up to `to`, of which each of the last ones made one proposal.
fn delivery(publisher: &str, from: Option<u64>, to: u64) -> Delivery<&'static str> {
    Delivery {
        publisher: publisher.to_owned(),
        from: from.map(at),
        to: at(to),
        receipts: Box::new(move |outcomes| {
            let first = to + 1 - outcomes.len() as u64;
            (first..).zip(outcomes).map(|(seq, outcome)| receipt(seq, word(outcome))).collect()
        }),
    }
}

fn word(outcome: &Outcome<&'static str>) -> &'static str {
    match outcome {
        Outcome::Admitted(_) => "admitted",
        Outcome::Duplicate(_) => "duplicate",
        Outcome::Refused(why) => why,
        _ => "other",
    }
}

fn receipt(seq: u64, body: &str) -> MessageReceipt {
    MessageReceipt { seq, body: Bytes::from(body.to_owned()) }
}

fn single(n: u64) -> Vec<Unit<banso_kernel::Proposal>> {
    vec![Unit::Single(numbered("person/haru", n))]
}

/// Every receipt as (number, publisher, message, what became of it).
async fn receipts(store: &dyn Fixture) -> Vec<(u64, String, u64, String)> {
    let receipts = store.store().receipts(0, 100).await.unwrap();
    let text = |body: &Bytes| String::from_utf8(body.to_vec()).unwrap();
    receipts
        .into_iter()
        .map(|receipt| {
            assert_eq!(receipt.position.stream, INTAKE);
            (receipt.seq, receipt.publisher, receipt.position.seq, text(&receipt.body))
        })
        .collect()
}

fn row(seq: u64, publisher: &str, message: u64, body: &str) -> (u64, String, u64, String) {
    (seq, publisher.to_owned(), message, body.to_owned())
}

/// 2
pub async fn a_delivery_is_stored_with_its_results(store: &dyn Fixture) {
    let case = Case::on(store.log());
    assert_eq!(store.store().intake_position("hospital").await.unwrap(), None);
    let units =
        [numbered("person/haru", 0), proposal("person/haru", "no", REFUSE), numbered("person/haru", 0)];
    let units = units.map(Unit::Single).to_vec();
    let outcomes = case.deliver(units, delivery("hospital", None, 3)).await.unwrap();
    let first = admitted(&outcomes[0]);
    assert_eq!(outcomes[1..], [Outcome::Refused("as asked"), Outcome::Duplicate(first)]);
    for store in [store.store(), store.store_of_another_process()] {
        assert_eq!(store.intake_position("hospital").await.unwrap(), Some(at(3)));
        assert_eq!(store.receipt_head().await.unwrap(), 3);
        assert_eq!(store.head().await.unwrap(), 1);
    }
    assert_eq!(
        receipts(store).await,
        [
            row(1, "hospital", 1, "admitted"),
            row(2, "hospital", 2, "as asked"),
            row(3, "hospital", 3, "duplicate")
        ]
    );
    assert_eq!(store.store().intake_position("clinic").await.unwrap(), None);
}

/// A message that nobody can read is settled as well.
pub async fn a_delivery_without_a_proposal_leaves_its_receipts(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let unreadable = || Delivery {
        receipts: Box::new(|_| vec![receipt(7, "unreadable")]),
        ..delivery("hospital", None, 7)
    };
    let woken = store.log().appended();
    assert_eq!(case.deliver(vec![], unreadable()).await.unwrap(), []);
    assert!(woken.has_changed().unwrap(), "whoever tells outcomes is woken");
    assert_eq!(receipts(store).await, [row(1, "hospital", 7, "unreadable")]);
    assert_eq!(store.store().intake_position("hospital").await.unwrap(), Some(at(7)));
    // All duplicates: nothing but receipts is written.
    admitted(&case.append(numbered("person/haru", 0)).await);
    case.deliver(single(0), delivery("hospital", Some(7), 8)).await.unwrap();
    assert_eq!(receipts(store).await[1..], [row(2, "hospital", 8, "duplicate")]);
}

/// Of a store that can fail: `fault` makes the next commit fail (`false`), or its answer be lost (`true`).
#[cfg(test)]
pub(crate) async fn deliveries_with_faults(store: std::sync::Arc<dyn crate::Store>, fault: impl Fn(bool)) {
    let case = Case::on(store.clone());
    // One with an event and its receipt, one with a receipt alone, and again.
    for n in 1..=4u64 {
        let units = || if n % 2 == 1 { single(n) } else { vec![] };
        let told = || Delivery {
            receipts: Box::new(move |_| vec![receipt(n, "seen")]),
            ..delivery("hospital", (n > 1).then_some(n - 1), n)
        };
        let before = (store.head().await.unwrap(), store.intake_position("hospital").await.unwrap());
        fault(false);
        let failed = case.deliver(units(), told()).await;
        assert!(matches!(failed, Err(AppendError::Unavailable(_))), "{failed:?}");
        let after = (store.head().await.unwrap(), store.intake_position("hospital").await.unwrap());
        assert_eq!((after, store.receipt_head().await.unwrap()), (before, n - 1));
        fault(true);
        let outcomes = case.deliver(units(), told()).await.unwrap();
        assert_eq!(outcomes.len(), units().len());
        assert_eq!(store.intake_position("hospital").await.unwrap(), Some(at(n)));
        assert_eq!((store.head().await.unwrap(), store.receipt_head().await.unwrap()), (n.div_ceil(2), n));
    }
}

/// The fence.
pub async fn of_two_readers_of_one_intake_one_is_fenced(store: &dyn Fixture) {
    let one = Case::on(store.log());
    let other = Case::on(store.log_of_another_process());
    one.deliver(single(0), delivery("hospital", None, 1)).await.unwrap();
    let late = other.deliver(single(1), delivery("hospital", None, 1)).await;
    assert!(
        matches!(&late, Err(AppendError::Fenced { actual: Some(actual) }) if *actual == at(1)),
        "{late:?}"
    );
    // Of a stream of another making, the same number is another place.
    let elsewhere = Delivery {
        from: Some(IntakePosition { stream: "intake-2".to_owned(), seq: 1 }),
        ..delivery("hospital", None, 2)
    };
    assert!(matches!(other.deliver(single(1), elsewhere).await, Err(AppendError::Fenced { .. })));
    assert_eq!(store.log().head().await.unwrap(), 1);
    other.deliver(single(1), delivery("hospital", Some(1), 2)).await.unwrap();
    // Others' intakes stand for themselves.
    one.deliver(single(2), delivery("clinic", None, 1)).await.unwrap();
    assert_eq!(
        receipts(store).await,
        [
            row(1, "hospital", 1, "admitted"),
            row(2, "hospital", 2, "admitted"),
            row(3, "clinic", 1, "admitted")
        ]
    );
}

/// Whether they meet in one batch or not.
pub async fn deliveries_of_one_batch_follow_each_other(store: &dyn Fixture) {
    let case = std::sync::Arc::new(Case::on(store.log()));
    let tasks: Vec<_> = (0..20u64)
        .map(|n| {
            let case = std::sync::Arc::clone(&case);
            let from = (n > 0).then_some(n);
            tokio::spawn(async move {
                // Until the one before is settled, this one is fenced.
                loop {
                    match case.deliver(single(n), delivery("hospital", from, n + 1)).await {
                        Ok(outcomes) => break admitted(&outcomes[0]),
                        Err(AppendError::Fenced { .. }) => tokio::task::yield_now().await,
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    for (n, task) in (1..).zip(tasks) {
        assert_eq!(task.await.unwrap().seq, n);
    }
    assert_eq!(store.store().intake_position("hospital").await.unwrap(), Some(at(20)));
}

/// 1
pub async fn receipts_are_dense_and_paged(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let other = Case::on(store.log_of_another_process());
    for n in 0..4u64 {
        let case = if n % 2 == 0 { &case } else { &other };
        let many = Delivery {
            receipts: Box::new(move |_| (0..5).map(|m| receipt(n * 5 + m, "seen")).collect()),
            ..delivery("hospital", (n > 0).then_some(n), n + 1)
        };
        case.deliver(single(n), many).await.unwrap();
    }
    let store = store.store();
    let page =
        |receipts: Vec<crate::StoredReceipt>| receipts.iter().map(|receipt| receipt.seq).collect::<Vec<_>>();
    assert_eq!(page(store.receipts(0, 7).await.unwrap()), (1..=7).collect::<Vec<_>>());
    assert_eq!(page(store.receipts(7, 100).await.unwrap()), (8..=20).collect::<Vec<_>>());
    assert_eq!(store.receipts(20, 1).await.unwrap(), []);
    assert_eq!(store.receipt_head().await.unwrap(), 20);
}
