//! Requests for help that nobody has answered yet (返事を待っている協力依頼): a list across persons, for those
//! who were asked and for those who asked.

use crate::named::PartyShown;
use crate::state::Step;
use crate::{Moment, MomentShown};
use banso_domain::case::entitlement::EntitlementEvent;
use banso_domain::case::episode::EpisodeEvent;
use banso_domain::case::person::PersonEvent;
use banso_domain::case::referral::{ReferralEvent, ReferralMode, is_same_party};
use banso_domain::case::team::TeamEvent;
use banso_domain::{CaseEvent, Reference};
use banso_kernel::{JST, OrgId, Party, PersonId, ReferralId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The name of the list in the store and in addresses.
pub const VIEW: &str = "unanswered-referrals";

/// The state of this read model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OpenReferrals {
    /// Requests of which somebody still waits for an answer, and answers whose request is not there (yet).
    open: BTreeMap<ReferralId, Request>,
    /// Requests that everybody answered, that were taken back or closed, or of which it was reported what came of
    /// them: nothing that is said later makes anybody wait for them again.
    settled: BTreeSet<ReferralId>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Request {
    made: Option<Made>,
    answered_by: Vec<Party>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Made {
    at: Moment,
    seq: u64,
    from: Party,
    to: Vec<Party>,
    mode: ReferralMode,
    respond_by: Option<NaiveDate>,
}

impl OpenReferrals {
    pub(crate) fn apply(&mut self, step: Step<'_>) {
        match step.event {
            CaseEvent::Referral(ReferralEvent::Made(made)) => {
                self.update(&made.referral, |request| {
                    request.made.get_or_insert_with(|| Made {
                        at: step.moment.clone(),
                        seq: step.seq,
                        from: made.from.clone(),
                        to: made.to.clone(),
                        mode: made.mode,
                        respond_by: made.respond_by,
                    });
                });
            }
            CaseEvent::Referral(ReferralEvent::Accepted(yes)) => self.answer(&yes.referral, &yes.by),
            CaseEvent::Referral(ReferralEvent::Declined(no)) => self.answer(&no.referral, &no.by),
            // From now on the request that follows from it waits.
            CaseEvent::Referral(ReferralEvent::Forwarded(passed)) => self.answer(&passed.referral, &passed.by),
            CaseEvent::Referral(ReferralEvent::OutcomeReported(outcome)) => self.settle(&outcome.referral),
            CaseEvent::Referral(ReferralEvent::Withdrawn(withdrawn)) => self.settle(&withdrawn.referral),
            CaseEvent::Referral(ReferralEvent::Closed(closed)) => self.settle(&closed.referral),
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
            // Whoever only has it has not answered.
            | CaseEvent::Referral(ReferralEvent::Received(_))
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
                | EntitlementEvent::DraftPlanSubmitted(_)
                | EntitlementEvent::Granted(_)
                | EntitlementEvent::DraftPlanRequested(_)
                | EntitlementEvent::Denied(_)
                | EntitlementEvent::Changed(_)
                | EntitlementEvent::MonitoringWindowChanged(_)
                | EntitlementEvent::LtcApplied(_)
                | EntitlementEvent::LtcCertified(_),
            )
            | CaseEvent::Plan(_)
            | CaseEvent::Meeting(_)
            | CaseEvent::Note(_)
            | CaseEvent::Consent(_)
            | CaseEvent::Monitoring(_)
            | CaseEvent::Correction(_) => {}
        }
    }

    fn update(&mut self, referral: &ReferralId, change: impl FnOnce(&mut Request)) {
        if self.settled.contains(referral) {
            return;
        }
        let request = self.open.entry(referral.clone()).or_default();
        change(request);
        if request.made.as_ref().is_some_and(|made| request.waits_for(made).next().is_none()) {
            self.settle(referral);
        }
    }

    fn answer(&mut self, referral: &ReferralId, by: &Party) {
        self.update(referral, |request| {
            if !request.answered_by.contains(by) {
                request.answered_by.push(by.clone());
            }
        });
    }

    fn settle(&mut self, referral: &ReferralId) {
        self.open.remove(referral);
        self.settled.insert(referral.clone());
    }

    /// The rows of the list that this person gives, in order of their keys.
    pub fn rows(&self, person: &PersonId) -> Vec<Row> {
        let mut rows = Vec::new();
        for (referral, request) in &self.open {
            let Some(made) = &request.made else { continue };
            for (place, to) in request.waits_for(made) {
                for (side, org) in sides(&made.from, to) {
                    rows.push(Row {
                        // The oldest record first; a key never changes, so that cursors are stable.
                        key: format!("{:020}/{referral}/{place}/{}", made.seq, side.token()),
                        organisation: org.clone(),
                        due_from: made.at.span.earliest.map(|at| at.with_timezone(&JST).date_naive()),
                        item: Item {
                            person: person.clone(),
                            referral: referral.clone(),
                            side,
                            from: made.from.clone(),
                            to: to.clone(),
                            mode: made.mode,
                            respond_by: made.respond_by,
                            made: made.at.clone(),
                        },
                    });
                }
            }
        }
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        rows
    }
}

impl Request {
    /// Those who have not answered, with their places in the request.
    fn waits_for<'a>(&'a self, made: &'a Made) -> impl Iterator<Item = (usize, &'a Party)> {
        let has_answered = |to: &Party| self.answered_by.iter().any(|by| is_same_party(by, to));
        made.to.iter().enumerate().filter(move |(_, to)| !has_answered(to))
    }
}

