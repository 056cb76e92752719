//! CloudEvents 1.0 over HTTP: the structured, batch and binary forms.

use crate::problem::Problem;
use axum::http::HeaderMap;
use banso_app::Malformed;
use banso_kernel::{CloudEvent, Recorded};
use base64::Engine;
use bytes::Bytes;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Most attributes of an event, the data counted as one. CloudEvents and banso define some twenty.
const MEMBERS_MAX: usize = 64;

/// A CloudEvent as one JSON object. The data is kept byte for byte.
pub(crate) fn structured(json: &[u8]) -> Result<CloudEvent, Problem> {
    let Members { members, too_many } =
        serde_json::from_slice(json).map_err(|e| Problem::malformed("", json_reason(&e)))?;
    if too_many {
        return Err(Problem::malformed("", format!("an event has at most {MEMBERS_MAX} attributes")));
    }
    let mut event = CloudEvent::default();
    let mut names: Vec<Cow<'_, str>> = Vec::with_capacity(members.len());
    let mut has_data = false;
    for (name, value) in members {
        let is_data = matches!(name.as_ref(), "data" | "data_base64");
        if names.contains(&name) || (is_data && std::mem::replace(&mut has_data, true)) {
            return Err(wrong(&name, "stands twice"));
        }
        names.push(name.clone());
        match name.as_ref() {
            "data" => event.data = Bytes::copy_from_slice(value.get().as_bytes()),
            "data_base64" => event.data = base64_data(value)?,
            _ => {
                if let Some(text) = attribute(&name, value)? {
                    event.attributes.insert(name.into_owned(), text);
                }
            }
        }
    }
    if !has_data {
        return Err(wrong("data", "missing"));
    }
    Ok(event)
}

/// The groups that an event names, even one that is malformed: its fellows are not recorded without it.
pub(crate) fn groups(json: &str) -> Vec<String> {
    let Ok(Members { members, .. }) = serde_json::from_str(json) else { return Vec::new() };
    let named = members.into_iter().filter(|(name, _)| name == "bansogroup");
    named.filter_map(|(name, value)| attribute(&name, value).ok().flatten()).collect()
}

/// The items of a batch, each still as JSON.
pub(crate) fn batch(json: &[u8]) -> Result<Vec<&RawValue>, Problem> {
    serde_json::from_slice(json).map_err(|e| Problem::malformed("", json_reason(&e)))
}

/// A CloudEvent whose attributes stand in headers `ce-…` and whose data is the body.
pub(crate) fn binary(headers: &HeaderMap, body: Bytes) -> Result<CloudEvent, Problem> {
    let mut event = CloudEvent { data: body, ..CloudEvent::default() };
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix("ce-") else { continue };
        let text = percent_decoded(value.as_bytes())
            .ok_or_else(|| wrong(name, "the header is not percent-encoded UTF-8"))?;
        if event.attributes.insert(name.to_owned(), text).is_some() {
            return Err(wrong(name, "the header stands twice"));
        }
    }
    Ok(event)
}

/// A recorded event as one JSON object.
pub(crate) struct Structured<'a>(pub(crate) &'a Recorded);

impl Serialize for Structured<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = CloudEvent::from(self.0);
        let data: &RawValue = serde_json::from_slice(&event.data).map_err(serde::ser::Error::custom)?;
        let mut object = serializer.serialize_map(Some(event.attributes.len() + 1))?;
        for (name, value) in &event.attributes {
            object.serialize_entry(name, value)?;
        }
        object.serialize_entry("data", data)?;
        object.end()
    }
}

/// A recorded event as a line of JSON: a CloudEvent in its structured form.
pub fn event_json(recorded: &Recorded) -> serde_json::Result<String> {
    let mut json = serde_json::to_string(&Structured(recorded))?;
    // The data is the publisher's to the byte. Its line breaks stand between values, never in a string, where
    // JSON escapes them; in a line they are spaces.
    if json.contains(['\r', '\n']) {
        json = json.replace(['\r', '\n'], " ");
    }
    Ok(json)
}

/// The members of an object, in order, a name as often as it stands there.
struct Members<'a> {
    /// The first [`MEMBERS_MAX`], and every one that names a group.
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// Whether there were more.
    too_many: bool,
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a CloudEvent as a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::with_capacity(16);
                let mut too_many = false;
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let value = map.next_value()?;
                    too_many |= members.len() >= MEMBERS_MAX;
                    if !too_many || name == "bansogroup" {
                        members.push((name, value));
                    }
                }
                Ok(Members { members, too_many })
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

fn wrong(attribute: &str, reason: &str) -> Problem {
    Malformed::attribute(attribute, reason).into()
}

/// An attribute's value as text; `None` for null, which means absent.
fn attribute(name: &str, value: &RawValue) -> Result<Option<String>, Problem> {
    let wrong = || wrong(name, "an attribute is a string, an integer or a boolean");
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map(Some).map_err(|_| wrong()),
        Some(b'n') => Ok(None),
        Some(b't' | b'f') => Ok(Some(json.to_owned())),
        Some(_) => json.parse::<i64>().map(|n| Some(n.to_string())).map_err(|_| wrong()),
        None => Err(wrong()),
    }
}

fn base64_data(value: &RawValue) -> Result<Bytes, Problem> {
    let wrong = || wrong("data_base64", "not base64 in a string");
    let text: String = serde_json::from_str(value.get()).map_err(|_| wrong())?;
    base64::engine::general_purpose::STANDARD.decode(text).map(Bytes::from).map_err(|_| wrong())
}

/// The CloudEvents HTTP binding, section 3.1.3.2: header values are percent-encoded UTF-8.
fn percent_decoded(value: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = after.get(..2)?;
            let digit = |at: usize| (digits[at] as char).to_digit(16);
            decoded.push((digit(0)? * 16 + digit(1)?) as u8);
            rest = &after[2..];
        } else {
            decoded.push(byte);
            rest = after;
        }
    }
    String::from_utf8(decoded).ok()
}

/// The reason without anything quoted from the text.
fn json_reason(e: &serde_json::Error) -> String {
    let what = match e.classify() {
        serde_json::error::Category::Eof => "the JSON ends too early",
        serde_json::error::Category::Syntax => "JSON syntax error",
        serde_json::error::Category::Io | serde_json::error::Category::Data => {
            "not a CloudEvent as a JSON object (or, in a batch, an array of them)"
        }
    };
    format!("{what}, line {}, column {}", e.line(), e.column())
}

#[cfg(test)]
mod tests;
