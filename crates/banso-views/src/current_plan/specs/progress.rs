//! How rows are linked, what became of them, and how a plan ends.

use super::*;
use crate::current_plan::PlanItemShown;
use crate::spec::org;
use banso_domain::case::plan::{
    LinkRelation, PlanClosed, PlanItemEnded, PlanItemEvaluated, PlanItemLinked, PlanItemStarted,
    PlanItemUnlinked, ServiceUsageReported,
};

/// The only row of the only plan.
fn row(told: impl IntoIterator<Item = Told>) -> PlanItemShown {
    let mut plan = only([drafted("haru:plan")].into_iter().chain(told));
    assert_eq!(plan.items.len(), 1);
    plan.items.remove(0)
}

fn home_care() -> Told {
    let mut form: PlanDrafted =
        PlanDrafted { plan: id("haru:home-care"), kind: PlanKind::HomeCare, ..sample() };
    form.items[0].item = id("cook");
    told(form)
}

fn linked(relation: LinkRelation) -> Told {
    told(PlanItemLinked { relation, ..sample() })
}

#[test]
fn a_link_is_shown_at_both_of_its_rows() {
    let plans = plans([drafted("haru:plan"), home_care(), linked(LinkRelation::Realises)]).plans;
    let links: Vec<_> = plans
        .iter()
        .flat_map(|plan| &plan.items[0].links)
        .map(|link| (link.plan.as_str(), link.item.as_str(), link.incoming, link.relation.as_str()))
        .collect();
    assert_eq!(links, [("haru:plan", "1", false, "実現する"), ("haru:home-care", "cook", true, "実現する")]);
}

#[test]
fn a_link_is_as_it_was_said_last() {
    let relations = |told: Vec<Told>| -> Vec<String> {
        row(told).links.iter().map(|link| link.relation.clone()).collect()
    };
    let realises = || linked(LinkRelation::Realises);
    let unlinked = || told(PlanItemUnlinked { ..sample() });
    assert_eq!(relations(vec![realises(), linked(LinkRelation::Contradicts)]), ["くいちがう"]);
    assert_eq!(relations(vec![realises(), unlinked()]), Vec::<String>::new());
    assert_eq!(relations(vec![realises(), unlinked(), realises()]), ["実現する"]);
}

#[test]
fn links_of_a_plan_superseded_long_ago_are_gone() {
    let mut told: Vec<Told> =
        vec![drafted("haru:plan"), finalised("haru:plan"), linked(LinkRelation::Realises)];
    told.extend((1..=4).flat_map(|n| [drafted(&format!("haru:p{n}")), finalised(&format!("haru:p{n}"))]));
    assert_eq!(state(told.clone()).plan.links, []);
    told.push(linked(LinkRelation::Contradicts));
    assert_eq!(state(told).plan.links, []);
}

#[test]
fn a_row_shows_who_gives_it_since_when_and_its_end() {
    let started = |by: &str| told(PlanItemStarted { provider: org(by), ..sample() });
    let ended = || told(PlanItemEnded { ..sample() }).on("2025-05-01");
    let by = |row: &PlanItemShown| -> Vec<String> {
        row.started.iter().map(|start| start.provider.name.reveal().clone()).collect()
    };
    let both = row([started("a-kyotaku").on("2025-04-01"), started("b-clinic").on("2025-04-02")]);
    assert_eq!(by(&both), ["a-kyotaku", "b-clinic"]);
    assert_eq!((both.started[0].at.text.as_str(), both.ended), ("2025-04-01", None));

    let over = row([started("a-kyotaku").on("2025-04-01"), ended()]);
    assert_eq!(over.ended.as_ref().unwrap().at.text, "2025-05-01");
    assert_eq!(by(&over), ["a-kyotaku"]);

    let again = row([started("a-kyotaku").on("2025-04-01"), ended(), started("b-clinic").on("2025-05-02")]);
    assert_eq!((by(&again), again.ended), (vec!["b-clinic".to_owned()], None));
}

