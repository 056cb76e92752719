//! The total order, dates, corrections and cuts, over ハルさん's case.

use super::{DateLost, resolve};
use crate::case::CaseEvent;
use crate::case::note::ContactRecorded;
use crate::case::person::FactRecorded;
use crate::case::spec::{Told, event, recorded_at, told};
use crate::{Entry, EventRetracted, Payload};
use banso_kernel::{EventId, Span, When, day_end, day_start};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

fn fact() -> Told {
    told(FactRecorded::sample())
}

fn on(when: &str) -> Told {
    fact().on(when)
}

fn retracting(n: usize) -> Told {
    told(EventRetracted { event: event(n), reason: "誤記".into() })
}

/// The n-th of these is recorded as the n-th event.
fn recorded<const N: usize>(told: [Told; N]) -> Vec<Entry<CaseEvent>> {
    told.iter().enumerate().map(|(at, told)| told.entry(at + 1)).collect()
}

/// The facts in their total order, by the number of the event that first said them.
fn order(entries: &[Entry<CaseEvent>]) -> Vec<usize> {
    let number = |id: EventId| (1..=20).find(|&n| event(n) == id).unwrap();
    resolve(entries).facts.iter().map(|fact| number(fact.id)).collect()
}

fn order_of<const N: usize>(told: [Told; N]) -> Vec<usize> {
    order(&recorded(told))
}

fn span_of(entries: &[Entry<CaseEvent>], n: usize) -> (Span, Option<DateLost>) {
    let history = resolve(entries);
    let fact = history.facts.iter().find(|fact| fact.id == event(n)).unwrap();
    (fact.span, fact.date_lost)
}

/// What an unknown date of the n-th event comes to.
fn unknown(n: usize) -> Span {
    Span { earliest: None, latest: Some(recorded_at(n)) }
}

