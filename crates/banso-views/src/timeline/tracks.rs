//! Three tracks that run beside each other, in place of one phase line: a person may be in hospital and use
//! 地域移行支援 at the same time (domain.md §5).

use crate::{Moment, MomentShown};
use banso_domain::case::entitlement::EntitlementEvent;
use banso_domain::case::episode::{Destination, EpisodeEvent, HospitalDischarged};
use banso_domain::case::person::PersonEvent;
use banso_domain::case::plan::{PlanEvent, PlanKind};
use banso_domain::case::service::ServiceKind;
use banso_domain::case::team::TeamEvent;
use banso_domain::{CaseEvent, Fact};
use banso_kernel::{EpisodeId, PlanId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use utoipa::ToSchema;

/// A track and its intervals.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrackShown {
    /// 「暮らしの場」, 「支援の段階」 or 「利用中の制度」.
    pub label: &'static str,
    /// In the order in which they begin. On the first two tracks one follows the other.
    pub intervals: Vec<IntervalShown>,
}

/// A stretch of a track.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct IntervalShown {
    /// 「入院」, 「退院準備」, 「地域移行支援」, ….
    pub label: String,
    /// When it began.
    pub from: MomentShown,
    /// When it ended; absent = it goes on, as far as is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<MomentShown>,
}

const CONSULTATION: &str = "相談・把握";
const BONDING_IN_HOSPITAL: &str = "入院中の関係づくり";
const PREPARING_DISCHARGE: &str = "退院準備";
const JUST_DISCHARGED: &str = "退院直後";
const LIVING_IN_COMMUNITY: &str = "地域生活の継続";

#[derive(Default)]
struct Tracks {
    /// Stays whose admission is told, though perhaps under a later date than their discharge.
    stays: BTreeSet<EpisodeId>,
    /// Those of them that have begun.
    begun: BTreeSet<EpisodeId>,
    /// Discharges dated before their admission: they wait for it.
    early: BTreeMap<EpisodeId, (Arc<HospitalDischarged>, Moment)>,
    residence: Vec<IntervalShown>,
    stage: Vec<IntervalShown>,
    services: Vec<IntervalShown>,
    plans: BTreeMap<PlanId, PlanKind>,
}

