//! A row of a plan that states no goal. Source: S0 pp.17-18 (form F1: 支援目標).

use super::{Found, Seen, beginning, subject};
use banso_domain::case::plan::{PlanDrafted, PlanEvent};
use banso_domain::{CaseEvent, Thing};
use std::collections::BTreeSet;

pub(crate) fn find(seen: &Seen<'_>) -> Vec<Found> {
    let finalised: BTreeSet<_> = seen
        .events()
        .filter_map(|(_, _, event)| match event {
            CaseEvent::Plan(PlanEvent::Finalised(finalised)) => Some(&finalised.plan),
            _ => None,
        })
        .collect();
    let drafted: Vec<_> = seen
        .events()
        .filter_map(|(_, fact, event)| match event {
            CaseEvent::Plan(PlanEvent::Drafted(plan)) => Some((fact, &**plan)),
            _ => None,
        })
        .collect();
    let mut found = Vec::new();
    for (n, (fact, plan)) in drafted.iter().enumerate() {
        // Nobody fills in a form that another has replaced.
        let replaces = |(_, later): &(_, &PlanDrafted)| {
            later.kind == plan.kind
                && later.organisation == plan.organisation
                && later.plan != plan.plan
                && finalised.contains(&later.plan)
        };
        if drafted[n + 1..].iter().any(replaces) {
            continue;
        }
        for row in plan.items.iter().filter(|row| row.goal.value().is_none()) {
            found.push(Found {
                subject: format!("{} {}", subject(Thing::Plan(&plan.plan)), row.item),
                period: None,
                basis: vec![fact.id],
                sentence: format!(
                    "『{}』に対応する支援目標が書かれていません。",
                    beginning(row.need.reveal())
                ),
            });
        }
    }
    found
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::sentences;
    use crate::spec::{sample, told};
    use banso_domain::case::plan::{PlanFinalised, PlanItem};
    use banso_kernel::Stated;

    fn row(need: &str, goal: Stated<banso_kernel::Personal<String>>) -> PlanItem {
        let PlanDrafted { items, .. } = sample();
        PlanItem { priority: Stated::NotRecorded, need: need.into(), goal, ..items[0].clone() }
    }

    #[test]
    fn it_names_the_need_that_has_no_goal() {
        let rows = vec![
            row("近所の人ともつながって関係よく暮らしたい。", Stated::NotRecorded),
            PlanItem {
                item: crate::spec::id("8"),
                ..row("料理がしたい。教えてもらいたい。", Stated::NotRecorded)
            },
            PlanItem {
                item: crate::spec::id("9"),
                ..row("友達が欲しい。", Stated::Value("つながる".into()))
            },
        ];
        let plan = PlanDrafted { items: rows, ..sample() };
        assert_eq!(
            sentences([told(plan).on("2025-05-01")], "2025-05-02", find),
            [
                "『近所の人ともつながって』に対応する支援目標が書かれていません。",
                "『料理がしたい』に対応する支援目標が書かれていません。",
            ]
        );
    }

    #[test]
    fn a_form_that_another_replaced_is_not_asked_about() {
        let first =
            PlanDrafted { items: vec![row("料理がしたい。", Stated::NotRecorded)], ..sample() };
        let goal = Stated::Value("作る".into());
        let second = PlanDrafted {
            plan: crate::spec::id("haru:plan2"),
            items: vec![row("料理がしたい。", goal)],
            ..sample()
        };
        let in_force = PlanFinalised { plan: crate::spec::id("haru:plan2"), ..sample() };
        let told = || {
            [
                told(first.clone()).on("2023-05-01"),
                told(second.clone()).on("2024-05-01"),
                told(in_force.clone()).on("2024-06-01"),
            ]
        };
        assert_eq!(sentences(told(), "2024-05-31", find).len(), 1);
        assert!(sentences(told(), "2024-06-01", find).is_empty());
    }
}
