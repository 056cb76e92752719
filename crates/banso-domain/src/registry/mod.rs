//! Who takes part: organisations and the people who act for them (機関・担当者); and which rules hold (制度ルール).
//! Configuration data, recorded as events so that every process and every replay sees the same.

mod actor_registered;
mod org_registered;
mod reference;
mod rule_pack;
mod rule_pack_activated;

pub use actor_registered::ActorRegistered;
pub use org_registered::{OrgKind, OrgRegistered};
pub use reference::Reference;
pub use rule_pack::{Check, Override, Rule, RulePack, RulePackError, Severity};
pub use rule_pack_activated::RulePackActivated;

use crate::Refusal;
use crate::correction::CorrectionEvent;
use crate::judge::{Judge, Rules};
use crate::payload::{Admission, entity_events, stream_events};
use crate::said::Told;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `Reference::take_in`.
entity_events! {
    /// Events about who takes part.
    ParticipantEvent of RegistryEvent::Participant admitted by Registry {
        /// An organisation takes part.
        Org(OrgRegistered),
        /// Somebody acts for an organisation.
        Actor(ActorRegistered),
    }
}

// ADDING AN EVENT (part 2 of 2): as above.
entity_events! {
    /// Events about what is asked of everybody.
    RegulationEvent of RegistryEvent::Regulation admitted by Registry {
        /// A rule pack holds from now on.
        RulePackActivated(RulePackActivated),
    }
}

stream_events! {
    /// An event of the registry's stream.
    RegistryEvent {
        /// Who takes part.
        Participant(ParticipantEvent) = "participant",
        /// What is asked of everybody.
        Regulation(RegulationEvent) = "regulation",
        /// Records taken back.
        Correction(CorrectionEvent) = "correction",
    }
}

/// Who takes part, as far as the next decision needs it.
pub type Registry = Judge<Reference>;

impl Rules for Reference {
    type Event = RegistryEvent;
    const KIND: &'static str = "registry";

    fn apply(&mut self, told: Told, event: &RegistryEvent) {
        self.take_in(told.event, event);
    }

    fn admit(event: &RegistryEvent, registry: &Registry) -> Result<Admission, Refusal> {
        match event {
            RegistryEvent::Participant(event) => event.admit(registry),
            RegistryEvent::Regulation(event) => event.admit(registry),
            RegistryEvent::Correction(_) => Ok(Admission::New),
        }
    }
}

#[cfg(test)]
pub(crate) mod spec;
