//! From the bytes of an event to what the rules and the folds see.

use banso_domain::{CaseEvent, Entry, ReadError, RegistryEvent, ZoneEvent};
use banso_kernel::{EventType, Recorded, StreamId};
use std::sync::Arc;

/// A decoded payload, of whichever stream.
#[derive(Clone, Debug)]
pub enum Decoded {
    /// Of a person's stream.
    Case(Arc<CaseEvent>),
    /// Of the registry.
    Registry(Arc<RegistryEvent>),
    /// Of a zone.
    Zone(Arc<ZoneEvent>),
}

impl Decoded {
    /// What a publisher sends: every field must be known.
    pub(crate) fn read(stream: &StreamId, event_type: &EventType, body: &[u8]) -> Result<Self, ReadError> {
        match stream {
            StreamId::Person(_) => Ok(Self::Case(Arc::new(CaseEvent::read(event_type, body)?))),
            StreamId::Registry => Ok(Self::Registry(Arc::new(RegistryEvent::read(event_type, body)?))),
            StreamId::Zone(_) => Ok(Self::Zone(Arc::new(ZoneEvent::read(event_type, body)?))),
        }
    }
}

/// A recorded event of a person.
pub fn decode(recorded: &Recorded) -> Result<Entry<CaseEvent>, ReadError> {
    let header = &recorded.header;
    Ok(entry(recorded, CaseEvent::read_recorded(&header.event_type, &recorded.body)?))
}

/// A recorded event of the registry.
pub fn registry_entry(recorded: &Recorded) -> Result<Entry<RegistryEvent>, ReadError> {
    let header = &recorded.header;
    Ok(entry(recorded, RegistryEvent::read_recorded(&header.event_type, &recorded.body)?))
}

/// A recorded event of a zone.
pub fn zone_entry(recorded: &Recorded) -> Result<Entry<ZoneEvent>, ReadError> {
    let header = &recorded.header;
    Ok(entry(recorded, ZoneEvent::read_recorded(&header.event_type, &recorded.body)?))
}

fn entry<E>(recorded: &Recorded, event: E) -> Entry<E> {
    let header = &recorded.header;
    Entry {
        event_id: header.event_id,
        seq: header.seq,
        stream_seq: header.stream_seq,
        recorded_at: header.recorded_at,
        occurred: header.occurred,
        actor: header.actor.clone(),
        corrects: header.corrects,
        repeats: header.repeats,
        event: Arc::new(event),
    }
}
