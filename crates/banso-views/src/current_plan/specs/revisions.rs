//! Which revision is shown, what it changed, and what was said of it.

use super::*;
use crate::spec::{event, json};
use banso_domain::case::plan::{PlanChange, PlanConsentRefused, PlanDelivered, PlanRevised, WeeklySchedule};
use banso_kernel::Personal;

/// A revision of the plan by these changes.
fn revised(rev: u32, changes: Vec<PlanChange>) -> Told {
    told(PlanRevised { plan: id("haru:p1"), rev, base_rev: rev - 1, changes, ..sample() })
}

fn policy(rev: u32) -> Told {
    revised(rev, vec![PlanChange::Policy(Stated::Value(format!("方針{rev}").into()))])
}

fn rev_finalised(rev: u32) -> Told {
    told(PlanFinalised { plan: id("haru:p1"), rev, ..sample() })
}

/// Which revisions are shown, in force or not, and their policies.
fn shown(told: impl IntoIterator<Item = Told>) -> Vec<(u32, Stage, String)> {
    let policy =
        |plan: &PlanShown| plan.policy.value().map_or_else(String::new, |policy| policy.reveal().clone());
    plans(told).plans.iter().map(|plan| (plan.revision, plan.stage, policy(plan))).collect()
}

fn is(rev: u32, stage: Stage) -> (u32, Stage, String) {
    (rev, stage, format!("方針{rev}"))
}

fn first() -> Told {
    told(PlanDrafted { plan: id("haru:p1"), policy: Stated::Value("方針1".into()), ..sample() })
}

#[test]
fn a_draft_is_shown_as_it_was_last_revised() {
    assert_eq!(shown([first(), policy(2), policy(3)]), [is(3, Stage::Draft)]);
}

#[test]
fn a_revision_is_in_preparation_beside_the_one_in_force() {
    let told = [first(), rev_finalised(1), policy(2), rev_finalised(2)];
    assert_eq!(shown(told[..2].to_vec()), [is(1, Stage::Final)]);
    assert_eq!(shown(told[..3].to_vec()), [is(1, Stage::Final), is(2, Stage::Draft)]);
    assert_eq!(shown(told), [is(2, Stage::Final)]);
}

#[test]
fn a_later_revision_stays_in_force_when_an_earlier_one_is_finalised_late() {
    let told = [first(), policy(2), policy(3), rev_finalised(3), rev_finalised(1)];
    assert_eq!(shown(told), [is(3, Stage::Final)]);
}

#[test]
fn a_draft_and_revisions_in_any_order_come_to_the_same() {
    let told = [policy(3), policy(2), rev_finalised(2), first()];
    assert_eq!(shown(told), [is(2, Stage::Final), is(3, Stage::Draft)]);
}

#[test]
fn a_revision_that_is_not_recorded_is_marked_where_it_is_missing() {
    let plan = only([first(), rev_finalised(1)]);
    assert!(!plan.incomplete);
    let told = [policy(3), first()];
    assert!(only(told.clone()).incomplete);
    assert_eq!(shown(told), [is(3, Stage::Draft)]);
    assert!(only([rev_finalised(4), first()]).incomplete);
}

#[test]
fn a_revision_taken_back_leaves_the_one_before() {
    assert_eq!(shown([first(), rev_finalised(1), policy(2), retracting(3)]), [is(1, Stage::Final)]);
}

/// What the second revision changed, as people read it: row, label, before, after.
fn changes(changes: Vec<PlanChange>) -> Vec<(String, &'static str, String, String)> {
    let plan = only([drafted("haru:p1"), revised(2, changes)]);
    let words =
        |words: &Option<Personal<String>>| words.as_ref().map_or("–".to_owned(), |it| it.reveal().clone());
    let changes = plan.revised.unwrap().changes;
    changes
        .iter()
        .map(|change| {
            let item = change.item.as_ref().map_or_else(String::new, ToString::to_string);
            (item, change.label, words(&change.before), words(&change.after))
        })
        .collect()
}

fn row() -> PlanItem {
    sample::<PlanDrafted>().items.remove(0)
}

fn reads(
    item: &str,
    label: &'static str,
    before: &str,
    after: &str,
) -> (String, &'static str, String, String) {
    (item.to_owned(), label, before.to_owned(), after.to_owned())
}

#[test]
fn a_revision_reads_field_by_field_before_and_after() {
    let mut cooking = row();
    cooking.services[0].frequency = Stated::Value("週1回".into());
    cooking.remarks = Stated::Value("最初は声をかけてもらえると安心です。".into());
    assert_eq!(
        changes(vec![
            PlanChange::ChangeItem(cooking),
            PlanChange::LongTermGoal(Stated::Value("家事や活動の両方に".into())),
        ]),
        [
            reads("", "長期目標", "記載なし", "家事や活動の両方に"),
            reads("1", "福祉サービス等", "居宅介護 週2回、1時間 a-kyotaku", "居宅介護 週1回 a-kyotaku"),
            reads("1", "留意事項", "記載なし", "最初は声をかけてもらえると安心です。"),
        ]
    );
}

#[test]
fn rows_that_came_and_went_read_by_their_need() {
    let need = "母と一緒に行っていた時のように料理がしたい。教えてもらいたい。";
    let friends = PlanItem { item: id("2"), need: Stated::Value("友達が欲しい。".into()), ..row() };
    assert_eq!(
        changes(vec![PlanChange::DropItem(id("1")), PlanChange::AddItem(friends)]),
        [reads("1", "課題の終了", need, "–"), reads("2", "課題の追加", "–", "友達が欲しい。")]
    );
}

