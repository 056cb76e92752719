//! The current plan (現在の計画): of each kind, and of each provider that writes its own, the plan in force and what is
//! being prepared, with every field of the forms, what the last revision changed, how its rows are linked to those of
//! other plans, and what became of them.

mod plan;
mod revision;
mod row;
mod shown;
mod week;

pub use revision::{PlanChangeShown, PlanRevisionShown};
pub use row::{
    ItemEndShown, ItemEvaluationShown, ItemLinkShown, ItemStartShown, PlanItemShown, PlannedServiceShown,
    ServiceUsageShown, TimesShown,
};
pub use shown::{
    ConsentShown, CurrentPlanShown, HeaderShown, PlanClosureShown, PlanDeliveryShown, PlanRefusalShown,
    PlanShown, Stage, show,
};
pub use week::{NonWeeklyShown, SlotShown, WeekShown};

use crate::Moment;
use crate::state::Step;
use banso_domain::CaseEvent;
use banso_domain::case::entitlement::EntitlementEvent;
use banso_domain::case::episode::EpisodeEvent;
use banso_domain::case::person::PersonEvent;
use banso_domain::case::plan::{LinkRelation, PlanDrafted, PlanEvent, PlanItemLinked, PlanKind};
use banso_domain::case::team::TeamEvent;
use banso_kernel::{OrgId, PlanId, PlanItemId};
use plan::{Closed, Drafted, Plan};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The state of this read model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CurrentPlan {
    /// What was said of each plan, whether or not its draft is there.
    plans: BTreeMap<PlanId, Plan>,
    /// Which rows carry out which, as it was said last.
    links: Vec<Link>,
    /// Plans that were superseded long ago: whatever else is said of them changes nothing.
    past: BTreeSet<PlanId>,
    /// What a plan that comes into force supersedes: everything of its line that was drafted before it.
    superseded: Vec<(Line, u32)>,
    /// How many drafts and decisions there were: the place of the last one.
    steps: u32,
}

/// The plans of which one follows the other: of one kind, and of one provider where each writes its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Line(PlanKind, Option<OrgId>);

impl Line {
    fn of(form: &PlanDrafted) -> Self {
        let provider = form.organisation.org().filter(|_| form.kind.is_of_each_provider());
        Self(form.kind, provider.cloned())
    }
}

/// A row of a plan.
type Row = (PlanId, PlanItemId);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Link {
    from: Row,
    to: Row,
    relation: LinkRelation,
    at: Moment,
}

/// A revision that is shown.
#[derive(Clone, Copy, Debug)]
struct Current<'a> {
    plan: &'a Plan,
    drafted: &'a Drafted,
    rev: u32,
    stage: Stage,
}

/// How many superseded plans are kept, in case one of them comes into force after all. Forms are long.
const SUPERSEDED_PLANS_MAX: usize = 2;

