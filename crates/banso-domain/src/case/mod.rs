//! Everything about one person: the unit in which facts are admitted, ordered and read (design D3).

pub mod entitlement;
pub mod episode;
pub mod meeting;
pub mod note;
pub mod person;
pub mod plan;
pub mod referral;
pub mod service;
pub mod team;

use crate::correction::CorrectionEvent;
use crate::entry::Entry;
use crate::ledger::Ledger;
use crate::payload::{Admission, stream_events};
use crate::{History, Refusal};
use banso_kernel::{EventId, PersonId, Scoped, Span};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
        /// Records taken back.
        Correction(CorrectionEvent) = "correction",
    }
}

/// What is known about one person, as far as the next decision needs it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    person: Option<PersonId>,
    ledger: Ledger<CaseEvent>,
    known: Known,
    /// When what is being decided on happened; only while it is.
    #[serde(skip)]
    asked: Option<Span>,
}

// ADDING AN ENTITY: its field here, its arm in `Known::apply` and in `CaseEvent::admit`.
/// What stands, entity by entity: corrections applied, retracted events left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Known {
    person: person::PersonState,
    referral: referral::Referrals,
    team: team::TeamState,
    episode: episode::Episodes,
    entitlement: entitlement::Entitlements,
    plan: plan::Plans,
    meeting: meeting::Meetings,
    note: note::Notes,
}

impl Known {
    fn apply(&mut self, id: EventId, event: &CaseEvent) {
        match event {
            CaseEvent::Person(event) => self.person.apply(id, event),
            CaseEvent::Referral(event) => self.referral.apply(id, event),
            CaseEvent::Team(event) => self.team.apply(id, event),
            CaseEvent::Episode(event) => self.episode.apply(id, event),
            CaseEvent::Entitlement(event) => self.entitlement.apply(id, event),
            CaseEvent::Plan(event) => self.plan.apply(id, event),
            CaseEvent::Meeting(event) => self.meeting.apply(id, event),
            CaseEvent::Note(event) => self.note.apply(id, event),
            // Already applied by resolving the history.
            CaseEvent::Correction(_) => {}
        }
    }

    /// What stands by this history, without the fact `except`.
    fn of(history: &History<'_, CaseEvent>, except: Option<EventId>) -> Self {
        let mut facts: Vec<_> = history.facts.iter().filter(|fact| fact.stands()).collect();
        facts.sort_by_key(|fact| fact.first.seq);
        let mut known = Self::default();
        for fact in facts.into_iter().filter(|fact| Some(fact.id) != except) {
            known.apply(fact.id, &fact.current.event);
        }
        known
    }
}

impl CaseEvent {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        match self {
            Self::Person(event) => event.admit(case),
            Self::Referral(event) => event.admit(case),
            Self::Team(event) => event.admit(case),
            Self::Episode(event) => event.admit(case),
            Self::Entitlement(event) => event.admit(case),
            Self::Plan(event) => event.admit(case),
            Self::Meeting(event) => event.admit(case),
            Self::Note(event) => event.admit(case),
            Self::Correction(_) => Ok(Admission::New),
        }
    }
}

impl Case {
    /// How many events it rests on.
    pub fn events(&self) -> usize {
        self.ledger.len()
    }

    /// The case that these events of a stream, in order, come to. As `apply` for each, but what corrections
    /// and retractions change is looked at once.
    pub fn of(entries: Vec<Entry<CaseEvent>>) -> Self {
        let (ledger, known) = Ledger::of(entries, |history| Known::of(history, None));
        Self { person: None, ledger, known, asked: None }
    }

    fn admit(&mut self, proposed: &Entry<CaseEvent>) -> Result<Admission, Refusal> {
        if let Some(retraction) = self.ledger.check(proposed)? {
            return Ok(retraction);
        }
        match proposed.corrects {
            None => proposed.event.admit(self),
            Some(original) => {
                // Judged as if the original had never been said, so that it does not repeat itself.
                let without = Known::of(&self.ledger.history(), Some(original));
                let known = std::mem::replace(&mut self.known, without);
                let admission = proposed.event.admit(self);
                self.known = known;
                admission
            }
        }
    }

