//! How a stream judges proposals: the same for a person's case, a zone and the registry. What differs is in
//! [`Rules`]: the events, and what their rules look at beyond what was brought and said.

use crate::entry::{Entry, StreamEvent};
use crate::ledger::Ledger;
use crate::payload::{Admission, Payload};
use crate::said::{Heard, Said, Told};
use crate::{History, Refusal, Thing};
use banso_kernel::{EventId, Span};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// The rules of one kind of stream, and what they look at.
pub trait Rules:
    Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// What happens on such a stream.
    type Event: StreamEvent + Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The kind of stream.
    const KIND: &'static str;

    /// Takes in what stands, event by event in the log's order: corrections applied, retracted events left out.
    fn apply(&mut self, told: Told, event: &Self::Event);

    /// The rule of this event's type.
    fn admit(event: &Self::Event, stream: &Judge<Self>) -> Result<Admission, Refusal>;
}

/// What is known of one stream, as far as the next decision needs it. What a correction or a retraction changes can
/// only be told from all that was said: such a proposal asks for one that [keeps its history](Judge::keeps_history).
/// Every other one is decided without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Judge<R: Rules> {
    /// Whose stream it is, as soon as somebody proposed to it.
    owner: Option<Box<str>>,
    ledger: Ledger<R::Event>,
    standing: Standing<R>,
    /// What is being decided on; only while it is.
    #[serde(skip)]
    asked: Option<Asked>,
}

/// What stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
struct Standing<R: Rules> {
    heard: Heard,
    rules: R,
}

/// When a proposed event happened, and what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Asked {
    span: Span,
    said: Said,
}

impl<R: Rules> Default for Judge<R> {
    fn default() -> Self {
        Self { owner: None, ledger: Ledger::default(), standing: Standing::default(), asked: None }
    }
}

impl<R: Rules> Default for Standing<R> {
    fn default() -> Self {
        Self { heard: Heard::default(), rules: R::default() }
    }
}

impl<R: Rules> Standing<R> {
    fn apply(&mut self, seq: u64, told: Told, event: &R::Event) {
        // Already applied by resolving the history.
        if event.retraction().is_none() {
            self.rules.apply(told, event);
            self.heard.add(seq, told, event.brings());
        }
    }

    /// What stands by this history, without the fact `except`.
    fn of(history: &History<'_, R::Event>, except: Option<EventId>) -> Self {
        let mut facts: Vec<_> = history.facts.iter().filter(|fact| fact.stands()).collect();
        facts.sort_by_key(|fact| fact.first.seq);
        let mut standing = Self::default();
        for fact in facts.into_iter().filter(|fact| Some(fact.id) != except) {
            let event = &*fact.current.event;
            standing.apply(fact.first.seq, Told { event: fact.id, said: Said::by(event) }, event);
        }
        standing
    }
}

impl<R: Rules> Judge<R> {
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

    /// What these events of a stream, in order, come to. As `apply` for each, but what corrections and retractions
    /// change is looked at once.
    pub fn of(entries: Vec<Entry<R::Event>>) -> Self {
        let (ledger, standing) = Ledger::of(entries, |history| Standing::of(history, None));
        Self { owner: None, ledger, standing, asked: None }
    }

    /// What the rules of this kind of stream look at.
    pub(crate) fn rules(&self) -> &R {
        &self.standing.rules
    }

    fn judge(&mut self, proposed: &Entry<R::Event>) -> Result<Admission, Refusal> {
        if let Some(retraction) = self.ledger.check(proposed)? {
            return Ok(retraction);
        }
        match proposed.corrects {
            None => R::admit(&proposed.event, self),
            Some(original) => {
                // Judged as if the original had never been said, so that it does not repeat itself.
                let without = Standing::of(&self.ledger.history(), Some(original));
                let standing = std::mem::replace(&mut self.standing, without);
                let admission = R::admit(&proposed.event, self);
                self.standing = standing;
                admission
            }
        }
    }