impl CurrentPlan {
    pub(crate) fn apply(&mut self, step: Step<'_>) {
        match step.event {
            CaseEvent::Plan(event) => self.apply_plan(event, step.moment),
            CaseEvent::Entitlement(EntitlementEvent::DraftPlanSubmitted(submitted)) => {
                if let Some(plan) = self.said_of(&submitted.plan) {
                    plan.submitted.insert(submitted.rev, step.moment.clone());
                }
            }
            CaseEvent::Person(
                PersonEvent::KeyPersonChanged(_)
                | PersonEvent::FactRecorded(_)
                | PersonEvent::FormulationRecorded(_)
                | PersonEvent::VoiceRecorded(_)
                | PersonEvent::Registered(_)
                | PersonEvent::ConsultationReceived(_)
                | PersonEvent::FamilyVoiceRecorded(_)
                | PersonEvent::FactDisputed(_)
                | PersonEvent::KnownUnknownRecorded(_)
                | PersonEvent::FamilyMemberRecorded(_)
                | PersonEvent::AssessmentHeld(_)
                | PersonEvent::ContractConcluded(_)
                | PersonEvent::BenefitApplied(_)
                | PersonEvent::BenefitDecided(_)
                | PersonEvent::MunicipalityInChargeChanged(_)
                | PersonEvent::SupportConcluded(_)
                | PersonEvent::SupportReopened(_)
                | PersonEvent::Died(_),
            )
            | CaseEvent::Referral(_)
            | CaseEvent::Team(
                TeamEvent::MemberJoined(_)
                | TeamEvent::SupportStarted(_)
                | TeamEvent::MemberInvited(_)
                | TeamEvent::RoleChanged(_)
                | TeamEvent::MemberLeft(_)
                | TeamEvent::CoordinatorDesignated(_)
                | TeamEvent::SupportEnded(_),
            )
            | CaseEvent::Episode(
                EpisodeEvent::HospitalAdmitted(_)
                | EpisodeEvent::TransitionSupportStarted(_)
                | EpisodeEvent::DischargeDateDecided(_)
                | EpisodeEvent::HospitalDischarged(_)
                | EpisodeEvent::SettlementSupportStarted(_)
                | EpisodeEvent::TreatingHospitalChanged(_)
                | EpisodeEvent::EmergencyOccurred(_)
                | EpisodeEvent::EmergencyResponded(_)
                | EpisodeEvent::FollowUpScheduleSet(_)
                | EpisodeEvent::FollowUpStopped(_)
                | EpisodeEvent::Extended(_)
                | EpisodeEvent::Ended(_)
                | EpisodeEvent::TrialStayHeld(_)
                | EpisodeEvent::HousingSecured(_)
                | EpisodeEvent::CrisisPlanAgreed(_)
                | EpisodeEvent::AdmissionFormChanged(_),
            )
            | CaseEvent::Entitlement(
                EntitlementEvent::ServiceApplied(_)
                | EntitlementEvent::CategoryAssessed(_)
                | EntitlementEvent::CategoryDecided(_)
                | EntitlementEvent::Granted(_)
                | EntitlementEvent::DraftPlanRequested(_)
                | EntitlementEvent::Denied(_)
                | EntitlementEvent::Changed(_)
                | EntitlementEvent::MonitoringWindowChanged(_)
                | EntitlementEvent::LtcApplied(_)
                | EntitlementEvent::LtcCertified(_),
            )
            | CaseEvent::Meeting(_)
            | CaseEvent::Note(_)
            | CaseEvent::Consent(_)
            | CaseEvent::Monitoring(_)
            | CaseEvent::Correction(_) => {}
        }
    }

    fn apply_plan(&mut self, event: &PlanEvent, at: &Moment) {
        match event {
            PlanEvent::Drafted(form) => {
                let place = self.next_step();
                self.of(&form.plan, |plan| plan.draft(place, at, form));
                self.supersede(&form.plan);
            }
            PlanEvent::Revised(revised) => {
                let place = self.next_step();
                self.of(&revised.plan, |plan| plan.revise(place, at, revised));
            }
            PlanEvent::Finalised(last) => {
                let place = self.next_step();
                self.of(&last.plan, |plan| plan.finalise(place, at, last));
                self.supersede(&last.plan);
            }
            PlanEvent::Closed(closed) => {
                self.of(&closed.plan, |plan| {
                    plan.closed = Some(Closed {
                        at: at.clone(),
                        reason: closed.reason.clone(),
                        words: closed.words.clone(),
                        superseded_by: closed.superseded_by.clone(),
                    });
                });
            }
            PlanEvent::Consented(consent) => self.of(&consent.plan, |plan| plan.consent(at, consent)),
            PlanEvent::ConsentRefused(refusal) => self.of(&refusal.plan, |plan| plan.refuse(at, refusal)),
            PlanEvent::Delivered(delivery) => self.of(&delivery.plan, |plan| plan.deliver(at, delivery)),
            PlanEvent::ItemStarted(start) => self.of(&start.plan, |plan| plan.start(at, start)),
            PlanEvent::ItemEnded(end) => self.of(&end.plan, |plan| plan.end(at, end)),
            PlanEvent::ItemEvaluated(said) => self.of(&said.plan, |plan| plan.evaluate(at, said)),
            PlanEvent::UsageReported(report) => self.of(&report.plan, |plan| plan.report(report)),
            PlanEvent::ItemLinked(link) => self.link(link, at),
            PlanEvent::ItemUnlinked(end) => self.unlink(
                &(end.plan.clone(), end.item.clone()),
                &(end.target_plan.clone(), end.target_item.clone()),
            ),
        }
    }

    fn next_step(&mut self) -> u32 {
        self.steps += 1;
        self.steps
    }

    fn said_of(&mut self, plan: &PlanId) -> Option<&mut Plan> {
        if self.past.contains(plan) {
            return None;
        }
        Some(self.plans.entry(plan.clone()).or_default())
    }

    fn of(&mut self, plan: &PlanId, say: impl FnOnce(&mut Plan)) {
        if let Some(plan) = self.said_of(plan) {
            say(plan);
        }
    }

