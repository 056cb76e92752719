//! An event as a message, and back, byte for byte: CloudEvents 1.0 in the binary mode of its NATS binding.
//!
//! A message carries everything that proves it: the log's id and epoch, salt, fingerprint and both chains. So
//! the bus is a second copy of its window, and a log that lost its end can be given it back.

use crate::subject::{EntityOf, event_subject};
use async_nats::HeaderMap;
use async_nats::header::HeaderName;
use banso_kernel::{CloudEvent, Confidentiality, EventId, Hash, Header, Recorded, Salt, Seq, hex, of_hex};
use banso_log::{Columns, Identity, Sealed};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use std::collections::BTreeMap;
use std::str::FromStr;

/// In front of each attribute's name in a message's headers.
const PREFIX: &str = "ce-";
/// What the CloudEvents bindings encode in a header besides everything outside of ASCII.
pub(crate) const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

const LOG_ID: &str = "bansologid";
const EPOCH: &str = "bansoepoch";
const PREVIOUS_IN_PART: &str = "bansoprevpart";
const FINGERPRINT: &str = "bansofingerprint";
const SALT: &str = "bansosalt";
const STREAM_CHAIN: &str = "bansostreamchain";
const LOG_CHAIN: &str = "bansologchain";
/// Only where the attributes do not say every byte of the header: the header itself.
const HEADER: &str = "bansoheader";

/// A message that is not on the bus yet.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its position in the log, and on the bus.
    pub seq: Seq,
    /// Where it is published.
    pub subject: String,
    /// All of its headers but those of the batch.
    pub headers: HeaderMap,
    /// Its data.
    pub payload: Bytes,
    /// When the log took what it says.
    pub recorded_at: DateTime<Utc>,
    /// What [`crate::Source::proof`] says of its position.
    pub proof: Hash,
}

impl Outgoing {
    /// Its size on the wire, without the headers of the batch.
    pub fn bytes(&self) -> usize {
        let line = |name: &HeaderName, value: usize| name_of(name).len() + value + ": \r\n".len();
        let headers: usize =
            self.headers.iter().flat_map(|(n, vs)| vs.iter().map(move |v| line(n, v.as_str().len()))).sum();
        "NATS/1.0\r\n\r\n".len() + headers + self.payload.len()
    }
}

/// An event as the bus has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEvent {
    /// The log that it comes from, and the log's epoch when it was published.
    pub identity: Identity,
    /// The position of the previous event of the same part; 0 = there is none. Who follows one part and has
    /// not seen it has a hole, and reads it from the log.
    pub previous_in_part: Seq,
    /// The event, with all that proves it.
    pub sealed: Sealed,
}

/// Why a message is not an event of banso.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{attribute}: {reason}")]
pub struct DecodeError {
    /// The attribute.
    pub attribute: &'static str,
    /// What is wrong with it. Never quotes the message.
    pub reason: &'static str,
}

