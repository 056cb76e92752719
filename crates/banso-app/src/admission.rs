//! The one admission path: the cases of the writer's hot streams, and cqrs-es' `Aggregate::handle` on them.

use crate::decoded::{Decoded, decode, registry_entry};
use banso_domain::{Case, Enrol, Entry, Propose, ReadError, Refusal, Registry};
use banso_kernel::{Proposal, Recorded, StreamId};
use banso_log::{Admitted, Decider, Position, Undecidable};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use futures::FutureExt;
use lru::LruCache;
use std::borrow::Borrow;
use std::cell::RefCell;

/// Hot cases are dropped, the coldest first, while they take more memory than this, as estimated. Those of the batch
/// that is being decided stay until it is over: what was decided in it is not yet in the log.
const HOT_BYTES_MAX: usize = 512 * 1024 * 1024;

/// What a hot case takes before anything happened in it, about: its name, and its place among the others, too.
const CASE_OVERHEAD_BYTES: usize = size_of::<Case>() + 512;
/// What an event of a hot case takes beside its payload, about.
const EVENT_OVERHEAD_BYTES: usize = 1_024;
/// A payload takes at most about so many times its bytes once it is decoded. The ledger and what stands by it share it.
const DECODED_TIMES: usize = 2;

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
    hot: RefCell<LruCache<StreamId, Kept>>,
    hot_bytes: usize,
    hot_bytes_max: usize,
    /// Which batch is being decided.
    batch: u64,
    saved: Vec<(StreamId, Option<Kept>)>,
}

/// A stream in memory, and what it takes there, about.
#[derive(Clone, Debug)]
struct Kept {
    hot: Hot,
    bytes: usize,
    /// The last one that asked for it.
    batch: u64,
}

#[derive(Clone, Debug)]
enum Hot {
    Case(Box<Case>),
    Registry(Box<Registry>),
}

impl Kept {
    fn load(stream: &StreamId, events: &[Recorded], batch: u64) -> Result<Option<Self>, Undecidable> {
        let hot = match stream {
            StreamId::Person(_) => Hot::Case(Box::new(Case::of(read(events, decode)?))),
            StreamId::Registry => Hot::Registry(Box::new(Registry::of(read(events, registry_entry)?))),
            StreamId::Zone(_) => return Ok(None),
        };
        let bytes: usize = events.iter().map(|event| bytes_of(&event.body)).sum();
        Ok(Some(Self { hot, bytes: CASE_OVERHEAD_BYTES + bytes, batch }))
    }

    fn take_in(&mut self, recorded: &Recorded) -> Result<(), Undecidable> {
        match &mut self.hot {
            Hot::Case(case) => case.apply(decode(recorded).map_err(undecidable(recorded))?),
            Hot::Registry(registry) => {
                registry.apply(registry_entry(recorded).map_err(undecidable(recorded))?);
            }
        }
        self.bytes += bytes_of(&recorded.body);
        Ok(())
    }
}

fn bytes_of(body: &[u8]) -> usize {
    body.len() * DECODED_TIMES + EVENT_OVERHEAD_BYTES
}

fn read<E>(events: &[Recorded], read: fn(&Recorded) -> Result<E, ReadError>) -> Result<Vec<E>, Undecidable> {
    events.iter().map(|event| read(event).map_err(undecidable(event))).collect()
}

fn undecidable(recorded: &Recorded) -> impl Fn(ReadError) -> Undecidable {
    let seq = recorded.header.seq;
    move |e| Undecidable { seq, reason: e.to_string() }
}

impl Default for CaseDecider {
    fn default() -> Self {
        Self::keeping(HOT_BYTES_MAX)
    }
}

impl CaseDecider {
    pub(crate) fn keeping(hot_bytes_max: usize) -> Self {
        let hot = RefCell::new(LruCache::unbounded());
        Self { hot, hot_bytes: 0, hot_bytes_max, batch: 0, saved: Vec::new() }
    }

