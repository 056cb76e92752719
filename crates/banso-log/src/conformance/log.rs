//! What [`crate::Log`] promises.

use super::Fixture;
use super::case::{Case, admitted, numbered, proposal};
use crate::Unit;
use crate::port::{Following, Page, READ_BYTES_MAX, READ_EVENTS_MAX, SMALL_PAGE_EVENTS_MAX, Stretch};
use banso_kernel::{
    EventId, Hash, ManualClock, Recorded, Seq, StreamId, leaf, link, log_genesis, stream_genesis,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::Arc;

fn seqs(events: &[Recorded]) -> Vec<Seq> {
    events.iter().map(|event| event.header.seq).collect()
}

fn stream(name: &str) -> StreamId {
    name.parse().unwrap()
}

/// 1
pub async fn an_empty_log_has_no_events(store: &dyn Fixture) {
    let log = store.log();
    assert_eq!(log.head().await.unwrap(), 0);
    assert_eq!(*log.appended().borrow(), 0);
    assert_eq!(log.read(0, 10).await.unwrap(), []);
    assert_eq!(log.read_back(Seq::MAX, 10).await.unwrap(), []);
    let nothing = Page { events: Vec::new(), is_last: true };
    assert_eq!(log.read_stream(&stream("person/haru"), 0, Seq::MAX, 10).await.unwrap(), nothing);
    assert_eq!(log.seq_at(DateTime::<Utc>::MAX_UTC).await.unwrap(), 0);
    let identity = log.identity().await.unwrap();
    assert_eq!(identity.epoch, 1);
    assert_eq!(identity, store.log_of_another_process().identity().await.unwrap());
}

/// 1, 4
pub async fn positions_are_dense_and_bytes_come_back(store: &dyn Fixture) {
    let (log, case) = (store.log(), Case::on(store.log()));
    let bodies = ["{ \"b\" : 1.0,\n \"a\": \"\\u3042\" }", "null", "\"体調\"", "[ ]"];
    for (n, body) in bodies.iter().enumerate() {
        let name = if n % 2 == 0 { "person/haru" } else { "zone/east" };
        let receipt = admitted(&case.append(proposal(name, &n.to_string(), body)).await);
        assert_eq!((receipt.seq, receipt.stream_seq), (n as u64 + 1, n as u64 / 2 + 1));
    }
    let events = log.read(0, 10).await.unwrap();
    assert_eq!(seqs(&events), [1, 2, 3, 4]);
    for (event, body) in events.iter().zip(bodies) {
        assert_eq!(event.body, body.as_bytes());
        assert_eq!(event.header.correlation.as_deref(), Some("c1"));
    }
    for (sealed, event) in log.read_sealed(0, 10).await.unwrap().into_iter().zip(&events) {
        assert_eq!(sealed.event, *event);
        assert_eq!(sealed.header, serde_json::to_vec(&event.header).unwrap());
        assert_eq!(sealed.columns.seq, event.header.seq);
        assert_eq!(sealed.columns.stream, event.header.stream);
        assert_eq!(sealed.columns.stream_seq, event.header.stream_seq);
        assert_eq!(sealed.columns.event_id, event.header.event_id);
        assert_eq!(sealed.columns.recorded_at, event.header.recorded_at);
        assert_eq!(sealed.columns.part, event.header.part());
    }
    assert_eq!(log.head().await.unwrap(), 4);
}

/// 1, 4: both chains, computed once more from the stored bytes.
pub async fn the_chains_verify(store: &dyn Fixture) {
    let (log, case) = (store.log(), Case::on(store.log()));
    for n in 0..10 {
        case.append(numbered(["person/haru", "person/aki", "registry"][n as usize % 3], n)).await;
    }
    let mut log_chain = log_genesis(&log.identity().await.unwrap().log_id);
    let mut streams: HashMap<StreamId, Hash> = HashMap::new();
    for event in log.read_sealed(0, 100).await.unwrap() {
        let leaf = leaf(&event.header, &event.salt, &event.event.body);
        log_chain = link(&log_chain, &leaf);
        assert_eq!(event.log_chain, log_chain);
        let of = event.columns.stream;
        let chain = streams.entry(of.clone()).or_insert_with(|| stream_genesis(&of));
        *chain = link(chain, &leaf);
        assert_eq!(event.stream_chain, *chain);
    }
}

/// 1, 5: with the place that a reader compares.
pub async fn what_follows_a_position_comes_with_its_place(store: &dyn Fixture) {
    let (log, case) = (store.log(), Case::on(store.log()));
    for n in 0..5 {
        case.append(numbered("person/haru", n)).await;
    }
    let identity = log.identity().await.unwrap();
    let all = log.read_sealed(0, 10).await.unwrap();
    for at in 0..=5_usize {
        let following = log.read_following(at as Seq, 2).await.unwrap();
        let log_chain = at.checked_sub(1).map(|before| all[before].log_chain);
        let events: Vec<_> = all[at..].iter().take(2).cloned().collect();
        let is_last = events.len() < 2;
        let expected = Following { events, is_last, log_chain, identity: identity.clone() };
        assert_eq!(following, expected, "at {at}");
    }
    // A log that was put back ends before its reader's position.
    for at in [6, 1_000, Seq::MAX] {
        let nothing =
            Following { events: Vec::new(), is_last: true, log_chain: None, identity: identity.clone() };
        assert_eq!(log.read_following(at, 2).await.unwrap(), nothing, "at {at}");
    }
}

/// 5
pub async fn a_read_keeps_its_bounds(store: &dyn Fixture) {
    let (log, case) = (store.log(), Case::on(store.log()));
    for page in 0..11 {
        let units = (0..1_000).map(|n| Unit::Single(numbered("person/haru", page * 1_000 + n)));
        case.submit(units.collect()).await.unwrap();
    }
    assert_eq!(log.read(0, usize::MAX).await.unwrap().len(), READ_EVENTS_MAX);
    assert_eq!(log.read_back(Seq::MAX, usize::MAX).await.unwrap().len(), READ_EVENTS_MAX);
    assert_eq!(log.read_sealed(0, usize::MAX).await.unwrap().len(), READ_EVENTS_MAX);
    let of = stream("person/haru");
    let page = log.read_stream(&of, 0, Seq::MAX, usize::MAX).await.unwrap();
    assert_eq!((page.events.len(), page.is_last), (READ_EVENTS_MAX, false));
    let page = log.read_stream(&of, READ_EVENTS_MAX as u64, Seq::MAX, usize::MAX).await.unwrap();
    assert_eq!((page.events.len(), page.is_last), (11_000 - READ_EVENTS_MAX, true));
    let all = [stretch("person/haru", 0, Seq::MAX), stretch("person/haru", 0, Seq::MAX)];
    assert_eq!(log.read_stretches(&all, usize::MAX).await.unwrap().len(), READ_EVENTS_MAX);
    assert_eq!(seqs(&log.read(3, 2).await.unwrap()), [4, 5]);
    assert_eq!(seqs(&log.read(10_999, 10).await.unwrap()), [11_000]);
    assert_eq!(seqs(&log.read(11_000, 10).await.unwrap()), [0; 0]);
    assert_eq!(seqs(&log.read(Seq::MAX, 10).await.unwrap()), [0; 0]);
    assert_eq!(seqs(&log.read(0, 0).await.unwrap()), [0; 0]);
    assert_eq!(seqs(&log.read_back(Seq::MAX, 2).await.unwrap()), [11_000, 10_999]);
    assert_eq!(seqs(&log.read_back(3, 10).await.unwrap()), [2, 1]);
    assert_eq!(seqs(&log.read_back(1, 10).await.unwrap()), [0; 0]);
}

/// 5
pub async fn a_read_stops_at_its_bytes(store: &dyn Fixture) {
    let (log, case) = (store.log(), Case::on(store.log()));
    let body = format!("\"{}\"", "x".repeat(READ_BYTES_MAX / 2));
    for n in 0..4 {
        case.append(proposal("person/haru", &n.to_string(), &body)).await;
    }
    assert_eq!(seqs(&log.read(0, 10).await.unwrap()), [1, 2]);
    assert_eq!(seqs(&log.read(2, 10).await.unwrap()), [3, 4]);
    assert_eq!(seqs(&log.read_back(Seq::MAX, 10).await.unwrap()), [4, 3]);
    assert_eq!(log.read_sealed(0, 10).await.unwrap().len(), 2);
    for limit in [10, SMALL_PAGE_EVENTS_MAX + 1] {
        let page =
            async |after| log.read_stream(&stream("person/haru"), after, Seq::MAX, limit).await.unwrap();
        assert_eq!(seqs(&page(0).await.events), [1, 2]);
        // Whether its last event is also that of the stream is not known of a page that its bytes ended.
        let are_last = [page(0).await.is_last, page(2).await.is_last, page(3).await.is_last];
        assert_eq!(are_last, [false, false, true]);
    }
    let each: Vec<Stretch> = (0..4).map(|n| stretch("person/haru", n, n + 1)).collect();
    assert_eq!(log.read_stretches(&each, 10).await.unwrap().len(), 2);
    // A writer that starts now gets the whole stream, not one page of it.
    let again = Case::on(store.log_of_another_process());
    assert_eq!(admitted(&again.append(numbered("person/haru", 4)).await).stream_seq, 5);
}

/// 1
pub async fn a_stream_is_read_up_to_a_position(store: &dyn Fixture) {
    let (log, case) = (store.log(), Case::on(store.log()));
    for n in 0..9 {
        case.append(numbered(["person/haru", "person/aki", "person/haru-2"][n as usize % 3], n)).await;
    }
    let aki = stream("person/aki");
    let read = async |after, up_to, limit| {
        let page = log.read_stream(&aki, after, up_to, limit).await.unwrap();
        (seqs(&page.events), page.is_last)
    };
    assert_eq!(read(0, Seq::MAX, 10).await, (vec![2, 5, 8], true));
    assert_eq!(read(0, 5, 10).await, (vec![2, 5], true));
    assert_eq!(read(0, 4, 10).await, (vec![2], true));
    assert_eq!(read(1, 7, 10).await, (vec![5], true));
    assert_eq!(read(1, Seq::MAX, 1).await, (vec![5], false));
    assert_eq!(read(0, Seq::MAX, 4).await, (vec![2, 5, 8], true));
    assert_eq!(read(3, Seq::MAX, 10).await, (vec![], true));
    assert_eq!(read(1, 7, SMALL_PAGE_EVENTS_MAX + 1).await, (vec![5], true));
}

fn stretch(of: &str, after: u64, up_to: u64) -> Stretch {
    Stretch { stream: stream(of), after, up_to }
}

/// 1
pub async fn stretches_of_streams_are_read_one_after_the_other(store: &dyn Fixture) {
    let (log, case) = (store.log(), Case::on(store.log()));
    for n in 0..9 {
        case.append(numbered(["person/haru", "person/aki", "person/haru-2"][n as usize % 3], n)).await;
    }
    let asked = [
        stretch("person/haru-2", 0, 2),
        stretch("person/nobody", 0, Seq::MAX),
        stretch("person/haru", 1, Seq::MAX),
        stretch("person/aki", 3, 3),
        stretch("person/aki", 0, 1),
    ];
    let read = |from: usize, limit| log.read_stretches(&asked[from..], limit);
    assert_eq!(seqs(&read(0, usize::MAX).await.unwrap()), [3, 6, 4, 7, 2]);
    // A page ends within a stretch, at its end, and in the next one.
    assert_eq!(seqs(&read(0, 1).await.unwrap()), [3]);
    assert_eq!(seqs(&read(0, 2).await.unwrap()), [3, 6]);
    assert_eq!(seqs(&read(0, 3).await.unwrap()), [3, 6, 4]);
    assert_eq!(seqs(&read(3, usize::MAX).await.unwrap()), [2]);
    assert_eq!(seqs(&read(0, 0).await.unwrap()), [0; 0]);
    assert_eq!(log.read_stretches(&[], 10).await.unwrap(), []);
}

/// 3
pub async fn events_are_found_by_id(store: &dyn Fixture) {
    let (log, case) = (store.log(), Case::on(store.log()));
    let receipts = case.fill("person/haru", 3).await;
    let absent = EventId::of("nobody", "0");
    let ids = [receipts[2].event_id, absent, receipts[0].event_id, receipts[2].event_id];
    let found = log.find(&ids).await.unwrap();
    let found: Vec<_> = found.iter().map(|event| event.as_ref().map(|event| event.header.seq)).collect();
    assert_eq!(found, [Some(3), None, Some(1), Some(3)]);
}

/// 6
pub async fn a_time_is_found_as_a_position(store: &dyn Fixture) {
    let start = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let (log, case) = (store.log(), Case::with_clock(store.log(), Arc::clone(&clock)));
    let second = |n| start + TimeDelta::seconds(n);
    for n in 0..5 {
        clock.set(second(n));
        case.fill(["person/a", "person/b", "person/c", "person/d", "person/e"][n as usize], 3).await;
    }
    let micro = TimeDelta::microseconds(1);
    assert_eq!(log.seq_at(start - micro).await.unwrap(), 0);
    for n in 0..5 {
        assert_eq!(log.seq_at(second(n)).await.unwrap(), 3 * (n as u64 + 1));
        assert_eq!(log.seq_at(second(n) - micro).await.unwrap(), 3 * n as u64);
    }
    assert_eq!(log.seq_at(DateTime::<Utc>::MAX_UTC).await.unwrap(), 15);
    assert_eq!(log.seq_at(DateTime::<Utc>::MIN_UTC).await.unwrap(), 0);
}

/// 6
pub async fn recorded_at_increases_whatever_the_clock_does(store: &dyn Fixture) {
    let start = DateTime::from_timestamp_micros(1_750_000_000_123_456).unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let case = Case::with_clock(store.log(), Arc::clone(&clock));
    case.fill("person/a", 2).await;
    case.fill("person/b", 2).await;
    clock.set(start - TimeDelta::days(1));
    case.fill("person/c", 2).await;
    // Another process, whose clock is behind, too.
    let other = Case::with_clock(store.log_of_another_process(), Arc::clone(&clock));
    other.fill("person/d", 2).await;
    clock.set(start + TimeDelta::days(1));
    case.fill("person/e", 2).await;
    let events = store.log().read(0, 100).await.unwrap();
    let times: Vec<_> =
        events.iter().map(|event| (event.header.recorded_at - start).num_microseconds().unwrap()).collect();
    let day = 86_400_000_000;
    assert_eq!(times, [0, 0, 1, 1, 2, 2, 3, 3, day, day]);
}

/// 2, 3, 8
pub async fn an_acknowledged_event_is_read_by_everyone(store: &dyn Fixture) {
    let (log, other) = (store.log(), store.log_of_another_process());
    let mut appended = log.appended();
    let case = Case::on(store.log());
    for n in 0..20 {
        let receipt = admitted(&case.append(numbered("person/haru", n)).await);
        assert_eq!(log.head().await.unwrap(), receipt.seq);
        assert_eq!(other.head().await.unwrap(), receipt.seq);
        assert_eq!(seqs(&other.read(n, 10).await.unwrap()), [receipt.seq]);
    }
    assert!(appended.has_changed().unwrap());
    assert_eq!(*appended.borrow_and_update(), 20);
}

/// 7
pub async fn no_event_is_changed_or_deleted(store: &dyn Fixture) {
    let (log, case) = (store.log(), Case::on(store.log()));
    case.fill("person/haru", 2).await;
    let before = log.read_sealed(0, 10).await.unwrap();
    assert_eq!(store.tamper().await, Vec::<&str>::new());
    assert_eq!(log.read_sealed(0, 10).await.unwrap(), before);
}
