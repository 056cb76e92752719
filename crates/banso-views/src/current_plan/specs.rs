//! Which plan is in force, what is being prepared, and how the forms read.

use super::{CurrentPlanShown, PlanShown, Stage, show};
use crate::spec::{Told, as_of, folded, haru, id, officer, recorded, retracting, sample, state, told};
use banso_domain::Reference;
use banso_domain::case::entitlement::DraftPlanSubmitted;
use banso_domain::case::plan::{PlanConsented, PlanDrafted, PlanFinalised, PlanItem, PlanKind};
use banso_kernel::Stated;

fn plans(told: impl IntoIterator<Item = Told>) -> CurrentPlanShown {
    show(&state(told).plan, as_of(None), &Reference::default())
}

/// Which plans are shown, and whether they are in force.
fn stages(told: impl IntoIterator<Item = Told>) -> Vec<(String, Stage)> {
    plans(told).plans.iter().map(|plan| (plan.plan.to_string(), plan.stage)).collect()
}

#[track_caller]
fn only(told: impl IntoIterator<Item = Told>) -> PlanShown {
    let mut plans = plans(told).plans;
    assert_eq!(plans.len(), 1);
    plans.remove(0)
}

fn in_force(plan: &str) -> (String, Stage) {
    (plan.to_owned(), Stage::Final)
}

fn draft(plan: &str) -> (String, Stage) {
    (plan.to_owned(), Stage::Draft)
}

fn drafted(plan: &str) -> Told {
    told(PlanDrafted { plan: id(plan), ..sample() })
}

fn drafted_transition(plan: &str) -> Told {
    told(PlanDrafted { plan: id(plan), kind: PlanKind::Transition, ..sample() })
}

fn consented(plan: &str) -> Told {
    told(PlanConsented { plan: id(plan), ..sample() })
}

fn finalised(plan: &str) -> Told {
    told(PlanFinalised { plan: id(plan), ..sample() })
}

fn submitted(plan: &str) -> Told {
    told(DraftPlanSubmitted { plan: id(plan), ..sample() })
}

mod progress;
mod revisions;
mod week;

mod stages {
    use super::*;

    #[test]
    fn before_any_draft_there_is_no_plan() {
        assert_eq!(stages([]), []);
        assert_eq!(stages([consented("haru:p1"), submitted("haru:p1"), finalised("haru:p1")]), []);
    }

    #[test]
    fn a_draft_is_in_force_once_it_is_finalised() {
        assert_eq!(stages([drafted("haru:p1")]), [draft("haru:p1")]);
        assert_eq!(stages([drafted("haru:p1"), finalised("haru:p1")]), [in_force("haru:p1")]);
    }

    #[test]
    fn a_draft_dated_after_its_finalisation_is_in_force() {
        let told = [drafted("haru:p1").on("2025-04-02"), finalised("haru:p1").on("2025-04-01")];
        assert_eq!(stages(told), [in_force("haru:p1")]);
    }

    #[test]
    fn a_draft_dated_late_does_not_displace_what_came_into_force_after_its_decision() {
        let told = [
            finalised("haru:p1").on("2025-04-01"),
            drafted("haru:p2").on("2025-04-02"),
            finalised("haru:p2").on("2025-04-03"),
            drafted("haru:p1").on("2025-04-04"),
        ];
        assert_eq!(stages(told), [in_force("haru:p2")]);
    }

    #[test]
    fn the_next_plan_of_a_kind_takes_the_place_of_the_last_one() {
        let told = [drafted("haru:p1"), finalised("haru:p1"), drafted("haru:p2"), finalised("haru:p2")];
        assert_eq!(stages(told[..3].to_vec()), [in_force("haru:p1"), draft("haru:p2")]);
        assert_eq!(stages(told), [in_force("haru:p2")]);
    }

    #[test]
    fn drafts_of_the_same_kind_before_the_one_in_force_disappear() {
        let told = [drafted("haru:p1"), drafted("haru:p2"), drafted("haru:p3"), finalised("haru:p2")];
        assert_eq!(stages(told), [in_force("haru:p2"), draft("haru:p3")]);
    }

    #[test]
    fn drafts_of_another_kind_stay() {
        let told = [drafted_transition("haru:p1"), drafted("haru:p2"), finalised("haru:p2")];
        assert_eq!(stages(told), [in_force("haru:p2"), draft("haru:p1")]);
    }

    #[test]
    fn of_each_kind_one_is_in_force() {
        let told =
            [drafted_transition("haru:p1"), finalised("haru:p1"), drafted("haru:p2"), finalised("haru:p2")];
        assert_eq!(stages(told), [in_force("haru:p2"), in_force("haru:p1")]);
    }

    #[test]
    fn of_each_provider_a_plan_of_its_own_is_in_force() {
        let provider = |plan: &str, of: &str| {
            let organisation = crate::spec::org(of);
            told(PlanDrafted { plan: id(plan), kind: PlanKind::IndividualSupport, organisation, ..sample() })
        };
        let told = [
            provider("haru:g", "gh"),
            finalised("haru:g"),
            provider("haru:w", "a-type"),
            finalised("haru:w"),
            provider("haru:g2", "gh"),
            finalised("haru:g2"),
        ];
        let both = |gh: &str| [in_force("haru:w"), in_force(gh)];
        assert_eq!(stages(told[..4].to_vec()), both("haru:g"));
        assert_eq!(stages(told), both("haru:g2"));
    }

    #[test]
    fn a_superseded_draft_that_comes_into_force_after_all_is_in_force() {
        let told = [drafted("haru:p1"), drafted("haru:p2"), finalised("haru:p2"), finalised("haru:p1")];
        assert_eq!(stages(told), [in_force("haru:p1")]);
    }

