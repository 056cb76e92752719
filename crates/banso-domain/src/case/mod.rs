//! Everything about one person: the unit in which facts are admitted, ordered and read (design D3).

pub mod consent;
pub mod entitlement;
pub mod episode;
pub mod meeting;
pub mod monitoring;
pub mod note;
pub mod person;
pub mod plan;
pub mod referral;
pub mod service;
pub mod team;

use crate::Refusal;
use crate::correction::CorrectionEvent;
use crate::judge::{Judge, Rules};
use crate::payload::{Admission, Payload, stream_events};
use crate::said::Told;
use banso_kernel::Party;
use serde::{Deserialize, Serialize};

stream_events! {
    /// An event of a person's stream.
    CaseEvent {
        /// The person and those around them.
        Person(person::PersonEvent) = "person",
        /// Requests for help.
        Referral(referral::ReferralEvent) = "referral",
        /// Who supports.
        Team(team::TeamEvent) = "team",
        /// Hospital stays and supports with a beginning and an end.
        Episode(episode::EpisodeEvent) = "episode",
        /// Applications and decisions.
        Entitlement(entitlement::EntitlementEvent) = "entitlement",
        /// Plans.
        Plan(plan::PlanEvent) = "plan",
        /// Meetings.
        Meeting(meeting::MeetingEvent) = "meeting",
        /// Notes of contacts.
        Note(note::NoteEvent) = "note",
        /// Consents to share information, and access without one.
        Consent(consent::ConsentEvent) = "consent",
        /// Looking again at how the support goes.
        Monitoring(monitoring::MonitoringEvent) = "monitoring",
        /// Records taken back.
        Correction(CorrectionEvent) = "correction",
    }
}

/// Everything about one person, as far as the next decision needs it.
pub type Case = Judge<CaseRules>;

// ADDING AN ENTITY: its arms in `apply` and in `admit`; its field here, if its rules look at more than what was
// brought and said.
/// What the rules of a case look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseRules {
    referrals: referral::Referrals,
    deaths: person::Deaths,
    plans: plan::Plans,
}

impl Rules for CaseRules {
    type Event = CaseEvent;
    const KIND: &'static str = "person";

    fn apply(&mut self, told: Told, event: &CaseEvent) {
        match event {
            CaseEvent::Referral(event) => self.referrals.apply(told.event, event),
            CaseEvent::Person(event) => self.deaths.apply(told.event, event),
            CaseEvent::Plan(event) => self.plans.apply(told.said, event),
            CaseEvent::Team(_)
            | CaseEvent::Episode(_)
            | CaseEvent::Entitlement(_)
            | CaseEvent::Meeting(_)
            | CaseEvent::Note(_)
            | CaseEvent::Consent(_)
            | CaseEvent::Monitoring(_)
            | CaseEvent::Correction(_) => {}
        }
    }

    fn admit(event: &CaseEvent, case: &Case) -> Result<Admission, Refusal> {
        match event {
            CaseEvent::Person(event) => event.admit(case),
            CaseEvent::Referral(event) => event.admit(case),
            CaseEvent::Team(event) => event.admit(case),
            CaseEvent::Episode(event) => event.admit(case),
            CaseEvent::Entitlement(event) => event.admit(case),
            CaseEvent::Plan(event) => event.admit(case),
            CaseEvent::Meeting(event) => event.admit(case),
            CaseEvent::Note(event) => event.admit(case),
            CaseEvent::Consent(event) => event.admit(case),
            CaseEvent::Monitoring(event) => event.admit(case),
            CaseEvent::Correction(_) => Ok(Admission::New),
        }
    }
}

impl Case {
    /// The usual rule about what somebody did; two whom the source does not name may be two.
    pub(crate) fn usual_of(&self, doer: &Party, said: &impl Payload) -> Result<Admission, Refusal> {
        let admission = self.usual(said)?;
        Ok(if *doer == Party::NotRecorded { Admission::New } else { admission })
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod spec;
