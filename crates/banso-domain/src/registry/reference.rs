//! The registry as readers need it: names and kinds by id.

use super::{ActorRegistered, OrgRegistered, ParticipantEvent, RegistryEvent};
use crate::History;
use crate::case::Told;
use banso_kernel::{ActorId, ActorRef, EventId, OrgId, Party};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Organisations and actors as of some position. Read models keep ids only and take names from here when they
/// are read, so that a name registered late changes no stored state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    orgs: BTreeMap<OrgId, Told<OrgRegistered>>,
    actors: BTreeMap<OrgId, BTreeMap<ActorId, Told<ActorRegistered>>>,
}

impl Reference {
    /// What stands by this history of the registry.
    pub fn of(history: &History<'_, RegistryEvent>) -> Self {
        Self::fold(history, None)
    }

    /// The same without one fact.
    pub(crate) fn except(history: &History<'_, RegistryEvent>, except: EventId) -> Self {
        Self::fold(history, Some(except))
    }

    fn fold(history: &History<'_, RegistryEvent>, except: Option<EventId>) -> Self {
        let mut facts: Vec<_> = history.facts.iter().filter(|fact| fact.stands()).collect();
        facts.sort_by_key(|fact| fact.first.seq);
        let mut reference = Self::default();
        for fact in facts.into_iter().filter(|fact| Some(fact.id) != except) {
            reference.apply(fact.id, &fact.current.event);
        }
        reference
    }

    pub(crate) fn apply(&mut self, id: EventId, event: &RegistryEvent) {
        match event {
            RegistryEvent::Participant(ParticipantEvent::Org(org)) => {
                self.orgs.entry(org.org.clone()).or_insert_with(|| Told::by(id, org));
            }
            RegistryEvent::Participant(ParticipantEvent::Actor(actor)) => {
                let of_org = self.actors.entry(actor.org.clone()).or_default();
                of_org.entry(actor.actor.clone()).or_insert_with(|| Told::by(id, actor));
            }
            // Already applied by resolving the history.
            RegistryEvent::Correction(_) => {}
        }
    }

    pub(crate) fn told_org(&self, org: &OrgId) -> Option<&Told<OrgRegistered>> {
        self.orgs.get(org)
    }

    pub(crate) fn told_actor(&self, actor: &ActorId, org: &OrgId) -> Option<&Told<ActorRegistered>> {
        self.actors.get(org)?.get(actor)
    }

    /// An organisation, if it is registered.
    pub fn org(&self, org: &OrgId) -> Option<&OrgRegistered> {
        self.told_org(org).map(|told| &told.payload)
    }

    /// Somebody who acts for an organisation, if registered.
    pub fn actor(&self, actor: &ActorId, org: &OrgId) -> Option<&ActorRegistered> {
        self.told_actor(actor, org).map(|told| &told.payload)
    }

    /// An organisation's name, or its id where it is not registered.
    pub fn org_name(&self, org: &OrgId) -> String {
        self.org(org).map_or_else(|| org.to_string(), |org| org.name.clone())
    }

    /// A party as people read it: 「相談支援専門員@C相談支援事業所」.
    pub fn name(&self, party: &Party) -> String {
        match party {
            Party::Person => "本人".to_owned(),
            Party::Actor { org, role, .. } => format!("{}@{}", role.label(), self.org_name(org)),
            Party::Org(org) => self.org_name(org),
            Party::Informal { label, .. } | Party::Unnamed { label } => label.reveal().clone(),
            Party::NotRecorded => "記載なし".to_owned(),
        }
    }

    /// Whoever recorded something, as people read it.
    pub fn recorder(&self, recorder: &ActorRef) -> String {
        let role = self.actor(&recorder.actor, &recorder.org).map(|actor| actor.role.label());
        format!("{}@{}", role.unwrap_or(recorder.actor.as_str()), self.org_name(&recorder.org))
    }
}
