//! Readers that are killed, sleep, or do not hear that their delivery was stored; and a publisher that repeats
//! itself and keeps no order.

use super::connections::{before_postgres, behind};
use super::over_nats::{Order, OverNats, Told};
use super::{address, joined, role, store, whole};
use crate::support::place::blocking;
use crate::support::process::{Load, Store, until};
use crate::support::proxy::Way;

fn receipts(store: &Store) -> u64 {
    blocking(async { store.open().await.receipt_head().await.unwrap() })
}

/// What was settled twice has two receipts.
fn assert_one_receipt_each(store: &Store, told: &Told) {
    assert_eq!(receipts(store), told.messages);
}

#[test]
fn what_comes_twice_or_late_is_recorded_once_whoever_reads_it() {
    let mut store = store();
    let mut rest = role(&store, "api,relay,project");
    let mut intake = role(&store, "intake");
    let load = Load::start(&store, "beside", &[address(&rest)]);
    let over_nats = OverNats::start(&mut store, Order::Lost);
    for _ in 0..4 {
        over_nats.go_on(50);
        intake.process.kill();
        over_nats.go_on(20);
        intake = role(&store, "intake");
    }
    over_nats.go_on(50);
    let told = over_nats.finish(&mut store);
    // Whoever came first was admitted, and everything else was told that it is a repetition.
    for (id, (admitted, duplicates)) in &told.events {
        let n: u64 = id.parse().unwrap();
        assert_eq!((*admitted, *duplicates), (1, n % 3), "{id}");
    }
    assert_one_receipt_each(&store, &told);
    let history = joined(&store, &[load.finish(), told.history]);
    whole(&store, &rest, &history);
    intake.stop();
    rest.stop();
}

#[test]
fn a_reader_that_slept_beyond_its_lease_settles_nothing_again() {
    let mut store = store();
    let mut rest = role(&store, "api,relay,project");
    let mut readers = [role(&store, "intake"), role(&store, "intake")];
    let over_nats = OverNats::start(&mut store, Order::Kept);
    for round in 0..4 {
        over_nats.go_on(30);
        let asleep = &readers[round % 2];
        asleep.process.signal("STOP");
        let sent = over_nats.sent();
        until("the other one reads", || (receipts(&store) >= sent).then_some(()));
        asleep.process.signal("CONT");
    }
    over_nats.go_on(30);
    let told = over_nats.finish(&mut store);
    assert!(told.events.values().all(|times| *times == (1, 0)), "{:?}", told.events);
    assert_one_receipt_each(&store, &told);
    whole(&store, &rest, &told.history);
    for reader in &mut readers {
        reader.stop();
    }
    rest.stop();
}

#[test]
fn a_delivery_whose_commit_was_not_answered_is_settled_once() {
    let mut store = store();
    let mut rest = role(&store, "api,relay,project");
    let proxy = before_postgres(&store);
    let mut reader = behind(&store, &proxy, "intake");
    let over_nats = OverNats::start(&mut store, Order::Kept);
    for _ in 0..10 {
        over_nats.go_on(10);
        proxy.set(Way::HoldsAnswersBehindCommit);
        proxy.until_commit();
        proxy.break_off();
        let sent = over_nats.sent();
        until("it reads on", || (receipts(&store) >= sent).then_some(()));
    }
    let told = over_nats.finish(&mut store);
    assert!(told.events.values().all(|times| *times == (1, 0)), "{:?}", told.events);
    assert_one_receipt_each(&store, &told);
    whole(&store, &rest, &told.history);
    reader.stop();
    rest.stop();
}
