//! What stays and supports change: they begin, go on and end, though perhaps told in another order.

use super::{
    BONDING_IN_HOSPITAL, IN_HOSPITAL, JUST_DISCHARGED, LIVING_IN_COMMUNITY, PREPARING_DISCHARGE, Tracks,
    WHERE_IS_UNKNOWN, begin, end, follow,
};
use crate::Moment;
use banso_domain::case::episode::{Destination, EpisodeEvent, HospitalDischarged};
use banso_domain::case::service::ServiceKind;
use banso_kernel::EpisodeId;
use std::sync::Arc;

/// What has a beginning and an end.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Stay,
    Support(ServiceKind),
}

/// How it ends.
pub(super) enum End {
    Discharge(Arc<HospitalDischarged>),
    Other,
}

/// What an event begins.
pub(super) fn beginning(event: &EpisodeEvent) -> Option<(&EpisodeId, Kind)> {
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
    pub(super) fn apply_episode(&mut self, event: &EpisodeEvent, at: &Moment) {
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
        let transition = Kind::Support(ServiceKind::CommunityTransitionSupport);
        self.running.retain(|episode| self.told.get(episode) != Some(&transition));
    }
}
