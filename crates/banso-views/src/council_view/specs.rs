//! What a zone's history shows.

use super::*;
use crate::spec::at;
use banso_domain::zone::issue::{IssueActionAgreed, IssueClosed, IssueDiscussed, IssueSubmitted};
use banso_domain::{Entry, EventRetracted, Payload, resolve};
use banso_kernel::EventId;
use std::sync::Arc;

fn event(n: usize) -> EventId {
    EventId::of("spec", &n.to_string())
}

/// The n-th event of a zone, on a day.
fn entry(n: usize, day: &str, event: impl Into<ZoneEvent>) -> Entry<ZoneEvent> {
    Entry {
        event_id: self::event(n),
        seq: n as u64,
        stream_seq: n as u64,
        recorded_at: at("2026-01-01T00:00:00Z"),
        occurred: Some(day.parse().unwrap()),
        actor: "officer@city".parse().unwrap(),
        corrects: None,
        repeats: None,
        event: Arc::new(event.into()),
    }
}

fn shown_at(entries: &[Entry<ZoneEvent>], valid_at: Option<&str>) -> CouncilViewShown {
    let as_of =
        ZoneAsOf { zone: "area".parse().unwrap(), valid_at: valid_at.map(at), known_seq: 9, stream_seq: 9 };
    show(&resolve(entries), as_of, &Reference::default())
}

/// Everything that became of one issue.
fn worked_on() -> Vec<Entry<ZoneEvent>> {
    vec![
        entry(1, "2025-04-01", RegionalIssueExtracted::sample()),
        entry(2, "2025-05-01", IssueSubmitted::sample()),
        entry(3, "2025-06-01", CouncilMeetingHeld::sample()),
        entry(4, "2025-06-01", IssueDiscussed::sample()),
        entry(5, "2025-06-02", IssueActionAgreed::sample()),
        entry(6, "2025-09-01", ResourceDeveloped::sample()),
        entry(7, "2025-10-01", IssueClosed::sample()),
    ]
}

#[test]
fn an_issue_goes_from_stage_to_stage() {
    let stages = ["2025-04-02", "2025-05-02", "2025-06-01", "2025-06-03", "2025-09-02", "2025-10-02"];
    let stages = stages.map(|day| {
        let shown = shown_at(&worked_on(), Some(&format!("{day}T12:00:00Z")));
        shown.issues.iter().map(|issue| issue.stage.clone()).collect::<Vec<_>>()
    });
    assert_eq!(stages.concat(), ["整理", "提出", "協議", "取組み中", "取組み中", "終結"]);
}

#[test]
fn the_zone_is_as_people_read_it() {
    insta::assert_json_snapshot!(shown_at(&worked_on(), None));
}

#[test]
fn a_theme_is_shown_though_one_case_stands_behind_it_and_no_number_is() {
    let shown = shown_at(&worked_on()[..1], None);
    let issue = &shown.issues[0];
    assert_eq!(issue.theme.as_ref().map(|theme| theme.reveal().as_str()), Some("在宅医療・介護との連携強化"));
    assert_eq!(issue.cases.as_deref(), Some("少数"));
}

#[test]
fn what_is_spoken_of_before_it_is_recorded_stands_without_a_theme() {
    let shown = shown_at(&worked_on()[1..2], None);
    assert_eq!((shown.issues[0].stage.as_str(), &shown.issues[0].theme), ("提出", &None));
}

#[test]
fn what_was_taken_back_is_not_shown() {
    let mut entries = worked_on();
    entries.push(entry(8, "unknown", EventRetracted { event: event(7), reason: "まだ続けます".into() }));
    assert_eq!(shown_at(&entries, None).issues[0].stage, "取組み中");
}

#[test]
fn any_subset_of_a_history_shows_something() {
    let entries = worked_on();
    for subset in 0..1u32 << entries.len() {
        let some = entries.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1);
        let some: Vec<_> = some.map(|(_, entry)| entry.clone()).collect();
        let issues = shown_at(&some, None).issues.len();
        let about = some.iter().filter(|entry| matches!(*entry.event, ZoneEvent::Issue(_))).count();
        assert_eq!(issues, about.min(1), "{subset:b}");
    }
}
