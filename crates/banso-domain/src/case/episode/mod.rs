//! Stretches of a life with a beginning and an end: hospital stays (入院), 地域移行支援, 地域定着支援.

mod community_settlement_support_started;
mod community_transition_support_started;
mod discharge_date_decided;
mod hospital_admitted;
mod hospital_discharged;

pub use community_settlement_support_started::CommunitySettlementSupportStarted;
pub use community_transition_support_started::CommunityTransitionSupportStarted;
pub use discharge_date_decided::DischargeDateDecided;
pub use hospital_admitted::{AdmissionForm, HospitalAdmitted};
pub use hospital_discharged::{Destination, HospitalDischarged};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use crate::said::Told;
use banso_kernel::EpisodeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `apply`.
entity_events! {
    /// Events of hospital stays and of supports under the law.
    EpisodeEvent of CaseEvent::Episode admitted by Case {
        /// A hospital stay begins.
        HospitalAdmitted(HospitalAdmitted),
        /// 地域移行支援 begins.
        TransitionSupportStarted(CommunityTransitionSupportStarted),
        /// The day of discharge is agreed.
        DischargeDateDecided(DischargeDateDecided),
        /// A hospital stay ends.
        HospitalDischarged(HospitalDischarged),
        /// 地域定着支援 begins.
        SettlementSupportStarted(CommunitySettlementSupportStarted),
    }
}

/// What the rules look at: an episode's beginning, and what was said of its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Episodes {
    /// Who used an episode's id first.
    begun: BTreeMap<EpisodeId, Told>,
    pub(crate) discharges: BTreeMap<EpisodeId, Told>,
}

impl Episodes {
    pub(crate) fn apply(&mut self, told: Told, event: &EpisodeEvent) {
        match event {
            EpisodeEvent::HospitalAdmitted(said) => self.begin(&said.episode, told),
            EpisodeEvent::TransitionSupportStarted(said) => self.begin(&said.episode, told),
            EpisodeEvent::SettlementSupportStarted(said) => self.begin(&said.episode, told),
            EpisodeEvent::HospitalDischarged(said) => {
                self.discharges.entry(said.episode.clone()).or_insert(told);
            }
            EpisodeEvent::DischargeDateDecided(_) => {}
        }
    }

    fn begin(&mut self, episode: &EpisodeId, told: Told) {
        self.begun.entry(episode.clone()).or_insert(told);
    }

    /// What began under this id: episodes of all kinds share one space of ids.
    pub(crate) fn begun(&self, episode: &EpisodeId) -> Option<&Told> {
        self.begun.get(episode)
    }
}
