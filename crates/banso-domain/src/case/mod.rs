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
use crate::payload::{Admission, Payload, stream_events};
use crate::said::{Said, Sayings, Things, Told};
use crate::{History, Refusal, Thing};
use banso_kernel::{EventId, PersonId, Seq, Span};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
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
        /// Records taken back.
        Correction(CorrectionEvent) = "correction",
    }
}

/// What is known about one person, as far as the next decision needs it. What a correction or a retraction changes
/// can only be told from all that was said: such a proposal asks for a case that [keeps its
/// history](Case::keeps_history). Every other one is decided without.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    person: Option<PersonId>,
    ledger: Ledger<CaseEvent>,
    known: Known,
    /// What is being decided on; only while it is.
    #[serde(skip)]
    asked: Option<Asked>,
}

/// When a proposed event happened, and what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Asked {
    span: Span,
    said: Said,
}

// ADDING AN ENTITY: its arms in `Known::apply` and in `CaseEvent::admit`; its field here, if its rules look at more
// than what was brought and said.
/// What stands, entity by entity: corrections applied, retracted events left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Known {
    things: Things,
    sayings: Sayings,
    referrals: referral::Referrals,
    plans: plan::Plans,
}

impl Known {
    fn apply(&mut self, seq: Seq, told: Told, event: &CaseEvent) {
        match event {
            CaseEvent::Referral(event) => self.referrals.apply(told.event, event),
            CaseEvent::Plan(event) => self.plans.apply(told.said, event),
            CaseEvent::Person(_)
            | CaseEvent::Team(_)
            | CaseEvent::Episode(_)
            | CaseEvent::Entitlement(_)
            | CaseEvent::Meeting(_)
            | CaseEvent::Note(_) => {}
            // Already applied by resolving the history.
            CaseEvent::Correction(_) => return,
        }
        match event.brings() {
            Some(thing) => self.things.add(thing, told),
            None => self.sayings.add(seq, told),
        }
    }

    /// What stands by this history, without the fact `except`.
    fn of(history: &History<'_, CaseEvent>, except: Option<EventId>) -> Self {
        let mut facts: Vec<_> = history.facts.iter().filter(|fact| fact.stands()).collect();
        facts.sort_by_key(|fact| fact.first.seq);
        let mut known = Self::default();
        for fact in facts.into_iter().filter(|fact| Some(fact.id) != except) {
            let event = &*fact.current.event;
            known.apply(fact.first.seq, Told { event: fact.id, said: Said::by(event) }, event);
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

    /// Whether any proposal can be decided and any entry applied; not only one that does not
    /// [rewrite](crate::rewrites) what was said before.
    pub fn keeps_history(&self) -> bool {
        self.ledger.keeps_entries()
    }

    /// Keeps what the proposals of a usual day are decided by, and drops all else: a tenth of it.
    pub fn forget_history(&mut self) {
        self.ledger.forget_entries();
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

    /// The usual rule: everything that it names is the person's own, and it was not said before. The same words
    /// again are a repetition, unless they were said, or done, at another time. A thing brought again is one at any
    /// time; brought otherwise, its id was used twice.
    pub(crate) fn usual(&self, said: &impl Payload) -> Result<Admission, Refusal> {
        said.refers_to().into_iter().chain(said.brings()).try_for_each(|thing| self.own(thing))?;
        let asked = self.asked();
        if let Some(thing) = said.brings() {
            return match self.known.things.get(thing) {
                None => Ok(Admission::New),
                Some(told) if told.said == asked.said => Ok(Admission::Repeats(told.event)),
                Some(told) => Err(Refusal::IdAlreadyUsed { what: thing.name(), by: told.event }),
            };
        }
        let at_the_time =
            |event: &EventId| self.ledger.span(event).is_none_or(|known| asked.span.may_coincide(&known));
        let same = self.known.sayings.of(asked.said).find(at_the_time);
        Ok(same.map_or(Admission::New, Admission::Repeats))
    }

    /// Whether somebody brought this thing.
    pub(crate) fn has(&self, thing: Thing<'_>) -> bool {
        self.known.things.get(thing).is_some()
    }

    /// Refuses another person's thing.
    pub(crate) fn own(&self, thing: Thing<'_>) -> Result<(), Refusal> {
        match &self.person {
            Some(person) if !thing.is_of(person) => Err(Refusal::ForeignReference(thing.name())),
            Some(_) | None => Ok(()),
        }
    }

    fn asked(&self) -> &Asked {
        match &self.asked {
            Some(asked) => asked,
            None => unreachable!("a rule is asked about a proposal"),
        }
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
        self.asked = Some(Asked { span: self.ledger.span_of(&entry), said: Said::by(&*entry.event) });
        let admission = self.admit(&entry);
        if admission.is_err() {
            self.asked = None;
        }
        entry.repeats = match admission? {
            Admission::New => None,
            Admission::Repeats(event) => Some(event),
        };
        sink.write(entry, self).await;
        Ok(())
    }

    fn apply(&mut self, entry: Entry<CaseEvent>) {
        let asked = self.asked.take();
        let (seq, id, event) = (entry.seq, entry.event_id, entry.event.clone());
        let repeats = entry.repeats.is_some();
        match self.ledger.push(entry, |history| Known::of(history, None)) {
            Some(known) => self.known = known,
            None if !repeats => {
                let said = asked.map_or_else(|| Said::by(&*event), |asked| asked.said);
                self.known.apply(seq, Told { event: id, said }, &event);
            }
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
