//! Which revisions a plan takes.

use super::*;
use crate::case::entitlement::DraftPlanSubmitted;
use crate::case::meeting::{MeetingHeld, PlanRevisionRef};
use crate::case::plan::{
    Day, PLAN_TEXT_CHARS_MAX, PlanConsentRefused, PlanConsented, PlanDelivered, PlanDrafted, PlanFinalised,
    WeeklySlot,
};
use crate::case::spec::{Told, given, given_nothing, told};

fn revised() -> PlanRevised {
    PlanRevised::sample()
}

/// The second revision, by these changes.
fn second(changes: Vec<PlanChange>) -> Told {
    told(PlanRevised { changes, ..revised() })
}

/// The third revision, by these changes.
fn third(changes: Vec<PlanChange>) -> Told {
    told(PlanRevised { rev: 3, base_rev: 2, changes, ..revised() })
}

fn row(item: &str, priority: u32) -> PlanItem {
    PlanItem { item: id(item), priority: priority.into(), ..sample_item() }
}

/// A draft with the rows 1 and 2.
fn drafted() -> Told {
    told(PlanDrafted { items: vec![row("1", 1), row("2", 2)], ..PlanDrafted::sample() })
}

fn policy(text: &str) -> PlanChange {
    PlanChange::Policy(stated(text))
}

fn no_such_item(item: &str, base: u32) -> Refusal {
    Refusal::NoSuchItem { item: item.to_owned(), base }
}

#[test]
fn a_revision_is_admitted() {
    given([drafted()]).when(told(revised())).admits();
}

#[test]
fn the_same_from_a_second_recorder_is_a_repeat() {
    given([drafted(), told(revised())]).when(told(revised()).recorded_by("officer@city")).repeats(2);
}

#[test]
fn a_plan_looked_at_again_that_goes_on_as_it_is_has_a_next_revision() {
    given([drafted()]).when(second(Vec::new())).admits();
}

#[test]
fn of_two_revisions_of_one_base_the_second_is_refused() {
    given([drafted(), second(vec![policy("甲")])])
        .when(second(vec![policy("乙")]))
        .refuses(Refusal::BaseNotCurrent { base: 1, current: 2 });
    given([drafted(), second(vec![policy("甲")])]).when(third(vec![policy("乙")])).admits();
}

#[test]
fn two_revisions_of_one_base_compete_even_where_the_draft_is_not_recorded() {
    given([second(vec![policy("甲")])])
        .when(second(vec![policy("乙")]))
        .refuses(Refusal::BaseNotCurrent { base: 1, current: 2 });
}

#[test]
fn a_base_that_the_plan_does_not_have_is_refused() {
    given([drafted()])
        .when(third(vec![policy("甲")]))
        .refuses(Refusal::BaseNotCurrent { base: 2, current: 1 });
}

#[test]
fn a_revision_is_admitted_before_the_draft_and_an_earlier_one_after_it() {
    given_nothing().when(third(vec![policy("甲")])).admits();
    given([third(vec![policy("甲")])]).when(second(vec![policy("乙")])).admits();
    given([third(vec![policy("甲")]), second(vec![policy("乙")])]).when(drafted()).admits();
}

#[test]
fn a_revision_taken_back_can_be_told_anew_under_the_ones_that_followed() {
    use crate::EventRetracted;
    use crate::case::spec::event;
    let retracted = told(EventRetracted { event: event(2), reason: "誤記".into() });
    given([drafted(), second(vec![policy("甲")]), third(vec![policy("乙")]), retracted])
        .when(second(vec![policy("丙")]))
        .admits();
}

#[test]
fn a_revision_can_be_corrected_after_the_next_one() {
    given([drafted(), second(vec![policy("甲")]), third(vec![policy("乙")])])
        .when(second(vec![policy("丙")]).correcting(2))
        .admits();
}

#[test]
fn a_revision_that_does_not_follow_its_base_is_refused() {
    for (rev, base_rev) in [(1, 1), (3, 1), (1, 2), (1, 0), (0, u32::MAX)] {
        given([drafted()])
            .when(told(PlanRevised { rev, base_rev, ..revised() }))
            .refuses(Refusal::NotTheNextRevision { rev, base: base_rev });
    }
}

#[test]
fn the_plan_of_another_person_is_refused() {
    given_nothing()
        .when(told(PlanRevised { plan: id("aki:plan"), ..revised() }))
        .refuses(Refusal::ForeignReference("plan"));
}

#[test]
fn a_row_that_the_base_does_not_have_can_be_neither_changed_nor_dropped() {
    given([drafted()]).when(second(vec![PlanChange::ChangeItem(row("3", 3))])).refuses(no_such_item("3", 1));
    given([drafted()]).when(second(vec![PlanChange::DropItem(id("3"))])).refuses(no_such_item("3", 1));
    given([drafted(), second(vec![PlanChange::DropItem(id("2"))])])
        .when(third(vec![PlanChange::ChangeItem(row("2", 2))]))
        .refuses(no_such_item("2", 2));
}

