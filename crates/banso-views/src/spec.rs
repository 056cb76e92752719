//! How specs of the read models tell a case: events as somebody tells them, proposed one after the other to a
//! case as in production.

use banso_domain::{
    Case, CaseEvent, Entry, EventRetracted, Payload, Propose, Reference, Refusal, Registry, RegistryEvent,
    resolve,
};
use banso_kernel::{ActorRef, CloudEvent, EventId, Party, Proposal, Relation, Role, StreamId, When};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::{AsOf, PersonState};

/// An event with an envelope that a spec may change.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) event: CaseEvent,
    pub(crate) occurred: Option<When>,
    pub(crate) actor: ActorRef,
    pub(crate) corrects: Option<EventId>,
}

/// An event as somebody tells it, of an unknown date.
pub(crate) fn told(event: impl Into<CaseEvent>) -> Told {
    let actor = id("consultant@c-soudan");
    Told { event: event.into(), occurred: Some(When::Unknown), actor, corrects: None }
}

/// A retraction of the n-th event.
pub(crate) fn retracting(n: usize) -> Told {
    told(EventRetracted { event: event(n), reason: "誤記".into() })
}

/// The sample of an event type.
pub(crate) fn sample<T: Payload>() -> T {
    T::sample()
}

/// An id or another value that is written well.
pub(crate) fn id<I: FromStr>(text: &str) -> I {
    text.parse().unwrap_or_else(|_| panic!("{text} is written well"))
}

/// The id of the n-th event, from 1.
pub(crate) fn event(n: usize) -> EventId {
    EventId::of("spec", &n.to_string())
}

/// When the n-th event is recorded: a minute apart, from the morning of 2025-06-01 in Tokyo.
pub(crate) fn recorded_at(n: usize) -> DateTime<Utc> {
    at("2025-06-01T00:00:00Z") + TimeDelta::minutes(n as i64)
}

/// A day of the months before anything is recorded, each n the next one.
pub(crate) fn day(n: usize) -> String {
    (at("2025-01-01T00:00:00Z").date_naive() + TimeDelta::days(n as i64)).to_string()
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    id(text)
}

impl Told {
    /// When it happened, as on the wire; `#n` stands for the n-th event.
    pub(crate) fn on(mut self, when: &str) -> Self {
        let mut text = when.to_owned();
        for n in (1..200).rev() {
            text = text.replace(&format!("#{n}"), &event(n).to_string());
        }
        self.occurred = Some(id(&text));
        self
    }

    /// Who recorded it.
    pub(crate) fn recorded_by(mut self, actor: &str) -> Self {
        self.actor = id(actor);
        self
    }

    /// As a correction of the n-th event, which keeps its date.
    pub(crate) fn correcting(mut self, n: usize) -> Self {
        self.corrects = Some(event(n));
        self.occurred = None;
        self
    }

    /// The event as the n-th proposed.
    pub(crate) fn entry(&self, n: usize) -> Entry<CaseEvent> {
        Entry {
            event_id: event(n),
            seq: n as u64,
            stream_seq: n as u64,
            recorded_at: recorded_at(n),
            occurred: self.occurred,
            actor: self.actor.clone(),
            corrects: self.corrects,
            repeats: None,
            event: Arc::new(self.event.clone()),
        }
    }
}

/// What a case makes of a proposal.
pub(crate) fn propose(case: &mut Case, entry: Entry<CaseEvent>) -> Result<Entry<CaseEvent>, Refusal> {
    let sink = EventSink::default();
    now(case.handle(Propose { owner: "haru".into(), entry }, &(), &sink))?;
    Ok(now(sink.collect()).remove(0))
}

/// The events in the order in which they were recorded, as the log has them.
#[track_caller]
pub(crate) fn recorded(told: impl IntoIterator<Item = Told>) -> Vec<Entry<CaseEvent>> {
    let mut case = Case::default();
    let proposals = told.into_iter().zip(1..).map(|(told, n)| told.entry(n));
    proposals.map(|entry| propose(&mut case, entry).unwrap_or_else(|no| panic!("refused: {no}"))).collect()
}

