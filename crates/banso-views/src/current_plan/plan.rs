//! What was said of one plan, as far as it is shown: the form as the revisions make it, and what became of it.

use crate::Moment;
use banso_domain::case::plan::{
    ClosureReason, FIRST_REVISION, PlanChange, PlanConsentRefused, PlanConsented, PlanDelivered, PlanDrafted,
    PlanFinalised, PlanItem, PlanItemEnded, PlanItemEvaluated, PlanItemStarted, PlanRevised,
    ServiceUsageReported,
};
use banso_kernel::{Party, Personal, PlanId, PlanItemId, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) drafted: Option<Drafted>,
    /// The revisions that the form does not have yet, by number.
    revisions: BTreeMap<u32, Revision>,
    pub(super) finalised: Option<Finalised>,
    pub(super) submitted: BTreeMap<u32, Moment>,
    pub(super) consented: BTreeMap<u32, (Moment, Arc<PlanConsented>)>,
    pub(super) refused: BTreeMap<u32, (Moment, Arc<PlanConsentRefused>)>,
    delivered: Vec<(Moment, Arc<PlanDelivered>)>,
    pub(super) rows: BTreeMap<PlanItemId, Progress>,
    pub(super) closed: Option<Closed>,
}

/// The form. It takes in the revisions up to the one before that in force, whose changes can be shown so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Drafted {
    /// Its place among all drafts and decisions.
    pub(super) step: u32,
    pub(super) at: Moment,
    /// Which revision the form is.
    rev: u32,
    form: Arc<PlanDrafted>,
}

