//! The intake: publishers that speak only through the bus. What a message says goes the way of every other
//! event; what became of it is a receipt, kept in the transaction of the results and published from there.

use crate::events::record::{ItemResult, Proposed, Read, check_count, check_size};
use crate::events::wire;
use crate::problem::Problem;
use axum::http::{HeaderMap, header};
use banso_app::{
    App, AppendError, EventFilter, GROUP_EVENTS_MAX, IntakePosition, IntakeRange, Item, MessageReceipt,
};
use banso_kernel::{CloudEvent, EventType};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The subject of a message that carries a batch ends with this instead of an entity and an event.
const BATCH_TOKEN: &str = "batch";
/// Most events that are settled in one transaction; one message may bring as many.
const EVENTS_TOGETHER_MAX: usize = 1_000;

/// A longer name is not repeated: no event can have it, and with it the outcome could be larger than the bus takes.
const TOLD_NAME_BYTES_MAX: usize = 256;

/// A publisher of the bus.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// Its name: a token of its subjects.
    pub name: String,
    /// The CloudEvents sources that are its own.
    pub sources: Vec<String>,
}

/// A message as the bus brought it.
#[derive(Clone, Debug)]
pub struct IntakeMessage {
    /// Its place in the intake's stream.
    pub seq: u64,
    /// When the bus took it.
    pub received_at: DateTime<Utc>,
    /// The tokens of its subject behind the publisher's name.
    pub subject: Vec<String>,
    /// Its headers: `ce-…` for the binary form, `content-type` for the others.
    pub headers: HeaderMap,
    /// Its data.
    pub payload: Bytes,
    /// Why nothing of it can be read, if that was seen before it came here.
    pub defect: Option<String>,
}

/// What a publisher is told of one event, or of a message that cannot be read.
#[derive(Serialize)]
struct Told<'a> {
    /// Its place in the intake's stream.
    message: u64,
    /// Its place in the message's batch, from 0; absent where the message is no batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<usize>,
    /// As the publisher calls the event; absent where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// As `POST /v1/events` answers.
    #[serde(flatten)]
    result: &'a ItemResult,
}

/// The events of a message, before and after they are decided on.
struct Opened {
    message: u64,
    is_batch: bool,
    names: Vec<(Option<String>, Option<String>)>,
    proposed: Proposed,
}

/// Publishes what messages of one publisher say, in their order, and settles them: results, receipts and how
/// far the intake is read are one transaction, or several behind each other where the messages bring more events
/// than may wait to be recorded. After an error, where the intake stands is the store's to say.
pub async fn deliver(
    app: &App,
    publisher: &Publisher,
    from: Option<IntakePosition>,
    to: IntakePosition,
    messages: Vec<IntakeMessage>,
) -> Result<(), AppendError> {
    let mut from = from;
    let (mut items, mut opened): (Vec<Vec<Item>>, Vec<Opened>) = Default::default();
    for message in messages {
        let (own, rest) = open(app, publisher, message);
        let together = items.iter().map(Vec::len).sum::<usize>() + own.len();
        if let Some(last) = opened.last().filter(|_| together > EVENTS_TOGETHER_MAX) {
            let so_far = IntakePosition { seq: last.message, ..to.clone() };
            let settled = (std::mem::take(&mut items), std::mem::take(&mut opened));
            settle(app, publisher, from.replace(so_far.clone()), so_far, settled).await?;
        }
        items.push(own);
        opened.push(rest);
    }
    settle(app, publisher, from, to, (items, opened)).await
}

async fn settle(
    app: &App,
    publisher: &Publisher,
    from: Option<IntakePosition>,
    to: IntakePosition,
    (items, opened): (Vec<Vec<Item>>, Vec<Opened>),
) -> Result<(), AppendError> {
    let range = IntakeRange { publisher: publisher.name.clone(), from, to };
    let name = publisher.name.clone();
    let receipts = move |outcomes: Vec<Vec<banso_app::Outcome>>| {
        let told = opened.into_iter().zip(outcomes).map(|(opened, outcomes)| opened.receipts(outcomes));
        let receipts: Vec<(MessageReceipt, u16)> = told.flatten().collect();
        for (_, status) in &receipts {
            metrics::counter!("banso_intake_events_total", "publisher" => name.clone(), "status" => status.to_string())
                .increment(1);
        }
        receipts.into_iter().map(|(receipt, _)| receipt).collect()
    };
    app.door.deliver(range, items, receipts).await
}

/// The proposals of a message, and what is left of it.
fn open(app: &App, publisher: &Publisher, message: IntakeMessage) -> (Vec<Item>, Opened) {
    let (seq, received_at) = (message.seq, message.received_at);
    let (is_batch, read) = match read(publisher, &message) {
        Ok(Events::Batch(read)) => (true, read),
        Ok(Events::One(event)) => (false, vec![Read { event, groups: Vec::new() }]),
        Err(problem) => (false, vec![Read { event: Err(problem), groups: Vec::new() }]),
    };
    let names = read.iter().map(|read| names(read.event.as_ref().ok())).collect();
    let read =
        read.into_iter().map(|read| Read { event: read.event.and_then(|e| own(publisher, e)), ..read });
    let propose = |event| app.door.propose_received(event, None, received_at);
    let (items, proposed) = Proposed::of(read, propose);
    (items, Opened { message: seq, is_batch, names, proposed })
}

