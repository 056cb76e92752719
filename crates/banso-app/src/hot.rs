//! A stream in memory: cqrs-es' `Aggregate::handle` on it, whichever kind of stream it is.

use crate::admission::Item;
use crate::decoded::{Decoded, decode, registry_entry, zone_entry};
use banso_domain::{Case, Entry, Judge, Propose, ReadError, Refusal, Registry, Rules, Zone, rewrites};
use banso_kernel::{EventId, Proposal, Recorded, StreamId};
use banso_log::{Position, Undecidable};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use futures::FutureExt;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(crate) enum Hot {
    Case(Box<Case>),
    Zone(Box<Zone>),
    Registry(Box<Registry>),
}

impl Hot {
    /// What these events of a stream, in order, come to.
    pub(crate) fn of(stream: &StreamId, events: &[Recorded]) -> Result<Self, Undecidable> {
        Ok(match stream {
            StreamId::Person(_) => Self::Case(Box::new(Case::of(read(events, decode)?))),
            StreamId::Zone(_) => Self::Zone(Box::new(Zone::of(read(events, zone_entry)?))),
            StreamId::Registry => Self::Registry(Box::new(Registry::of(read(events, registry_entry)?))),
        })
    }

    pub(crate) fn keeps_history(&self) -> bool {
        match self {
            Self::Case(case) => case.keeps_history(),
            Self::Zone(zone) => zone.keeps_history(),
            Self::Registry(registry) => registry.keeps_history(),
        }
    }

    pub(crate) fn forget_history(&mut self) {
        match self {
            Self::Case(case) => case.forget_history(),
            Self::Zone(zone) => zone.forget_history(),
            Self::Registry(registry) => registry.forget_history(),
        }
    }

    /// Takes in what another process recorded. Whether it is still whole: what an event rewrites can only be told
    /// from the history.
    pub(crate) fn take_in(&mut self, recorded: &Recorded) -> Result<bool, Undecidable> {
        let because = undecidable(recorded);
        Ok(match self {
            Self::Case(case) => apply(case, decode(recorded).map_err(because)?),
            Self::Zone(zone) => apply(zone, zone_entry(recorded).map_err(because)?),
            Self::Registry(registry) => apply(registry, registry_entry(recorded).map_err(because)?),
        })
    }

    /// The one admission call: the event that already said the same, or why not.
    pub(crate) fn decide(&mut self, item: &Item, position: Position) -> Result<Option<EventId>, Refusal> {
        let Item { proposal, decoded } = item;
        let owner = match &proposal.stream {
            StreamId::Person(person) => person.as_str(),
            StreamId::Zone(zone) => zone.as_str(),
            StreamId::Registry => "registry",
        };
        match (self, decoded) {
            (Self::Case(case), Decoded::Case(event)) => handle(case, owner, entry(proposal, position, event)),
            (Self::Zone(zone), Decoded::Zone(event)) => handle(zone, owner, entry(proposal, position, event)),
            (Self::Registry(registry), Decoded::Registry(event)) => {
                handle(registry, owner, entry(proposal, position, event))
            }
            (Self::Case(_) | Self::Zone(_) | Self::Registry(_), _) => {
                unreachable!("the door decodes an event of {} as one of its kind", proposal.stream)
            }
        }
    }
}

fn read<E>(events: &[Recorded], read: fn(&Recorded) -> Result<E, ReadError>) -> Result<Vec<E>, Undecidable> {
    events.iter().map(|event| read(event).map_err(undecidable(event))).collect()
}

fn undecidable(recorded: &Recorded) -> impl Fn(ReadError) -> Undecidable {
    let seq = recorded.header.seq;
    move |e| Undecidable { seq, reason: e.to_string() }
}

fn apply<R: Rules>(judge: &mut Judge<R>, entry: Entry<R::Event>) -> bool {
    if !judge.keeps_history() && rewrites(&*entry.event, entry.corrects) {
        return false;
    }
    judge.apply(entry);
    true
}

fn entry<E>(proposal: &Proposal, position: Position, event: &Arc<E>) -> Entry<E> {
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
fn handle<R: Rules>(
    judge: &mut Judge<R>,
    owner: &str,
    entry: Entry<R::Event>,
) -> Result<Option<EventId>, Refusal> {
    let sink = EventSink::default();
    let asked = async {
        judge.handle(Propose { owner: owner.into(), entry }, &(), &sink).await?;
        Ok(sink.collect().await)
    };
    match asked.now_or_never() {
        Some(Ok(mut events)) => match (events.pop(), events.is_empty()) {
            (Some(event), true) => Ok(event.repeats),
            (_, _) => unreachable!("a stream answers a proposal with one event or a refusal"),
        },
        Some(Err(refusal)) => Err(refusal),
        None => unreachable!("a judgement waits for nothing"),
    }
}