    #[test]
    fn plans_superseded_long_ago_stay_in_the_past() {
        let mut told: Vec<Told> = (1..=5)
            .flat_map(|n| [drafted(&format!("haru:p{n}")), finalised(&format!("haru:p{n}"))])
            .collect();
        told.push(told_by_another(finalised("haru:p1")));
        assert_eq!(stages(told.clone()), [in_force("haru:p5")]);
        assert_eq!(state(told).plan.plans.len(), 3);
    }

    fn told_by_another(mut finalised: Told) -> Told {
        finalised.event = PlanFinalised { plan: id("haru:p1"), by: officer(), ..sample() }.into();
        finalised
    }

    #[test]
    fn drafts_stand_newest_first() {
        assert_eq!(
            stages([drafted("haru:p1"), drafted("haru:p3"), drafted("haru:p2")]),
            [draft("haru:p2"), draft("haru:p3"), draft("haru:p1")]
        );
    }

    #[test]
    fn a_finalisation_taken_back_leaves_the_draft() {
        assert_eq!(stages([drafted("haru:p1"), finalised("haru:p1"), retracting(2)]), [draft("haru:p1")]);
    }

    #[test]
    fn a_draft_taken_back_leaves_no_plan() {
        assert_eq!(stages([drafted("haru:p1"), retracting(1)]), []);
    }
}

mod fields {
    use super::*;

    #[test]
    fn a_consent_is_shown_with_its_revision_and_date() {
        let plan = only([drafted("haru:p1"), consented("haru:p1").on("2025-04-01")]);
        let consent = plan.consented.unwrap();
        assert_eq!(
            (consent.revision, consent.by.as_str(), consent.at.text.as_str()),
            (1, "本人", "2025-04-01")
        );
        assert_eq!(consent.method, Stated::Value("署名".to_owned()));
        assert_eq!(plan.stage, Stage::Draft);
    }

    #[test]
    fn what_was_said_before_the_draft_belongs_to_it() {
        let plan = only([
            submitted("haru:p1").on("2025-04-01"),
            consented("haru:p1").on("2025-04-02"),
            drafted("haru:p1").on("2025-04-03"),
        ]);
        assert_eq!(plan.submitted.unwrap().text, "2025-04-01");
        assert!(plan.consented.is_some());
        assert_eq!(plan.drafted.text, "2025-04-03");
    }

    #[test]
    fn the_day_from_which_a_plan_holds_is_shown_where_it_is_another() {
        let finalised = |effective_from| {
            told(PlanFinalised { plan: id("haru:p1"), effective_from, ..sample() }).on("2025-04-01")
        };
        let plan = |from| only([drafted("haru:p1"), finalised(from)]);
        let from = plan(Stated::Value(id("2025-05-01")));
        assert_eq!(from.effective_from.unwrap().to_string(), "2025-05-01");
        assert_eq!(from.finalised.unwrap().text, "2025-04-01");
        assert_eq!(plan(Stated::NotRecorded).effective_from, None);
    }

    #[test]
    fn a_correction_of_the_draft_shows_the_corrected_form() {
        let corrected =
            PlanDrafted { plan: id("haru:p1"), policy: Stated::Value("直した方針".into()), ..sample() };
        let plan = only([drafted("haru:p1").on("2025-04-01"), told(corrected).correcting(1)]);
        assert_eq!(plan.policy.value().unwrap().reveal(), "直した方針");
        assert_eq!(plan.drafted.text, "2025-04-01");
    }

    #[test]
    fn rows_stand_by_priority_and_those_without_one_last() {
        let row = |item: &str, priority: Stated<u32>| PlanItem {
            item: id(item),
            priority,
            ..sample::<PlanDrafted>().items.remove(0)
        };
        let items = vec![
            row("a", Stated::NotRecorded),
            row("b", 2.into()),
            row("c", 1.into()),
            row("d", Stated::NotRecorded),
        ];
        let plan = only([told(PlanDrafted { items, ..sample() })]);
        let order: Vec<String> = plan.items.iter().map(|row| row.item.to_string()).collect();
        assert_eq!(order, ["c", "b", "a", "d"]);
    }
}

mod of_haru {
    use super::*;

    fn shown() -> CurrentPlanShown {
        let (entries, reference) = haru();
        show(&folded(&entries).plan, as_of(None), &reference)
    }

    #[test]
    fn the_goal_of_the_fourth_row_is_not_recorded_and_reads_so() {
        let plan = &shown().plans[0];
        assert_eq!(plan.items[3].goal, Stated::NotRecorded);
        assert_eq!(serde_json::to_value(&plan.items[3]).unwrap()["goal"], "not_recorded");
        assert_eq!(plan.items[3].services[0].provider, None);
        assert!(plan.items[3].services[0].supporter.is_some());
        assert!(plan.items[..3].iter().all(|row| row.goal.value().is_some()));
    }

    #[test]
    fn the_plans_are_as_people_read_them() {
        insta::assert_json_snapshot!(shown());
    }

    #[test]
    fn before_the_first_draft_no_plan_is_known() {
        let (entries, reference) = haru();
        let before = entries.iter().take_while(|entry| entry.event.label() != "計画案の作成").count();
        let plan = show(&folded(&entries[..before]).plan, as_of(None), &reference);
        assert_eq!(plan.plans, []);
        assert!(before > 20);
    }
}

#[test]
fn the_revision_shown_is_the_one_in_force() {
    let entries = recorded([drafted("haru:p1"), finalised("haru:p1")]);
    assert_eq!(show(&folded(&entries).plan, as_of(None), &Reference::default()).plans[0].revision, 1);
}