#[test]
fn the_last_evaluation_and_of_each_provider_the_latest_month_are_shown() {
    let evaluated =
        |view: &str| told(PlanItemEvaluated { person_view: Stated::Value(view.into()), ..sample() });
    let used = |month: &str, by: &str, count| {
        told(ServiceUsageReported { month: id(month), provider: org(by), count, ..sample() })
    };
    let row = row([
        evaluated("まだ"),
        evaluated("作れた"),
        used("2025-04", "a-kyotaku", 8),
        used("2025-03", "a-kyotaku", 7),
        used("2025-03", "b-clinic", 5),
    ]);
    let evaluation = row.evaluated.unwrap();
    assert_eq!(evaluation.person_view.value().unwrap().reveal(), "作れた");
    assert_eq!(evaluation.achievement, Stated::Value("一部達成".to_owned()));
    let used: Vec<_> = row.used.iter().map(|report| (report.month.as_str(), report.count)).collect();
    assert_eq!(used, [("2025-04", 8), ("2025-03", 5)]);
}

#[test]
fn what_was_said_of_a_row_stays_with_it_through_revisions() {
    use banso_domain::case::plan::PlanRevised;
    let started = told(PlanItemStarted { ..sample() });
    assert_eq!(row([started, told(PlanRevised { ..sample() })]).started.len(), 1);
}

fn closed(plan: &str) -> Told {
    told(PlanClosed { plan: id(plan), superseded_by: None, ..sample() })
}

#[test]
fn a_plan_that_ended_is_shown_so_until_another_one_holds() {
    let told = [
        drafted("haru:p1"),
        finalised("haru:p1"),
        closed("haru:p1"),
        drafted("haru:p2"),
        finalised("haru:p2"),
    ];
    let over = only(told[..3].to_vec());
    assert_eq!(
        (over.stage, over.closed.unwrap().reason),
        (Stage::Closed, Stated::Value("次の計画へ".to_owned()))
    );
    assert_eq!(stages(told), [in_force("haru:p2")]);
}

#[test]
fn the_end_of_a_plan_brings_none_back_that_it_took_the_place_of() {
    let told = [
        drafted("haru:p1"),
        finalised("haru:p1"),
        drafted("haru:p2"),
        finalised("haru:p2"),
        closed("haru:p2"),
    ];
    assert_eq!(stages(told), [("haru:p2".to_owned(), Stage::Closed)]);
}

#[test]
fn a_plan_that_ended_for_another_one_in_force_makes_way_for_it() {
    let next = told(PlanClosed { plan: id("haru:p1"), superseded_by: Some(id("haru:p2")), ..sample() });
    let told = [drafted("haru:p1"), drafted("haru:p2"), finalised("haru:p2"), finalised("haru:p1"), next];
    assert_eq!(stages(told[..4].to_vec()), [in_force("haru:p1")]);
    assert_eq!(stages(told), [in_force("haru:p2")]);
}

#[test]
fn a_draft_that_was_closed_is_no_longer_prepared() {
    assert_eq!(stages([drafted("haru:p1"), closed("haru:p1")]), []);
}

#[test]
fn an_end_taken_back_brings_the_plan_back() {
    let told = [drafted("haru:p1"), finalised("haru:p1"), closed("haru:p1"), retracting(3)];
    assert_eq!(stages(told), [in_force("haru:p1")]);
}

#[test]
fn the_fields_of_an_individual_support_plan_are_shown() {
    let mut form = PlanDrafted { kind: PlanKind::IndividualSupport, ..sample() };
    form.header.period = Stated::Value("６か月".into());
    form.header.author_signed = Stated::Value(true);
    form.items[0].need = Stated::NotRecorded;
    form.items[0].support_content = Stated::Value("休日の過ごし方を一緒に考えます。".into());
    form.items[0].staff = Stated::Value(vec![crate::spec::consultant()]);
    let mut plan = only([told(form)]);
    assert_eq!(
        (plan.kind.as_str(), plan.header.period),
        ("個別支援計画", Stated::Value("６か月".to_owned()))
    );
    let row = plan.items.remove(0);
    assert_eq!(row.need, Stated::NotRecorded);
    assert_eq!(row.support_content.value().unwrap().reveal(), "休日の過ごし方を一緒に考えます。");
    assert_eq!(row.staff.value().unwrap().len(), 1);
}
