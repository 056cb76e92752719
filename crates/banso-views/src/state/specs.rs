//! Which events a state takes in by itself, and how large it grows.

use super::{Advance, PersonState};
use crate::spec::{
    Told, consultant, day, event, folded, haru, id, json, nurse, org, recorded, retracting, sample, state,
    told,
};
use banso_domain::case::note::ContactRecorded;
use banso_domain::case::person::PersonVoiceRecorded;
use banso_domain::case::plan::{PlanDrafted, PlanFinalised};
use banso_domain::case::referral::{ReferralAccepted, ReferralMade};
use banso_domain::{CaseEvent, Entry, StreamEvent};

/// The largest state of a view (design D14), in bytes of JSON.
const VIEW_BYTES_MAX: usize = 64 * 1024;

fn voice(text: &str) -> Told {
    told(PersonVoiceRecorded { text: text.into(), ..sample() })
}

/// What a state says to each event; after a refold it goes on with the state of the whole.
fn advances(entries: &[Entry<CaseEvent>]) -> Vec<Advance> {
    let mut state = PersonState::default();
    let mut advances = Vec::new();
    for (entry, n) in entries.iter().zip(1..) {
        let advance = state.advance(entry);
        if advance == Advance::Refold {
            state = folded(&entries[..n]);
        }
        assert_eq!(json(&state), json(&folded(&entries[..n])), "at event {n}");
        advances.push(advance);
    }
    advances
}

#[track_caller]
fn last_is(expected: Advance, told: impl IntoIterator<Item = Told>) {
    assert_eq!(advances(&recorded(told)).last(), Some(&expected));
}

#[test]
fn a_history_told_in_order_is_never_folded_anew() {
    let samples = || CaseEvent::samples().into_iter().filter(|event| event.retraction().is_none());
    let dated = samples().zip(1..).map(|(event, n)| told(event).on(&day(n)));
    assert!(advances(&recorded(dated)).iter().all(|advance| *advance == Advance::Done));

    let chained = samples().zip(0..).map(|(event, last)| match last {
        0 => told(event).on(&day(0)),
        last => told(event).on(&format!("after:#{last}")),
    });
    assert!(advances(&recorded(chained)).iter().all(|advance| *advance == Advance::Done));
    assert!(samples().count() > 20);
}

#[test]
fn several_things_after_one_event_are_taken_in_as_they_come() {
    last_is(
        Advance::Done,
        [
            voice("一").on("2025-04-01"),
            voice("二").on("after:#1"),
            voice("三").on("after:#2"),
            voice("四").on("after:#1"),
            voice("五").on("after:#1"),
        ],
    );
}

#[test]
fn what_branches_off_a_long_chain_is_folded_anew_and_goes_on_from_there() {
    let chain = (1..20).map(|last| voice(&format!("{last}")).on(&format!("after:#{last}")));
    let start = || [voice("初め").on("2025-04-01")].into_iter().chain(chain.clone());
    last_is(Advance::Done, start());
    last_is(Advance::Done, start().chain([voice("枝").on("after:#19")]));
    last_is(Advance::Refold, start().chain([voice("枝").on("after:#12")]));
    last_is(Advance::Refold, start().chain([voice("枝").on("after:#2")]));
    last_is(Advance::Done, start().chain([voice("枝").on("after:#2"), voice("先").on("after:#21")]));
    last_is(Advance::Done, start().chain([voice("枝").on("after:#2"), voice("根元").on("after:#1")]));
    last_is(Advance::Done, start().chain([voice("翌日").on("2025-04-02"), voice("先").on("after:#21")]));
}

#[test]
fn visits_so_long_after_the_first_are_taken_in_as_they_come() {
    let visits = (1..6).map(|n| voice(&format!("{n}")).on(&format!("#1+P{n}W")));
    let advances = advances(&recorded([voice("初回").on("2025-04-01")].into_iter().chain(visits)));
    assert!(advances.iter().all(|advance| *advance == Advance::Done));
}

#[test]
fn a_repetition_of_something_recent_is_taken_in_and_changes_nothing() {
    let entries = recorded([voice("一").on("2025-04-01"), voice("二").on("2025-04-02"), voice("一")]);
    assert!(entries[2].repeats.is_some());
    assert_eq!(advances(&entries), [Advance::Done; 3]);
    let (two, three) = (folded(&entries[..2]), folded(&entries));
    assert_eq!(json(&PersonState { stream_seq: 3, ..two }), json(&three));
}

