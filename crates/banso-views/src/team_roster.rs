//! The team (支援チーム): who supports the person, in which layer, since when and on what ground.
//!
//! On the team are: the person, always; whoever joined; who asked for help and who accepted; whoever stepped
//! in for a key person; the hospital, as long as the stay lasts, and the one that treats after a change of
//! hospital; and who gives a support that has started and not ended. 地域移行支援 ends with the discharge that it
//! prepared. Nobody leaves because the records fall silent.

use crate::named::PartyShown;
use crate::state::Step;
use crate::{AsOf, Moment, MomentShown};
use banso_domain::case::entitlement::EntitlementEvent;
use banso_domain::case::episode::EpisodeEvent;
use banso_domain::case::person::{KeyPersonChange, PersonEvent};
use banso_domain::case::referral::ReferralEvent;
use banso_domain::case::service::ServiceKind;
use banso_domain::case::team::{MemberBasis, MemberLayer, TeamEvent};
use banso_domain::{CaseEvent, Reference};
use banso_kernel::{EpisodeId, Party, Personal, Relation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The state of this read model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TeamRoster {
    /// In the order in which they came.
    members: Vec<Member>,
    discharged: BTreeMap<EpisodeId, Moment>,
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

/// One reason to be on the team, and how long it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ground {
    kind: GroundKind,
    since: Moment,
    until: Option<Moment>,
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
                self.ground(&support.provider, kind, step.moment);
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
                self.start_support(&support.episode, &support.provider, service, step.moment);
            }
            CaseEvent::Episode(EpisodeEvent::SettlementSupportStarted(support)) => {
                let service = ServiceKind::CommunitySettlementSupport;
                self.start_support(&support.episode, &support.provider, service, step.moment);
            }
            CaseEvent::Episode(EpisodeEvent::Ended(episode)) => {
                self.ended.entry(episode.episode.clone()).or_insert_with(|| step.moment.clone());
                self.end_stay(&episode.episode, step.moment);
                self.end_support(&episode.episode, step.moment);
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
                | PersonEvent::VoiceRecorded(_),
            )
            | CaseEvent::Referral(ReferralEvent::OutcomeReported(_))
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
            | CaseEvent::Monitoring(_)
            | CaseEvent::Correction(_) => {}
        }
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
            member.grounds.push(Ground { kind, since: since.clone(), until: None });
        }
        Some(member)
    }

    /// A support that is an episode. Its end may be dated before its beginning, or by nobody.
    fn start_support(&mut self, episode: &EpisodeId, provider: &Party, service: ServiceKind, since: &Moment) {
        self.ground(provider, GroundKind::Support(service.clone()), since);
        self.supports.insert(episode.clone(), (provider.clone(), service));
        if let Some(end) = self.ended.get(episode).cloned() {
            self.end_support(episode, &end);
        }
    }

    /// Its end, unless the same provider gives another one of its kind.
    fn end_support(&mut self, episode: &EpisodeId, at: &Moment) {
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

/// An actor counts once for an organisation, in whatever role; an organisation and somebody of it are two.
fn is_same_member(a: &Party, b: &Party) -> bool {
    match (a, b) {
        (Party::Actor { actor: a, org: x, .. }, Party::Actor { actor: b, org: y, .. }) => a == b && x == y,
        (a, b) => a == b,
    }
}

/// The answer: the team in its four layers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TeamRosterShown {
    /// Which state of the world.
    pub as_of: AsOf,
    /// 本人 / 家族・親族 / 地域 / 専門機関; all four, in this order.
    pub layers: Vec<LayerShown>,
    /// Those whose every ground has ended.
    pub former: Vec<MemberShown>,
}

/// A layer of the team.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LayerShown {
    /// Which.
    pub layer: Layer,
    /// In Japanese.
    pub label: String,
    /// In the order in which they came.
    pub members: Vec<MemberShown>,
}

/// The layers of a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// 本人
    Person,
    /// 家族・親族
    Family,
    /// 地域
    Community,
    /// 専門機関
    Professional,
}

impl Layer {
    /// All, in the order in which people read them.
    pub const ALL: [Self; 4] = [Self::Person, Self::Family, Self::Community, Self::Professional];

    /// The label people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Person => "本人",
            Self::Family => "家族・親族",
            Self::Community => "地域",
            Self::Professional => "専門機関",
        }
    }

    fn of(member: &Member) -> Self {
        match (&member.party, member.stated_layer) {
            (Party::Person, _) => Self::Person,
            (Party::Informal { relation, .. }, _) if relation.is_family() => Self::Family,
            (Party::Informal { .. }, _) | (_, Some(MemberLayer::Informal)) => Self::Community,
            (Party::Actor { role, .. }, _) if role.is_of_community() => Self::Community,
            (Party::Actor { .. } | Party::Org(_) | Party::Unnamed { .. } | Party::NotRecorded, _) => {
                Self::Professional
            }
        }
    }
}

/// A member of the team.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MemberShown {
    /// Who.
    pub who: PartyShown,
    /// What they do for the person.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duties: Option<Personal<String>>,
    /// Since when; absent for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<MomentShown>,
    /// Until when, once every ground has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<MomentShown>,
    /// On what grounds.
    pub basis: Vec<BasisShown>,
}

/// A ground of membership.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BasisShown {
    /// In Japanese.
    pub label: String,
    /// Since when it holds.
    pub since: MomentShown,
    /// Until when it held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<MomentShown>,
}

/// The state as people and programs read it.
pub fn show(state: &TeamRoster, as_of: AsOf, reference: &Reference) -> TeamRosterShown {
    let (active, former): (Vec<&Member>, Vec<&Member>) =
        state.members.iter().partition(|member| member.grounds.iter().any(|ground| ground.until.is_none()));
    let layers = Layer::ALL.into_iter().map(|layer| {
        let of_layer = active.iter().filter(|member| Layer::of(member) == layer);
        let members = of_layer.map(|member| show_member(member, reference));
        let person = (layer == Layer::Person).then(|| MemberShown {
            who: PartyShown::of(&Party::Person, reference),
            duties: None,
            since: None,
            until: None,
            basis: Vec::new(),
        });
        LayerShown {
            layer,
            label: layer.label().to_owned(),
            members: person.into_iter().chain(members).collect(),
        }
    });
    TeamRosterShown {
        as_of,
        layers: layers.collect(),
        former: former.into_iter().map(|member| show_member(member, reference)).collect(),
    }
}

fn show_member(member: &Member, reference: &Reference) -> MemberShown {
    let ended: Option<Vec<&Moment>> = member.grounds.iter().map(|ground| ground.until.as_ref()).collect();
    // Grounds need not end in the order in which they began.
    let last = ended.and_then(|ends| ends.into_iter().max_by_key(|end| end.span.earliest));
    MemberShown {
        who: PartyShown::of(&member.party, reference),
        duties: member.duties.clone(),
        since: member.grounds.first().map(|ground| ground.since.show()),
        until: last.map(Moment::show),
        basis: member
            .grounds
            .iter()
            .map(|ground| BasisShown {
                label: ground.kind.label(),
                since: ground.since.show(),
                until: ground.until.as_ref().map(Moment::show),
            })
            .collect(),
    }
}

#[cfg(test)]
mod specs;
