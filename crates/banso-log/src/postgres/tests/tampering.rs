//! What somebody with all rights changes is found out.

use super::fixture_events::{fill, report, writer};
use super::*;
use crate::port::{Log, LogError};
use crate::verify::{Invariant, verify};
use crate::write_side::LogStore;

/// As a superuser who knows of the trigger would.
async fn tamper(schema: &PgSchema, sql: &str) {
    let tamper = format!(
        "ALTER TABLE events DISABLE TRIGGER ALL; {sql}; ALTER TABLE events ENABLE ALWAYS TRIGGER events_refuse_change"
    );
    schema.raw().await.batch_execute(&tamper).await.unwrap();
}

async fn found(sql: &str) -> Vec<(Invariant, u64)> {
    let Fixture { store, schema } = Fixture::migrated().await;
    fill(&writer(&store), 0..12).await;
    let before = report(&store).await;
    assert_eq!((before.events, before.streams, before.broken.is_empty()), (12, 3, true));
    tamper(&schema, sql).await;
    let after = verify(&store, 0, before.end.as_ref(), &mut |_| {}).await.unwrap();
    assert!(!after.broken.is_empty(), "not detected: {sql}");
    after.breaches.iter().map(|breach| (breach.invariant, breach.seq)).collect()
}

#[tokio::test]
async fn edited_bytes_are_detected() {
    for edit in [
        "UPDATE events SET body = '{}' WHERE seq = 5",
        "UPDATE events SET salt = substr(header, 1, 16) WHERE seq = 5",
        "UPDATE events SET header = convert_to(replace(convert_from(header, 'UTF8'), 'hospital', 'clinic'), 'UTF8')
            WHERE seq = 5",
    ] {
        assert_eq!(found(edit).await, [(Invariant::Chained, 5), (Invariant::Chained, 5)], "{edit}");
    }
}

#[tokio::test]
async fn a_header_that_is_no_header_is_detected_and_the_rest_is_still_checked() {
    let edit = "UPDATE events SET header = '{' WHERE seq = 5; UPDATE events SET body = '{}' WHERE seq = 9";
    let found = found(edit).await;
    assert_eq!(found.first(), Some(&(Invariant::Chained, 5)));
    assert!(found.contains(&(Invariant::Chained, 9)));
    assert!(!found.contains(&(Invariant::LogDense, 6)));
}

#[tokio::test]
async fn a_page_that_ends_before_a_damaged_event_is_not_the_last_one() {
    let Fixture { store, schema } = Fixture::migrated().await;
    fill(&writer(&store), 0..12).await;
    let stream = store.read(0, 1).await.unwrap().remove(0).header.stream;
    let whole = store.read_stream(&stream, 0, 12, 12).await.unwrap();
    assert_eq!((whole.events.len(), whole.is_last), (4, true));
    let damaged = whole.events[1].header.seq;
    tamper(&schema, &format!("UPDATE events SET header = '{{' WHERE seq = {damaged}")).await;
    let page = store.read_stream(&stream, 0, 12, 12).await.unwrap();
    assert_eq!((page.events.len(), page.is_last), (1, false));
    let behind = store.read_stream(&stream, 1, 12, 12).await;
    assert!(matches!(behind, Err(LogError::Damaged { seq, .. }) if seq == damaged), "{behind:?}");
    // The connection on which the page was cut is as good as any.
    assert_eq!(store.read(damaged, 12).await.unwrap().len() as u64, 12 - damaged);
}

#[tokio::test]
async fn a_damaged_stream_does_not_keep_the_others_from_being_loaded() {
    let Fixture { store, schema } = Fixture::migrated().await;
    fill(&writer(&store), 0..12).await;
    let events = store.read(0, 3).await.unwrap();
    let streams: Vec<_> = events.into_iter().map(|event| event.header.stream).collect();
    tamper(&schema, "UPDATE events SET header = '{' WHERE seq = 2").await;
    let read = tokio::task::spawn_blocking(move || {
        let mut side = store.write_side().unwrap();
        side.read_streams(&streams, 12).unwrap()
    });
    let read = read.await.unwrap();
    assert!(matches!(read[1], Err(LogError::Damaged { seq: 2, .. })), "{:?}", read[1]);
    assert_eq!([&read[0], &read[2]].map(|page| page.as_ref().unwrap().events.len()), [4, 4]);
}

#[tokio::test]
async fn edited_columns_are_detected() {
    for edit in [
        "UPDATE events SET stream = 'person/other' WHERE seq = 5",
        "UPDATE events SET stream = 'no stream' WHERE seq = 5",
        "UPDATE events SET stream_seq = 77 WHERE seq = 5",
        "UPDATE events SET stream_seq = -1 WHERE seq = 5",
        "UPDATE events SET salt = substr(salt, 2) WHERE seq = 5",
        "UPDATE events SET stream_chain = substr(stream_chain, 2) WHERE seq = 5",
        "UPDATE events SET log_chain = log_chain || '\\x00' WHERE seq = 5",
        "UPDATE events SET recorded_at = recorded_at + interval '1 microsecond' WHERE seq = 5",
        "UPDATE events SET recorded_at = 'infinity' WHERE seq = 5",
        "UPDATE events SET event_id = '00112233-4455-6677-8899-aabbccddeeff' WHERE seq = 5",
    ] {
        assert!(found(edit).await.contains(&(Invariant::Chained, 5)), "{edit}");
    }
}

#[tokio::test]
async fn no_row_stands_before_the_first_where_nobody_reads() {
    let Fixture { store, schema } = Fixture::migrated().await;
    fill(&writer(&store), 0..3).await;
    let hide = "ALTER TABLE events DISABLE TRIGGER ALL; UPDATE events SET seq = 0 WHERE seq = 1";
    let refused = schema.raw().await.batch_execute(hide).await.unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().constraint(), Some("events_seq_check"));
}

#[tokio::test]
async fn what_is_missing_is_detected() {
    assert!(found("DELETE FROM events WHERE seq = 5").await.contains(&(Invariant::LogDense, 6)));
    assert_eq!(found("DELETE FROM events WHERE seq = 12").await, [(Invariant::Kept, 12)]);
}

#[tokio::test]
async fn a_log_that_is_put_back_under_a_writer_stops_it() {
    let Fixture { store, schema } = Fixture::migrated().await;
    let stopped = writer(&store);
    fill(&stopped, 0..5).await;
    tamper(&schema, "DELETE FROM events WHERE seq > 3").await;
    for _ in 0..2 {
        let refused = fixture_events::append(&stopped, fixture_events::proposal(9)).await;
        assert!(matches!(refused, Err(crate::AppendError::Unavailable(_))), "{refused:?}");
    }
    // A new writer starts from what is there. That the log grows beyond where it stood does not mend the old one,
    // which has in memory what was never recorded.
    let new = writer(&store);
    for n in 3..9 {
        fill(&new, n..n + 1).await;
        let refused = fixture_events::append(&stopped, fixture_events::proposal(9)).await;
        assert!(matches!(refused, Err(crate::AppendError::Unavailable(_))), "{refused:?}");
    }
    assert_eq!(report(&store).await.breaches, []);
}
