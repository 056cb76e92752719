//! The registry as readers need it: names and kinds by id.

use super::{
    ActorRegistered, OrgRegistered, ParticipantEvent, RegistryEvent, RegulationEvent, RulePack,
    RulePackActivated,
};
use crate::{Admission, History, Refusal};
use banso_kernel::{ActorId, ActorRef, EventId, OrgId, Party, RulePackId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Organisations and actors as of some position. Read models keep ids only and take names from here when they
/// are read, so that a name registered late changes no stored state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    orgs: BTreeMap<OrgId, Registered<OrgRegistered>>,
    actors: BTreeMap<OrgId, BTreeMap<ActorId, Registered<ActorRegistered>>>,
    packs: BTreeMap<RulePackId, Arc<RulePackActivated>>,
}

/// What was registered, and by which event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Registered<T> {
    by: EventId,
    payload: Arc<T>,
}

/// The rule for an event that registers a thing: said again it is a repetition, said otherwise the id was used
/// twice.
pub(super) fn registers<T: PartialEq>(
    what: &'static str,
    known: Option<&Registered<T>>,
    said: &T,
) -> Result<Admission, Refusal> {
    match known {
        None => Ok(Admission::New),
        Some(known) if *known.payload == *said => Ok(Admission::Repeats(known.by)),
        Some(known) => Err(Refusal::IdAlreadyUsed { what, by: known.by }),
    }
}

impl Reference {
    /// What stands by this history of the registry.
    pub fn of(history: &History<'_, RegistryEvent>) -> Self {
        let mut facts: Vec<_> = history.facts.iter().filter(|fact| fact.stands()).collect();
        facts.sort_by_key(|fact| fact.first.seq);
        let mut reference = Self::default();
        for fact in facts {
            reference.take_in(fact.id, &fact.current.event);
        }
        reference
    }

    pub(super) fn take_in(&mut self, id: EventId, event: &RegistryEvent) {
        match event {
            RegistryEvent::Participant(ParticipantEvent::Org(org)) => {
                let known = || Registered { by: id, payload: org.clone() };
                self.orgs.entry(org.org.clone()).or_insert_with(known);
            }
            RegistryEvent::Participant(ParticipantEvent::Actor(actor)) => {
                let of_org = self.actors.entry(actor.org.clone()).or_default();
                let known = || Registered { by: id, payload: actor.clone() };
                of_org.entry(actor.actor.clone()).or_insert_with(known);
            }
            RegistryEvent::Regulation(RegulationEvent::RulePackActivated(activated)) => {
                self.packs.insert(activated.pack.clone(), activated.clone());
            }
            // Already applied by resolving the history.
            RegistryEvent::Correction(_) => {}
        }
    }

    pub(super) fn registered_org(&self, org: &OrgId) -> Option<&Registered<OrgRegistered>> {
        self.orgs.get(org)
    }

    pub(super) fn registered_actor(
        &self,
        actor: &ActorId,
        org: &OrgId,
    ) -> Option<&Registered<ActorRegistered>> {
        self.actors.get(org)?.get(actor)
    }

    /// The rule packs in force. What cannot be read was not admitted: nothing stands for it.
    pub fn rule_packs(&self) -> Vec<RulePack> {
        self.packs.values().filter_map(|activated| RulePack::read(&activated.content).ok()).collect()
    }

    /// An organisation, if it is registered.
    pub fn org(&self, org: &OrgId) -> Option<&OrgRegistered> {
        self.registered_org(org).map(|known| &*known.payload)
    }

    /// Somebody who acts for an organisation, if registered.
    pub fn actor(&self, actor: &ActorId, org: &OrgId) -> Option<&ActorRegistered> {
        self.registered_actor(actor, org).map(|known| &*known.payload)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::OrgKind;
    use crate::registry::spec::{Told, event, told};
    use crate::samples::{consultant, id};
    use crate::{Entry, EventRetracted, Payload, resolve};
    use banso_kernel::{Relation, Role};

    fn reference<const N: usize>(told: [Told; N]) -> Reference {
        let entries: Vec<Entry<RegistryEvent>> =
            told.iter().enumerate().map(|(at, told)| told.entry(at + 1)).collect();
        Reference::of(&resolve(&entries))
    }

    fn org(name: &str) -> Told {
        told(OrgRegistered { name: name.to_owned(), kind: OrgKind::CoreCenter, ..OrgRegistered::sample() })
    }

    #[test]
    fn a_party_is_named_by_its_role_and_its_organisation() {
        let reference = reference([told(OrgRegistered::sample())]);
        let neighbour = Party::Informal { label: "隣の方".into(), relation: Relation::Neighbour };
        for (party, name) in [
            (consultant(), "相談支援専門員@C相談支援事業所"),
            (Party::Org(id("c-soudan")), "C相談支援事業所"),
            (Party::Org(id("kikan")), "kikan"),
            (Party::Person, "本人"),
            (neighbour, "隣の方"),
            (Party::Unnamed { label: "地域".into() }, "地域"),
            (Party::NotRecorded, "記載なし"),
        ] {
            assert_eq!(reference.name(&party), name);
        }
    }

    #[test]
    fn a_recorder_is_named_by_the_role_they_are_registered_in() {
        let nobody = Reference::default();
        let registered = reference([told(OrgRegistered::sample()), told(ActorRegistered::sample())]);
        let recorder = "consultant@c-soudan".parse().unwrap();
        assert_eq!(nobody.recorder(&recorder), "consultant@c-soudan");
        assert_eq!(registered.recorder(&recorder), "相談支援専門員@C相談支援事業所");
        assert_eq!(
            registered.actor(&id("consultant"), &id("c-soudan")).map(|actor| &actor.role),
            Some(&Role::ConsultationSupportSpecialist)
        );
    }

    #[test]
    fn a_name_is_as_last_corrected() {
        let reference = reference([org("旧"), org("新").correcting(1)]);
        assert_eq!(reference.org_name(&id("c-soudan")), "新");
    }

    #[test]
    fn what_was_registered_first_stands_whatever_dates_are_stated() {
        let taken_back = |n: usize| told(EventRetracted { event: event(n), reason: "誤記".into() });
        let reference =
            reference([org("先").on("2025-05-02"), taken_back(1), org("後").on("2025-05-01"), taken_back(2)]);
        assert_eq!(reference.org_name(&id("c-soudan")), "先");
    }
}
