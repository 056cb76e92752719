//! What is stored of one person: the compact state, or why there is none.

use crate::decoded::decode;
use banso_domain::{CaseEvent, Entry, ReadError, resolve};
use banso_kernel::{EventType, PersonId, Recorded, Seq, StreamId, StreamSeq};
use banso_log::{LogError, StoredState, WorkRow};
use banso_views::{Advance, PersonState, VERSION, unanswered_referrals, unanswered_referrals::OpenReferrals};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A larger state is not stored: queries fold the person's events instead. 64 KiB for each view with a state.
const STATE_BYTES_MAX: usize = 3 * 64 * 1024;

/// What is stored of one person.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) stream_seq: StreamSeq,
    pub(crate) body: StoredBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredBody {
    Folded(Box<PersonState>),
    Parked { seq: Seq, reason: String },
}

/// An event of a type or version that this binary does not know.
#[derive(Clone, Debug)]
pub(crate) struct Unknown {
    pub(crate) seq: Seq,
    pub(crate) event_type: EventType,
}

impl Stored {
    /// A stored state that this code can go on from; `None` = fold the person's events.
    pub(crate) fn read(stored: &StoredState) -> Option<Self> {
        if stored.code != VERSION || stored.body.is_empty() {
            return None;
        }
        let body = serde_json::from_slice(&stored.body).ok()?;
        Some(Self { stream_seq: stored.stream_seq, body })
    }

    /// Set aside for an event that cannot be read.
    pub(crate) fn malformed(stream_seq: StreamSeq, seq: Seq) -> Self {
        let reason = "its body does not fit its type".to_owned();
        Self { stream_seq, body: StoredBody::Parked { seq, reason } }
    }

    /// What is written of it. Fails only where a state has no JSON form, which none of ours lacks.
    pub(crate) fn write(&self) -> Result<StoredState, LogError> {
        let body = serde_json::to_vec(&self.body)
            .map_err(|e| LogError::Unavailable { attempt: "write a state as JSON", source: Box::new(e) })?;
        let body = if body.len() > STATE_BYTES_MAX { Bytes::new() } else { Bytes::from(body) };
        Ok(StoredState { code: VERSION, stream_seq: self.stream_seq, body })
    }

    /// All that the rows are made of, besides who the person is.
    pub(crate) fn referrals(&self) -> Option<&OpenReferrals> {
        match &self.body {
            StoredBody::Folded(state) => Some(&state.referrals),
            StoredBody::Parked { .. } => None,
        }
    }

    /// The rows that the person gives to the lists.
    pub(crate) fn rows(&self, person: &PersonId) -> Result<Vec<WorkRow>, LogError> {
        let Some(referrals) = self.referrals() else { return Ok(Vec::new()) };
        referrals.rows(person).into_iter().map(|row| work_row(person, &row)).collect()
    }

    /// Says so where a person has just been set aside.
    pub(crate) fn report_if_parked(&self, stream: &StreamId) {
        if let StoredBody::Parked { seq, reason } = &self.body {
            tracing::error!(seq, %stream, reason, "a person is set aside");
            metrics::counter!("banso_parked_persons_total").increment(1);
        }
    }
}

fn work_row(person: &PersonId, row: &unanswered_referrals::Row) -> Result<WorkRow, LogError> {
    let body = serde_json::to_vec(&row.item)
        .map_err(|e| LogError::Unavailable { attempt: "write a row as JSON", source: Box::new(e) })?;
    Ok(WorkRow {
        view: unanswered_referrals::VIEW.to_owned(),
        key: row.key.clone(),
        person: person.clone(),
        organisation: Some(row.organisation.to_string()),
        zone: None,
        due_from: row.due_from,
        due_to: None,
        body: body.into(),
    })
}

/// Whether the state took in the person's next event. If not, it is of no use any more: fold the person anew.
pub(crate) fn advance(state: &mut PersonState, entry: &Entry<CaseEvent>) -> bool {
    matches!(catch_unwind(AssertUnwindSafe(|| state.advance(entry))), Ok(Advance::Done))
}

/// The state that a person's events come to, parked where they cannot be folded.
pub(crate) fn fold<'a>(
    recorded: impl IntoIterator<Item = &'a Recorded, IntoIter: Clone>,
) -> Result<Stored, Unknown> {
    let recorded = recorded.into_iter();
    let (stream_seq, last) =
        recorded.clone().last().map_or((0, 0), |last| (last.header.stream_seq, last.header.seq));
    let mut entries: Vec<Entry<CaseEvent>> = Vec::with_capacity(recorded.size_hint().0);
    for event in recorded {
        let seq = event.header.seq;
        match decode(event) {
            Ok(entry) => entries.push(entry),
            Err(ReadError::UnknownType(event_type)) => return Err(Unknown { seq, event_type }),
            Err(ReadError::Malformed { .. }) => return Ok(Stored::malformed(stream_seq, seq)),
        }
    }
    // Folds are total. Should one panic all the same, only this person is set aside.
    let body = match catch_unwind(AssertUnwindSafe(|| PersonState::fold(&resolve(&entries), stream_seq))) {
        Ok(state) => StoredBody::Folded(Box::new(state)),
        Err(_) => StoredBody::Parked { seq: last, reason: "a fold panicked".to_owned() },
    };
    Ok(Stored { stream_seq, body })
}
