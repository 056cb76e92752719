//! The one admission path: the cases of the writer's hot streams, and cqrs-es' `Aggregate::handle` on them.

use crate::decoded::{Decoded, decode, registry_entry};
use banso_domain::{Case, Enrol, Entry, Propose, Refusal, Registry};
use banso_kernel::{Proposal, Recorded, StreamId};
use banso_log::{Admitted, Decider, Position, Undecidable};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use futures::FutureExt;
use lru::LruCache;
use std::borrow::Borrow;
use std::cell::RefCell;

/// Hot cases are dropped, the coldest first, while they rest on more events than this …
const HOT_EVENTS_MAX: usize = 200_000;
/// … but as many cases as one batch can touch always stay: what was decided in it is not yet in the log.
const HOT_CASES_MIN: usize = banso_log::QUEUE_EVENTS_MAX;

/// A proposal with its decoded payload.
#[derive(Clone, Debug)]
pub struct Item {
    pub(crate) proposal: Proposal,
    pub(crate) decoded: Decoded,
}

impl Borrow<Proposal> for Item {
    fn borrow(&self) -> &Proposal {
        &self.proposal
    }
}

/// Decides by the rules of the domain.
#[derive(Debug)]
pub struct CaseDecider {
    /// In a cell because asking for a stream makes it the hottest.
    hot: RefCell<LruCache<StreamId, Hot>>,
    hot_events: usize,
    hot_events_max: usize,
    hot_cases_min: usize,
    saved: Vec<(StreamId, Option<Hot>)>,
}

#[derive(Clone, Debug)]
enum Hot {
    Case(Box<Case>),
    Registry(Box<Registry>),
}

impl Hot {
    fn of(stream: &StreamId) -> Option<Self> {
        match stream {
            StreamId::Person(_) => Some(Self::Case(Box::default())),
            StreamId::Registry => Some(Self::Registry(Box::default())),
            StreamId::Zone(_) => None,
        }
    }

    fn events(&self) -> usize {
        match self {
            Self::Case(case) => case.events(),
            Self::Registry(registry) => registry.events(),
        }
    }

    fn take_in(&mut self, recorded: &Recorded) -> Result<(), Undecidable> {
        let unreadable =
            |e: banso_domain::ReadError| Undecidable { seq: recorded.header.seq, reason: e.to_string() };
        match self {
            Self::Case(case) => case.apply(decode(recorded).map_err(unreadable)?),
            Self::Registry(registry) => registry.apply(registry_entry(recorded).map_err(unreadable)?),
        }
        Ok(())
    }
}

impl Default for CaseDecider {
    fn default() -> Self {
        Self::keeping(HOT_EVENTS_MAX, HOT_CASES_MIN)
    }
}

impl CaseDecider {
    pub(crate) fn keeping(hot_events_max: usize, hot_cases_min: usize) -> Self {
        let hot = RefCell::new(LruCache::unbounded());
        Self { hot, hot_events: 0, hot_events_max, hot_cases_min, saved: Vec::new() }
    }

    fn put(&mut self, stream: StreamId, hot: Hot) {
        self.hot_events += hot.events();
        let kept = self.hot.get_mut();
        if let Some(before) = kept.put(stream, hot) {
            self.hot_events = self.hot_events.saturating_sub(before.events());
        }
        while self.hot_events > self.hot_events_max && kept.len() > self.hot_cases_min {
            let Some((_, coldest)) = kept.pop_lru() else { break };
            self.hot_events -= coldest.events();
        }
    }

    fn drop_hot(&mut self, stream: &StreamId) {
        if let Some(before) = self.hot.get_mut().pop(stream) {
            self.hot_events = self.hot_events.saturating_sub(before.events());
        }
    }
}

impl Decider for CaseDecider {
    type Item = Item;
    type Refusal = Refusal;