/// The state that entries come to.
pub(crate) fn folded(entries: &[Entry<CaseEvent>]) -> PersonState {
    PersonState::fold(&resolve(entries), entries.last().map_or(0, |last| last.stream_seq))
}

/// The state that a told case comes to.
#[track_caller]
pub(crate) fn state(told: impl IntoIterator<Item = Told>) -> PersonState {
    folded(&recorded(told))
}

/// As the store has it.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("a state is JSON")
}

/// All that is known, or what had happened by `valid_at`.
pub(crate) fn as_of(valid_at: Option<DateTime<Utc>>) -> AsOf {
    AsOf { person: id("haru"), valid_at, known_seq: 0, stream_seq: 0 }
}

fn actor(actor: &str, org: &str, role: Role) -> Party {
    Party::Actor { actor: id(actor), org: id(org), role }
}

pub(crate) fn org(org: &str) -> Party {
    Party::Org(id(org))
}

pub(crate) fn consultant() -> Party {
    actor("consultant", "c-soudan", Role::ConsultationSupportSpecialist)
}

pub(crate) fn nurse() -> Party {
    actor("nurse", "d-hoken", Role::PublicHealthNurse)
}

pub(crate) fn nurse_as_coordinator() -> Party {
    actor("nurse", "d-hoken", Role::Coordinator)
}

pub(crate) fn officer() -> Party {
    actor("officer", "city", Role::WelfareOfficer)
}

pub(crate) fn volunteer() -> Party {
    actor("volunteer", "minsei", Role::CommissionedWelfareVolunteer)
}

pub(crate) fn mother() -> Party {
    Party::Informal { label: "母".into(), relation: Relation::Mother }
}

/// ハルさん's case as data.
const HARU: &str = include_str!("../../../tests/scenarios/haru.jsonl");

/// The case as the log would have it, and who takes part.
pub(crate) fn haru() -> (Vec<Entry<CaseEvent>>, Reference) {
    let (mut case, mut registry) = (Case::default(), Registry::default());
    let (mut recorded, mut registered) = (Vec::new(), Vec::new());
    for (line, n) in HARU.lines().zip(1..) {
        let proposal = proposal(line);
        match &proposal.stream {
            StreamId::Registry => {
                let event = RegistryEvent::read(&proposal.event_type, &proposal.body).expect("a payload");
                let entry = entry(&proposal, n, registered.len(), event);
                let sink = EventSink::default();
                now(registry.handle(Propose { owner: "registry".into(), entry }, &(), &sink))
                    .expect("admitted");
                registered.extend(now(sink.collect()));
            }
            StreamId::Person(_) | StreamId::Zone(_) => {
                let event = CaseEvent::read(&proposal.event_type, &proposal.body).expect("a payload");
                let entry = entry(&proposal, n, recorded.len(), event);
                recorded.push(propose(&mut case, entry).expect("admitted"));
            }
        }
    }
    (recorded, Reference::of(&resolve(&registered)))
}

fn proposal(line: &str) -> Proposal {
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_str(line).expect("a line is JSON");
    let data = fields.remove("data").map_or("", RawValue::get);
    let text = |value: &RawValue| {
        let value: Value = serde_json::from_str(value.get()).expect("an attribute is JSON");
        value.as_str().expect("an attribute is a text").to_owned()
    };
    let attributes = fields.into_iter().map(|(name, value)| (name, text(value))).collect();
    let event = CloudEvent { attributes, data: Bytes::copy_from_slice(data.as_bytes()) };
    event.into_proposal(at("2026-01-01T00:00:00Z")).expect("a line is a proposal")
}

fn entry<E>(proposal: &Proposal, seq: u64, before: usize, event: E) -> Entry<E> {
    Entry {
        event_id: proposal.event_id,
        seq,
        stream_seq: before as u64 + 1,
        recorded_at: at("2026-01-01T00:00:00Z") + TimeDelta::seconds(seq as i64),
        occurred: proposal.occurred,
        actor: proposal.actor.clone(),
        corrects: proposal.corrects,
        repeats: None,
        event: Arc::new(event),
    }
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a decision waits for nothing"),
    }
}
