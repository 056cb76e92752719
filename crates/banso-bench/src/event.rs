//! A note as a service sends it. The micro-benchmarks send the same.

use crate::notes::Note;
use banso_kernel::CloudEvent;
use std::collections::BTreeMap;

/// Who publishes.
pub(crate) const SOURCE: &str = "https://c-soudan.example";

/// A note as a service publishes it.
pub(crate) fn event(note: &Note) -> CloudEvent {
    let attributes: BTreeMap<String, String> = [
        ("specversion", "1.0"),
        ("id", &note.id),
        ("source", SOURCE),
        ("type", "banso.ContactRecorded.v1"),
        ("subject", &format!("person/{}", note.person)),
        ("bansooccurred", "2025-06-01"),
        ("bansoactor", "consultant@c-soudan"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    CloudEvent { attributes, data: note.body.clone().into() }
}
