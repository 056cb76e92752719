//! Streams: the unit of consistency, order, chain, partition, rebuild and erasure (design D3).

use crate::ids::{IdError, PersonId, ZoneId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// Number of parts into which the streams are divided; frozen.
pub const PARTS: u8 = 64;

/// One of the [`PARTS`] parts of the log: first 8 bytes, big-endian, of SHA-256(stream id) mod 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Part(u8);

impl Part {
    /// 0 to 63.
    pub fn number(self) -> u8 {
        self.0
    }

    /// All parts in order.
    pub fn all() -> impl Iterator<Item = Part> {
        (0..PARTS).map(Part)
    }
}

impl TryFrom<u8> for Part {
    type Error = StreamError;
    fn try_from(number: u8) -> Result<Self, StreamError> {
        if number < PARTS { Ok(Self(number)) } else { Err(StreamError::Part) }
    }
}

impl From<Part> for u8 {
    fn from(part: Part) -> u8 {
        part.0
    }
}

/// Why a text is not a stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// Unknown kind of stream.
    #[error("a stream is person/<id>, zone/<id> or registry")]
    Kind,
    /// The id behind the slash is not one.
    #[error("the stream's id is malformed")]
    Id(#[from] IdError),
    /// Not one of the 64.
    #[error("a part is 0 to 63")]
    Part,
}

/// Whose events these are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// `person/<id>`: everything about one person (本人).
    Person(PersonId),
    /// `zone/<id>`: regional issues and councils of one zone (圏域).
    Zone(ZoneId),
    /// `registry`: organisations, actors and rule packs.
    Registry,
}

impl StreamId {
    /// The part to which the stream belongs, for ever.
    pub fn part(&self) -> Part {
        let digest = Sha256::digest(self.to_string().as_bytes());
        let (first, _) = digest.split_at(8);
        let number = first.iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
        Part((number % u64::from(PARTS)) as u8)
    }

    /// The person, if it is a person's stream.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Zone(_) | Self::Registry => None,
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person/{id}"),
            Self::Zone(id) => write!(f, "zone/{id}"),
            Self::Registry => f.write_str("registry"),
        }
    }
}

impl FromStr for StreamId {
    type Err = StreamError;
    fn from_str(text: &str) -> Result<Self, StreamError> {
        match text.split_once('/') {
            Some(("person", id)) => Ok(Self::Person(id.parse()?)),
            Some(("zone", id)) => Ok(Self::Zone(id.parse()?)),
            None if text == "registry" => Ok(Self::Registry),
            Some(_) | None => Err(StreamError::Kind),
        }
    }
}

impl Serialize for StreamId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_frozen_by_a_sample() {
        let part = |stream: &str| stream.parse::<StreamId>().unwrap().part().number();
        assert_eq!(
            [part("person/haru"), part("person/aki"), part("zone/east"), part("registry")],
            [5, 57, 39, 24]
        );
    }

    #[test]
    fn a_stream_reads_back_as_it_was_written() {
        for text in ["person/haru", "zone/east", "registry"] {
            assert_eq!(text.parse::<StreamId>().unwrap().to_string(), text);
        }
        for bad in ["", "person", "person/", "person/a/b", "org/x", "registry/x", "Person/haru"] {
            assert!(bad.parse::<StreamId>().is_err(), "{bad}");
        }
    }
}
