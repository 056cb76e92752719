//! The envelope of an event: what a publisher proposes, and what the log records of it. The body is opaque.

use crate::{ActorRef, EventId, Fingerprint, Part, StreamId, When};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, str::FromStr};

/// Position in the log: dense, from 1. 0 = before the first event.
pub type Seq = u64;
/// Position in a stream: dense, from 1. 0 = before the first event.
pub type StreamSeq = u64;

/// What happened, and in which shape it is written: on the wire `banso.ReferralMade.v1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType {
    /// The name as it stands in code, SQL and documentation: `ReferralMade`.
    pub name: Cow<'static, str>,
    /// The version of the payload's shape, from 1.
    pub version: u16,
}

/// Why a text is not an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event type is written banso.<Name>.v<version>")]
pub struct EventTypeError;

/// Longest name of an event type.
const NAME_CHARS_MAX: usize = 64;

impl FromStr for EventType {
    type Err = EventTypeError;
    fn from_str(text: &str) -> Result<Self, EventTypeError> {
        let (name, version) =
            text.strip_prefix("banso.").and_then(|rest| rest.split_once(".v")).ok_or(EventTypeError)?;
        let named = !name.is_empty()
            && name.len() <= NAME_CHARS_MAX
            && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if !named || version.starts_with(['0', '+']) {
            return Err(EventTypeError);
        }
        let version = version.parse().map_err(|_| EventTypeError)?;
        Ok(Self { name: Cow::Owned(name.to_owned()), version })
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "banso.{}.v{}", self.name, self.version)
    }
}

impl Serialize for EventType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::parsed(deserializer)
    }
}

/// How widely an event may be read (機微の度合い).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidentiality {
    /// The team.
    #[default]
    Normal,
    /// Those of the team who need it.
    Restricted,
    /// Only those to whom it is opened.
    Sealed,
}

impl Confidentiality {
    fn is_normal(&self) -> bool {
        *self == Self::Normal
    }
}

/// At which position of its stream a proposal may be appended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Wherever the stream stands.
    #[default]
    Any,
    /// Only as the stream's first event.
    NoStream,
    /// Only directly behind this event of the stream.
    At(StreamSeq),
}

impl Expected {
    /// Whether a stream that stands at `head` is as expected.
    pub fn holds_at(self, head: StreamSeq) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => head == 0,
            Self::At(expected) => head == expected,
        }
    }
}

/// What a publisher says happened, before anyone has admitted it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Who speaks: a URI of the publisher.
    pub source: Box<str>,
    /// How the publisher calls the event; with `source` it is the idempotency key.
    pub id: Box<str>,
    /// UUIDv5 of both.
    pub event_id: EventId,
    /// Whose event it is.
    pub stream: StreamId,
    /// What happened.
    pub event_type: EventType,
    /// When it happened; `None` only for a correction that keeps its original's date.
    pub occurred: Option<When>,
    /// Who recorded it.
    pub actor: ActorRef,
    /// The event that this one corrects.
    pub corrects: Option<EventId>,
    /// Events of one group are admitted together or not at all.
    pub group: Option<Box<str>>,
    /// What belongs together across streams.
    pub correlation: Option<Box<str>>,
    /// The event that led to this one.
    pub causation: Option<EventId>,
    /// How widely it may be read.
    pub confidentiality: Confidentiality,
    /// W3C trace context.
    pub traceparent: Option<Box<str>>,
    /// Where in the stream it may be appended.
    pub expected: Expected,
    /// When it came to the first door.
    pub received_at: DateTime<Utc>,
    /// What it shares with every repetition of itself.
    pub fingerprint: Fingerprint,
    /// The payload, byte for byte as it came: JSON.
    pub body: Bytes,
}

/// What the log keeps of an event besides its body. No personal text stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Position in the log.
    pub seq: Seq,
    /// Whose event it is.
    pub stream: StreamId,
    /// Position in the stream.
    pub stream_seq: StreamSeq,
    /// UUIDv5 of (source, id).
    pub event_id: EventId,
    /// Who spoke.
    pub source: Box<str>,
    /// How the publisher calls the event.
    pub id: Box<str>,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened; absent only in a correction that keeps its original's date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred: Option<When>,
    /// When it came to the first door.
    #[serde(deserialize_with = "crate::instant::deserialize")]
    pub received_at: DateTime<Utc>,
    /// When the log took it.
    #[serde(deserialize_with = "crate::instant::deserialize")]
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it.
    pub actor: ActorRef,
    /// The event that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<EventId>,
    /// The event that already said the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<EventId>,
    /// The group it was admitted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Box<str>>,
    /// What belongs together across streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Box<str>>,
    /// The event that led to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<EventId>,
    /// How widely it may be read.
    #[serde(default, skip_serializing_if = "Confidentiality::is_normal")]
    pub confidentiality: Confidentiality,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<Box<str>>,
    /// What every repetition of the proposal shares with it.
    pub fingerprint: Fingerprint,
}

impl Header {
    /// Reads a header as the log keeps it.
    pub fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        match std::str::from_utf8(bytes) {
            // Of a text serde_json need not check every name and value by itself.
            Ok(text) => serde_json::from_str(text),
            // It says where.
            Err(_) => serde_json::from_slice(bytes),
        }
    }

    /// The part of the log that the event belongs to.
    pub fn part(&self) -> Part {
        self.stream.part()
    }
}

/// An event as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Everything but the payload.
    pub header: Header,
    /// The payload, byte for byte as it came.
    pub body: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_type_has_one_spelling() {
        let made: EventType = "banso.ReferralMade.v1".parse().unwrap();
        assert_eq!((made.name.as_ref(), made.version), ("ReferralMade", 1));
        assert_eq!(made.to_string(), "banso.ReferralMade.v1");
        for bad in
            ["ReferralMade", "banso.ReferralMade", "banso..v1", "banso.A.v0", "banso.A.v01", "banso.A B.v1"]
        {
            assert!(bad.parse::<EventType>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_header_that_is_no_text_is_an_error_that_says_where() {
        let error = Header::read(b"{\"seq\":1,\n\"id\":\"\xff\"}").unwrap_err();
        assert_eq!((error.line(), error.is_syntax()), (2, true));
    }

    #[test]
    fn an_expectation_holds_only_at_its_position() {
        assert!(Expected::Any.holds_at(7));
        assert!(Expected::NoStream.holds_at(0) && !Expected::NoStream.holds_at(1));
        assert!(Expected::At(7).holds_at(7) && !Expected::At(7).holds_at(8));
    }
}
