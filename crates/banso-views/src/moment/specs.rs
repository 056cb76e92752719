//! Dates as people read them, never more exact than they are known.

use super::Moment;
use crate::spec::{Told, at, event, recorded, retracting, sample, told};
use banso_domain::case::person::PersonVoiceRecorded;
use banso_domain::resolve;

fn voice(text: &str, when: &str) -> Told {
    told(PersonVoiceRecorded { text: text.into(), ..sample() }).on(when)
}

/// The date of the last event but retractions.
fn text(told: impl IntoIterator<Item = Told>, n: usize) -> String {
    let entries = recorded(told);
    let history = resolve(&entries);
    let fact = history.facts.iter().find(|fact| fact.id == event(n)).unwrap();
    Moment::of(fact, None).text()
}

fn alone(when: &str) -> String {
    text([voice("一", when)], 1)
}

fn behind(anchor: &str, when: &str) -> String {
    text([voice("一", anchor), voice("二", when)], 2)
}

#[test]
fn a_date_that_stands_by_itself_is_shown_as_it_was_stated() {
    assert_eq!(alone("2025-04-01"), "2025-04-01");
    assert_eq!(alone("2025-04"), "2025-04");
    assert_eq!(alone("unknown"), "日付不明");
}

#[test]
fn an_instant_is_shown_in_tokyo() {
    assert_eq!(alone("2025-03-31T15:30:00Z"), "2025-04-01 00:30");
}

#[test]
fn so_long_after_a_day_is_a_day() {
    assert_eq!(behind("2025-04-01", "#1+P14D"), "2025-04-15");
    assert_eq!(behind("2025-01-31", "#1+P1M"), "2025-02-28");
}

#[test]
fn so_long_after_a_month_is_a_stretch_of_time() {
    assert_eq!(behind("2025-04", "#1+P14D"), "2025-04-15〜2025-05-14");
}

#[test]
fn after_and_before_are_bounds() {
    assert_eq!(behind("2025-04-01", "after:#1"), "2025-04-01以後");
    assert_eq!(behind("2025-04", "after:#1"), "2025-04-01以後");
    assert_eq!(behind("2025-04-01", "before:#1"), "2025-04-01以前");
}

#[test]
fn what_hangs_on_an_unknown_date_is_unknown() {
    assert_eq!(behind("unknown", "#1+P14D"), "日付不明");
    assert_eq!(behind("unknown", "after:#1"), "日付不明");
}

#[test]
fn what_hangs_on_something_taken_back_is_unknown() {
    for when in ["#1+P14D", "after:#1", "before:#1"] {
        let told = [voice("一", "2025-04-01"), voice("二", when), retracting(1)];
        assert_eq!(text(told, 2), "日付不明", "{when}");
    }
}

#[test]
fn a_moment_is_uncertain_until_its_latest_time_and_says_nothing_of_it_when_nobody_asks() {
    let entries = recorded([voice("一", "2025-04")]);
    let history = resolve(&entries);
    let uncertain = |at| Moment::of(&history.facts[0], at).uncertain;
    assert!(uncertain(Some(at("2025-04-10T00:00:00Z"))));
    assert!(!uncertain(Some(at("2025-05-10T00:00:00Z"))));
    assert!(!uncertain(None));
}

#[test]
fn a_shown_moment_names_its_event_and_the_stated_date() {
    let entries = recorded([voice("一", "2025-04-01"), voice("二", "after:#1")]);
    let history = resolve(&entries);
    insta::assert_json_snapshot!(Moment::of(&history.facts[1], Some(at("2025-04-10T00:00:00Z"))).show());
}
