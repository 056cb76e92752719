//! The current plan (現在の計画): of each kind, the plan in force and what is being prepared, with every field
//! of the forms F1 and F2.

mod shown;

pub use shown::{
    ConsentShown, CurrentPlanShown, HeaderShown, NonWeeklyShown, PlanItemShown, PlanShown,
    PlannedServiceShown, SlotShown, Stage, WeekShown, show,
};

use crate::Moment;
use crate::state::Step;
use banso_domain::CaseEvent;
use banso_domain::case::entitlement::EntitlementEvent;
use banso_domain::case::episode::EpisodeEvent;
use banso_domain::case::person::PersonEvent;
use banso_domain::case::plan::{PlanConsented, PlanDrafted, PlanEvent, PlanKind};
use banso_domain::case::team::TeamEvent;
use banso_kernel::{PlanId, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The state of this read model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CurrentPlan {
    /// What was said of each plan, whether or not its draft is there.
    plans: BTreeMap<PlanId, Plan>,
    /// Plans that were superseded long ago: whatever else is said of them changes nothing.
    past: BTreeSet<PlanId>,
    /// What a plan that comes into force supersedes: everything of its kind that was drafted before it.
    superseded: BTreeMap<PlanKind, u32>,
    /// How many drafts and decisions there were: the place of the last one.
    steps: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Plan {
    drafted: Option<Draft>,
    submitted: Option<Moment>,
    consented: Option<(Moment, Arc<PlanConsented>)>,
    finalised: Option<Finalised>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Draft {
    /// Its place among all drafts and decisions.
    step: u32,
    at: Moment,
    form: Arc<PlanDrafted>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Finalised {
    /// Its place among all drafts and decisions.
    step: u32,
    at: Moment,
    rev: u32,
    effective_from: Stated<NaiveDate>,
}

/// How many superseded plans are kept, in case one of them comes into force after all. Forms are long.
const SUPERSEDED_PLANS_MAX: usize = 2;

impl CurrentPlan {
    pub(crate) fn apply(&mut self, step: Step<'_>) {
        match step.event {
            CaseEvent::Plan(PlanEvent::Drafted(form)) => {
                let place = self.next_step();
                if let Some(plan) = self.said_of(&form.plan) {
                    let draft = || Draft { step: place, at: step.moment.clone(), form: form.clone() };
                    plan.drafted.get_or_insert_with(draft);
                }
                self.supersede(&form.plan);
            }
            CaseEvent::Plan(PlanEvent::Consented(consent)) => {
                if let Some(plan) = self.said_of(&consent.plan) {
                    plan.consented = Some((step.moment.clone(), consent.clone()));
                }
            }
            CaseEvent::Plan(PlanEvent::Finalised(last)) => {
                let place = self.next_step();
                if let Some(plan) = self.said_of(&last.plan) {
                    plan.finalised = Some(Finalised {
                        step: place,
                        at: step.moment.clone(),
                        rev: last.rev,
                        effective_from: last.effective_from.clone(),
                    });
                }
                self.supersede(&last.plan);
            }
            CaseEvent::Entitlement(EntitlementEvent::DraftPlanSubmitted(submitted)) => {
                if let Some(plan) = self.said_of(&submitted.plan) {
                    plan.submitted = Some(step.moment.clone());
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

    /// Once a plan is both drafted and in force, what of its kind was being prepared before it is superseded.
    fn supersede(&mut self, by: &PlanId) {
        let Some(Plan { drafted: Some(draft), finalised: Some(_), .. }) = self.plans.get(by) else { return };
        let superseded = self.superseded.entry(draft.form.kind).or_default();
        *superseded = draft.step.max(*superseded);
        let current: BTreeSet<u32> = self.current().into_iter().map(|(_, draft)| draft.step).collect();
        let drafts = self.plans.iter().filter_map(|(id, plan)| Some((plan.drafted.as_ref()?.step, id)));
        let mut old: Vec<(u32, PlanId)> =
            drafts.filter(|(step, _)| !current.contains(step)).map(|(step, id)| (step, id.clone())).collect();
        old.sort_by_key(|(step, _)| Reverse(*step));
        for (_, plan) in old.into_iter().skip(SUPERSEDED_PLANS_MAX) {
            self.plans.remove(&plan);
            self.past.insert(plan);
        }
    }

    /// In force first, by kind: of each kind the one that came into force last, whichever was drafted last. Then
    /// what has been drafted since, the newest first.
    fn current(&self) -> Vec<(&Plan, &Draft)> {
        let mut in_force: BTreeMap<PlanKind, (&Plan, &Draft)> = BTreeMap::new();
        let mut drafts = Vec::new();
        let step_of = |plan: &Plan| plan.finalised.as_ref().map(|finalised| finalised.step);
        for plan in self.plans.values() {
            let Some(draft) = &plan.drafted else { continue };
            let kind = draft.form.kind;
            if plan.finalised.is_none() {
                if self.superseded.get(&kind).is_none_or(|step| draft.step > *step) {
                    drafts.push((plan, draft));
                }
            } else if in_force.get(&kind).is_none_or(|(other, _)| step_of(other) < step_of(plan)) {
                in_force.insert(kind, (plan, draft));
            }
        }
        drafts.sort_by_key(|(_, draft)| Reverse(draft.step));
        in_force.into_values().chain(drafts).collect()
    }
}

#[cfg(test)]
mod specs;
