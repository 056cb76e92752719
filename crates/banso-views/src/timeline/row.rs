//! One fact on the timeline.

use crate::Moment;
use crate::named::PartyShown;
use banso_domain::{CaseEvent, DateLost, Entry, Fact, History, Reference, StreamEvent, Thing};
use banso_kernel::{EventId, Personal, Seq, StreamSeq, When};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

/// A fact: what happened, when, who did it, who recorded it, and what became of the record.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RowShown {
    /// The event that said so first.
    #[schema(value_type = String, format = "uuid")]
    pub event: EventId,
    /// Its position in the log.
    pub seq: Seq,
    /// Its position in the person's stream.
    pub stream_seq: StreamSeq,
    /// The event type: `banso.ReferralMade.v1`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// In Japanese: 「協力依頼」, 「面会」, ….
    pub label: String,
    /// What it says, in one line.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Personal<String>>,
    /// When it happened.
    pub occurred: ShownOccurred,
    /// When the log took the record that stands.
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it.
    pub recorder: String,
    /// Who did it.
    pub doers: Vec<PartyShown>,
    /// With whom, or to whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counterparts: Vec<PartyShown>,
    /// The fact that it repeats: somebody else knew it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<RepeatShown>,
    /// What it refers to and is not recorded (yet): 「協力依頼 haru:r9」.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Whether the record that stands is a correction.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub corrected: bool,
    /// Whether it was taken back: it no longer counts, and stays visible.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retracted: bool,
    /// Corrections and retractions, in the order in which they were recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeShown>,
}

/// When a fact happened, as exactly as it is known.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ShownOccurred {
    /// In Japanese: 「2025-04-15（「入院」の14日後）」.
    pub text: String,
    /// As it was stated: the attribute `bansooccurred`.
    #[schema(value_type = String, example = "2025-04-01")]
    pub stated: When,
    /// `instant`, `day`, `month`, `unknown`, `offset`, `after` or `before`.
    pub precision: &'static str,
    /// Not before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest: Option<DateTime<Utc>>,
    /// Not after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<DateTime<Utc>>,
    /// Whether it is unsure that it had happened by `valid_at`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
    /// Why the date could not be told: the event it refers to was taken back, is not there, or refers back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<&'static str>,
}

/// The fact that another one repeats.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RepeatShown {
    /// The event.
    #[schema(value_type = String, format = "uuid")]
    pub event: EventId,
}

/// A later record about the same fact.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChangeShown {
    /// The event.
    #[schema(value_type = String, format = "uuid")]
    pub event: EventId,
    /// What it does.
    pub kind: ChangeKind,
    /// In Japanese: 「訂正」, 「取り消し」.
    pub label: &'static str,
    /// When the log took it.
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it.
    pub recorder: String,
    /// What it says: the corrected content, or why it was taken back.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Personal<String>>,
    /// Whether it was itself taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retracted: bool,
}

/// What a later record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// 訂正
    Correction,
    /// 取り消し
    Retraction,
}

/// What a row is shown with.
pub(super) struct Around<'a> {
    pub(super) history: &'a History<'a, CaseEvent>,
    /// The fact that an event first said or corrected.
    pub(super) by_event: HashMap<EventId, &'a Fact<'a, CaseEvent>>,
    /// What the events that count have brought.
    pub(super) brought: BTreeSet<Thing<'a>>,
    pub(super) valid_at: Option<DateTime<Utc>>,
    pub(super) reference: &'a Reference,
}

pub(super) fn show(fact: &Fact<'_, CaseEvent>, around: &Around<'_>) -> RowShown {
    let reference = around.reference;
    let event = &fact.current.event;
    RowShown {
        event: fact.id,
        seq: fact.first.seq,
        stream_seq: fact.first.stream_seq,
        event_type: StreamEvent::event_type(&**event).to_string(),
        label: event.label().into_owned(),
        detail: event.detail(),
        occurred: occurred(fact, around),
        recorded_at: fact.current.recorded_at,
        recorder: reference.recorder(&fact.current.actor),
        doers: PartyShown::each(event.doers(), reference),
        counterparts: PartyShown::each(event.counterparts(), reference),
        repeats: fact.repeats.map(|event| RepeatShown { event }),
        missing: missing(event, around),
        corrected: fact.current.corrects.is_some(),
        retracted: fact.retracted.is_some(),
        changes: changes(fact, around),
    }
}

/// A reference to something not yet recorded is admitted, and marked until that arrives.
fn missing(event: &CaseEvent, around: &Around<'_>) -> Vec<String> {
    let things = event.refers_to().into_iter().filter(|thing| !around.brought.contains(thing));
    let things = things.map(|thing| format!("{} {}", thing.label(), thing.id()));
    let stands = |event: &EventId| around.by_event.get(event).is_some_and(|fact| fact.retracted.is_none());
    let events = event.refers_to_events().into_iter().filter(|event| !stands(event));
    things.chain(events.map(|event| format!("記録 {event}"))).collect()
}

fn occurred(fact: &Fact<'_, CaseEvent>, around: &Around<'_>) -> ShownOccurred {
    let moment = Moment::of(fact, around.valid_at);
    let anchor = fact.when.anchor().and_then(|id| around.by_event.get(&id));
    let relation = anchor.and_then(|anchor| {
        let label = anchor.current.event.label();
        match fact.when {
            When::Offset(_, duration) => Some(format!("「{label}」の{}後", duration.label())),
            When::After(_) => Some(format!("「{label}」のあと")),
            When::Before(_) => Some(format!("「{label}」の前")),
            When::Instant(_) | When::Day(_) | When::Month(_) | When::Unknown => None,
        }
    });
    let text = match relation {
        Some(relation) => format!("{}（{relation}）", moment.text()),
        None => moment.text(),
    };
    ShownOccurred {
        text,
        stated: fact.when,
        precision: match fact.when {
            When::Instant(_) => "instant",
            When::Day(_) => "day",
            When::Month(_) => "month",
            When::Unknown => "unknown",
            When::Offset(..) => "offset",
            When::After(_) => "after",
            When::Before(_) => "before",
        },
        earliest: fact.span.earliest,
        latest: fact.span.latest,
        uncertain: moment.uncertain,
        lost: fact.date_lost.map(|lost| match lost {
            DateLost::AnchorRetracted => "anchor_retracted",
            DateLost::AnchorMissing => "anchor_missing",
            DateLost::Cycle => "cycle",
        }),
    }
}

fn changes(fact: &Fact<'_, CaseEvent>, around: &Around<'_>) -> Vec<ChangeShown> {
    let change = |kind, label, entry: &Entry<CaseEvent>| ChangeShown {
        event: entry.event_id,
        kind,
        label,
        recorded_at: entry.recorded_at,
        recorder: around.reference.recorder(&entry.actor),
        detail: entry.event.detail(),
        retracted: around.history.taken_back.contains_key(&entry.event_id),
    };
    let corrections =
        fact.corrections.iter().map(|entry| (entry.seq, change(ChangeKind::Correction, "訂正", entry)));
    let retractions =
        fact.retractions.iter().map(|entry| (entry.seq, change(ChangeKind::Retraction, "取り消し", entry)));
    let mut changes: Vec<_> = corrections.chain(retractions).collect();
    changes.sort_by_key(|(seq, _)| *seq);
    changes.into_iter().map(|(_, change)| change).collect()
}