#[test]
fn a_row_is_changed_where_the_draft_that_may_have_it_is_not_recorded() {
    given_nothing().when(second(vec![PlanChange::ChangeItem(row("3", 3))])).admits();
}

#[test]
fn a_row_id_that_the_plan_uses_or_used_is_not_used_again() {
    given([drafted()])
        .when(second(vec![PlanChange::AddItem(row("2", 3))]))
        .refuses(Refusal::ItemIdUsed("2".to_owned()));
    given([drafted(), second(vec![PlanChange::DropItem(id("2"))])])
        .when(third(vec![PlanChange::AddItem(row("2", 3))]))
        .refuses(Refusal::ItemIdUsed("2".to_owned()));
    given([drafted()]).when(second(vec![PlanChange::AddItem(row("3", 3))])).admits();
}

#[test]
fn a_row_or_a_field_changed_twice_is_refused() {
    given([drafted()])
        .when(second(vec![PlanChange::ChangeItem(row("1", 1)), PlanChange::DropItem(id("1"))]))
        .refuses(Refusal::Twice("item 1".to_owned()));
    given([drafted()])
        .when(second(vec![policy("甲"), policy("乙")]))
        .refuses(Refusal::Twice("policy".to_owned()));
}

#[test]
fn a_priority_that_another_row_has_after_all_changes_is_refused() {
    given([drafted()])
        .when(second(vec![PlanChange::AddItem(row("3", 2))]))
        .refuses(Refusal::Twice("priority 2".to_owned()));
    given([drafted()])
        .when(second(vec![PlanChange::ChangeItem(row("1", 2))]))
        .refuses(Refusal::Twice("priority 2".to_owned()));
}

#[test]
fn two_rows_may_change_their_priorities_with_each_other_and_one_take_that_of_a_dropped_one() {
    given([drafted()])
        .when(second(vec![PlanChange::ChangeItem(row("1", 2)), PlanChange::ChangeItem(row("2", 1))]))
        .admits();
    given([drafted()])
        .when(second(vec![PlanChange::DropItem(id("1")), PlanChange::AddItem(row("3", 1))]))
        .admits();
}

#[test]
fn a_priority_of_zero_is_refused() {
    given([drafted()])
        .when(second(vec![PlanChange::AddItem(row("3", 0))]))
        .refuses(Refusal::PriorityZero("3".to_owned()));
}

#[test]
fn a_text_that_is_too_long_is_refused_and_its_place_named() {
    let chars = PLAN_TEXT_CHARS_MAX + 1;
    given([drafted()]).when(second(vec![policy(&"長".repeat(chars))])).refuses(Refusal::TooLong {
        pointer: "/changes/0/policy".to_owned(),
        chars,
        max: PLAN_TEXT_CHARS_MAX,
    });
}

#[test]
fn an_entry_of_the_week_that_names_a_day_twice_is_refused() {
    let Stated::Value(mut week) = PlanDrafted::sample().weekly else { panic!("the sample has a week") };
    week.slots[0] = WeeklySlot { days: Stated::Value(vec![Day::Mon, Day::Mon]), ..week.slots[0].clone() };
    given([drafted()])
        .when(second(vec![PlanChange::Weekly(Stated::Value(week))]))
        .refuses(Refusal::Twice("the day 月 of an entry of the week".to_owned()));
}

/// All that names a revision of the plan.
fn naming(rev: u32) -> [Told; 6] {
    let plans = vec![PlanRevisionRef { plan: id("haru:plan"), rev }];
    [
        told(PlanConsented { rev, ..PlanConsented::sample() }),
        told(PlanConsentRefused { rev, ..PlanConsentRefused::sample() }),
        told(PlanFinalised { rev, ..PlanFinalised::sample() }),
        told(PlanDelivered { rev, ..PlanDelivered::sample() }),
        told(DraftPlanSubmitted { rev, plan: id("haru:plan"), ..DraftPlanSubmitted::sample() }),
        told(MeetingHeld { plans, ..MeetingHeld::sample() }),
    ]
}

#[test]
fn whatever_names_a_revision_knows_all_that_were_told() {
    for last in naming(2) {
        given([drafted(), told(revised())]).when(last.clone()).admits();
        given([told(revised())]).when(last).admits();
    }
    for unknown in naming(3) {
        given([drafted(), told(revised())])
            .when(unknown.clone())
            .refuses(Refusal::UnknownRevision { rev: 3, last: 2 });
        given([told(revised())]).when(unknown).admits();
    }
}

#[test]
fn what_a_revision_says_in_one_line() {
    let said = PlanRevised { minor: true.into(), ..revised() }.detail().unwrap();
    assert_eq!(said.reveal(), "第2版（軽微な変更） 課題の変更・短期目標：料理はひとりでもできる日が増えた。");
    let nothing = PlanRevised { changes: Vec::new(), reason: Stated::NotRecorded, ..revised() };
    assert_eq!(nothing.detail().unwrap().reveal(), "第2版 変更なし");
}
