//! CloudEvents 1.0, whatever carries them: attributes by name and the data's bytes become a [`Proposal`].
//! The HTTP and NATS bindings only collect these two.

use crate::envelope::Expected;
use crate::{Confidentiality, EventId, Hash, Proposal, Recorded, StreamId, When};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::str::FromStr;

/// Longest `id` and `source`, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// An event as it stands on the wire.
#[derive(Clone, Debug, Default)]
pub struct CloudEvent {
    /// Context attributes by name, extensions included.
    pub attributes: BTreeMap<String, String>,
    /// The data's bytes: JSON.
    pub data: Bytes,
}

/// What is wrong with an attribute or with the data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct AttributeError {
    /// The attribute, or `data`.
    pub attribute: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Attributes that CloudEvents or its documented extensions define and banso does not need.
const TOLERATED: [&str; 4] = ["time", "dataschema", "tracestate", "partitionkey"];

impl CloudEvent {
    /// The proposal that these attributes and data make. Checks the form alone: whether the payload is one
    /// of its type, and whether the case admits it, is decided behind the door.
    pub fn into_proposal(mut self, received_at: DateTime<Utc>) -> Result<Proposal, AttributeError> {
        for (name, value) in &self.attributes {
            if value.contains('\0') {
                return Err(error(name, "U+0000 is not allowed"));
            }
        }
        self.check_constants()?;
        let source = self.name("source")?;
        let id = self.name("id")?;
        let stream: StreamId = self.required("subject")?;
        let event_type = self.required("type")?;
        let occurred: Option<When> = self.optional("bansooccurred")?;
        let actor = self.required("bansoactor")?;
        let corrects: Option<EventId> = self.optional("bansocorrects")?;
        if occurred.is_none() && corrects.is_none() {
            return Err(error(
                "bansooccurred",
                "missing: when it happened, or `unknown` (only a correction may leave it out, to keep its original's date)",
            ));
        }
        let group = self.optional_name("bansogroup")?;
        let correlation = self.optional_name("bansocorrelation")?;
        let causation = self.optional("bansocausation")?;
        let traceparent = self.optional_name("traceparent")?;
        let confidentiality = match self.attributes.remove("bansoconfidentiality").as_deref() {
            None | Some("normal") => Confidentiality::Normal,
            Some("restricted") => Confidentiality::Restricted,
            Some("sealed") => Confidentiality::Sealed,
            Some(_) => return Err(error("bansoconfidentiality", "one of normal, restricted, sealed")),
        };
        let expected = match self.attributes.remove("bansoexpected").as_deref() {
            None | Some("any") => Expected::Any,
            Some("none") => Expected::NoStream,
            Some(n) => Expected::At(
                n.parse()
                    .map_err(|_| error("bansoexpected", "any, none, or the stream's last stream_seq"))?,
            ),
        };
        if let Some(name) = self.attributes.keys().find(|name| !TOLERATED.contains(&name.as_str())) {
            return Err(error(name, "unknown attribute"));
        }
        let data: Value = serde_json::from_slice(&self.data)
            .map_err(|e| error("data", &format!("not JSON: {}", json_reason(&e))))?;
        if has_nul(&data) {
            return Err(error("data", "U+0000 is not allowed"));
        }
        let fingerprint = fingerprint(&Fingerprinted {
            actor: &actor,
            corrects: &corrects,
            data: &data,
            occurred: &occurred,
            subject: &stream,
            r#type: &event_type,
        })?;
        Ok(Proposal {
            event_id: EventId::of(&source, &id),
            source,
            id,
            stream,
            event_type,
            occurred,
            actor,
            corrects,
            group,
            correlation,
            causation,
            confidentiality,
            traceparent,
            expected,
            received_at,
            fingerprint,
            body: self.data,
        })
    }

    fn check_constants(&mut self) -> Result<(), AttributeError> {
        match self.attributes.remove("specversion").as_deref() {
            Some("1.0") => {}
            Some(_) => return Err(error("specversion", "only CloudEvents 1.0 is understood")),
            None => return Err(error("specversion", "missing")),
        }
        if let Some(content) = self.attributes.remove("datacontenttype") {
            let media = content.split(';').next().unwrap_or_default().trim();
            if !media.eq_ignore_ascii_case("application/json") {
                return Err(error("datacontenttype", "the data must be application/json"));
            }
        }
        if let Some(time) = self.attributes.get("time")
            && DateTime::parse_from_rfc3339(time).is_err()
        {
            return Err(error("time", "not an RFC 3339 timestamp"));
        }
        Ok(())
    }

    fn name(&mut self, attribute: &str) -> Result<Box<str>, AttributeError> {
        self.optional_name(attribute)?.ok_or_else(|| error(attribute, "missing"))
    }

    fn optional_name(&mut self, attribute: &str) -> Result<Option<Box<str>>, AttributeError> {
        match self.attributes.remove(attribute) {
            None => Ok(None),
            Some(name) if name.is_empty() || name.len() > NAME_BYTES_MAX => {
                Err(error(attribute, &format!("1 to {NAME_BYTES_MAX} bytes")))
            }
            Some(name) if name.contains(char::is_control) => {
                Err(error(attribute, "control characters are not allowed"))
            }
            Some(name) => Ok(Some(name.into())),
        }
    }