#[test]
fn a_repetition_of_something_that_is_not_there_is_what_stands() {
    let entries =
        recorded([told(sample::<ReferralMade>()), told(sample::<ReferralMade>()).recorded_by("x@city")]);
    assert_eq!(entries[1].repeats, Some(event(1)));
    let cut = [Entry { stream_seq: 1, ..entries[1].clone() }];
    assert_eq!(advances(&cut), [Advance::Refold]);
    assert_eq!(folded(&cut).referrals.rows(&id("haru")).len(), 2);
}

#[test]
fn what_happened_before_the_last_event_is_folded_anew() {
    let first = || [voice("一").on("2025-04-02")];
    last_is(Advance::Refold, first().into_iter().chain([voice("二").on("2025-04-01")]));
    last_is(Advance::Refold, first().into_iter().chain([voice("二")]));
    last_is(Advance::Refold, first().into_iter().chain([voice("二").on("before:#1")]));
    last_is(
        Advance::Refold,
        first().into_iter().chain([voice("二").on("2025-04-03"), voice("三").on("after:#1")]),
    );
}

#[test]
fn corrections_and_retractions_are_folded_anew() {
    last_is(Advance::Refold, [voice("一"), voice("二").correcting(1)]);
    last_is(Advance::Refold, [voice("一"), retracting(1)]);
}

#[test]
fn an_event_that_does_not_follow_the_last_one_is_folded_anew() {
    let entries = recorded([voice("一"), voice("二"), voice("三")]);
    let mut state = folded(&entries[..1]);
    assert_eq!(state.advance(&entries[2]), Advance::Refold);
    assert_eq!(state.advance(&entries[0]), Advance::Refold);
    assert_eq!(state.advance(&entries[1]), Advance::Done);
}

#[test]
fn in_harus_case_few_events_are_folded_anew() {
    let (entries, _) = haru();
    let refolds: Vec<u64> = entries
        .iter()
        .zip(advances(&entries))
        .filter(|(_, advance)| *advance == Advance::Refold)
        .map(|(entry, _)| entry.stream_seq)
        .collect();
    assert!(refolds.len() <= 2, "{refolds:?} of {}", entries.len());
}

#[track_caller]
fn check_sizes(state: &PersonState) -> [usize; 4] {
    let sizes = [
        json(&state.order).len(),
        json(&state.plan).len(),
        json(&state.team).len(),
        json(&state.referrals).len(),
    ];
    assert!(sizes.iter().all(|bytes| *bytes < VIEW_BYTES_MAX), "{sizes:?}");
    sizes
}

#[test]
fn the_views_of_haru_are_small() {
    let sizes = check_sizes(&folded(&haru().0));
    assert!(sizes.iter().sum::<usize>() < VIEW_BYTES_MAX / 2, "{sizes:?}");
}

#[test]
fn the_views_of_a_person_with_a_thousand_events_are_small() {
    let contact = |n: usize| told(ContactRecorded { note: id(&format!("haru:n{n}")), ..sample() });
    let made = |n: usize| {
        told(ReferralMade {
            referral: id(&format!("haru:r{n}")),
            to: vec![consultant(), org("city")],
            parent: None,
            ..sample()
        })
    };
    let accepted = |n: usize, by| told(ReferralAccepted { referral: id(&format!("haru:r{n}")), by });
    let drafted = |n: usize| told(PlanDrafted { plan: id(&format!("haru:p{n}")), ..sample() });
    let finalised = |n: usize| {
        let plan = id(&format!("haru:p{n}"));
        told(PlanFinalised { plan, ..sample() })
    };
    let contacts = (0..500).map(contact);
    let referrals = (0..100).flat_map(|n| [made(n), accepted(n, consultant()), accepted(n, org("city"))]);
    let plans = (0..100).flat_map(|n| [drafted(n), finalised(n)]);
    let state = state(contacts.chain(referrals).chain(plans));
    assert_eq!(state.stream_seq, 1000);
    let sizes = check_sizes(&state);
    assert!(sizes.iter().sum::<usize>() < VIEW_BYTES_MAX / 2, "{sizes:?}");
}

#[test]
fn a_hundred_unanswered_requests_fit() {
    let made = |n: usize| {
        told(ReferralMade {
            referral: id(&format!("haru:r{n}")),
            to: vec![nurse()],
            parent: None,
            ..sample()
        })
    };
    check_sizes(&state((0..100).map(made)));
}