fn day(text: &str) -> Span {
    let day: NaiveDate = text.parse().unwrap();
    Span { earliest: Some(day_start(day)), latest: Some(day_end(day)) }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

mod the_order {
    use super::*;

    #[test]
    fn unknown_dates_come_first_then_the_earliest_possible_time() {
        assert_eq!(
            order_of([on("2025-05-01"), on("2025-04"), on("unknown"), on("2025-04-30T10:00:00+09:00")]),
            [3, 2, 4, 1]
        );
    }

    #[test]
    fn the_logs_order_decides_between_equals() {
        assert_eq!(order_of([on("unknown"), on("unknown"), on("unknown")]), [1, 2, 3]);
        assert_eq!(order_of([on("2025-04-01"), on("2025-04"), on("2025-04-01")]), [1, 2, 3]);
    }

    #[test]
    fn after_stands_directly_behind_its_anchor() {
        assert_eq!(order_of([on("2025-04-01"), on("2025-04-02"), on("after:#1")]), [1, 3, 2]);
        // Even ahead of what has the same date and was recorded earlier.
        assert_eq!(order_of([on("2025-04-01"), on("2025-04-01"), on("after:#1")]), [1, 3, 2]);
    }

    #[test]
    fn before_stands_directly_ahead_of_its_anchor() {
        assert_eq!(order_of([on("2025-04-01"), on("2025-04-02"), on("before:#2")]), [1, 3, 2]);
        assert_eq!(order_of([on("unknown"), on("2025-04-02"), on("before:#1")]), [3, 1, 2]);
    }

    #[test]
    fn several_around_one_anchor_keep_the_logs_order() {
        assert_eq!(
            order_of([on("2025-04-01"), on("after:#1"), on("before:#1"), on("after:#1"), on("before:#1")]),
            [3, 5, 1, 2, 4]
        );
    }

    #[test]
    fn a_chain_of_after_follows_its_links() {
        assert_eq!(
            order_of([on("2025-04-01"), on("after:#1"), on("after:#1"), on("after:#2"), on("before:#4")]),
            [1, 2, 5, 4, 3]
        );
    }

    #[test]
    fn so_long_after_stands_where_its_date_puts_it() {
        assert_eq!(order_of([on("2025-04-01"), on("#1+P14D"), on("2025-04-10")]), [1, 3, 2]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_is_resolved() {
        let first = fact().entry(1);
        let id = |n: u64| EventId::of("chain", &n.to_string());
        let link = |n: u64| Entry {
            event_id: id(n),
            seq: n,
            stream_seq: n,
            occurred: Some(if n == 1 { When::Unknown } else { When::After(id(n - 1)) }),
            ..first.clone()
        };
        let chain: Vec<_> = (1..=100_000).map(link).collect();
        let history = resolve(&chain);
        assert!(history.facts.iter().map(|fact| fact.first.seq).eq(1..=100_000));
        // Recorded from the last link to the first.
        let backwards: Vec<_> = chain
            .iter()
            .rev()
            .zip(1..)
            .map(|(entry, seq)| Entry { seq, stream_seq: seq, ..entry.clone() })
            .collect();
        let history = resolve(&backwards);
        assert!(history.facts.iter().map(|fact| fact.id).eq((1..=100_000).map(id)));
    }
}

mod dates {
    use super::*;

    #[test]
    fn an_offset_moves_both_bounds_across_the_ends_of_months() {
        let entries =
            recorded([on("2025-01-31"), on("#1+P1M"), on("#2+P1M"), on("2024-02-29"), on("#4+P1Y")]);
        assert_eq!(span_of(&entries, 2), (day("2025-02-28"), None));
        assert_eq!(span_of(&entries, 3), (day("2025-03-28"), None));
        assert_eq!(span_of(&entries, 5), (day("2025-02-28"), None));
    }

    #[test]
    fn an_offset_from_a_month_is_as_unsure_as_the_month() {
        let entries = recorded([on("2025-01"), on("#1+P1M")]);
        let moved = Span { earliest: day("2025-02-01").earliest, latest: day("2025-02-28").latest };
        assert_eq!(span_of(&entries, 2), (moved, None));
    }

    #[test]
    fn after_begins_with_its_anchor_and_ends_when_it_is_recorded() {
        let entries = recorded([on("2025-04-01"), on("after:#1")]);
        let open = Span { earliest: day("2025-04-01").earliest, latest: Some(recorded_at(2)) };
        assert_eq!(span_of(&entries, 2), (open, None));
    }

    #[test]
    fn before_ends_with_its_anchor() {
        let entries = recorded([on("2025-04-01"), on("before:#1")]);
        assert_eq!(span_of(&entries, 2), (Span { earliest: None, ..day("2025-04-01") }, None));
    }

    #[test]
    fn the_date_of_a_retracted_anchor_is_lost_and_marked() {
        let lost = (unknown(2), Some(DateLost::AnchorRetracted));
        for when in ["#1+P14D", "after:#1", "before:#1"] {
            assert_eq!(span_of(&recorded([on("2025-04-01"), on(when), retracting(1)]), 2), lost, "{when}");
        }
    }

    #[test]
    fn an_anchor_whose_retraction_is_taken_back_counts_again() {
        let entries = recorded([on("2025-04-01"), on("#1+P14D"), retracting(1), retracting(3)]);
        assert_eq!(span_of(&entries, 2), (day("2025-04-15"), None));
    }

    #[test]
    fn a_missing_anchor_is_marked() {
        let entries = recorded([on("2025-04-01"), on("#1+P14D")]);
        assert_eq!(span_of(&entries[1..], 2), (unknown(2), Some(DateLost::AnchorMissing)));
    }

    #[test]
    fn an_anchor_is_seen_through_its_corrections() {
        let entries =
            recorded([on("2025-04-01"), fact().correcting(1).on("2025-04-03"), on("#1+P1D"), on("#2+P2D")]);
        assert_eq!(span_of(&entries, 3), (day("2025-04-04"), None));
        assert_eq!(span_of(&entries, 4), (day("2025-04-05"), None));
        // A correction that was taken back still names its fact.
        let entries =
            recorded([on("2025-04-01"), fact().correcting(1).on("2025-04-03"), on("#2+P2D"), retracting(2)]);
        assert_eq!(span_of(&entries, 3), (day("2025-04-03"), None));
    }

    #[test]
    fn dates_in_a_circle_are_unknown_and_marked() {
        // A cut can leave out the correction that opened the circle.
        let entries = recorded([
            on("unknown"),
            on("after:#1"),
            fact().correcting(2).on("2025-04-01"),
            fact().correcting(1).on("after:#2"),
            on("after:#2"),
        ]);
        assert!(resolve(&entries).facts.iter().all(|fact| fact.date_lost.is_none()));
        assert_eq!(order(&entries), [2, 1, 5]);
        let cut: Vec<_> = entries.iter().filter(|entry| entry.event_id != event(3)).cloned().collect();
        assert_eq!(span_of(&cut, 1), (unknown(1), Some(DateLost::Cycle)));
        assert_eq!(span_of(&cut, 2), (unknown(2), Some(DateLost::Cycle)));
        // What only leads into the circle keeps its place behind its anchor.
        assert_eq!(span_of(&cut, 5), (unknown(5), None));
        assert_eq!(order(&cut), [1, 2, 5]);
    }

    #[test]
    fn a_date_relative_to_itself_is_a_circle() {
        let entries = recorded([on("after:#1")]);
        assert_eq!(span_of(&entries, 1), (unknown(1), Some(DateLost::Cycle)));
    }
}

mod records {
    use super::*;

    #[test]
    fn a_correction_keeps_its_originals_place() {
        let entries = recorded([on("2025-04-01"), on("2025-04-01"), fact().correcting(1)]);
        assert_eq!(order(&entries), [1, 2]);
        assert_eq!(resolve(&entries).facts[0].current.event_id, event(3));
    }

    #[test]
    fn a_correction_that_states_another_date_moves_its_fact() {
        assert_eq!(
            order_of([on("2025-04-01"), on("2025-04-02"), fact().correcting(1).on("2025-04-03")]),
            [2, 1]
        );
    }

    #[test]
    fn a_correction_without_a_date_returns_to_the_originals() {
        let entries =
            recorded([on("2025-04-01"), fact().correcting(1).on("2025-04-03"), fact().correcting(1)]);
        assert_eq!(span_of(&entries, 1), (day("2025-04-01"), None));
    }

    #[test]
    fn the_last_live_correction_stands() {
        let entries = recorded([fact(), fact().correcting(1), fact().correcting(1), retracting(3)]);
        let current = |upto: usize| resolve(&entries[..upto]).facts[0].current.event_id;
        assert_eq!([current(1), current(2), current(3), current(4)], [1, 2, 3, 2].map(event));
        let history = resolve(&entries);
        let numbers: Vec<_> = history.facts[0].corrections.iter().map(|entry| entry.event_id).collect();
        assert_eq!(numbers, [2, 3].map(event));
    }

    #[test]
    fn a_retraction_takes_the_whole_fact_with_its_corrections() {
        let entries = recorded([fact(), fact().correcting(1), retracting(1)]);
        let history = resolve(&entries);
        assert_eq!(history.facts[0].retracted.as_ref().map(|by| by.by), Some(event(3)));
        assert!(!history.facts[0].stands());
    }

    #[test]
    fn the_first_of_two_retractions_is_the_one_that_took_it_back() {
        let by = |entries: &[Entry<CaseEvent>]| resolve(entries).facts[0].retracted.clone().map(|by| by.by);
        assert_eq!(by(&recorded([fact(), retracting(1), retracting(1)])), Some(event(2)));
        assert_eq!(by(&recorded([fact(), retracting(1), retracting(1), retracting(2)])), Some(event(3)));
    }

    #[test]
    fn a_correction_whose_original_is_not_there_stands_for_itself() {
        let entries =
            recorded([on("2025-04-01"), fact().correcting(1), fact().correcting(1).on("2025-04-03")]);
        let history = resolve(&entries[1..]);
        assert_eq!(history.facts.len(), 1);
        let fact = &history.facts[0];
        assert_eq!((fact.id, fact.first.event_id, fact.current.event_id), (event(1), event(2), event(3)));
        assert_eq!(fact.span, day("2025-04-03"));
        assert_eq!(span_of(&entries[1..2], 1), (unknown(2), None));
    }

    #[test]
    fn an_orphaned_correction_that_was_taken_back_does_not_stand() {
        let entries = recorded([fact(), fact().correcting(1), retracting(2)]);
        assert!(!resolve(&entries[1..]).facts[0].stands());
        assert!(resolve(&entries).facts[0].stands());
    }

    #[test]
    fn a_repeat_stands_by_itself_once_its_target_is_taken_back() {
        let entries = recorded([fact(), fact().repeating(1), retracting(1), retracting(3)]);
        let standing = |upto: usize| -> Vec<_> {
            let history = resolve(&entries[..upto]);
            history.facts.iter().filter(|fact| fact.stands()).map(|fact| fact.id).collect()
        };
        assert_eq!(standing(2), [event(1)]);
        assert_eq!(standing(3), [event(2)]);
        assert_eq!(standing(4), [event(1)]);
        assert!(resolve(&entries[1..2]).facts[0].stands(), "its target is not there");
    }

    #[test]
    fn of_several_repeats_one_stands_for_all_once_their_target_is_taken_back() {
        let entries = recorded([fact(), fact().repeating(1), fact().repeating(1), retracting(1)]);
        let history = resolve(&entries);
        let repeats: Vec<_> = history.facts.iter().map(|fact| (fact.stands(), fact.repeats)).collect();
        assert_eq!(repeats, [(false, None), (true, None), (false, Some(event(2)))]);
    }

    #[test]
    fn a_repeat_stands_by_itself_once_its_target_is_corrected_into_something_else() {
        let other = || told(ContactRecorded::sample());
        let entries = recorded([fact(), fact().repeating(1), other().correcting(1), retracting(3)]);
        let standing = |upto: usize| -> Vec<_> {
            let history = resolve(&entries[..upto]);
            history.facts.iter().filter(|fact| fact.stands()).map(|fact| fact.id).collect()
        };
        assert_eq!(standing(2), [event(1)]);
        assert_eq!(standing(3), [event(1), event(2)]);
        assert_eq!(standing(4), [event(1)]);
        let dated = recorded([fact(), fact().repeating(1), fact().correcting(1).on("2025-05-01")]);
        assert!(
            !resolve(&dated).facts.iter().any(|fact| fact.id == event(2) && fact.stands()),
            "it says the same"
        );
    }

    #[test]
    fn a_repeat_that_is_corrected_says_what_its_correction_says() {
        let entries = recorded([fact(), fact().repeating(1), fact().correcting(2)]);
        assert_eq!(resolve(&entries).facts[1].repeats, None);
        let entries = recorded([fact(), fact(), fact().correcting(2).repeating(1)]);
        assert_eq!(resolve(&entries).facts[1].repeats, Some(event(1)));
    }

    #[test]
    fn of_facts_that_repeat_each_other_in_a_circle_one_stands() {
        let entries =
            recorded([fact().repeating(2), fact().repeating(3), fact().repeating(1), fact().repeating(3)]);
        let history = resolve(&entries);
        let standing: Vec<_> =
            history.facts.iter().filter(|fact| fact.stands()).map(|fact| fact.id).collect();
        assert_eq!(standing, [event(1)]);
    }

    #[test]
    fn a_retraction_of_another_event_changes_nothing() {
        let entries = recorded([fact(), told(ContactRecorded::sample()), retracting(2)]);
        assert!(resolve(&entries).facts[0].stands());
    }
}

mod cuts {
    use super::*;

    #[test]
    fn a_day_is_included_from_its_first_moment_and_unsure_until_its_last() {
        let entries = recorded([on("2025-04-01")]);
        let history = resolve(&entries);
        let fact = &history.facts[0];
        let tick = TimeDelta::microseconds(1);
        let (first, last) = (at("2025-04-01T00:00:00+09:00"), at("2025-04-01T23:59:59.999999+09:00"));
        assert!(!fact.is_included_at(first - tick));
        assert!(fact.is_included_at(first) && fact.is_uncertain_at(first));
        assert!(fact.is_included_at(last - tick) && fact.is_uncertain_at(last - tick));
        assert!(fact.is_included_at(last) && !fact.is_uncertain_at(last));
    }

    #[test]
    fn an_instant_is_never_unsure() {
        let entries = recorded([on("2025-04-01T10:00:00+09:00")]);
        let history = resolve(&entries);
        let (fact, at) = (&history.facts[0], at("2025-04-01T10:00:00+09:00"));
        assert!(fact.is_included_at(at) && !fact.is_uncertain_at(at));
    }

    #[test]
    fn an_unknown_date_is_always_included_and_unsure_until_it_is_recorded() {
        let entries = recorded([on("unknown")]);
        let history = resolve(&entries);
        let fact = &history.facts[0];
        assert!(
            fact.is_included_at(at("1900-01-01T00:00:00Z"))
                && fact.is_uncertain_at(at("1900-01-01T00:00:00Z"))
        );
        assert!(fact.is_included_at(recorded_at(1)) && !fact.is_uncertain_at(recorded_at(1)));
    }
}