#[test]
fn of_the_week_only_what_came_or_went_is_told() {
    let Stated::Value(week) = sample::<PlanDrafted>().weekly else { panic!("the sample has a week") };
    let twice = vec![week.slots[0].clone(), week.slots[0].clone()];
    let helpers = WeeklySchedule { slots: twice, main_activities: Vec::new(), ..week };
    assert_eq!(
        changes(vec![PlanChange::Weekly(Stated::Value(helpers))]),
        [
            reads("", "週間計画表", "主な活動：散歩", "–"),
            reads("", "週間計画表", "–", "居宅介護：ヘルパー 週2回（曜日・時間の記載なし）"),
        ]
    );
}

#[test]
fn a_revision_says_why_and_which_event_gave_rise_to_it() {
    let told = told(PlanRevised {
        plan: id("haru:p1"),
        trigger: Stated::Value(event(1)),
        minor: true.into(),
        ..sample()
    });
    let revision = only([drafted("haru:p1"), told.on("2025-05-01")]).revised.unwrap();
    assert_eq!(revision.reason.value().unwrap().reveal(), "料理はひとりでもできる日が増えた。");
    assert_eq!((revision.trigger, revision.minor), (Stated::Value(event(1)), Stated::Value(true)));
    assert_eq!(revision.at.text, "2025-05-01");
}

#[test]
fn the_revision_in_force_still_says_what_it_changed() {
    let told = [first(), rev_finalised(1), policy(2), rev_finalised(2), policy(3), rev_finalised(3)];
    let change = only(told).revised.unwrap().changes.remove(0);
    assert_eq!(change.before.unwrap().reveal(), "方針2");
    assert_eq!(change.after.unwrap().reveal(), "方針3");
}

#[test]
fn a_consent_to_an_earlier_revision_is_shown_as_such() {
    let told = [first(), consented("haru:p1"), policy(2), rev_finalised(2)];
    assert_eq!(only(told).consented.unwrap().revision, 1);
}

#[test]
fn an_answer_takes_the_place_of_the_one_before() {
    let refused = || told(PlanConsentRefused { plan: id("haru:p1"), ..sample() });
    let answers = |told: Vec<Told>| {
        let plan = only(told);
        (plan.consented.is_some(), plan.refused.map(|refusal| refusal.by))
    };
    let person = || Some("本人".to_owned());
    assert_eq!(answers(vec![first(), refused()]), (false, person()));
    assert_eq!(answers(vec![first(), refused(), consented("haru:p1")]), (true, None));
    assert_eq!(answers(vec![first(), consented("haru:p1"), refused()]), (false, person()));
}

#[test]
fn deliveries_are_those_of_the_revision_shown() {
    let delivered = |rev| told(PlanDelivered { plan: id("haru:p1"), rev, ..sample() });
    let told = [first(), delivered(1), policy(2), rev_finalised(1), delivered(2)];
    let count: Vec<_> = plans(told).plans.iter().map(|plan| (plan.revision, plan.delivered.len())).collect();
    assert_eq!(count, [(1, 1), (2, 1)]);
}

#[test]
fn a_superseded_draft_that_is_revised_after_all_is_in_preparation() {
    let told = [first(), drafted("haru:p2"), finalised("haru:p2"), policy(2)];
    assert_eq!(stages(told[..3].to_vec()), [in_force("haru:p2")]);
    assert_eq!(stages(told), [in_force("haru:p2"), draft("haru:p1")]);
}

/// A plan with ten rows of two services, their texts as long as the papers have room for, and a full week.
fn ordinary() -> PlanDrafted {
    let cell = || Stated::Value(Personal::from("字".repeat(120)));
    let rows = (1..=10u32).map(|n| PlanItem {
        item: id(&n.to_string()),
        priority: n.into(),
        need: cell(),
        goal: cell(),
        person_role: cell(),
        remarks: cell(),
        services: vec![row().services.remove(0), row().services.remove(0)],
        ..row()
    });
    let Stated::Value(week) = sample::<PlanDrafted>().weekly else { panic!("the sample has a week") };
    let slots = vec![week.slots[0].clone(); 30];
    let weekly = Stated::Value(WeeklySchedule { slots, whole_picture: cell(), ..week });
    PlanDrafted {
        plan: id("haru:p1"),
        wish: cell(),
        policy: cell(),
        items: rows.collect(),
        weekly,
        ..sample()
    }
}

#[test]
fn an_ordinary_plan_with_its_next_revision_in_preparation_is_small() {
    let form = ordinary();
    let changes = form.items.iter().take(4).cloned().map(PlanChange::ChangeItem).collect();
    let told = [told(form), consented("haru:p1"), rev_finalised(1), revised(2, changes)];
    let size = json(&state(told).plan).len();
    assert!(size < 48 * 1024, "{size}");
}

#[test]
fn a_plan_revised_a_hundred_times_stays_small() {
    let told =
        (2..=101).flat_map(|rev| [revised(rev, vec![PlanChange::ChangeItem(row())]), rev_finalised(rev)]);
    let state = state([drafted("haru:p1")].into_iter().chain(told));
    assert!(json(&state.plan).len() < 16 * 1024, "{}", json(&state.plan).len());
}