    fn link(&mut self, said: &PlanItemLinked, at: &Moment) {
        let from = (said.plan.clone(), said.item.clone());
        let to = (said.target_plan.clone(), said.target_item.clone());
        self.unlink(&from, &to);
        if !self.past.contains(&from.0) && !self.past.contains(&to.0) {
            self.links.push(Link { from, to, relation: said.relation, at: at.clone() });
        }
    }

    fn unlink(&mut self, from: &Row, to: &Row) {
        self.links.retain(|link| link.from != *from || link.to != *to);
    }

    /// Once a plan is both drafted and in force, what of its line was being prepared before it is superseded.
    fn supersede(&mut self, by: &PlanId) {
        let Some(Plan { drafted: Some(draft), finalised: Some(_), .. }) = self.plans.get(by) else { return };
        let (line, step) = (Line::of(draft.form()), draft.step);
        match self.superseded.iter_mut().find(|(of, _)| *of == line) {
            Some((_, superseded)) => *superseded = step.max(*superseded),
            None => self.superseded.push((line, step)),
        }
        let current: BTreeSet<u32> = self.current().iter().map(|current| current.drafted.step).collect();
        let drafts = self.plans.iter().filter_map(|(id, plan)| Some((plan.drafted.as_ref()?.step, id)));
        let mut old: Vec<(u32, PlanId)> =
            drafts.filter(|(step, _)| !current.contains(step)).map(|(step, id)| (step, id.clone())).collect();
        old.sort_by_key(|(step, _)| Reverse(*step));
        for (_, plan) in old.into_iter().skip(SUPERSEDED_PLANS_MAX) {
            self.plans.remove(&plan);
            self.links.retain(|link| link.from.0 != plan && link.to.0 != plan);
            self.past.insert(plan);
        }
    }

    /// Whether nothing was written of a plan since it was superseded.
    fn is_superseded(&self, plan: &Plan, line: &Line) -> bool {
        self.superseded.iter().any(|(of, step)| of == line && plan.last_step() <= *step)
    }

    /// Whether a plan ended for another one that is in force.
    fn made_way(&self, plan: &Plan) -> bool {
        let next = plan.closed.as_ref().and_then(|closed| self.plans.get(closed.superseded_by.as_ref()?));
        next.is_some_and(|next| next.drafted.is_some() && next.finalised.is_some())
    }

    /// In force first, by kind: of each line the one that came into force last, whichever was drafted last, also where
    /// it has ended since. Then what is being prepared, the newest first: drafts, and later revisions of what is in
    /// force.
    fn current(&self) -> Vec<Current<'_>> {
        let mut in_force: BTreeMap<Line, Current<'_>> = BTreeMap::new();
        let mut drafts = Vec::new();
        let step_of = |plan: &Plan| plan.finalised.as_ref().map(|finalised| finalised.step);
        for plan in self.plans.values() {
            let Some(drafted) = &plan.drafted else { continue };
            let line = Line::of(drafted.form());
            let draft = Current { plan, drafted, rev: plan.last(), stage: Stage::Draft };
            match &plan.finalised {
                None if plan.closed.is_some() || self.is_superseded(plan, &line) => {}
                None => drafts.push(draft),
                Some(_) if self.made_way(plan) => {}
                Some(finalised) => {
                    let stage = if plan.closed.is_some() { Stage::Closed } else { Stage::Final };
                    if in_force.get(&line).is_none_or(|other| step_of(other.plan) < step_of(plan)) {
                        in_force.insert(line, Current { rev: finalised.rev, stage, ..draft });
                    }
                }
            }
        }
        let in_force: Vec<Current<'_>> = in_force.into_values().collect();
        let revised = in_force
            .iter()
            .filter(|current| current.stage == Stage::Final && current.plan.last() > current.rev);
        drafts.extend(revised.map(|current| Current {
            rev: current.plan.last(),
            stage: Stage::Draft,
            ..*current
        }));
        drafts.sort_by_key(|draft| Reverse(draft.plan.last_step()));
        in_force.into_iter().chain(drafts).collect()
    }

    /// The links of a row, from it and to it.
    fn links_of(&self, plan: &PlanId, item: &PlanItemId) -> impl Iterator<Item = &Link> {
        let is_end = move |row: &Row| row.0 == *plan && row.1 == *item;
        self.links.iter().filter(move |link| is_end(&link.from) || is_end(&link.to))
    }
}

#[cfg(test)]
mod specs;