/// The organisations that wait: the one asked, and the one that asked, if that is another.
fn sides<'a>(from: &'a Party, to: &'a Party) -> Vec<(Side, &'a OrgId)> {
    let asked = to.org().map(|org| (Side::Asked, org));
    let asking = from.org().filter(|org| to.org() != Some(org)).map(|org| (Side::Asking, org));
    asked.into_iter().chain(asking).collect()
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Order and identity.
    pub key: String,
    /// Whose list it stands on.
    pub organisation: OrgId,
    /// From which day it holds; `None` = the day is not known.
    pub due_from: Option<NaiveDate>,
    /// What it says.
    pub item: Item,
}

/// What is stored of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    person: PersonId,
    referral: ReferralId,
    side: Side,
    from: Party,
    to: Party,
    mode: ReferralMode,
    respond_by: Option<NaiveDate>,
    made: Moment,
}

/// Which side of the request an organisation is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It was asked.
    Asked,
    /// It asked.
    Asking,
}

impl Side {
    fn token(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Asking => "asking",
        }
    }
}

/// A row as people and programs read it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UnansweredReferralShown {
    /// The person it is about.
    #[schema(value_type = String)]
    pub person: PersonId,
    /// The request.
    #[schema(value_type = String, example = "haru:r2")]
    pub referral: ReferralId,
    /// Whether the organisation asked about was asked, or asked.
    pub side: Side,
    /// Who asks.
    pub from: PartyShown,
    /// Who has not answered.
    pub to: PartyShown,
    /// 「一緒に始める」, 「面会のお願い」, ….
    pub mode: String,
    /// By when an answer is hoped for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respond_by: Option<NaiveDate>,
    /// When it was asked.
    pub made: MomentShown,
}

impl Item {
    /// As people and programs read it.
    pub fn show(&self, reference: &Reference) -> UnansweredReferralShown {
        UnansweredReferralShown {
            person: self.person.clone(),
            referral: self.referral.clone(),
            side: self.side,
            from: PartyShown::of(&self.from, reference),
            to: PartyShown::of(&self.to, reference),
            mode: self.mode.label().to_owned(),
            respond_by: self.respond_by,
            made: self.made.show(),
        }
    }
}

#[cfg(test)]
mod specs;