pub(super) fn show(facts: &[&Fact<'_, CaseEvent>], valid_at: Option<DateTime<Utc>>) -> Vec<TrackShown> {
    let mut tracks = Tracks::default();
    let standing = || facts.iter().filter(|fact| fact.stands());
    for fact in standing() {
        if let CaseEvent::Episode(EpisodeEvent::HospitalAdmitted(stay)) = &*fact.current.event {
            tracks.stays.insert(stay.episode.clone());
        }
    }
    for fact in standing() {
        tracks.apply(&fact.current.event, &Moment::of(fact, valid_at));
    }
    vec![
        TrackShown { label: "暮らしの場", intervals: tracks.residence },
        TrackShown { label: "支援の段階", intervals: tracks.stage },
        TrackShown { label: "利用中の制度", intervals: tracks.services },
    ]
}

impl Tracks {
    fn apply(&mut self, event: &CaseEvent, at: &Moment) {
        match event {
            CaseEvent::Episode(EpisodeEvent::HospitalAdmitted(stay)) => {
                follow(&mut self.residence, "入院", at);
                follow(&mut self.stage, BONDING_IN_HOSPITAL, at);
                self.begun.insert(stay.episode.clone());
                if let Some((discharge, at)) = self.early.remove(&stay.episode) {
                    self.discharge(&discharge, &at);
                }
            }
            CaseEvent::Episode(EpisodeEvent::TransitionSupportStarted(_)) => {
                begin(&mut self.services, ServiceKind::CommunityTransitionSupport.label(), at);
                follow(&mut self.stage, PREPARING_DISCHARGE, at);
            }
            CaseEvent::Episode(EpisodeEvent::DischargeDateDecided(_)) => {
                follow(&mut self.stage, PREPARING_DISCHARGE, at);
            }
            CaseEvent::Episode(EpisodeEvent::HospitalDischarged(stay)) => {
                if self.stays.contains(&stay.episode) && !self.begun.contains(&stay.episode) {
                    self.early.insert(stay.episode.clone(), (stay.clone(), at.clone()));
                } else {
                    self.discharge(stay, at);
                }
            }
            CaseEvent::Episode(EpisodeEvent::SettlementSupportStarted(_)) => {
                begin(&mut self.services, ServiceKind::CommunitySettlementSupport.label(), at);
                follow(&mut self.stage, LIVING_IN_COMMUNITY, at);
            }
            CaseEvent::Team(TeamEvent::SupportStarted(support)) => match &support.service {
                // Somebody of the neighbourhood is no service under a law.
                ServiceKind::Other(_) => {}
                ServiceKind::HomeCare
                | ServiceKind::PsychiatricDayCare
                | ServiceKind::CommunityTransitionSupport
                | ServiceKind::CommunitySettlementSupport
                | ServiceKind::PlanningConsultation
                | ServiceKind::PublicHealthNurseVisit
                | ServiceKind::VisitingNursing
                | ServiceKind::GroupHome
                | ServiceKind::EmploymentSupportA
                | ServiceKind::EmploymentSupportB
                | ServiceKind::EmploymentTransition
                | ServiceKind::IndependentLivingAssistance => {
                    begin(&mut self.services, support.service.label(), at);
                }
            },
            CaseEvent::Plan(PlanEvent::Drafted(form)) => {
                self.plans.insert(form.plan.clone(), form.kind);
            }
            CaseEvent::Plan(PlanEvent::Finalised(plan)) => {
                if self.plans.get(&plan.plan) == Some(&PlanKind::ServiceUse) {
                    begin(&mut self.services, ServiceKind::PlanningConsultation.label(), at);
                }
            }
            // Before anything else is known of the person, whoever meets or asks begins the support.
            CaseEvent::Referral(_) | CaseEvent::Note(_) => {
                if self.stage.is_empty() {
                    follow(&mut self.stage, CONSULTATION, at);
                }
            }
            CaseEvent::Person(
                PersonEvent::KeyPersonChanged(_)
                | PersonEvent::FactRecorded(_)
                | PersonEvent::FormulationRecorded(_)
                | PersonEvent::VoiceRecorded(_),
            )
            | CaseEvent::Team(TeamEvent::MemberJoined(_))
            | CaseEvent::Entitlement(
                EntitlementEvent::ServiceApplied(_)
                | EntitlementEvent::CategoryAssessed(_)
                | EntitlementEvent::CategoryDecided(_)
                | EntitlementEvent::DraftPlanSubmitted(_)
                | EntitlementEvent::Granted(_),
            )
            | CaseEvent::Plan(
                PlanEvent::Revised(_)
                | PlanEvent::Consented(_)
                | PlanEvent::ConsentRefused(_)
                | PlanEvent::Delivered(_)
                | PlanEvent::ItemLinked(_)
                | PlanEvent::ItemUnlinked(_)
                | PlanEvent::ItemStarted(_)
                | PlanEvent::ItemEnded(_)
                | PlanEvent::UsageReported(_)
                | PlanEvent::ItemEvaluated(_)
                | PlanEvent::Closed(_),
            )
            | CaseEvent::Meeting(_)
            | CaseEvent::Correction(_) => {}
        }
    }

    fn discharge(&mut self, stay: &HospitalDischarged, at: &Moment) {
        let place = match stay.destination.value() {
            Some(Destination::Home) => "在宅",
            Some(Destination::GroupHome) => "GH",
            Some(Destination::Facility) => "施設",
            Some(Destination::OtherHospital) => "入院",
            None => "不明",
        };
        follow(&mut self.residence, place, at);
        follow(&mut self.stage, JUST_DISCHARGED, at);
        end(&mut self.services, ServiceKind::CommunityTransitionSupport.label(), at);
    }
}

/// The next interval of a track on which one follows the other.
fn follow(track: &mut Vec<IntervalShown>, label: &str, at: &Moment) {
    if track.last().is_some_and(|last| last.label == label) {
        return;
    }
    if let Some(last) = track.last_mut() {
        last.until = Some(at.show());
    }
    track.push(IntervalShown { label: label.to_owned(), from: at.show(), until: None });
}

/// An interval of a track on which several run at once.
fn begin(track: &mut Vec<IntervalShown>, label: &str, at: &Moment) {
    if !track.iter().any(|interval| interval.label == label && interval.until.is_none()) {
        track.push(IntervalShown { label: label.to_owned(), from: at.show(), until: None });
    }
}

fn end(track: &mut [IntervalShown], label: &str, at: &Moment) {
    for interval in track.iter_mut().filter(|interval| interval.label == label && interval.until.is_none()) {
        interval.until = Some(at.show());
    }
}
