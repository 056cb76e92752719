//! The team (支援チーム): who supports the person, in which layer, since when and on what ground.
//!
//! On the team are: the person, always; whoever joined; who asked for help and who accepted; whoever stepped
//! in for a key person or took over from somebody who left; the hospital, as long as the stay lasts, and the one that
//! treats after a change of hospital; who gives a support that has started, until it ends; and who has a role or keeps
//! it all together (まとめ役), who is one at a time. 地域移行支援 ends with the discharge that it prepared. Whoever left is
//! no longer a member, until what happened later gives a ground anew. Nobody leaves because the records fall silent.

mod shown;

pub use shown::{BasisShown, Layer, LayerShown, MemberShown, TeamRosterShown, show};

use crate::Moment;
use crate::state::Step;
use banso_domain::CaseEvent;
use banso_domain::case::entitlement::EntitlementEvent;
use banso_domain::case::episode::EpisodeEvent;
use banso_domain::case::person::{KeyPersonChange, PersonEvent};
use banso_domain::case::referral::ReferralEvent;
use banso_domain::case::service::ServiceKind;
use banso_domain::case::team::{MemberBasis, MemberLayer, MemberLeft, MemberRoleChanged, TeamEvent};
use banso_kernel::{EpisodeId, Party, Personal, Relation, Role, SupportId, When};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The state of this read model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TeamRoster {
    /// In the order in which they came.
    members: Vec<Member>,
    discharged: BTreeMap<EpisodeId, Moment>,
    ended_supports: BTreeMap<SupportId, Moment>,
    undated_departures: Vec<Departure>,
    /// Who gives a support that goes on, of those that are episodes.
    supports: BTreeMap<EpisodeId, (Party, ServiceKind)>,
    ended: BTreeMap<EpisodeId, Moment>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Member {
    party: Party,
    /// What the one who recorded it said of the layer, where anybody did.
    stated_layer: Option<MemberLayer>,
    grounds: Vec<Ground>,
    duties: Option<Personal<String>>,
}

/// That somebody left nobody knows when: it ends what was recorded before it, whatever the date of that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Departure {
    party: Party,
    seq: u64,
    at: Moment,
}

/// One reason to be on the team, and how long it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ground {
    kind: GroundKind,
    since: Moment,
    until: Option<Moment>,
    /// The supports that it is made of, as long as they go on; it ends with the last one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    supports: BTreeSet<SupportId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum GroundKind {
    Joined(MemberBasis),
    AskedForHelp,
    AcceptedReferral,
    KeyPerson(Relation),
    HospitalStay(EpisodeId),
    TreatingHospital,
    Support(ServiceKind),
    TookOver,
    InRole(Role),
    Coordinator,
}

impl GroundKind {
    fn label(&self) -> String {
        match self {
            Self::Joined(basis) => format!("チームに参加（{}）", basis.label()),
            Self::AskedForHelp => "協力依頼をした".to_owned(),
            Self::AcceptedReferral => "依頼を引き受けた".to_owned(),
            Self::KeyPerson(relation) => format!("支え手（{}）", relation.label()),
            Self::HospitalStay(_) => "入院先".to_owned(),
            Self::TreatingHospital => "通院先".to_owned(),
            Self::Support(service) => format!("支援: {}", service.label()),
            Self::TookOver => "引き継いだ".to_owned(),
            Self::InRole(role) => format!("役割: {}", role.label()),
            Self::Coordinator => "まとめ役".to_owned(),
        }
    }
}

