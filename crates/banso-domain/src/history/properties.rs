//! What holds for any entries whatever: a cut may show any subset of a stream.

use super::resolve;
use crate::case::CaseEvent;
use crate::case::person::KeyPersonChanged;
use crate::case::spec::{event, recorded_at, told};
use crate::{Entry, EventRetracted, Payload};
use banso_kernel::{Duration, DurationUnit, When};
use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest stream tried.
const ENTRIES_MAX: usize = 14;

/// A date that may hang on any of the entries, earlier, later or itself.
fn any_when() -> impl Strategy<Value = When> {
    let anchor = (1..=ENTRIES_MAX + 1).prop_map(event);
    let day =
        (2025i32..2027, 1u32..=3, 1u32..=4).prop_map(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d).unwrap());
    let duration = (1u32..4, prop_oneof![Just(DurationUnit::Days), Just(DurationUnit::Months)])
        .prop_map(|(value, unit)| Duration { value, unit });
    prop_oneof![
        Just(When::Unknown),
        day.clone().prop_map(When::Day),
        day.prop_map(|day| When::Month(day.with_day(1).unwrap())),
        (1usize..4).prop_map(|n| When::Instant(recorded_at(n))),
        (anchor.clone(), duration).prop_map(|(anchor, duration)| When::Offset(anchor, duration)),
        anchor.clone().prop_map(When::After),
        anchor.prop_map(When::Before),
    ]
}

#[derive(Clone, Debug)]
enum Kind {
    Said,
    Repeated(usize),
    Correcting(usize),
    Retracting(usize),
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        3 => Just(Kind::Said),
        1 => (0..ENTRIES_MAX).prop_map(Kind::Repeated),
        2 => (0..ENTRIES_MAX).prop_map(Kind::Correcting),
        2 => (0..ENTRIES_MAX).prop_map(Kind::Retracting),
    ]
}

/// Streams in the log's order, where what is corrected or retracted was recorded earlier, cut to any subset.
fn any_entries() -> impl Strategy<Value = Vec<Entry<CaseEvent>>> {
    let one = (any_kind(), any_when(), any::<bool>(), prop::bool::weighted(0.8));
    prop::collection::vec(one, 0..=ENTRIES_MAX).prop_map(|drawn| {
        let numbered = drawn.into_iter().enumerate().map(|(at, drawn)| (at + 1, drawn));
        let kept = numbered.filter(|(_, (_, _, _, kept))| *kept);
        kept.map(|(n, (kind, when, dated, _))| entry(n, &kind, when, dated)).collect()
    })
}

fn entry(n: usize, kind: &Kind, when: When, dated: bool) -> Entry<CaseEvent> {
    let earlier = |drawn: usize| event(if n == 1 { 99 } else { 1 + drawn % (n - 1) });
    let mut entry = told(KeyPersonChanged::sample()).entry(n);
    entry.occurred = Some(when);
    match *kind {
        Kind::Said => {}
        Kind::Repeated(of) => entry.repeats = Some(event(1 + of)),
        Kind::Correcting(of) => {
            entry.corrects = Some(earlier(of));
            entry.occurred = dated.then_some(when);
        }
        Kind::Retracting(of) => {
            let retraction = EventRetracted { event: earlier(of), reason: "誤記".into() };
            entry.event = Arc::new(retraction.into());
        }
    }
    entry
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn resolving_the_same_entries_gives_the_same_history(entries in any_entries()) {
        let again = entries.clone();
        prop_assert_eq!(format!("{:?}", resolve(&entries)), format!("{:?}", resolve(&again)));
    }

    #[test]
    fn every_entry_but_retractions_belongs_to_exactly_one_fact(entries in any_entries()) {
        let history = resolve(&entries);
        let mut seen: BTreeMap<_, usize> = BTreeMap::new();
        for fact in &history.facts {
            prop_assert!(
                fact.first.event_id == fact.id || fact.corrections.first().is_some_and(|c| c.event_id == fact.first.event_id)
            );
            let original = (fact.first.event_id == fact.id).then_some(fact.first);
            for record in original.into_iter().chain(fact.corrections.iter().copied()) {
                *seen.entry(record.event_id).or_default() += 1;
            }
            let standing = fact.current.event_id;
            prop_assert!(standing == fact.first.event_id || fact.corrections.iter().any(|c| c.event_id == standing));
        }
        let expected: BTreeMap<_, usize> = entries
            .iter()
            .filter(|entry| crate::StreamEvent::retraction(&*entry.event).is_none())
            .map(|entry| (entry.event_id, 1))
            .collect();
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn no_date_ends_before_it_begins(entries in any_entries()) {
        for fact in resolve(&entries).facts {
            if let (Some(earliest), Some(latest)) = (fact.span.earliest, fact.span.latest) {
                prop_assert!(earliest <= latest, "{fact:?}");
            }
        }
    }

    #[test]
    fn what_hangs_on_nothing_stands_in_the_order_of_its_dates(entries in any_entries()) {
        let history = resolve(&entries);
        let rooted: Vec<_> = history
            .facts
            .iter()
            .filter(|fact| fact.date_lost.is_some() || !matches!(fact.when, When::After(_) | When::Before(_)))
            .map(|fact| (fact.span.earliest, fact.first.seq))
            .collect();
        prop_assert!(rooted.is_sorted(), "{rooted:?}");
    }

    #[test]
    fn after_stands_behind_its_anchor_and_before_ahead_of_it(entries in any_entries()) {
        let history = resolve(&entries);
        let place: BTreeMap<_, _> = history
            .facts
            .iter()
            .enumerate()
            .flat_map(|(at, fact)| {
                let ids = fact.corrections.iter().map(|c| c.event_id).chain([fact.id]);
                ids.map(move |id| (id, at))
            })
            .collect();
        for (at, fact) in history.facts.iter().enumerate().filter(|(_, fact)| fact.date_lost.is_none()) {
            match fact.when {
                When::After(anchor) => prop_assert!(place.get(&anchor).is_none_or(|&anchor| anchor < at)),
                When::Before(anchor) => prop_assert!(place.get(&anchor).is_none_or(|&anchor| at < anchor)),
                _ => {}
            }
        }
    }

    #[test]
    fn a_repeat_of_something_leaves_something_standing(entries in any_entries()) {
        let history = resolve(&entries);
        let any_said = history.facts.iter().any(|fact| fact.retracted.is_none());
        prop_assert_eq!(history.facts.iter().any(|fact| fact.stands()), any_said);
    }
}
