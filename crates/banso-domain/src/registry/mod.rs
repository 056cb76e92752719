//! Who takes part: organisations and the people who act for them (機関・担当者). Configuration data, recorded as
//! events so that every process and every replay sees the same.

mod actor_registered;
mod org_registered;
mod reference;

pub use actor_registered::ActorRegistered;
pub use org_registered::{OrgKind, OrgRegistered};
pub use reference::Reference;

use crate::correction::CorrectionEvent;
use crate::entry::Entry;
use crate::ledger::Ledger;
use crate::payload::{Admission, entity_events, stream_events};
use crate::{Refusal, StreamEvent};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `Reference::of`.
entity_events! {
    /// Events about who takes part.
    ParticipantEvent of RegistryEvent::Participant admitted by Registry {
        /// An organisation takes part.
        Org(OrgRegistered),
        /// Somebody acts for an organisation.
        Actor(ActorRegistered),
    }
}

stream_events! {
    /// An event of the registry's stream.
    RegistryEvent {
        /// Who takes part.
        Participant(ParticipantEvent) = "participant",
        /// Records taken back.
        Correction(CorrectionEvent) = "correction",
    }
}

/// Who takes part, as far as the next decision needs it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Registry {
    ledger: Ledger<RegistryEvent>,
    reference: Reference,
}

impl Registry {
    /// How many events it rests on.
    pub fn events(&self) -> usize {
        self.ledger.len()
    }

    /// The registry that these events, in order, come to.
    pub fn of(entries: Vec<Entry<RegistryEvent>>) -> Self {
        let (ledger, reference) = Ledger::of(entries, Reference::of);
        Self { ledger, reference }
    }

    fn admit(&self, proposed: &Entry<RegistryEvent>) -> Result<Admission, Refusal> {
        if let Some(retraction) = self.ledger.check(proposed)? {
            return Ok(retraction);
        }
        let RegistryEvent::Participant(event) = &*proposed.event else { return Ok(Admission::New) };
        match proposed.corrects {
            None => event.admit(self),
            Some(original) => {
                let reference = Reference::except(&self.ledger.history(), original);
                event.admit(&Registry { ledger: Ledger::default(), reference })
            }
        }
    }
}

/// A proposal to the registry.
#[derive(Clone, Debug)]
pub struct Enrol {
    /// The event as it would be recorded; `repeats` is what the registry decides.
    pub entry: Entry<RegistryEvent>,
}

impl Aggregate for Registry {
    const TYPE: &'static str = "registry";
    type Command = Enrol;
    type Event = Entry<RegistryEvent>;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: Enrol, (): &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        let Enrol { mut entry } = command;
        entry.repeats = match self.admit(&entry)? {
            Admission::New => None,
            Admission::Repeats(event) => Some(event),
        };
        sink.write(entry, self).await;
        Ok(())
    }

    fn apply(&mut self, entry: Entry<RegistryEvent>) {
        let (id, event, repeats) = (entry.event_id, entry.event.clone(), entry.repeats.is_some());
        match self.ledger.push(entry, Reference::of) {
            Some(reference) => self.reference = reference,
            None if !repeats => self.reference.apply(id, &event),
            None => {}
        }
    }
}

impl DomainEvent for Entry<RegistryEvent> {
    fn event_type(&self) -> String {
        StreamEvent::event_type(&*self.event).name.into_owned()
    }

    fn event_version(&self) -> String {
        StreamEvent::event_type(&*self.event).version.to_string()
    }
}

#[cfg(test)]
pub(crate) mod spec;