impl TeamRoster {
    pub(crate) fn apply(&mut self, step: Step<'_>) {
        match step.event {
            CaseEvent::Team(TeamEvent::MemberJoined(joined)) => {
                let member = self.ground(&joined.party, GroundKind::Joined(joined.basis), step.moment);
                if let Some(member) = member {
                    member.stated_layer = Some(joined.layer);
                    if joined.duties.is_some() {
                        member.duties.clone_from(&joined.duties);
                    }
                }
            }
            CaseEvent::Team(TeamEvent::SupportStarted(support)) => {
                let kind = GroundKind::Support(support.service.clone());
                let member = self.ground(&support.provider, kind.clone(), step.moment);
                if let Some(ground) = member.and_then(|member| member.open(&kind)) {
                    ground.supports.insert(support.support.clone());
                }
                // Its end may be dated before its start, or by nobody.
                if let Some(end) = self.ended_supports.get(&support.support).cloned() {
                    self.end_support(&support.support, &end);
                }
            }
            CaseEvent::Team(TeamEvent::SupportEnded(support)) => {
                self.ended_supports.entry(support.support.clone()).or_insert_with(|| step.moment.clone());
                self.end_support(&support.support, step.moment);
            }
            CaseEvent::Team(TeamEvent::RoleChanged(changed)) => self.change_role(changed, step.moment),
            CaseEvent::Team(TeamEvent::MemberLeft(left)) => self.leave(left, step),
            CaseEvent::Team(TeamEvent::CoordinatorDesignated(designated)) => {
                self.end(step.moment, |member, ground| {
                    *ground == GroundKind::Coordinator && !is_same_member(member, &designated.party)
                });
                self.ground(&designated.party, GroundKind::Coordinator, step.moment);
            }
            CaseEvent::Referral(ReferralEvent::Made(made)) => {
                self.ground(&made.from, GroundKind::AskedForHelp, step.moment);
            }
            CaseEvent::Referral(ReferralEvent::Accepted(accepted)) => {
                self.ground(&accepted.by, GroundKind::AcceptedReferral, step.moment);
            }
            CaseEvent::Person(PersonEvent::KeyPersonChanged(changed)) => {
                let party =
                    Party::Informal { label: changed.label.clone(), relation: changed.relation.clone() };
                let ground = |relation: &Relation| GroundKind::KeyPerson(relation.clone());
                match changed.change {
                    KeyPersonChange::Added => {
                        self.ground(&party, ground(&changed.relation), step.moment);
                    }
                    KeyPersonChange::Lost | KeyPersonChange::Incapacitated => {
                        self.end(step.moment, |member, _| *member == party);
                    }
                }
                if let Some(successor) = &changed.successor {
                    self.ground(successor, ground(&changed.relation), step.moment);
                }
            }
            CaseEvent::Episode(EpisodeEvent::HospitalAdmitted(stay)) => {
                let kind = GroundKind::HospitalStay(stay.episode.clone());
                self.ground(&stay.facility, kind, step.moment);
                // The discharge may be dated before its admission, or by nobody.
                let end = self.discharged.get(&stay.episode).or_else(|| self.ended.get(&stay.episode));
                if let Some(end) = end.cloned() {
                    self.end_stay(&stay.episode, &end);
                }
            }
            CaseEvent::Episode(EpisodeEvent::HospitalDischarged(stay)) => {
                self.discharged.insert(stay.episode.clone(), step.moment.clone());
                self.end_stay(&stay.episode, step.moment);
                // It prepared the way out, and goes no further.
                let transition = GroundKind::Support(ServiceKind::CommunityTransitionSupport);
                self.end(step.moment, |_, ground| *ground == transition);
                self.supports.retain(|_, (_, service)| *service != ServiceKind::CommunityTransitionSupport);
            }
            CaseEvent::Episode(EpisodeEvent::TransitionSupportStarted(support)) => {
                let service = ServiceKind::CommunityTransitionSupport;
                self.start_episode(&support.episode, &support.provider, service, step.moment);
            }
            CaseEvent::Episode(EpisodeEvent::SettlementSupportStarted(support)) => {
                let service = ServiceKind::CommunitySettlementSupport;
                self.start_episode(&support.episode, &support.provider, service, step.moment);
            }
            CaseEvent::Episode(EpisodeEvent::Ended(episode)) => {
                self.ended.entry(episode.episode.clone()).or_insert_with(|| step.moment.clone());
                self.end_stay(&episode.episode, step.moment);
                self.end_episode(&episode.episode, step.moment);
            }
            CaseEvent::Episode(EpisodeEvent::TreatingHospitalChanged(changed)) => {
                self.end(step.moment, |member, ground| {
                    *ground == GroundKind::TreatingHospital && is_same_member(member, &changed.from)
                });
                self.ground(&changed.to, GroundKind::TreatingHospital, step.moment);
            }
            CaseEvent::Person(
                PersonEvent::FactRecorded(_)
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
            | CaseEvent::Referral(
                ReferralEvent::OutcomeReported(_)
                | ReferralEvent::Received(_)
                | ReferralEvent::Declined(_)
                | ReferralEvent::Forwarded(_)
                | ReferralEvent::Withdrawn(_)
                | ReferralEvent::Closed(_),
            )
            | CaseEvent::Team(TeamEvent::MemberInvited(_))
            | CaseEvent::Episode(
                EpisodeEvent::DischargeDateDecided(_)
                | EpisodeEvent::EmergencyOccurred(_)
                | EpisodeEvent::EmergencyResponded(_)
                | EpisodeEvent::FollowUpScheduleSet(_)
                | EpisodeEvent::FollowUpStopped(_)
                | EpisodeEvent::Extended(_)
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
        self.end_what_was_left(step);
    }

    /// Adds a ground to a party's membership; the person and nobody in particular are no members.
    fn ground(&mut self, party: &Party, kind: GroundKind, since: &Moment) -> Option<&mut Member> {
        if matches!(party, Party::Person | Party::NotRecorded) {
            return None;
        }
        let at = self.members.iter().position(|member| is_same_member(&member.party, party));
        let at = at.unwrap_or_else(|| {
            let member =
                Member { party: party.clone(), stated_layer: None, grounds: Vec::new(), duties: None };
            self.members.push(member);
            self.members.len() - 1
        });
        let member = &mut self.members[at];
        if !member.grounds.iter().any(|ground| ground.kind == kind && ground.until.is_none()) {
            let supports = BTreeSet::new();
            member.grounds.push(Ground { kind, since: since.clone(), until: None, supports });
        }
        Some(member)
    }

    fn change_role(&mut self, changed: &MemberRoleChanged, at: &Moment) {
        let kind = GroundKind::InRole(changed.role.clone());
        self.end(at, |member, ground| {
            matches!(ground, GroundKind::InRole(_))
                && *ground != kind
                && is_same_member(member, &changed.party)
        });
        let Some(member) = self.ground(&changed.party, kind, at) else { return };
        if let Some(duties) = changed.duties.value() {
            member.duties = Some(duties.clone());
        }
    }

    fn leave(&mut self, left: &MemberLeft, step: Step<'_>) {
        self.end(step.moment, |member, _| leaves_with(member, &left.party));
        if step.moment.when == When::Unknown || step.moment.is_lost {
            let (party, at) = (left.party.clone(), step.moment.clone());
            self.undated_departures.push(Departure { party, seq: step.seq, at });
        }
        for successor in &left.handover_to {
            self.ground(successor, GroundKind::TookOver, step.moment);
        }
    }

    /// Ends the grounds that this step brought and that somebody recorded later had left already.
    fn end_what_was_left(&mut self, step: Step<'_>) {
        for departure in self.undated_departures.iter().filter(|departure| departure.seq > step.seq) {
            let leavers =
                self.members.iter_mut().filter(|member| leaves_with(&member.party, &departure.party));
            let grounds = leavers.flat_map(|member| &mut member.grounds);
            for ground in grounds.filter(|ground| ground.since.event == step.moment.event) {
                ground.until.get_or_insert_with(|| departure.at.clone());
            }
        }
    }

    fn end_support(&mut self, support: &SupportId, at: &Moment) {
        let grounds = self.members.iter_mut().flat_map(|member| &mut member.grounds);
        for ground in grounds.filter(|ground| ground.until.is_none()) {
            if ground.supports.remove(support) && ground.supports.is_empty() {
                ground.until = Some(at.clone());
            }
        }
    }

    /// A support that is an episode. Its end may be dated before its beginning, or by nobody.
    fn start_episode(&mut self, episode: &EpisodeId, provider: &Party, service: ServiceKind, since: &Moment) {
        self.ground(provider, GroundKind::Support(service.clone()), since);
        self.supports.insert(episode.clone(), (provider.clone(), service));
        if let Some(end) = self.ended.get(episode).cloned() {
            self.end_episode(episode, &end);
        }
    }

    /// Its end, unless the same provider gives another one of its kind.
    fn end_episode(&mut self, episode: &EpisodeId, at: &Moment) {
        let Some((provider, service)) = self.supports.remove(episode) else { return };
        if !self.supports.values().any(|other| *other == (provider.clone(), service.clone())) {
            let ground = GroundKind::Support(service);
            self.end(at, |member, other| *other == ground && is_same_member(member, &provider));
        }
    }

    fn end_stay(&mut self, episode: &EpisodeId, at: &Moment) {
        self.end(at, |_, ground| matches!(ground, GroundKind::HospitalStay(stay) if stay == episode));
    }

    fn end(&mut self, at: &Moment, ends: impl Fn(&Party, &GroundKind) -> bool) {
        for member in &mut self.members {
            for ground in &mut member.grounds {
                if ground.until.is_none() && ends(&member.party, &ground.kind) {
                    ground.until = Some(at.clone());
                }
            }
        }
    }
}

impl Member {
    /// Its ground of this kind that holds.
    fn open(&mut self, kind: &GroundKind) -> Option<&mut Ground> {
        self.grounds.iter_mut().find(|ground| ground.kind == *kind && ground.until.is_none())
    }
}

/// An organisation leaves with all who act for it; nobody else takes others along.
fn leaves_with(member: &Party, left: &Party) -> bool {
    match left {
        Party::Org(org) => member.org() == Some(org),
        Party::Actor { .. }
        | Party::Informal { .. }
        | Party::Unnamed { .. }
        | Party::Person
        | Party::NotRecorded => is_same_member(member, left),
    }
}

/// An actor counts once for an organisation, in whatever role; an organisation and somebody of it are two.
fn is_same_member(a: &Party, b: &Party) -> bool {
    match (a, b) {
        (Party::Actor { actor: a, org: x, .. }, Party::Actor { actor: b, org: y, .. }) => a == b && x == y,
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod specs;