impl Drafted {
    /// The form; who writes it and of which kind may be asked of any revision.
    pub(super) fn form(&self) -> &PlanDrafted {
        &self.form
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Revision {
    /// Its place among all drafts and decisions.
    step: u32,
    pub(super) at: Moment,
    pub(super) said: Arc<PlanRevised>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Finalised {
    /// Its place among all drafts and decisions.
    pub(super) step: u32,
    pub(super) at: Moment,
    pub(super) rev: u32,
    pub(super) effective_from: Stated<NaiveDate>,
}

/// What became of a row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Since when and by whom what it plans is given, since it last began.
    pub(super) started: Vec<(Moment, Party)>,
    pub(super) ended: Option<(Moment, Stated<Personal<String>>)>,
    /// The last one.
    pub(super) evaluated: Option<(Moment, Arc<PlanItemEvaluated>)>,
    /// Of each provider the report on the latest month.
    pub(super) used: Vec<Arc<ServiceUsageReported>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Closed {
    pub(super) at: Moment,
    pub(super) reason: Stated<ClosureReason>,
    pub(super) words: Stated<Personal<String>>,
    pub(super) superseded_by: Option<PlanId>,
}

impl Plan {
    pub(super) fn draft(&mut self, step: u32, at: &Moment, form: &Arc<PlanDrafted>) {
        let drafted = || Drafted { step, at: at.clone(), rev: FIRST_REVISION, form: form.clone() };
        self.drafted.get_or_insert_with(drafted);
        self.settle();
    }

    pub(super) fn revise(&mut self, step: u32, at: &Moment, said: &Arc<PlanRevised>) {
        if self.drafted.as_ref().is_none_or(|drafted| said.rev > drafted.rev) {
            let revision = || Revision { step, at: at.clone(), said: said.clone() };
            self.revisions.entry(said.rev).or_insert_with(revision);
        }
        self.settle();
    }

    /// A later revision stays in force whatever is said of an earlier one.
    pub(super) fn finalise(&mut self, step: u32, at: &Moment, said: &PlanFinalised) {
        if self.finalised.as_ref().is_some_and(|finalised| finalised.rev > said.rev) {
            return;
        }
        let effective_from = said.effective_from.clone();
        self.finalised = Some(Finalised { step, at: at.clone(), rev: said.rev, effective_from });
        self.settle();
    }

    pub(super) fn consent(&mut self, at: &Moment, said: &Arc<PlanConsented>) {
        self.refused.remove(&said.rev);
        self.consented.insert(said.rev, (at.clone(), said.clone()));
    }

    pub(super) fn refuse(&mut self, at: &Moment, said: &Arc<PlanConsentRefused>) {
        self.consented.remove(&said.rev);
        self.refused.insert(said.rev, (at.clone(), said.clone()));
    }

    pub(super) fn deliver(&mut self, at: &Moment, said: &Arc<PlanDelivered>) {
        self.delivered.push((at.clone(), said.clone()));
        self.settle();
    }

    fn row(&mut self, item: &PlanItemId) -> &mut Progress {
        self.rows.entry(item.clone()).or_default()
    }

    pub(super) fn start(&mut self, at: &Moment, said: &PlanItemStarted) {
        let row = self.row(&said.item);
        if row.ended.take().is_some() {
            row.started.clear();
        }
        if !row.started.iter().any(|(_, provider)| *provider == said.provider) {
            row.started.push((at.clone(), said.provider.clone()));
        }
    }

    pub(super) fn end(&mut self, at: &Moment, said: &PlanItemEnded) {
        self.row(&said.item).ended = Some((at.clone(), said.reason.clone()));
    }

    pub(super) fn evaluate(&mut self, at: &Moment, said: &Arc<PlanItemEvaluated>) {
        self.row(&said.item).evaluated = Some((at.clone(), said.clone()));
    }

    pub(super) fn report(&mut self, said: &Arc<ServiceUsageReported>) {
        let used = &mut self.row(&said.item).used;
        match used.iter_mut().find(|last| last.provider == said.provider) {
            Some(last) if last.month <= said.month => *last = said.clone(),
            Some(_) => {}
            None => used.push(said.clone()),
        }
    }

    /// Lets the form take in what came before the revision in force, and forgets what is not asked of it any more.
    fn settle(&mut self) {
        let Some(in_force) = self.finalised.as_ref().map(|finalised| finalised.rev) else { return };
        if let Some(drafted) = &mut self.drafted {
            while drafted.rev.saturating_add(1) < in_force {
                let Some(next) = self.revisions.remove(&(drafted.rev + 1)) else { break };
                drafted.form = Arc::new(revised(&drafted.form, &next.said));
                drafted.rev += 1;
            }
        }
        keep_from(&mut self.submitted, in_force);
        keep_from(&mut self.consented, in_force);
        keep_from(&mut self.refused, in_force);
        self.delivered.retain(|(_, delivery)| delivery.rev >= in_force);
    }

    /// The last revision that was told.
    pub(super) fn last(&self) -> u32 {
        let last = self.revisions.last_key_value().map_or(FIRST_REVISION, |(rev, _)| *rev);
        last.max(self.drafted.as_ref().map_or(FIRST_REVISION, |drafted| drafted.rev))
    }

    /// Its place among all drafts and decisions.
    pub(super) fn last_step(&self) -> u32 {
        let drafted = self.drafted.as_ref().map_or(0, |drafted| drafted.step);
        self.revisions.last_key_value().map_or(drafted, |(_, revision)| revision.step)
    }

    /// What a revision says, where it can still be told from what came before.
    pub(super) fn revision(&self, rev: u32) -> Option<&Revision> {
        self.revisions.get(&rev)
    }

    pub(super) fn delivered(&self, rev: u32) -> impl Iterator<Item = &(Moment, Arc<PlanDelivered>)> {
        self.delivered.iter().filter(move |(_, delivery)| delivery.rev == rev)
    }

    /// The form of a revision, and whether a revision before it is missing.
    pub(super) fn form_at<'a>(&self, drafted: &'a Drafted, rev: u32) -> (Cow<'a, PlanDrafted>, bool) {
        let mut form = Cow::Borrowed(&*drafted.form);
        let mut at = drafted.rev;
        let mut is_incomplete = false;
        let since = self.revisions.range(drafted.rev..).take_while(|(told, _)| **told <= rev);
        for (told, revision) in since {
            is_incomplete |= *told != at.saturating_add(1);
            form = Cow::Owned(revised(&form, &revision.said));
            at = *told;
        }
        (form, is_incomplete || at < rev)
    }
}

/// Keeps what was said of a revision or a later one, and the last thing said before.
fn keep_from<T>(said: &mut BTreeMap<u32, T>, rev: u32) {
    if let Some(first) = said.range(..=rev).next_back().map(|(rev, _)| *rev) {
        *said = said.split_off(&first);
    }
}

/// The form with the changes of a revision. Total: a row that is not there is added, one that is not there to drop is
/// gone.
fn revised(form: &PlanDrafted, said: &PlanRevised) -> PlanDrafted {
    let mut form = form.clone();
    for change in &said.changes {
        match change {
            PlanChange::AddItem(row) | PlanChange::ChangeItem(row) => put(&mut form.items, row),
            PlanChange::DropItem(item) => form.items.retain(|row| row.item != *item),
            PlanChange::Author(author) => form.author = author.clone(),
            PlanChange::Organisation(organisation) => form.organisation = organisation.clone(),
            PlanChange::Header(header) => form.header = header.clone(),
            PlanChange::Wish(wish) => form.wish = wish.clone(),
            PlanChange::FamilyWish(wish) => form.family_wish = wish.clone(),
            PlanChange::Policy(policy) => form.policy = policy.clone(),
            PlanChange::LongTermGoal(goal) => form.long_term_goal = goal.clone(),
            PlanChange::ShortTermGoal(goal) => form.short_term_goal = goal.clone(),
            PlanChange::Weekly(weekly) => form.weekly = weekly.clone(),
        }
    }
    form
}

fn put(rows: &mut Vec<PlanItem>, row: &PlanItem) {
    match rows.iter_mut().find(|known| known.item == row.item) {
        Some(known) => *known = row.clone(),
        None => rows.push(row.clone()),
    }
}
