//! What holds for the decisions of any batch, without a store.

use super::batch::{Batch, Deciding};
use super::queue::Unit;
use crate::conformance::case::{Counting, REFUSE, expecting, proposal};
use crate::decide::Outcome;
use crate::write_side::{LogHead, StreamHead};
use banso_kernel::{Expected, Hash, Proposal, SystemIds, leaf, link, stream_genesis};
use chrono::DateTime;
use proptest::prelude::*;
use std::collections::HashSet;

fn any_item() -> impl Strategy<Value = Proposal> {
    let expected = prop_oneof![
        4 => Just(Expected::Any),
        1 => Just(Expected::NoStream),
        1 => (0u64..4).prop_map(Expected::At),
    ];
    // Few ids and streams, so that proposals meet; one in six is refused, some have the id of another.
    (0u8..3, 0u8..12, 0u8..6, expected).prop_map(|(stream, id, body, expected)| {
        let body = if body == 0 { REFUSE.to_owned() } else { format!("{}", body % 2) };
        expecting(expected, proposal(&format!("person/{stream}"), &id.to_string(), &body))
    })
}

fn any_units() -> impl Strategy<Value = Vec<Unit<Proposal>>> {
    let unit = prop_oneof![
        any_item().prop_map(Unit::Single),
        prop::collection::vec(any_item(), 0..4).prop_map(Unit::Group),
    ];
    prop::collection::vec(unit, 0..8)
}

fn start() -> LogHead {
    LogHead { seq: 0, recorded_at: None, chain: Hash::of(b"the beginning") }
}

fn ready<'d, 'i>(
    deciding: &'d mut Deciding<Counting>,
    units: &'i [Unit<Proposal>],
) -> Batch<'d, 'i, Counting> {
    let items = || units.iter().flat_map(Unit::items);
    let mut batch = Batch::new(deciding, start(), DateTime::UNIX_EPOCH);
    for stream in batch.missing_heads(items()) {
        let chain = stream_genesis(&stream);
        batch.put_head(stream, StreamHead { stream_seq: 0, chain });
    }
    for stream in batch.cold(items()) {
        batch.load(stream, vec![]);
    }
    batch
}

proptest! {
    #[test]
    fn a_dry_run_answers_as_the_real_one_and_leaves_nothing(units in any_units()) {
        let mut deciding = Deciding::new(Counting::default());
        let mut batch = ready(&mut deciding, &units);
        let dry = batch.dry_run(&units);
        let mut real = Vec::new();
        for unit in &units {
            batch.unit(unit, &mut real);
        }
        prop_assert_eq!(&dry, &real);
        let admitted = real.iter().filter(|outcome| matches!(outcome, Outcome::Admitted(_))).count();
        prop_assert_eq!(batch.seal(&SystemIds).0.len(), admitted);
    }

    #[test]
    fn a_group_is_admitted_as_a_whole_or_not_at_all(units in any_units()) {
        let mut deciding = Deciding::new(Counting::default());
        let mut batch = ready(&mut deciding, &units);
        for unit in &units {
            let mut outcomes = Vec::new();
            batch.unit(unit, &mut outcomes);
            prop_assert_eq!(outcomes.len(), unit.items().count());
            let stored = |o: &&Outcome<_>| matches!(o, Outcome::Admitted(_) | Outcome::Duplicate(_));
            let new = |o: &&Outcome<_>| matches!(o, Outcome::Admitted(_));
            let whole = outcomes.iter().filter(stored).count() == outcomes.len();
            prop_assert!(whole || outcomes.iter().filter(new).count() == 0);
        }
    }

    #[test]
    fn rows_are_dense_unique_and_chained(units in any_units()) {
        let mut deciding = Deciding::new(Counting::default());
        let mut batch = ready(&mut deciding, &units);
        let mut outcomes = Vec::new();
        for unit in &units {
            batch.unit(unit, &mut outcomes);
        }
        let (rows, log, heads) = batch.seal(&SystemIds);
        let (mut chain, mut ids) = (start().chain, HashSet::new());
        let mut streams = std::collections::HashMap::new();
        for (row, seq) in rows.iter().zip(1..) {
            let stream = row.columns.stream.clone();
            let leaf = leaf(&row.header, &row.salt, &row.event.body);
            chain = link(&chain, &leaf);
            let head = streams.entry(stream.clone())
                .or_insert_with(|| StreamHead { stream_seq: 0, chain: stream_genesis(&stream) });
            *head = StreamHead { stream_seq: head.stream_seq + 1, chain: link(&head.chain, &leaf) };
            prop_assert!(ids.insert(row.columns.event_id));
            prop_assert_eq!((row.columns.seq, row.log_chain), (seq, chain));
            prop_assert_eq!((row.columns.stream_seq, row.stream_chain), (head.stream_seq, head.chain));
            prop_assert_eq!(row.event.header.recorded_at, row.columns.recorded_at);
        }
        prop_assert_eq!((log.seq, log.chain), (rows.len() as u64, chain));
        for (stream, head) in streams {
            prop_assert_eq!(heads.get(&stream), Some(&head));
        }
    }
}