impl Opened {
    /// One receipt for each event, with its status.
    fn receipts(self, outcomes: Vec<banso_app::Outcome>) -> Vec<(MessageReceipt, u16)> {
        let Self { message, is_batch, names, proposed } = self;
        let results = proposed.results(outcomes, false);
        let told = names.iter().zip(&results).enumerate().map(|(place, ((source, id), result))| {
            let event = is_batch.then_some(place);
            let told = Told { message, event, source: source.as_deref(), id: id.as_deref(), result };
            // Names, numbers and words of ours: there is nothing that JSON cannot write.
            let body = serde_json::to_vec(&told).expect("a receipt has a JSON form");
            (MessageReceipt { seq: message, body: body.into() }, result.status())
        });
        told.collect()
    }
}

fn names(event: Option<&CloudEvent>) -> (Option<String>, Option<String>) {
    let name = |attribute| {
        let name = event.and_then(|event| event.attributes.get(attribute));
        name.filter(|name| name.len() <= TOLD_NAME_BYTES_MAX).cloned()
    };
    (name("source"), name("id"))
}

/// What a message carries, each event as far as it can be read.
enum Events {
    One(Result<CloudEvent, Problem>),
    Batch(Vec<Read>),
}

fn read(publisher: &Publisher, message: &IntakeMessage) -> Result<Events, Problem> {
    let IntakeMessage { headers, payload, subject, defect, .. } = message;
    if let Some(defect) = defect {
        return Err(Problem::malformed("", defect.clone()));
    }
    let content = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = content.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let single = |event: Result<CloudEvent, Problem>| {
        let event = event.and_then(|event| on_its_subject(publisher, subject, event));
        Events::One(event.and_then(alone))
    };
    match media.as_str() {
        "application/cloudevents-batch+json" => {
            if subject.iter().ne([BATCH_TOKEN]) {
                return Err(misplaced(publisher, BATCH_TOKEN));
            }
            let raw = wire::batch(payload)?;
            check_count(raw.len())?;
            let event = |json: &&serde_json::value::RawValue| {
                let text = json.get();
                let event = check_size(text.len()).and_then(|()| wire::structured(text.as_bytes()));
                let groups = if event.is_err() { wire::groups(text) } else { Vec::new() };
                Read { event, groups }
            };
            let events: Vec<Read> = raw.iter().map(event).collect();
            check_groups(&events)?;
            Ok(Events::Batch(events))
        }
        "application/cloudevents+json" => {
            Ok(single(check_size(payload.len()).and_then(|()| wire::structured(payload))))
        }
        _ => {
            let attributes = headers.iter().filter(|(name, _)| name.as_str().starts_with("ce-"));
            let bytes: usize = attributes.map(|(name, value)| name.as_str().len() + value.len()).sum();
            let event = check_size(bytes + payload.len());
            Ok(single(event.and_then(|()| wire::binary(headers, payload.clone()))))
        }
    }
}

/// Refuses a group that is too large: nobody waits for an answer to the message as a whole.
fn check_groups(events: &[Read]) -> Result<(), Problem> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events.iter().filter_map(|read| read.event.as_ref().ok()) {
        if let Some(group) = event.attributes.get("bansogroup") {
            *sizes.entry(group).or_default() += 1;
        }
    }
    match sizes.values().max() {
        Some(events) if *events > GROUP_EVENTS_MAX => {
            Err(Problem::too_large(format!("a group has at most {GROUP_EVENTS_MAX} events, not {events}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses an event whose source is not the publisher's.
fn own(publisher: &Publisher, event: CloudEvent) -> Result<CloudEvent, Problem> {
    match event.attributes.get("source") {
        Some(source) if !publisher.sources.contains(source) => {
            Err(Problem::foreign_source(format!("this is no source of the publisher {}", publisher.name)))
        }
        Some(_) | None => Ok(event),
    }
}

/// Refuses an event that stands on the subject of another one.
fn on_its_subject(
    publisher: &Publisher,
    subject: &[String],
    event: CloudEvent,
) -> Result<CloudEvent, Problem> {
    // What the type is, and whether there is one, is said where all events are read.
    let Some(Ok(event_type)) = event.attributes.get("type").map(|text| text.parse::<EventType>()) else {
        return Ok(event);
    };
    let Some(entity) = EventFilter::entity_of(&event_type) else { return Ok(event) };
    match subject {
        [at_entity, at_event] if same(at_entity, entity) && same(at_event, &event_type.name) => Ok(event),
        _ => Err(misplaced(publisher, &format!("{entity}.{}", event_type.name))),
    }
}

/// Whether a token, in kebab-case, is this name.
fn same(token: &str, name: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
    };
    letters(token) == letters(name)
}

fn misplaced(publisher: &Publisher, tail: &str) -> Problem {
    let name = &publisher.name;
    Problem::malformed("", format!("it belongs on banso.v1.intake.{name}.{tail} (in kebab-case)"))
}

/// Refuses an event that is to be recorded with others, which nobody knows.
fn alone(event: CloudEvent) -> Result<CloudEvent, Problem> {
    if event.attributes.contains_key("bansogroup") {
        let reason = "a group comes as one message: a batch (application/cloudevents-batch+json)";
        return Err(Problem::malformed("/bansogroup", reason));
    }
    Ok(event)
}
