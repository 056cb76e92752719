//! A row of a plan that states no goal. Source: S0 pp.17-18 (form F1: 支援目標).

use super::{Found, Seen, beginning, subject};
use banso_domain::case::plan::{PlanChange, PlanDrafted, PlanEvent, PlanItem};
use banso_domain::{CaseEvent, Thing};
use banso_kernel::{EventId, PlanId, PlanItemId};
use std::collections::{BTreeMap, BTreeSet};

/// A form as it last reads: its rows, and which event says so.
struct Form<'a> {
    drafted: &'a PlanDrafted,
    rows: BTreeMap<&'a PlanItemId, (&'a PlanItem, EventId)>,
}

pub(crate) fn find(seen: &Seen<'_>) -> Vec<Found> {
    let mut forms: Vec<Form<'_>> = Vec::new();
    let (mut finalised, mut closed) = (BTreeSet::new(), BTreeSet::new());
    for (_, fact, event) in seen.events() {
        let CaseEvent::Plan(event) = event else { continue };
        match event {
            PlanEvent::Drafted(drafted) => {
                let rows = drafted.items.iter().map(|row| (&row.item, (row, fact.id))).collect();
                forms.push(Form { drafted, rows });
            }
            PlanEvent::Revised(revised) => {
                let Some(form) = forms.iter_mut().find(|form| form.drafted.plan == revised.plan) else {
                    continue;
                };
                for change in &revised.changes {
                    form.change(change, fact.id);
                }
            }
            PlanEvent::Finalised(in_force) => drop(finalised.insert(&in_force.plan)),
            PlanEvent::Closed(end) => drop(closed.insert(&end.plan)),
            PlanEvent::Consented(_)
            | PlanEvent::ConsentRefused(_)
            | PlanEvent::Delivered(_)
            | PlanEvent::ItemLinked(_)
            | PlanEvent::ItemUnlinked(_)
            | PlanEvent::ItemStarted(_)
            | PlanEvent::ItemEnded(_)
            | PlanEvent::ItemEvaluated(_)
            | PlanEvent::UsageReported(_) => {}
        }
    }
    let mut found = Vec::new();
    for (n, form) in forms.iter().enumerate() {
        // Nobody fills in a form that has ended, or that another has replaced.
        if closed.contains(&form.drafted.plan)
            || forms[n + 1..].iter().any(|later| later.replaces(form, &finalised))
        {
            continue;
        }
        for (row, said_by) in form.rows.values().filter(|(row, _)| row.goal.value().is_none()) {
            let need = row.need.value().map_or_else(|| row.item.to_string(), |need| beginning(need.reveal()));
            found.push(Found {
                subject: format!("{} {}", subject(Thing::Plan(&form.drafted.plan)), row.item),
                period: None,
                basis: vec![*said_by],
                sentence: format!("『{need}』に対応する支援目標が書かれていません。"),
            });
        }
    }
    found
}

impl<'a> Form<'a> {
    fn change(&mut self, change: &'a PlanChange, said_by: EventId) {
        match change {
            PlanChange::AddItem(row) | PlanChange::ChangeItem(row) => {
                self.rows.insert(&row.item, (row, said_by));
            }
            PlanChange::DropItem(item) => drop(self.rows.remove(item)),
            PlanChange::Author(_)
            | PlanChange::Organisation(_)
            | PlanChange::Header(_)
            | PlanChange::Wish(_)
            | PlanChange::FamilyWish(_)
            | PlanChange::Policy(_)
            | PlanChange::LongTermGoal(_)
            | PlanChange::ShortTermGoal(_)
            | PlanChange::Weekly(_) => {}
        }
    }

    fn replaces(&self, earlier: &Form<'_>, finalised: &BTreeSet<&PlanId>) -> bool {
        self.drafted.kind == earlier.drafted.kind
            && self.drafted.organisation == earlier.drafted.organisation
            && self.drafted.plan != earlier.drafted.plan
            && finalised.contains(&self.drafted.plan)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::sentences;
    use crate::spec::{sample, told};
    use banso_domain::case::plan::{PlanClosed, PlanFinalised, PlanRevised};
    use banso_kernel::Stated;

    fn row(need: &str, goal: Stated<banso_kernel::Personal<String>>) -> PlanItem {
        let PlanDrafted { items, .. } = sample();
        PlanItem { priority: Stated::NotRecorded, need: Stated::Value(need.into()), goal, ..items[0].clone() }
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
    fn a_goal_that_a_revision_states_is_enough_and_a_plan_that_has_ended_is_not_asked_about() {
        let first =
            PlanDrafted { items: vec![row("料理がしたい。", Stated::NotRecorded)], ..sample() };
        let stated = PlanChange::ChangeItem(row("料理がしたい。", Stated::Value("作る".into())));
        let revised = |changes| PlanRevised { plan: first.plan.clone(), changes, ..sample() };
        let closed = PlanClosed { plan: first.plan.clone(), superseded_by: None, ..sample() };
        let drafted = || told(first.clone()).on("2025-05-01");
        for end in [
            told(revised(vec![stated])),
            told(revised(vec![PlanChange::DropItem(first.items[0].item.clone())])),
            told(closed),
        ] {
            let told = || [drafted(), end.clone().on("2025-06-01")];
            assert_eq!(sentences(told(), "2025-05-31", find).len(), 1);
            assert!(sentences(told(), "2025-06-01", find).is_empty());
        }
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
