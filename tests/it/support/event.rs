//! Events as services write them.

use banso_kernel::EventId;
use serde_json::{Map, Value, json};

/// Who publishes where a test does not care.
pub(crate) const SOURCE: &str = "https://c-soudan.example";

/// A CloudEvent, attribute by attribute.
#[derive(Clone, Debug)]
pub(crate) struct Event(Map<String, Value>);

/// An event with all that is required. It happened on an unknown day, unless it is told otherwise.
pub(crate) fn event(id: &str, kind: &str, subject: &str, data: Value) -> Event {
    let attributes = json!({
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": format!("banso.{kind}.v1"),
        "subject": subject,
        "bansooccurred": "unknown",
        "bansoactor": "consultant@c-soudan",
        "data": data,
    });
    let Value::Object(attributes) = attributes else { unreachable!("json! was given an object") };
    Event(attributes)
}

/// Something that the person said; the same words are the same fact.
pub(crate) fn said(person: &str, id: &str, words: &str) -> Event {
    let data =
        json!({"text": words, "verbatim": true, "setting": "not_recorded", "heard_by": "not_recorded"});
    event(id, "PersonVoiceRecorded", &format!("person/{person}"), data)
}

/// An admission to hospital on a day.
pub(crate) fn admitted(person: &str, id: &str, day: &str) -> Event {
    let data = json!({
        "episode": format!("{person}:{id}"), "facility": {"org": "hospital"}, "form": "not_recorded",
        "reason": "not_recorded",
    });
    event(id, "HospitalAdmitted", &format!("person/{person}"), data).with("bansooccurred", day)
}

/// One organisation asks others for help.
pub(crate) fn asked(person: &str, id: &str, from: &str, to: &[&str]) -> Event {
    let to: Vec<Value> = to.iter().map(|org| json!({"org": org})).collect();
    let data = json!({
        "referral": format!("{person}:{id}"), "from": {"org": from}, "to": to, "mode": "joint",
    });
    event(id, "ReferralMade", &format!("person/{person}"), data)
}

/// An organisation says yes to a request.
pub(crate) fn accepted(person: &str, id: &str, request: &str, by: &str) -> Event {
    let data = json!({"referral": format!("{person}:{request}"), "by": {"org": by}});
    event(id, "ReferralAccepted", &format!("person/{person}"), data)
}

/// An event is taken back.
pub(crate) fn retracted(person: &str, id: &str, event_id: &str) -> Event {
    let data = json!({"event": event_id, "reason": "別の方の記録でした"});
    event(id, "EventRetracted", &format!("person/{person}"), data)
}

impl Event {
    /// An event that a file has.
    pub(crate) fn read(line: &str) -> Self {
        Self(serde_json::from_str(line).expect("a CloudEvent as a JSON object"))
    }

    /// With another value of an attribute, or of the data.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Without an attribute.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// With another value at a JSON pointer into the data; null takes it away.
    pub(crate) fn with_data(mut self, pointer: &str, value: Value) -> Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer to a member");
        let data = self.0.get_mut("data").and_then(|data| data.pointer_mut(parent));
        match data {
            Some(Value::Object(fields)) if value.is_null() => drop(fields.remove(name)),
            Some(Value::Object(fields)) => drop(fields.insert(name.to_owned(), value)),
            other => panic!("no object at {parent}: {other:?}"),
        }
        self
    }

    /// As one JSON object.
    pub(crate) fn json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// An attribute that is a string.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The data.
    pub(crate) fn data(&self) -> &Value {
        &self.0["data"]
    }

    /// Every attribute and its text.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    /// The id under which the log knows it.
    pub(crate) fn event_id(&self) -> String {
        EventId::of(self.text("source"), self.text("id")).to_string()
    }
}

/// Several as a batch.
pub(crate) fn batch<'a>(events: impl IntoIterator<Item = &'a Event>) -> String {
    let events: Vec<String> = events.into_iter().map(Event::json).collect();
    format!("[{}]", events.join(","))
}
