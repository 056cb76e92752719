//! Three tracks that run beside each other, in place of one phase line: a person may be in hospital and use
//! 地域移行支援 at the same time (domain.md §5).

use crate::{Moment, MomentShown};
use banso_domain::case::entitlement::{EntitlementEvent, LtcLevel};
use banso_domain::case::episode::{Destination, EpisodeEvent, HospitalDischarged, TrialKind, TrialStayHeld};
use banso_domain::case::person::PersonEvent;
use banso_domain::case::plan::{PlanEvent, PlanKind};
use banso_domain::case::service::ServiceKind;
use banso_domain::case::team::TeamEvent;
use banso_domain::{CaseEvent, Fact};
use banso_kernel::{Duration, DurationUnit, EpisodeId, PlanId, Span, When};
use chrono::{DateTime, TimeDelta, Utc};
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
const IN_HOSPITAL: &str = "入院";
const AWAY_TO_TRY: &str = "外泊・体験中";
const WHERE_IS_UNKNOWN: &str = "不明";
const LONG_TERM_CARE: &str = "介護保険";

/// What has a beginning and an end.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Stay,
    Support(ServiceKind),
}

/// How it ends.
enum End {
    Discharge(Arc<HospitalDischarged>),
    Other,
}

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

/// What an event begins.
fn beginning(event: &EpisodeEvent) -> Option<(&EpisodeId, Kind)> {
    match event {
        EpisodeEvent::HospitalAdmitted(stay) => Some((&stay.episode, Kind::Stay)),
        EpisodeEvent::TransitionSupportStarted(support) => {
            Some((&support.episode, Kind::Support(ServiceKind::CommunityTransitionSupport)))
        }
        EpisodeEvent::SettlementSupportStarted(support) => {
            Some((&support.episode, Kind::Support(ServiceKind::CommunitySettlementSupport)))
        }
        EpisodeEvent::DischargeDateDecided(_)
        | EpisodeEvent::HospitalDischarged(_)
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
        | EpisodeEvent::AdmissionFormChanged(_) => None,
    }
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
                | EntitlementEvent::Granted(_)
                | EntitlementEvent::DraftPlanRequested(_)
                | EntitlementEvent::Denied(_)
                | EntitlementEvent::Changed(_)
                | EntitlementEvent::MonitoringWindowChanged(_)
                | EntitlementEvent::LtcApplied(_),
            )
            | CaseEvent::Plan(PlanEvent::Consented(_))
            | CaseEvent::Meeting(_)
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

    fn apply_episode(&mut self, event: &EpisodeEvent, at: &Moment) {
        match event {
            EpisodeEvent::HospitalAdmitted(stay) => {
                self.live(IN_HOSPITAL, at);
                follow(&mut self.stage, BONDING_IN_HOSPITAL, at);
                self.has_begun(&stay.episode);
            }
            EpisodeEvent::TransitionSupportStarted(support) => {
                begin(&mut self.services, ServiceKind::CommunityTransitionSupport.label(), at);
                follow(&mut self.stage, PREPARING_DISCHARGE, at);
                self.has_begun(&support.episode);
            }
            EpisodeEvent::DischargeDateDecided(_) => {
                follow(&mut self.stage, PREPARING_DISCHARGE, at);
            }
            EpisodeEvent::HospitalDischarged(stay) => {
                self.ends(&stay.episode, End::Discharge(stay.clone()), at);
            }
            EpisodeEvent::SettlementSupportStarted(support) => {
                begin(&mut self.services, ServiceKind::CommunitySettlementSupport.label(), at);
                follow(&mut self.stage, LIVING_IN_COMMUNITY, at);
                self.has_begun(&support.episode);
            }
            EpisodeEvent::Ended(episode) => self.ends(&episode.episode, End::Other, at),
            EpisodeEvent::TreatingHospitalChanged(_) => {
                // Who treats near home takes over from the hospital that discharged (S2 p.7).
                self.go_on(JUST_DISCHARGED, LIVING_IN_COMMUNITY, at);
            }
            EpisodeEvent::TrialStayHeld(held) => {
                self.go_on(BONDING_IN_HOSPITAL, PREPARING_DISCHARGE, at);
                self.try_out(held, at);
            }
            EpisodeEvent::HousingSecured(_) => {
                self.go_on(BONDING_IN_HOSPITAL, PREPARING_DISCHARGE, at);
            }
            EpisodeEvent::EmergencyOccurred(_)
            | EpisodeEvent::EmergencyResponded(_)
            | EpisodeEvent::FollowUpScheduleSet(_)
            | EpisodeEvent::FollowUpStopped(_)
            | EpisodeEvent::Extended(_)
            | EpisodeEvent::CrisisPlanAgreed(_)
            | EpisodeEvent::AdmissionFormChanged(_) => {}
        }
    }

    /// From one stage to the next; in any other stage it changes nothing.
    fn go_on(&mut self, from: &str, to: &str, at: &Moment) {
        if self.stage.last().is_some_and(|stage| stage.label == from) {
            follow(&mut self.stage, to, at);
        }
    }

    /// Where the person lives from now on. Whoever moves does not come back from a trial.
    fn live(&mut self, place: &str, at: &Moment) {
        self.back = None;
        follow(&mut self.residence, place, at);
    }

    fn has_begun(&mut self, episode: &EpisodeId) {
        self.begun.insert(episode.clone());
        self.running.insert(episode.clone());
        for (how, at) in self.early.remove(episode).unwrap_or_default() {
            self.ends(episode, how, &at);
        }
    }

    fn ends(&mut self, episode: &EpisodeId, how: End, at: &Moment) {
        if self.told.contains_key(episode) && !self.begun.contains(episode) {
            self.early.entry(episode.clone()).or_default().push((how, at.clone()));
            return;
        }
        let went_on = self.running.remove(episode);
        match (how, self.told.get(episode).filter(|_| went_on).cloned()) {
            (End::Discharge(stay), _) => self.leave_hospital(stay.destination.value().copied(), at),
            (End::Other, Some(Kind::Stay)) => self.leave_hospital(None, at),
            (End::Other, Some(Kind::Support(service))) => {
                let others = self.running.iter().filter_map(|other| self.told.get(other));
                if !others.into_iter().any(|other| *other == Kind::Support(service.clone())) {
                    end(&mut self.services, service.label(), at);
                }
            }
            // It had ended already, or what it was is not recorded.
            (End::Other, None) => {}
        }
    }

    fn leave_hospital(&mut self, destination: Option<Destination>, at: &Moment) {
        let place = match destination {
            Some(Destination::Home) => "在宅",
            Some(Destination::GroupHome) => "GH",
            Some(Destination::Facility) => "施設",
            Some(Destination::OtherHospital) => IN_HOSPITAL,
            None => WHERE_IS_UNKNOWN,
        };
        self.live(place, at);
        follow(&mut self.stage, JUST_DISCHARGED, at);
        end(&mut self.services, ServiceKind::CommunityTransitionSupport.label(), at);
    }

    /// Some nights outside; who is back on the same day lives where they lived.
    fn try_out(&mut self, held: &TrialStayHeld, at: &Moment) {
        let nights = held.nights.value().copied();
        let stays_away = match (nights, held.kind) {
            (Some(nights), _) => nights > 0,
            (None, TrialKind::Overnight | TrialKind::TrialStay) => true,
            (None, TrialKind::TrialUse | TrialKind::Outing) => false,
        };
        if !stays_away {
            return;
        }
        let lives = self.residence.last().map_or(WHERE_IS_UNKNOWN, |place| &place.label).to_owned();
        let home = self.back.take().map_or(lives, |(_, home)| home);
        follow(&mut self.residence, AWAY_TO_TRY, at);
        self.back = Some((return_of(nights, at), home));
    }

    /// The end of a trial that is over by then; what is asked about a time before it sees the person away.
    fn come_back(&mut self, by: Option<DateTime<Utc>>, valid_at: Option<DateTime<Utc>>) {
        if let Some((at, home)) = self.back.take_if(|(at, _)| at.span.earliest <= by) {
            let unsure = |asked: DateTime<Utc>| at.span.latest.is_none_or(|latest| asked < latest);
            let at = Moment { uncertain: valid_at.is_some_and(unsure), ..at };
            follow(&mut self.residence, &home, &at);
        }
    }
}

/// When somebody comes back who left for so many nights.
fn return_of(nights: Option<u32>, left: &Moment) -> Moment {
    let (when, span) = match nights {
        Some(nights) => {
            let later = |at: DateTime<Utc>| at.checked_add_signed(TimeDelta::days(i64::from(nights)));
            let span = Span {
                earliest: left.span.earliest.and_then(later),
                latest: left.span.latest.and_then(later),
            };
            (When::Offset(left.event, Duration { value: nights, unit: DurationUnit::Days }), span)
        }
        None => (When::After(left.event), Span { earliest: left.span.earliest, latest: None }),
    };
    Moment { when, span, ..left.clone() }
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
