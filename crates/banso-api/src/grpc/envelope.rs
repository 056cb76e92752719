//! CloudEvents 1.0 as protobuf messages: the shape of CloudEvents' own protobuf format.

use crate::problem::Problem;
use banso_app::Malformed;
use banso_kernel::{CloudEvent, Recorded};
use banso_proto::v1;
use banso_proto::v1::cloud_event::attribute_value::Attr;
use banso_proto::v1::cloud_event::{AttributeValue, Data};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};

/// Most attributes of an event. CloudEvents and banso define some twenty.
const ATTRIBUTES_MAX: usize = 64;

/// Attributes that have a field of their own.
const FIELDS: [&str; 6] = ["id", "source", "specversion", "type", "data", "data_base64"];

/// An event as a publisher sends it.
pub(super) fn read(event: v1::CloudEvent) -> Result<CloudEvent, Problem> {
    if event.attributes.len() > ATTRIBUTES_MAX {
        let reason = format!("an event has at most {ATTRIBUTES_MAX} attributes");
        return Err(Problem::malformed("", reason));
    }
    let fields = [
        ("id", event.id),
        ("source", event.source),
        ("specversion", event.spec_version),
        ("type", event.r#type),
    ];
    // On the wire a field that is empty is one that is missing.
    let present = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let mut read = CloudEvent {
        attributes: present.map(|(name, value)| (name.to_owned(), value)).collect(),
        data: Bytes::new(),
    };
    for (name, value) in event.attributes {
        if FIELDS.contains(&name.as_str()) {
            return Err(wrong(&name, "has a field of its own"));
        }
        let text = text(value)
            .ok_or_else(|| wrong(&name, "an attribute is a string, an integer, a boolean or a time"))?;
        read.attributes.insert(name, text);
    }
    read.data = match event.data {
        Some(Data::BinaryData(data)) => data,
        Some(Data::TextData(data)) => data.into(),
        Some(Data::ProtoData(_)) => return Err(wrong("data", "JSON, in text_data or binary_data")),
        None => return Err(wrong("data", "missing")),
    };
    Ok(read)
}

/// The group that an event names, even one that is malformed: its fellows are not recorded without it.
pub(super) fn group(event: &v1::CloudEvent) -> Option<String> {
    text(event.attributes.get("bansogroup")?.clone())
}

/// A recorded event.
pub(super) fn recorded(recorded: &Recorded) -> v1::CloudEvent {
    let CloudEvent { mut attributes, data } = CloudEvent::from(recorded);
    let mut field = |name: &str| attributes.remove(name).unwrap_or_default();
    let (id, source, spec_version, r#type) =
        (field("id"), field("source"), field("specversion"), field("type"));
    let text = |text| AttributeValue { attr: Some(Attr::CeString(text)) };
    let data = match String::from_utf8(data.to_vec()) {
        Ok(data) => Data::TextData(data),
        Err(_) => Data::BinaryData(data),
    };
    v1::CloudEvent {
        id,
        source,
        spec_version,
        r#type,
        attributes: attributes.into_iter().map(|(name, value)| (name, text(value))).collect(),
        data: Some(data),
    }
}

fn text(value: AttributeValue) -> Option<String> {
    match value.attr? {
        Attr::CeString(text) | Attr::CeUri(text) | Attr::CeUriRef(text) => Some(text),
        Attr::CeInteger(number) => Some(number.to_string()),
        Attr::CeBoolean(value) => Some(value.to_string()),
        Attr::CeTimestamp(at) => {
            let at = DateTime::<Utc>::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?)?;
            Some(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        }
        Attr::CeBytes(_) => None,
    }
}

fn wrong(attribute: &str, reason: &str) -> Problem {
    Malformed::attribute(attribute, reason).into()
}