    #[cfg(test)]
    pub(crate) fn hot_bytes(&mut self) -> usize {
        let bytes = self.hot.get_mut().iter().map(|(_, kept)| kept.bytes).sum();
        assert_eq!(self.hot_bytes, bytes);
        bytes
    }

    fn put(&mut self, stream: StreamId, kept: Kept) {
        self.hot_bytes += kept.bytes;
        let hot = self.hot.get_mut();
        if let Some(before) = hot.put(stream, kept) {
            self.hot_bytes -= before.bytes;
        }
        self.drop_coldest();
    }

    fn drop_coldest(&mut self) {
        let hot = self.hot.get_mut();
        while self.hot_bytes > self.hot_bytes_max
            && hot.peek_lru().is_some_and(|(_, coldest)| coldest.batch != self.batch)
        {
            let Some((_, coldest)) = hot.pop_lru() else { break };
            self.hot_bytes -= coldest.bytes;
        }
    }

    fn take_out(&mut self, stream: &StreamId) -> Option<Kept> {
        let kept = self.hot.get_mut().pop(stream)?;
        self.hot_bytes -= kept.bytes;
        Some(kept)
    }
}

impl Decider for CaseDecider {
    type Item = Item;
    type Refusal = Refusal;

    fn cold(&self, item: &Item) -> Vec<StreamId> {
        let stream = &item.proposal.stream;
        match self.hot.borrow_mut().get_mut(stream) {
            Some(kept) => {
                // What is about to be decided on must not be dropped for what is loaded beside it.
                kept.batch = self.batch;
                Vec::new()
            }
            None => vec![stream.clone()],
        }
    }

    fn load(&mut self, stream: &StreamId, events: Vec<Recorded>) -> Result<(), Undecidable> {
        if let Some(kept) = Kept::load(stream, &events, self.batch)? {
            self.put(stream.clone(), kept);
        }
        Ok(())
    }

    fn observe(&mut self, event: &Recorded) {
        let stream = &event.header.stream;
        let Some(mut kept) = self.take_out(stream) else { return };
        // What cannot be read is read again, and reported, when somebody proposes to the stream.
        if kept.take_in(event).is_ok() {
            self.put(stream.clone(), kept);
        }
    }

    fn decide(&mut self, item: &Item, position: Position) -> Result<Admitted, Refusal> {
        let Item { proposal, decoded } = item;
        let stream = &proposal.stream;
        let Some(kept) = self.hot.get_mut().get_mut(stream) else {
            unreachable!("the writer loads {stream} before it asks")
        };
        let repeats = match (&mut kept.hot, decoded, stream) {
            (Hot::Case(case), Decoded::Case(event), StreamId::Person(person)) => {
                let entry = entry(proposal, position, event);
                handle(case.as_mut(), Propose { person: person.clone(), entry })?.repeats
            }
            (Hot::Registry(registry), Decoded::Registry(event), _) => {
                handle(registry.as_mut(), Enrol { entry: entry(proposal, position, event) })?.repeats
            }
            (Hot::Case(_) | Hot::Registry(_), _, _) => {
                unreachable!("the door decodes an event of {stream} as one of its kind")
            }
        };
        let grown = bytes_of(&proposal.body);
        kept.bytes += grown;
        self.hot_bytes += grown;
        Ok(Admitted { repeats })
    }

    fn save(&mut self, streams: &[StreamId]) {
        let hot = self.hot.get_mut();
        self.saved = streams.iter().map(|stream| (stream.clone(), hot.peek(stream).cloned())).collect();
    }

    fn restore(&mut self) {
        for (stream, saved) in std::mem::take(&mut self.saved) {
            match saved {
                Some(kept) => self.put(stream, kept),
                None => drop(self.take_out(&stream)),
            }
        }
    }

    fn release(&mut self) {
        self.saved.clear();
    }

    fn forget(&mut self, stream: &StreamId) {
        self.take_out(stream);
    }

    fn settle(&mut self) {
        self.batch += 1;
        self.drop_coldest();
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
