//! What the file of an event provides, and how payloads are read: strictly at the door, leniently from the
//! log.

use crate::thing::Thing;
use banso_kernel::{EventId, EventType, Party, Personal};
use serde::{Serialize, de::DeserializeOwned};
use std::{borrow::Cow, fmt};

pub(crate) use crate::lists::{entity_events, labelled, stream_events};

// ADDING AN EVENT (part 1 of 2): a file of its own beside its siblings, with the payload, this trait, `Admit`
// and the specs. `UPDATE_SAMPLES=1 cargo nextest run -p banso-domain` freezes its sample.

/// The payload of an event type.
pub trait Payload: Serialize + DeserializeOwned + Clone + PartialEq + fmt::Debug {
    /// The name on the wire and everywhere else.
    const NAME: &'static str;
    /// The version of the payload's shape.
    const VERSION: u16 = 1;

    /// The label people see, in Japanese.
    fn label(&self) -> Cow<'_, str>;

    /// Who did it, in contrast to who recorded it.
    fn doers(&self) -> Vec<&Party>;

    /// With whom, or to whom, it was done.
    fn counterparts(&self) -> Vec<&Party> {
        Vec::new()
    }

    /// What it says, in one line for the timeline.
    fn detail(&self) -> Option<Personal<String>>;

    /// The thing with an id of its own that the event brings. Said again with this id it is a repetition, said
    /// otherwise it is refused. An event that brings nothing is found again by its words.
    fn brings(&self) -> Option<Thing<'_>> {
        None
    }

    /// The things of other events that it refers to. Those of another person are refused; what is not recorded
    /// (yet) is shown as missing.
    fn refers_to(&self) -> Vec<Thing<'_>> {
        Vec::new()
    }

    /// The events of this person's record that it refers to. What is not recorded (yet) is shown as missing: an
    /// event's id does not say whose it is.
    fn refers_to_events(&self) -> Vec<EventId> {
        Vec::new()
    }

    /// One example, frozen as a file: what the wire looks like.
    fn sample() -> Self;

    /// The type on the wire.
    fn event_type() -> EventType {
        EventType { name: Cow::Borrowed(Self::NAME), version: Self::VERSION }
    }
}

/// A yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It says something that the stream did not know.
    New,
    /// This event already said the same: kept, because somebody else knew it too, and ignored by states.
    Repeats(EventId),
}

/// The admission rule of an event type, against the state of its stream.
pub(crate) trait Admit<State = crate::Case> {
    /// Yes, a repetition, or a named no.
    fn admit(&self, state: &State) -> Result<Admission, crate::Refusal>;
}

/// Why bytes are not a payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nobody here knows this type, or this version of it.
    #[error("{0} is not known here")]
    UnknownType(EventType),
    /// The bytes are not of the type's shape.
    #[error("{reason}")]
    Malformed {
        /// JSON pointer into the data.
        pointer: String,
        /// What is wrong there.
        reason: String,
    },
}

/// Reads what the log has: fields that a newer banso added are skipped.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ReadError> {
    serde_json::from_slice(body).map_err(|e| {
        // Such a reason may be logged, so it quotes nothing from the body.
        let reason = format!("not of its type's shape, line {}, column {}", e.line(), e.column());
        ReadError::Malformed { pointer: String::new(), reason }
    })
}

/// Reads what a publisher sends: a field that the type does not have is an error, and every error says where.
pub(crate) fn read_strictly<T: DeserializeOwned>(body: &[u8]) -> Result<T, ReadError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut has_unknown = false;
    let mut note_unknown = |_: serde_ignored::Path<'_>| has_unknown = true;
    let read = T::deserialize(serde_ignored::Deserializer::new(&mut json, &mut note_unknown));
    match (read, json.end(), has_unknown) {
        (Ok(value), Ok(()), false) => Ok(value),
        // To note on the way where it stands costs as much as to read: it is done where something is wrong.
        (_, _, _) => read_locating(body),
    }
}

/// [`read_strictly`], with what is wrong and where.
fn read_locating<T: DeserializeOwned>(body: &[u8]) -> Result<T, ReadError> {
    let mut unknown = None;
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut note_unknown = |path: serde_ignored::Path<'_>| {
        unknown.get_or_insert_with(|| segments(&path));
    };
    let strict = serde_ignored::Deserializer::new(&mut json, &mut note_unknown);
    let value = serde_path_to_error::deserialize(strict).map_err(|e| ReadError::Malformed {
        pointer: error_pointer(e.path()),
        reason: e.into_inner().to_string(),
    })?;
    json.end().map_err(|e| ReadError::Malformed { pointer: String::new(), reason: e.to_string() })?;
    match unknown {
        Some(unknown) => {
            let pointer = pointer_to(&unknown, &read(body)?).unwrap_or_default();
            Err(ReadError::Malformed { pointer, reason: "unknown field".to_owned() })
        }
        None => Ok(value),
    }
}

fn error_pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", escape(key)),
        Segment::Enum { variant } => format!("{pointer}/{}", escape(variant)),
        Segment::Unknown => pointer,
    })
}

fn segments(path: &serde_ignored::Path<'_>) -> Vec<String> {
    use serde_ignored::Path;
    let (parent, segment) = match path {
        Path::Root => return Vec::new(),
        Path::Seq { parent, index } => (parent, Some(index.to_string())),
        Path::Map { parent, key } => (parent, Some(key.clone())),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            (parent, None)
        }
    };
    let mut segments = segments(parent);
    segments.extend(segment);
    segments
}

/// The pointer along these segments. `serde_ignored` leaves out the names of enum variants: where a segment
/// is missing, it is looked for inside the only field that there is.
fn pointer_to(segments: &[String], at: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    let Some((segment, rest)) = segments.split_first() else { return Some(String::new()) };
    let child = match at {
        Value::Object(fields) => fields.get(segment),
        Value::Array(list) => segment.parse::<usize>().ok().and_then(|index| list.get(index)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    let direct = child.and_then(|child| pointer_to(rest, child));
    if let Some(pointer) = direct {
        return Some(format!("/{}{pointer}", escape(segment)));
    }
    match at.as_object().map(|fields| fields.iter().collect::<Vec<_>>()).as_deref() {
        Some([(variant, inside)]) => Some(format!("/{}{}", escape(variant), pointer_to(segments, inside)?)),
        Some(_) | None => None,
    }
}

/// RFC 6901.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod specs;