    fn required<T: FromStr<Err: ToString>>(&mut self, attribute: &str) -> Result<T, AttributeError> {
        self.optional(attribute)?.ok_or_else(|| error(attribute, "missing"))
    }

    fn optional<T: FromStr<Err: ToString>>(&mut self, attribute: &str) -> Result<Option<T>, AttributeError> {
        match self.attributes.remove(attribute) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|e: T::Err| error(attribute, &e.to_string())),
        }
    }
}

impl From<&Recorded> for CloudEvent {
    /// The event as every reader gets it: the publisher's attributes, and where and when the log took it.
    fn from(recorded: &Recorded) -> Self {
        let header = &recorded.header;
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let mut attributes: BTreeMap<String, String> = [
            ("specversion", "1.0".to_owned()),
            ("id", header.id.to_string()),
            ("source", header.source.to_string()),
            ("type", header.event_type.to_string()),
            ("subject", header.stream.to_string()),
            ("datacontenttype", "application/json".to_owned()),
            ("bansoactor", header.actor.to_string()),
            ("bansoeventid", header.event_id.to_string()),
            ("bansoseq", header.seq.to_string()),
            ("bansostreamseq", header.stream_seq.to_string()),
            ("bansopart", header.part().number().to_string()),
            ("bansorecordedat", time(header.recorded_at)),
            ("bansoreceivedat", time(header.received_at)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let optional = [
            ("bansooccurred", header.occurred.map(|when| when.to_string())),
            ("bansocorrects", header.corrects.map(|event| event.to_string())),
            ("bansorepeats", header.repeats.map(|event| event.to_string())),
            ("bansogroup", header.group.as_deref().map(str::to_owned)),
            ("bansocorrelation", header.correlation.as_deref().map(str::to_owned)),
            ("bansocausation", header.causation.map(|event| event.to_string())),
            ("traceparent", header.traceparent.as_deref().map(str::to_owned)),
            (
                "bansoconfidentiality",
                match header.confidentiality {
                    Confidentiality::Normal => None,
                    Confidentiality::Restricted => Some("restricted".to_owned()),
                    Confidentiality::Sealed => Some("sealed".to_owned()),
                },
            ),
        ];
        let present = optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        attributes.extend(present);
        Self { attributes, data: recorded.body.clone() }
    }
}

/// The fields that make a proposal what it is; without transport and trace attributes.
#[derive(Serialize)]
struct Fingerprinted<'a> {
    actor: &'a crate::ActorRef,
    corrects: &'a Option<EventId>,
    data: &'a Value,
    occurred: &'a Option<When>,
    subject: &'a StreamId,
    r#type: &'a crate::EventType,
}

fn fingerprint(fields: &Fingerprinted<'_>) -> Result<Hash, AttributeError> {
    // Of plain data serde_json writes the canonical form too, in a tenth of the time.
    let canonical = if is_plain(fields.data) {
        serde_json::to_vec(fields)
    } else {
        serde_json_canonicalizer::to_vec(fields)
    };
    let canonical =
        canonical.map_err(|e| error("data", &format!("has no canonical form (RFC 8785): {e}")))?;
    Ok(Hash::of(&canonical))
}

/// Largest integer that every JSON reader keeps (2⁵³ − 1).
const PLAIN_INTEGER_MAX: u64 = (1 << 53) - 1;

/// Whether this has its canonical form (RFC 8785) as it stands: names of ASCII in order, no number but integers
/// that are written one way only.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.as_i64().is_some_and(|n| n.unsigned_abs() <= PLAIN_INTEGER_MAX),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(fields) => {
            fields.keys().is_sorted() && fields.iter().all(|(name, value)| name.is_ascii() && is_plain(value))
        }
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
    }
}

/// serde_json's reason without anything quoted from the data, which may be personal.
fn json_reason(e: &serde_json::Error) -> String {
    let kind = match e.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax => "syntax error",
        serde_json::error::Category::Io | serde_json::error::Category::Data => "not readable",
    };
    format!("{kind} at line {}, column {}", e.line(), e.column())
}

