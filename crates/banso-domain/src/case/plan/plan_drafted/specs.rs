//! Which plans are written down.

use super::*;
use crate::case::plan::{Day, PLAN_TEXT_CHARS_MAX, PlanConsented};
use crate::case::spec::{event, given, given_nothing, told};

fn drafted() -> PlanDrafted {
    PlanDrafted::sample()
}

#[test]
fn a_draft_is_admitted() {
    given_nothing().when(told(drafted())).admits();
}

#[test]
fn the_same_from_a_second_recorder_is_a_repeat() {
    given([told(drafted())]).when(told(drafted()).recorded_by("officer@city")).repeats(1);
}

#[test]
fn another_plan_under_a_used_id_is_refused() {
    given([told(drafted())])
        .when(told(PlanDrafted { kind: PlanKind::Transition, ..drafted() }))
        .refuses(Refusal::IdAlreadyUsed { what: "plan", by: event(1) });
}

#[test]
fn the_plan_of_another_person_is_refused() {
    given_nothing()
        .when(told(PlanDrafted { plan: id("aki:plan"), ..drafted() }))
        .refuses(Refusal::ForeignReference("plan"));
}

#[test]
fn a_row_that_stands_twice_is_refused() {
    let second = PlanItem { priority: 2.into(), ..sample_item() };
    given_nothing()
        .when(told(PlanDrafted { items: vec![sample_item(), second], ..drafted() }))
        .refuses(Refusal::Twice("item 1".to_owned()));
}

#[test]
fn a_priority_that_stands_twice_is_refused() {
    let second = PlanItem { item: id("2"), ..sample_item() };
    given_nothing()
        .when(told(PlanDrafted { items: vec![sample_item(), second], ..drafted() }))
        .refuses(Refusal::Twice("priority 1".to_owned()));
}

#[test]
fn a_priority_of_zero_is_refused() {
    given_nothing()
        .when(told(PlanDrafted {
            items: vec![PlanItem { priority: 0.into(), ..sample_item() }],
            ..drafted()
        }))
        .refuses(Refusal::PriorityZero("1".to_owned()));
}

#[test]
fn a_text_that_is_too_long_is_refused_and_its_place_named() {
    let need = |chars: usize| stated(&"長".repeat(chars));
    let drafted = |chars| {
        let items = vec![PlanItem { need: need(chars), ..sample_item() }];
        told(PlanDrafted { items, ..drafted() })
    };
    given_nothing().when(drafted(PLAN_TEXT_CHARS_MAX)).admits();
    given_nothing().when(drafted(PLAN_TEXT_CHARS_MAX + 1)).refuses(Refusal::TooLong {
        pointer: "/items/0/need".to_owned(),
        chars: PLAN_TEXT_CHARS_MAX + 1,
        max: PLAN_TEXT_CHARS_MAX,
    });
}

fn with_slots(slots: Vec<WeeklySlot>) -> PlanDrafted {
    PlanDrafted { weekly: Stated::Value(WeeklySchedule { slots, ..sample_week() }), ..drafted() }
}

fn slot(days: &[Day], start: &str, end: &str) -> WeeklySlot {
    WeeklySlot {
        days: Stated::Value(days.to_vec()),
        start: Stated::Value(start.parse().unwrap()),
        end: Stated::Value(end.parse().unwrap()),
        ..sample_week().slots.remove(0)
    }
}

#[test]
fn a_night_across_midnight_and_two_helpers_at_once_are_admitted() {
    let night = || slot(&[Day::Sat], "22:00:00", "06:00:00");
    given_nothing().when(told(with_slots(vec![night(), night()]))).admits();
}

#[test]
fn an_entry_of_the_week_that_names_a_day_twice_is_refused() {
    given_nothing()
        .when(told(with_slots(vec![slot(&[Day::Mon, Day::Mon], "10:00:00", "11:00:00")])))
        .refuses(Refusal::Twice("the day 月 of an entry of the week".to_owned()));
}

#[test]
fn every_kind_of_plan_is_admitted_with_the_fields_that_its_paper_has() {
    for kind in [
        PlanKind::ServiceUse,
        PlanKind::ChildServiceUse,
        PlanKind::SelfPlan,
        PlanKind::IndividualSupport,
        PlanKind::HomeCare,
        PlanKind::Transition,
        PlanKind::PostDischarge,
        PlanKind::Ltc,
    ] {
        let row = PlanItem {
            need: Stated::NotRecorded,
            support_content: stated("休日の過ごし方を一緒に考えます。"),
            staff: Stated::Value(vec![consultant()]),
            ..sample_item()
        };
        given_nothing().when(told(PlanDrafted { kind, items: vec![row], ..drafted() })).admits();
    }
}

#[test]
fn rows_without_a_priority_may_be_many() {
    let row = |row: &str| PlanItem { item: id(row), priority: Stated::NotRecorded, ..sample_item() };
    given_nothing().when(told(PlanDrafted { items: vec![row("1"), row("2")], ..drafted() })).admits();
}

#[test]
fn a_correction_that_adds_a_row_is_admitted() {
    let second = PlanItem { item: id("2"), priority: 2.into(), ..sample_item() };
    given([told(drafted())])
        .when(told(PlanDrafted { items: vec![sample_item(), second], ..drafted() }).correcting(1))
        .admits();
}

#[test]
fn a_draft_that_comes_after_the_consent_to_it_is_admitted() {
    given([told(PlanConsented::sample())]).when(told(drafted())).admits();
}
