//! What the next decision about a plan looks at: its revisions, the ids and priorities of their rows, which plan took
//! its place, and what goes back and forth. No texts.

use super::plan_revised::PlanChange;
use super::{FIRST_REVISION, LinkRelation, PlanEvent, PlanItem};
use crate::case::Case;
use crate::payload::{Admission, Payload};
use crate::said::Said;
use crate::{Refusal, Thing};
use banso_kernel::{PlanId, PlanItemId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All plans of a person, whether or not their drafts are recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plans {
    plans: BTreeMap<PlanId, Plan>,
    turns: BTreeMap<Box<str>, Turn>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Plan {
    /// What each revision makes of the rows; the first one is the draft. Revisions may be told before the draft, and
    /// one may be taken back.
    revisions: BTreeMap<u32, Vec<(PlanItemId, Row)>>,
    superseded_by: Option<PlanId>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Row {
    /// It stands, with this priority.
    Stands(Option<u32>),
    /// It was dropped; its id is never used again.
    Dropped,
}

impl Row {
    fn of(row: &PlanItem) -> (PlanItemId, Self) {
        (row.item.clone(), Self::Stands(row.priority.value().copied()))
    }
}

/// The rows of a revision.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub(super) rows: BTreeMap<PlanItemId, Row>,
    /// Whether the draft and every revision since are recorded: a row that is not here does not exist.
    pub(super) is_complete: bool,
}

/// What was last said of a matter that goes back and forth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Turn {
    side: Side,
    said: Vec<Said>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Side {
    Linked(LinkRelation),
    Unlinked,
    Started,
    Ended,
    Agreed,
    Refused,
}

impl Plans {
    pub(crate) fn apply(&mut self, said: Said, event: &PlanEvent) {
        match event {
            PlanEvent::Drafted(form) => {
                self.revise(&form.plan, FIRST_REVISION, form.items.iter().map(Row::of).collect());
            }
            PlanEvent::Revised(revised) => {
                let rows = revised.changes.iter().filter_map(|change| match change {
                    PlanChange::AddItem(row) | PlanChange::ChangeItem(row) => Some(Row::of(row)),
                    PlanChange::DropItem(item) => Some((item.clone(), Row::Dropped)),
                    PlanChange::Author(_)
                    | PlanChange::Organisation(_)
                    | PlanChange::Header(_)
                    | PlanChange::Wish(_)
                    | PlanChange::FamilyWish(_)
                    | PlanChange::Policy(_)
                    | PlanChange::LongTermGoal(_)
                    | PlanChange::ShortTermGoal(_)
                    | PlanChange::Weekly(_) => None,
                });
                self.revise(&revised.plan, revised.rev, rows.collect());
            }
            PlanEvent::Closed(closed) => {
                self.of(&closed.plan).superseded_by = closed.superseded_by.clone();
            }
            PlanEvent::ItemLinked(link) => self.turn(link.ends(), Side::Linked(link.relation), said),
            PlanEvent::ItemUnlinked(link) => self.turn(link.ends(), Side::Unlinked, said),
            PlanEvent::ItemStarted(start) => self.turn(start.row(), Side::Started, said),
            PlanEvent::ItemEnded(end) => self.turn(end.row(), Side::Ended, said),
            PlanEvent::Consented(consent) => self.turn(consent.of(), Side::Agreed, said),
            PlanEvent::ConsentRefused(refusal) => self.turn(refusal.of(), Side::Refused, said),
            PlanEvent::Finalised(_)
            | PlanEvent::Delivered(_)
            | PlanEvent::UsageReported(_)
            | PlanEvent::ItemEvaluated(_) => {}
        }
    }

    fn of(&mut self, plan: &PlanId) -> &mut Plan {
        self.plans.entry(plan.clone()).or_default()
    }

    fn revise(&mut self, plan: &PlanId, rev: u32, rows: Vec<(PlanItemId, Row)>) {
        self.of(plan).revisions.entry(rev).or_insert(rows);
    }

    fn turn(&mut self, matter: String, side: Side, said: Said) {
        let turn =
            self.turns.entry(matter.into_boxed_str()).or_insert_with(|| Turn { side, said: Vec::new() });
        if turn.side != side {
            *turn = Turn { side, said: Vec::new() };
        }
        turn.said.push(said);
    }

    fn still_says(&self, matter: &str, said: Said) -> bool {
        self.turns.get(matter).is_some_and(|turn| turn.said.contains(&said))
    }

    /// Whether `plan` took the place of `from`, directly or through others.
    fn leads_to(&self, from: &PlanId, plan: &PlanId) -> bool {
        let mut at = Some(from);
        // Bounded: two retracted retractions can leave a circle that the one asked about has no part in.
        for _ in 0..=self.plans.len() {
            match at {
                Some(id) if id == plan => return true,
                Some(id) => at = self.plans.get(id).and_then(|plan| plan.superseded_by.as_ref()),
                None => return false,
            }
        }
        false
    }
}

impl Plan {
    fn is_drafted(&self) -> bool {
        self.revisions.contains_key(&FIRST_REVISION)
    }

    fn last(&self) -> u32 {
        self.revisions.last_key_value().map_or(0, |(rev, _)| *rev)
    }
}

impl Case {
    /// Refuses a revision that the plan does not have, where its draft is recorded.
    pub(crate) fn has_revision(&self, plan: &PlanId, rev: u32) -> Result<(), Refusal> {
        // Otherwise the draft may still come; revisions count from 1 in any case.
        let drafted = self.rules().plans.plans.get(plan).filter(|_| self.has(Thing::Plan(plan)));
        let last = drafted.map_or(rev.max(FIRST_REVISION), Plan::last);
        if rev < FIRST_REVISION || rev > last {
            return Err(Refusal::UnknownRevision { rev, last });
        }
        Ok(())
    }

    /// Refuses a revision of a base that somebody else revised already, or that is not there. One between others,
    /// which was told late or taken back, may still be told.
    pub(super) fn base_is_current(&self, plan: &PlanId, base: u32) -> Result<(), Refusal> {
        let Some(plan) = self.rules().plans.plans.get(plan) else { return Ok(()) };
        let current = plan.last();
        if plan.revisions.contains_key(&(base + 1)) || (plan.is_drafted() && base > current) {
            return Err(Refusal::BaseNotCurrent { base, current });
        }
        Ok(())
    }

    /// The rows that a revision of the plan has.
    pub(super) fn rows_at(&self, plan: &PlanId, rev: u32) -> Rows {
        let mut rows = Rows { rows: BTreeMap::new(), is_complete: false };
        let Some(plan) = self.rules().plans.plans.get(plan) else { return rows };
        let until = || plan.revisions.range(..=rev);
        rows.is_complete = until().count() as u64 == u64::from(rev);
        rows.rows.extend(until().flat_map(|(_, changes)| changes.iter().cloned()));
        rows
    }

    /// Whether `plan` took the place of `from`, directly or through others.
    pub(super) fn is_superseded_by(&self, from: &PlanId, plan: &PlanId) -> bool {
        self.rules().plans.leads_to(from, plan)
    }

    /// The usual rule, for what goes back and forth: said again after its opposite it is something new.
    pub(super) fn usual_in_turn(&self, said: &impl Payload, matter: &str) -> Result<Admission, Refusal> {
        match self.usual(said)? {
            Admission::Repeats(event) if self.rules().plans.still_says(matter, self.said()) => {
                Ok(Admission::Repeats(event))
            }
            Admission::Repeats(_) | Admission::New => Ok(Admission::New),
        }
    }
}