fn error(attribute: &str, reason: &str) -> AttributeError {
    AttributeError { attribute: attribute.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(changes: &[(&str, Option<&str>)], data: &str) -> CloudEvent {
        let base = [
            ("specversion", "1.0"),
            ("id", "1"),
            ("source", "https://hospital.example"),
            ("type", "banso.HospitalAdmitted.v1"),
            ("subject", "person/haru"),
            ("bansooccurred", "2025-04-01"),
            ("bansoactor", "psw@hospital"),
        ];
        let mut attributes: BTreeMap<_, _> =
            base.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        for (name, value) in changes {
            match value {
                Some(value) => attributes.insert((*name).to_owned(), (*value).to_owned()),
                None => attributes.remove(*name),
            };
        }
        CloudEvent { attributes, data: Bytes::from(data.to_owned()) }
    }

    fn proposal(changes: &[(&str, Option<&str>)], data: &str) -> Result<Proposal, AttributeError> {
        event(changes, data).into_proposal(DateTime::UNIX_EPOCH)
    }

    fn print(changes: &[(&str, Option<&str>)], data: &str) -> Hash {
        proposal(changes, data).unwrap().fingerprint
    }

    #[test]
    fn the_body_is_kept_byte_for_byte() {
        let spaced = "{ \"b\" : 1.0,\n \"a\": \"\\u3042\" }";
        assert_eq!(proposal(&[], spaced).unwrap().body, spaced.as_bytes());
    }

    #[test]
    fn order_spacing_spelling_and_transport_do_not_change_the_fingerprint() {
        let base = print(&[], r#"{"a":"あ","b":1}"#);
        assert_eq!(base, print(&[], "{ \"b\" : 1.0, \"a\": \"\\u3042\" }"));
        assert_eq!(
            base,
            print(&[("traceparent", Some("00-1-2-01")), ("bansoexpected", Some("3"))], r#"{"a":"あ","b":1}"#)
        );
        assert_eq!(base, print(&[("time", Some("2025-04-01T00:00:00Z"))], r#"{"a":"あ","b":1}"#));
    }

    proptest::proptest! {
        #[test]
        fn plain_data_is_written_as_the_canonical_form_says(data in any_json()) {
            if is_plain(&data) {
                let canonical = serde_json_canonicalizer::to_vec(&data).unwrap();
                proptest::prop_assert_eq!(serde_json::to_vec(&data).unwrap(), canonical);
            }
        }
    }

    fn any_json() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let integers = prop_oneof![any::<i64>(), -2i64..2, Just(1 << 53), Just((1 << 53) - 1)];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            integers.prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\x00-\\x7f\u{fffd}\u{10000}]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-cA-C\u{fffd}\u{10000}\\x00-\\x1f]{0,2}", inner, 0..6)
                    .prop_map(Value::from_iter),
            ]
        })
    }

    #[test]
    fn what_is_written_in_several_ways_is_not_plain() {
        let is = |json: &str| is_plain(&serde_json::from_str(json).unwrap());
        for json in ["1.0", "1e2", "-0", "9007199254740992", "[0.5]", r#"{"あ":1}"#] {
            assert!(!is(json), "{json}");
        }
        for json in ["9007199254740991", "-9007199254740991", r#"{"a":"あ\n","b":[null,{"c":true}]}"#] {
            assert!(is(json), "{json}");
        }
    }

    #[test]
    fn every_content_changes_the_fingerprint() {
        let base = print(&[], r#"{"a":1}"#);
        let event = EventId::of("s", "1").to_string();
        for (name, value) in [
            ("type", "banso.HospitalAdmitted.v2"),
            ("subject", "person/aki"),
            ("bansooccurred", "2025-04-02"),
            ("bansoactor", "psw@clinic"),
            ("bansocorrects", event.as_str()),
        ] {
            assert_ne!(base, print(&[(name, Some(value))], r#"{"a":1}"#), "{name}");
        }
        assert_ne!(base, print(&[], r#"{"a":2}"#));
        assert_ne!(base, print(&[], r#"{"a":"1"}"#));
    }

    #[test]
    fn a_malformed_attribute_is_named() {
        for (name, value) in [
            ("specversion", None),
            ("specversion", Some("0.3")),
            ("id", None),
            ("id", Some("")),
            ("source", None),
            ("type", Some("HospitalAdmitted")),
            ("subject", Some("person/ハル")),
            ("subject", None),
            ("bansooccurred", Some("yesterday")),
            ("bansooccurred", None),
            ("bansoactor", None),
            ("bansoactor", Some("psw")),
            ("bansocorrects", Some("1")),
            ("bansoexpected", Some("-1")),
            ("bansoconfidentiality", Some("secret")),
            ("datacontenttype", Some("text/xml")),
            ("time", Some("now")),
            ("corrects", Some("x")),
            ("bansoocurred", Some("unknown")),
            ("id", Some("a\u{0}b")),
        ] {
            let error = proposal(&[(name, value)], "{}").unwrap_err();
            assert_eq!(error.attribute, name, "{value:?}: {error}");
        }
    }

    #[test]
    fn data_that_is_not_json_without_nul_is_refused() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for bad in ["", "{", "nul", r#"{"a":"\u0000"}"#, r#"{"\u0000":1}"#, r#"{"a":1}{"#, deep.as_str()] {
            assert_eq!(proposal(&[], bad).unwrap_err().attribute, "data");
        }
        let mut invalid = event(&[], "");
        invalid.data = Bytes::from_static(b"{\"a\":\"\xff\xfe\"}");
        assert_eq!(invalid.into_proposal(DateTime::UNIX_EPOCH).unwrap_err().attribute, "data");
    }

    #[test]
    fn a_reason_never_quotes_the_data() {
        let error = proposal(&[], r#"{"a": 母が}"#).unwrap_err();
        assert!(!error.reason.contains('母'), "{error}");
    }
}
