//! What a [`crate::WriteSide`] promises, asked without a writer.

use super::Fixture;
use super::case::{Case, admitted, expecting, numbered};
use crate::{Outcome, SMALL_PAGE_EVENTS_MAX, Unit};
use banso_kernel::{Expected, StreamId};

/// A batch that needs more streams than are asked for at once.
pub async fn the_beginnings_of_streams_are_read_together(store: &dyn Fixture) {
    let case = Case::on(store.log());
    for n in 0..100 {
        case.append(numbered(&format!("person/p{}", n % 40), n)).await;
    }
    let log = store.log();
    let names = [7, 39, 400, 0].map(|n| format!("person/p{n}").parse::<StreamId>().unwrap());
    let asked = names.clone();
    let read = move || {
        let mut side = log.write_side().unwrap();
        let together = side.read_streams(&asked, 90).unwrap();
        let each: Vec<_> = asked.iter().map(|stream| side.read_stream(stream, 0, 90).unwrap()).collect();
        assert_eq!(side.read_streams(&[], 90).unwrap().len(), 0);
        (together, each)
    };
    let (together, each) = tokio::task::spawn_blocking(read).await.unwrap();
    let together: Vec<_> = together.into_iter().map(Result::unwrap).collect();
    assert_eq!(together, each);
    let seqs: Vec<Vec<_>> =
        each.iter().map(|page| page.events.iter().map(|event| event.header.seq).collect()).collect();
    assert_eq!(seqs, [vec![8, 48, 88], vec![40, 80], vec![], vec![1, 41, 81]]);

    // One that is longer than a small page.
    let long = |n: u64| numbered("person/long", 1_000 + n);
    let events = SMALL_PAGE_EVENTS_MAX as u64 + 10;
    case.submit((0..events).map(long).map(Unit::Single).collect()).await.unwrap();
    let cold = Case::on(store.log_of_another_process());
    let behind_all = expecting(Expected::At(events), long(events));
    assert_eq!(admitted(&cold.append(behind_all).await).stream_seq, events + 1);
    let next =
        |n: u64| expecting(Expected::At(2 + u64::from(n < 20)), numbered(&format!("person/p{n}"), 100 + n));
    let outcomes = cold.submit((0..40).map(next).map(Unit::Single).collect()).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Admitted(_))), "{outcomes:?}");
}

/// [`crate::WriteSide`], 5
pub async fn rows_go_behind_the_head_they_name_or_nowhere(store: &dyn Fixture) {
    let case = Case::on(store.log());
    case.fill("person/haru", 3).await;
    let rows = store.log().read_sealed(0, 10).await.unwrap();
    let log = store.log();
    let tries = move || {
        let mut side = log.write_side().unwrap();
        let begun = side.begin(None).unwrap();
        side.rollback().unwrap();
        let head = begun.head;
        let next = |seq, id: &str, stream_seq| {
            let mut row = rows[2].clone();
            row.columns.seq = seq;
            row.columns.stream_seq = stream_seq;
            row.columns.event_id = banso_kernel::EventId::of("https://else.example", id);
            row
        };
        let mut behind = |head: &crate::LogHead, row| side.append_behind(head, &[row]).unwrap();
        let moved = [
            // Somebody stands there already.
            behind(&crate::LogHead { seq: 2, ..head.clone() }, next(3, "a", 4)),
            // A hole would stay.
            behind(&crate::LogHead { seq: 7, ..head.clone() }, next(8, "b", 4)),
            // Another log.
            behind(&crate::LogHead { chain: rows[0].log_chain, ..head.clone() }, next(4, "c", 4)),
            // The stream has this position.
            behind(&head, next(4, "d", 3)),
            // The log has this event.
            behind(&head, {
                let mut row = next(4, "e", 4);
                row.columns.event_id = rows[0].columns.event_id;
                row
            }),
        ];
        let stored = behind(&head, next(4, "f", 4));
        (moved, stored, side.has_quiet_path())
    };
    let (moved, stored, quiet) = tokio::task::spawn_blocking(tries).await.unwrap();
    assert_eq!(moved, [crate::Behind::Moved; 5]);
    assert_eq!(stored, if quiet { crate::Behind::Stored } else { crate::Behind::Moved });
    assert_eq!(store.log().head().await.unwrap(), if quiet { 4 } else { 3 });
}
