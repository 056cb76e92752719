//! Three tracks that run beside each other, in place of one phase line: a person may be in hospital and use
//! 地域移行支援 at the same time (domain.md §5).

mod episodes;
mod trial;

use self::episodes::{End, Kind, beginning};
use crate::{Moment, MomentShown};
use banso_domain::case::entitlement::{EntitlementEvent, LtcLevel};
use banso_domain::case::note::NoteEvent;
use banso_domain::case::person::PersonEvent;
use banso_domain::case::plan::{PlanEvent, PlanKind};
use banso_domain::case::service::ServiceKind;
use banso_domain::case::team::TeamEvent;
use banso_domain::{CaseEvent, Fact};
use banso_kernel::{EpisodeId, PlanId, SupportId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
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
const CONCLUDED: &str = "終了";
const IN_HOSPITAL: &str = "入院";
const AWAY_TO_TRY: &str = "外泊・体験中";
const WHERE_IS_UNKNOWN: &str = "不明";
const LONG_TERM_CARE: &str = "介護保険";

#[derive(Default)]
struct Tracks {
    /// Episodes whose beginning is told, though perhaps under a later date than their end.
    told: BTreeMap<EpisodeId, Kind>,
    /// Those of them that have begun.
    begun: BTreeSet<EpisodeId>,
    /// Those that go on.
    running: BTreeSet<EpisodeId>,
    /// Ends dated before their beginning: they wait for it.
    early: BTreeMap<EpisodeId, Vec<(End, Moment)>>,
    /// When the person comes back from a trial outside, and to what.
    back: Option<(Moment, String)>,
    residence: Vec<IntervalShown>,
    stage: Vec<IntervalShown>,
    services: Vec<IntervalShown>,
    plans: BTreeMap<PlanId, PlanKind>,
    /// Supports that go on.
    supports: BTreeMap<SupportId, ServiceKind>,
    /// Ends dated before their start: they wait for it.
    ended_early: BTreeMap<SupportId, Moment>,
}

pub(super) fn show(facts: &[&Fact<'_, CaseEvent>], valid_at: Option<DateTime<Utc>>) -> Vec<TrackShown> {
    let mut tracks = Tracks::default();
    let standing = || facts.iter().filter(|fact| fact.stands());
    for fact in standing() {
        if let CaseEvent::Episode(event) = &*fact.current.event
            && let Some((episode, kind)) = beginning(event)
        {
            tracks.told.insert(episode.clone(), kind);
        }
    }
    for fact in standing() {
        tracks.come_back(fact.span.earliest, valid_at);
        tracks.apply(&fact.current.event, &Moment::of(fact, valid_at));
    }
    tracks.come_back(Some(valid_at.unwrap_or(DateTime::<Utc>::MAX_UTC)), valid_at);
    vec![
        TrackShown { label: "暮らしの場", intervals: tracks.residence },
        TrackShown { label: "支援の段階", intervals: tracks.stage },
        TrackShown { label: "利用中の制度", intervals: tracks.services },
    ]
}

impl Tracks {
    fn apply(&mut self, event: &CaseEvent, at: &Moment) {
        match event {
            CaseEvent::Episode(event) => self.apply_episode(event, at),
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
                    self.supports.insert(support.support.clone(), support.service.clone());
                    if let Some(end) = self.ended_early.remove(&support.support) {
                        self.end_support(&support.support, &end);
                    }
                }
            },
            CaseEvent::Team(TeamEvent::SupportEnded(support)) => {
                if self.supports.contains_key(&support.support) {
                    self.end_support(&support.support, at);
                } else {
                    self.ended_early.insert(support.support.clone(), at.clone());
                }
            }
            CaseEvent::Plan(PlanEvent::Drafted(form)) => {
                self.plans.insert(form.plan.clone(), form.kind);
            }
            CaseEvent::Plan(PlanEvent::Finalised(plan)) => {
                if self.plans.get(&plan.plan) == Some(&PlanKind::ServiceUse) {
                    begin(&mut self.services, ServiceKind::PlanningConsultation.label(), at);
                }
            }
            // Before anything else is known of the person, whoever meets or asks begins the support.
            CaseEvent::Referral(_)
            | CaseEvent::Note(NoteEvent::ContactRecorded(_))
            | CaseEvent::Person(PersonEvent::ConsultationReceived(_)) => {
                if self.stage.is_empty() {
                    follow(&mut self.stage, CONSULTATION, at);
                }
            }
            CaseEvent::Person(PersonEvent::SupportConcluded(_)) => follow(&mut self.stage, CONCLUDED, at),
            CaseEvent::Person(PersonEvent::SupportReopened(_)) => {
                if self.stage.last().is_none_or(|stage| stage.label == CONCLUDED) {
                    follow(&mut self.stage, CONSULTATION, at);
                }
            }
            CaseEvent::Person(PersonEvent::Died(_)) => {
                self.back = None;
                end_all(&mut self.residence, at);
                end_all(&mut self.services, at);
                follow(&mut self.stage, CONCLUDED, at);
            }
            CaseEvent::Person(
                PersonEvent::KeyPersonChanged(_)
                | PersonEvent::FactRecorded(_)
                | PersonEvent::FormulationRecorded(_)
                | PersonEvent::VoiceRecorded(_)
                | PersonEvent::Registered(_)
                | PersonEvent::FamilyVoiceRecorded(_)
                | PersonEvent::FactDisputed(_)
                | PersonEvent::KnownUnknownRecorded(_)
                | PersonEvent::FamilyMemberRecorded(_)
                | PersonEvent::AssessmentHeld(_)
                | PersonEvent::ContractConcluded(_)
                | PersonEvent::BenefitApplied(_)
                | PersonEvent::BenefitDecided(_)
                | PersonEvent::MunicipalityInChargeChanged(_),
            )
            | CaseEvent::Team(
                TeamEvent::MemberJoined(_)
                | TeamEvent::MemberInvited(_)
                | TeamEvent::RoleChanged(_)
                | TeamEvent::MemberLeft(_)
                | TeamEvent::CoordinatorDesignated(_),
            )
            | CaseEvent::Note(NoteEvent::InformationShared(_))
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
                | EntitlementEvent::LtcApplied(_),
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
            | CaseEvent::Consent(_)
            | CaseEvent::Monitoring(_)
            | CaseEvent::Correction(_) => {}
            CaseEvent::Entitlement(EntitlementEvent::LtcCertified(certified)) => {
                match certified.level.value() {
                    Some(LtcLevel::NotApplicable) => end(&mut self.services, LONG_TERM_CARE, at),
                    Some(
                        LtcLevel::Support1
                        | LtcLevel::Support2
                        | LtcLevel::Care1
                        | LtcLevel::Care2
                        | LtcLevel::Care3
                        | LtcLevel::Care4
                        | LtcLevel::Care5,
                    )
                    | None => begin(&mut self.services, LONG_TERM_CARE, at),
                }
            }
        }
    }

    /// A service is used until the last support of its kind ends.
    fn end_support(&mut self, support: &SupportId, at: &Moment) {
        if let Some(service) = self.supports.remove(support)
            && !self.supports.values().any(|other| *other == service)
        {
            end(&mut self.services, service.label(), at);
        }
    }
}

/// The next interval of a track on which one follows the other.
fn follow(track: &mut Vec<IntervalShown>, label: &str, at: &Moment) {
    if track.last().is_some_and(|last| last.label == label) {
        return;
    }
    if let Some(last) = track.last_mut() {
        // It may have ended by itself.
        last.until.get_or_insert_with(|| at.show());
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

fn end_all(track: &mut [IntervalShown], at: &Moment) {
    for interval in track.iter_mut().filter(|interval| interval.until.is_none()) {
        interval.until = Some(at.show());
    }
}
