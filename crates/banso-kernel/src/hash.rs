//! Hashes: the fingerprint of a proposal, the leaf of an event, the chains of the log (design D5, D6).

use crate::clock::Salt;
use crate::hex::{HexError, hex, of_hex};
use crate::stream::StreamId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// A SHA-256 digest; lower-case hex on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

/// What two proposals share iff they are the same proposal: SHA-256 of the RFC 8785 form of (type, version,
/// subject, occurred, actor, corrects, data).
pub type Fingerprint = Hash;

/// Why a text or a column is not a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 32 bytes, written as 64 lower-case hexadecimal digits")]
pub struct HashError;

impl Hash {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What an event contributes to the chains: `SHA-256(SHA-256(header) ‖ SHA-256(salt ‖ body))`. The body can
/// be blanked and its inner hash kept without breaking a chain.
pub fn leaf(header: &[u8], salt: &Salt, body: &[u8]) -> Hash {
    let body = Hash::of_parts(&[salt, body]);
    Hash::of_parts(&[&Hash::of(header).0, &body.0])
}

/// The next link of a chain: `SHA-256(previous ‖ leaf)`.
pub fn link(previous: &Hash, leaf: &Hash) -> Hash {
    Hash::of_parts(&[&previous.0, &leaf.0])
}

/// What the chain of a stream begins with.
pub fn stream_genesis(stream: &StreamId) -> Hash {
    Hash::of(format!("banso stream {stream}").as_bytes())
}

/// What the chain of a log begins with.
pub fn log_genesis(log: &LogId) -> Hash {
    Hash::of(format!("banso log {log}").as_bytes())
}

impl TryFrom<&[u8]> for Hash {
    type Error = HashError;
    fn try_from(bytes: &[u8]) -> Result<Self, HashError> {
        bytes.try_into().map(Self).map_err(|_| HashError)
    }
}

impl FromStr for Hash {
    type Err = HashError;
    fn from_str(text: &str) -> Result<Self, HashError> {
        of_hex(text).map(Self).map_err(|_| HashError)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::parsed(deserializer)
    }
}

/// The identity of a log, drawn when it is created: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogId(Box<str>);

impl From<Salt> for LogId {
    fn from(random: Salt) -> Self {
        Self(hex(random).into())
    }
}

impl FromStr for LogId {
    type Err = HexError;
    fn from_str(text: &str) -> Result<Self, HexError> {
        of_hex::<16>(text).map(Self::from)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_and_links_are_frozen_by_a_sample() {
        let leaf = leaf(br#"{"seq":1}"#, &[7; 16], "体調".as_bytes());
        let first = link(&stream_genesis(&"person/haru".parse().unwrap()), &leaf);
        let log = log_genesis(&"000102030405060708090a0b0c0d0e0f".parse().unwrap());
        assert_eq!(leaf.to_string(), "7f13afea1e1b551264f8648af13f6c2fd5793cf4e5732253435ea8eb70e104fc");
        assert_eq!(first.to_string(), "b41fb58d0896f4e3090fcdf619280496e954562cfbf2bf90042fc0c7781d66bf");
        assert_eq!(log.to_string(), "398f43b4ab0d5483278170fb408a85c0bbbc15dadf79089203784e2db737f477");
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let hash = Hash::of("体調".as_bytes());
        let text = hash.to_string();
        assert_eq!(text.parse(), Ok(hash));
        for bad in ["", &text[..62], &format!("{text}00"), &text.to_uppercase(), &format!("0x{text}")] {
            assert_eq!(bad.parse::<Hash>(), Err(HashError), "{bad}");
        }
    }

    #[test]
    fn a_leaf_changes_with_header_salt_and_body() {
        let base = leaf(b"h", &[0; 16], b"b");
        assert_ne!(base, leaf(b"i", &[0; 16], b"b"));
        assert_ne!(base, leaf(b"h", &[1; 16], b"b"));
        assert_ne!(base, leaf(b"h", &[0; 16], b"c"));
    }
}