    fn cold(&self, item: &Item) -> Vec<StreamId> {
        let stream = &item.proposal.stream;
        let mut hot = self.hot.borrow_mut();
        // What is about to be decided on must not be dropped for what is loaded beside it.
        hot.promote(stream);
        if hot.contains(stream) { Vec::new() } else { vec![stream.clone()] }
    }

    fn load(&mut self, stream: &StreamId, events: Vec<Recorded>) -> Result<(), Undecidable> {
        let Some(mut hot) = Hot::of(stream) else { return Ok(()) };
        for event in &events {
            hot.take_in(event)?;
        }
        self.put(stream.clone(), hot);
        Ok(())
    }

    fn observe(&mut self, event: &Recorded) {
        let stream = &event.header.stream;
        let Some(mut hot) = self.hot.get_mut().pop(stream) else { return };
        self.hot_events -= hot.events();
        // What cannot be read is read again, and reported, when somebody proposes to the stream.
        if hot.take_in(event).is_ok() {
            self.put(stream.clone(), hot);
        }
    }

    fn decide(&mut self, item: &Item, position: Position) -> Result<Admitted, Refusal> {
        let Item { proposal, decoded } = item;
        let stream = &proposal.stream;
        let (repeats, grown) = match (self.hot.get_mut().get_mut(stream), decoded, stream) {
            (Some(Hot::Case(case)), Decoded::Case(event), StreamId::Person(person)) => {
                let entry = entry(proposal, position, event);
                let before = case.events();
                let admitted = handle(case.as_mut(), Propose { person: person.clone(), entry })?;
                (admitted.repeats, case.events() - before)
            }
            (Some(Hot::Registry(registry)), Decoded::Registry(event), _) => {
                let entry = entry(proposal, position, event);
                let before = registry.events();
                let admitted = handle(registry.as_mut(), Enrol { entry })?;
                (admitted.repeats, registry.events() - before)
            }
            (hot, _, _) => {
                unreachable!("the writer loads {stream} before it asks; in memory: {}", hot.is_some())
            }
        };
        self.hot_events += grown;
        Ok(Admitted { repeats })
    }

    fn save(&mut self, streams: &[StreamId]) {
        let hot = self.hot.get_mut();
        self.saved = streams.iter().map(|stream| (stream.clone(), hot.peek(stream).cloned())).collect();
    }

    fn restore(&mut self) {
        for (stream, saved) in std::mem::take(&mut self.saved) {
            match saved {
                Some(hot) => self.put(stream, hot),
                None => self.drop_hot(&stream),
            }
        }
    }

    fn release(&mut self) {
        self.saved.clear();
    }

    fn forget(&mut self, stream: &StreamId) {
        self.drop_hot(stream);
    }
}

fn entry<E>(proposal: &Proposal, position: Position, event: &std::sync::Arc<E>) -> Entry<E> {
    Entry {
        event_id: proposal.event_id,
        seq: position.seq,
        stream_seq: position.stream_seq,
        recorded_at: position.recorded_at,
        occurred: proposal.occurred,
        actor: proposal.actor.clone(),
        corrects: proposal.corrects,
        repeats: None,
        event: event.clone(),
    }
}

/// Asks the aggregate. Its `handle` is async by cqrs-es' signature; ours never waits for anything.
fn handle<A, E>(aggregate: &mut A, command: A::Command) -> Result<Entry<E>, A::Error>
where
    A: Aggregate<Event = Entry<E>, Services = ()>,
{
    let sink = EventSink::default();
    let asked = async {
        aggregate.handle(command, &(), &sink).await?;
        Ok(sink.collect().await)
    };
    match asked.now_or_never() {
        Some(Ok(mut events)) => match (events.pop(), events.is_empty()) {
            (Some(event), true) => Ok(event),
            (_, _) => unreachable!("an aggregate answers a proposal with one event or a refusal"),
        },
        Some(Err(refusal)) => Err(refusal),
        None => unreachable!("an aggregate of the domain waits for nothing"),
    }
}