/// The message of an event. `previous_in_part` as in [`BusEvent`].
pub fn encode(event: &Sealed, identity: &Identity, previous_in_part: Seq, entity_of: EntityOf) -> Outgoing {
    let mut attributes = CloudEvent::from(&event.event).attributes;
    let proof = [
        (LOG_ID, identity.log_id.to_string()),
        (EPOCH, identity.epoch.to_string()),
        (PREVIOUS_IN_PART, previous_in_part.to_string()),
        (FINGERPRINT, event.event.header.fingerprint.to_string()),
        (SALT, hex(event.salt)),
        (STREAM_CHAIN, event.stream_chain.to_string()),
        (LOG_CHAIN, event.log_chain.to_string()),
    ];
    attributes.extend(proof.map(|(name, value)| (name.to_owned(), value)));
    // A header that an older binary wrote in other words, or with more digits than an attribute has.
    if !header_of(&attributes).is_ok_and(|header| bytes_of(&header) == event.header) {
        attributes.insert(HEADER.to_owned(), String::from_utf8_lossy(&event.header).into_owned());
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &attributes {
        headers.insert(format!("{PREFIX}{name}"), utf8_percent_encode(value, ENCODED).to_string());
    }
    Outgoing {
        seq: event.columns.seq,
        subject: event_subject(&event.event.header, entity_of),
        headers,
        payload: event.event.body.clone(),
        recorded_at: event.columns.recorded_at,
        proof: event.log_chain,
    }
}

/// The event in a message. Checks that the message is whole and says nothing twice, not that it is true: the
/// chains say that ([`banso_log::verify`]).
pub fn decode(headers: &HeaderMap, payload: &Bytes) -> Result<BusEvent, DecodeError> {
    let attributes = attributes(headers)?;
    let at = Attributes(&attributes);
    if at.text("specversion")? != "1.0" {
        return Err(error("specversion", "only CloudEvents 1.0 is understood"));
    }
    let (header, bytes) = match attributes.get(HEADER) {
        Some(exact) => {
            let header: Result<Header, _> = serde_json::from_str(exact);
            (header.map_err(|_| error(HEADER, "not the header of an event"))?, exact.as_bytes().to_vec())
        }
        None => {
            let header = header_of(&attributes)?;
            let bytes = bytes_of(&header);
            (header, bytes)
        }
    };
    let salt: Salt = of_hex(at.text(SALT)?).map_err(|_| error(SALT, "not 16 bytes in hex"))?;
    Ok(BusEvent {
        identity: Identity { log_id: at.required(LOG_ID)?, epoch: at.required(EPOCH)? },
        previous_in_part: at.required(PREVIOUS_IN_PART)?,
        sealed: Sealed {
            salt,
            stream_chain: at.required(STREAM_CHAIN)?,
            log_chain: at.required(LOG_CHAIN)?,
            columns: Columns {
                seq: header.seq,
                part: header.part(),
                stream: header.stream.clone(),
                stream_seq: header.stream_seq,
                event_id: header.event_id,
                recorded_at: header.recorded_at,
            },
            header: bytes,
            event: Recorded { header, body: payload.clone() },
        },
    })
}

/// The CloudEvents attributes among the headers, decoded. Other headers are the server's.
pub fn attributes(headers: &HeaderMap) -> Result<BTreeMap<String, String>, DecodeError> {
    let mut attributes = BTreeMap::new();
    for (name, values) in headers.iter() {
        let Some(name) = name_of(name).strip_prefix(PREFIX) else { continue };
        let [value] = values.as_slice() else {
            return Err(error("headers", "an attribute stands there twice"));
        };
        let value = percent_decode_str(value.as_str())
            .decode_utf8()
            .map_err(|_| error("headers", "an attribute is not percent-encoded UTF-8"))?;
        attributes.insert(name.to_owned(), value.into_owned());
    }
    Ok(attributes)
}

fn name_of(name: &HeaderName) -> &str {
    name.as_ref()
}

fn header_of(attributes: &BTreeMap<String, String>) -> Result<Header, DecodeError> {
    let at = Attributes(attributes);
    Ok(Header {
        seq: at.required("bansoseq")?,
        stream: at.required("subject")?,
        stream_seq: at.required("bansostreamseq")?,
        event_id: at.required("bansoeventid")?,
        source: at.text("source")?.into(),
        id: at.text("id")?.into(),
        event_type: at.required("type")?,
        occurred: at.optional("bansooccurred")?,
        received_at: at.time("bansoreceivedat")?,
        recorded_at: at.time("bansorecordedat")?,
        actor: at.required("bansoactor")?,
        corrects: at.optional("bansocorrects")?,
        repeats: at.optional("bansorepeats")?,
        group: at.get("bansogroup").map(Into::into),
        correlation: at.get("bansocorrelation").map(Into::into),
        causation: at.optional::<EventId>("bansocausation")?,
        confidentiality: match at.get("bansoconfidentiality") {
            None => Confidentiality::Normal,
            Some("restricted") => Confidentiality::Restricted,
            Some("sealed") => Confidentiality::Sealed,
            Some(_) => return Err(error("bansoconfidentiality", "not a level of confidentiality")),
        },
        traceparent: at.get("traceparent").map(Into::into),
        fingerprint: at.required(FINGERPRINT)?,
    })
}

/// The header as the writer writes it.
fn bytes_of(header: &Header) -> Vec<u8> {
    serde_json::to_vec(header).expect("a header has a JSON form")
}

struct Attributes<'a>(&'a BTreeMap<String, String>);

impl Attributes<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn text(&self, name: &'static str) -> Result<&str, DecodeError> {
        self.get(name).ok_or(error(name, "missing"))
    }

    fn required<T: FromStr>(&self, name: &'static str) -> Result<T, DecodeError> {
        self.text(name)?.parse().map_err(|_| error(name, "malformed"))
    }

    fn optional<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, DecodeError> {
        self.get(name).map(|text| text.parse().map_err(|_| error(name, "malformed"))).transpose()
    }

    fn time(&self, name: &'static str) -> Result<DateTime<Utc>, DecodeError> {
        let time = DateTime::parse_from_rfc3339(self.text(name)?);
        time.map(|time| time.to_utc()).map_err(|_| error(name, "malformed"))
    }
}

fn error(attribute: &'static str, reason: &'static str) -> DecodeError {
    DecodeError { attribute, reason }
}

#[cfg(test)]
mod tests;