    /// The rule for an event without an id: the same words again are a repetition, unless they were said, or
    /// done, at another time.
    pub(crate) fn says<T: PartialEq>(&self, known: &[Told<T>], said: &T) -> Admission {
        let same = known.iter().find(|told| *told.payload == *said && self.may_coincide(&told.event));
        same.map_or(Admission::New, |told| Admission::Repeats(told.event))
    }

    fn may_coincide(&self, fact: &EventId) -> bool {
        match (self.asked, self.ledger.span(fact)) {
            (Some(asked), Some(known)) => asked.may_coincide(&known),
            (Some(_), None) | (None, _) => true,
        }
    }

    /// Refuses an id of another person's thing.
    pub(crate) fn own<'a, I: Scoped>(&self, what: &'static str, id: &'a I) -> Result<&'a I, Refusal> {
        match &self.person {
            Some(person) if !id.is_of(person) => Err(Refusal::ForeignReference(what)),
            Some(_) | None => Ok(id),
        }
    }

    /// [`Case::own`] for each.
    pub(crate) fn own_all<'a, I: Scoped + 'a>(
        &self,
        what: &'static str,
        ids: impl IntoIterator<Item = &'a I>,
    ) -> Result<(), Refusal> {
        ids.into_iter().try_for_each(|id| self.own(what, id).map(|_| ()))
    }
}

/// What an event said, and which event that was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told<T> {
    pub(crate) event: EventId,
    pub(crate) payload: Arc<T>,
}

impl<T> Told<T> {
    pub(crate) fn by(event: EventId, payload: &Arc<T>) -> Self {
        Self { event, payload: payload.clone() }
    }
}

/// The rule for an event that brings a thing with an id of its own: said again it is a repetition, said
/// otherwise the id was used twice.
pub(crate) fn introduces<T: PartialEq>(
    what: &'static str,
    known: Option<&Told<T>>,
    said: &T,
) -> Result<Admission, Refusal> {
    match known {
        None => Ok(Admission::New),
        Some(told) if *told.payload == *said => Ok(Admission::Repeats(told.event)),
        Some(told) => Err(Refusal::IdAlreadyUsed { what, by: told.event }),
    }
}

/// A proposal to a person's case.
#[derive(Clone, Debug)]
pub struct Propose {
    /// Whose case.
    pub person: PersonId,
    /// The event as it would be recorded; `repeats` is what the case decides.
    pub entry: Entry<CaseEvent>,
}

impl Aggregate for Case {
    const TYPE: &'static str = "person";
    type Command = Propose;
    type Event = Entry<CaseEvent>;
    type Error = Refusal;
    type Services = ();

    /// The one admission call: every door leads here.
    async fn handle(&mut self, command: Propose, (): &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        let Propose { person, mut entry } = command;
        self.person.get_or_insert(person);
        self.asked = Some(self.ledger.span_of(&entry));
        let admission = self.admit(&entry);
        self.asked = None;
        entry.repeats = match admission? {
            Admission::New => None,
            Admission::Repeats(event) => Some(event),
        };
        sink.write(entry, self).await;
        Ok(())
    }

    fn apply(&mut self, entry: Entry<CaseEvent>) {
        let (id, event, repeats) = (entry.event_id, entry.event.clone(), entry.repeats.is_some());
        match self.ledger.push(entry, |history| Known::of(history, None)) {
            Some(known) => self.known = known,
            None if !repeats => self.known.apply(id, &event),
            None => {}
        }
    }
}

impl DomainEvent for Entry<CaseEvent> {
    fn event_type(&self) -> String {
        crate::StreamEvent::event_type(&*self.event).name.into_owned()
    }

    fn event_version(&self) -> String {
        crate::StreamEvent::event_type(&*self.event).version.to_string()
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod spec;