    /// The usual rule: everything that it names is of this stream, and it was not said before. The same words again
    /// are a repetition, unless they were said, or done, at another time. A thing brought again is one at any time;
    /// brought otherwise, its id was used twice.
    pub(crate) fn usual(&self, said: &impl Payload) -> Result<Admission, Refusal> {
        said.refers_to().into_iter().chain(said.brings()).try_for_each(|thing| self.own(thing))?;
        let asked = self.asked();
        if let Some(thing) = said.brings() {
            return match self.standing.heard.thing(thing) {
                None => Ok(Admission::New),
                Some(told) if told.said == asked.said => Ok(Admission::Repeats(told.event)),
                Some(told) => Err(Refusal::IdAlreadyUsed { what: thing.name(), by: told.event }),
            };
        }
        let same = self.standing.heard.who_said(asked.said).find(|event| self.may_coincide(event));
        Ok(same.map_or(Admission::New, Admission::Repeats))
    }

    /// Whether what this event said may have been when the proposed one says.
    pub(crate) fn may_coincide(&self, event: &EventId) -> bool {
        self.ledger.span(event).is_none_or(|known| self.asked().span.may_coincide(&known))
    }

    /// Whether somebody brought this thing.
    pub(crate) fn has(&self, thing: Thing<'_>) -> bool {
        self.standing.heard.thing(thing).is_some()
    }

    /// Refuses a thing of another stream.
    pub(crate) fn own(&self, thing: Thing<'_>) -> Result<(), Refusal> {
        match &self.owner {
            Some(owner) if !thing.is_of(owner) => Err(Refusal::ForeignReference(thing.name())),
            Some(_) | None => Ok(()),
        }
    }

    /// What the proposal says.
    pub(crate) fn said(&self) -> Said {
        self.asked().said
    }

    fn asked(&self) -> &Asked {
        match &self.asked {
            Some(asked) => asked,
            None => unreachable!("a rule is asked about a proposal"),
        }
    }
}

#[cfg(test)]
impl<R: Rules> Judge<R> {
    /// The same without whose it is, which only a proposal says.
    pub(crate) fn nobodys(self) -> Self {
        Self { owner: None, ..self }
    }

    /// Whether it is as if it were made of this history.
    pub(crate) fn keeps_what_is_said_by(&self, history: &History<'_, R::Event>) -> bool {
        let mut facts = history.facts.iter();
        self.standing == Standing::of(history, None)
            && facts.all(|fact| self.ledger.span(&fact.id) == Some(fact.span))
    }
}

/// A proposal to a stream.
#[derive(Clone, Debug)]
pub struct Propose<E> {
    /// Whose stream: the person's or the zone's id.
    pub owner: Box<str>,
    /// The event as it would be recorded; `repeats` is what is decided.
    pub entry: Entry<E>,
}

impl<R: Rules> Aggregate for Judge<R> {
    const TYPE: &'static str = R::KIND;
    type Command = Propose<R::Event>;
    type Event = Entry<R::Event>;
    type Error = Refusal;
    type Services = ();

    /// The one admission call: every door leads here.
    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Refusal> {
        let Propose { owner, mut entry } = command;
        self.owner.get_or_insert(owner);
        self.asked = Some(Asked { span: self.ledger.span_of(&entry), said: Said::by(&*entry.event) });
        let admission = self.judge(&entry);
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

    fn apply(&mut self, entry: Self::Event) {
        let asked = self.asked.take();
        let (seq, id, event) = (entry.seq, entry.event_id, entry.event.clone());
        let repeats = entry.repeats.is_some();
        match self.ledger.push(entry, |history| Standing::of(history, None)) {
            Some(standing) => self.standing = standing,
            None if !repeats => {
                let said = asked.map_or_else(|| Said::by(&*event), |asked| asked.said);
                self.standing.apply(seq, Told { event: id, said }, &event);
            }
            None => {}
        }
    }
}

impl<E> DomainEvent for Entry<E>
where
    E: StreamEvent + Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync,
{
    fn event_type(&self) -> String {
        self.event.event_type().name.into_owned()
    }

    fn event_version(&self) -> String {
        self.event.event_type().version.to_string()
    }
}
