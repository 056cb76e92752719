//! A publisher that repeats itself and keeps no order, and a reader that is killed meanwhile.

use super::over_nats::{Order, OverNats};
use super::{address, joined, role, store, whole};
use crate::support::place::blocking;
use crate::support::process::Load;

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
    let receipts = blocking(async { store.open().await.receipt_head().await.unwrap() });
    assert_eq!(receipts, told.messages, "each message has one receipt");
    let history = joined(&store, &[load.finish(), told.history]);
    whole(&store, &rest, &history);
    intake.stop();
    rest.stop();
}
