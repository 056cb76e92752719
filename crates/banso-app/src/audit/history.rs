//! A publisher's own record of its attempts against the log.

use super::Findings;
use banso_kernel::{EventId, Recorded, Seq};
use banso_log::{Log, LogError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Events looked up at a time.
const PAGE_EVENTS: usize = 500;

/// One attempt to publish, as the publisher saw it end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The publisher.
    pub source: String,
    /// Its id of the event.
    pub id: String,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The position named in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// 201
    Admitted,
    /// 200
    Duplicate,
    /// Anything that says that nothing was recorded.
    Refused,
    /// No answer, or 503 outcome unknown.
    Unknown,
}

/// Compares what publishers were told with what the log has (I1, I8).
pub async fn history(log: &dyn Log, attempts: &[Attempt]) -> Result<Findings, LogError> {
    let mut by_event: BTreeMap<EventId, Vec<&Attempt>> = BTreeMap::new();
    for attempt in attempts {
        by_event.entry(EventId::of(&attempt.source, &attempt.id)).or_default().push(attempt);
    }
    let mut findings = Findings { looked_at: attempts.len() as u64, ..Findings::default() };
    let ids: Vec<EventId> = by_event.keys().copied().collect();
    for chunk in ids.chunks(PAGE_EVENTS) {
        for (id, seq) in chunk.iter().zip(positions(log, chunk).await?) {
            let attempts = by_event.get(id).map(Vec::as_slice).unwrap_or_default();
            judge(*id, attempts, seq, &mut findings);
        }
    }
    Ok(findings)
}

/// Where these events stand; a damaged one stands there all the same, the audit of the log tells of it.
async fn positions(log: &dyn Log, ids: &[EventId]) -> Result<Vec<Option<Seq>>, LogError> {
    let position = |found: Option<Recorded>| found.map(|event| event.header.seq);
    match log.find(ids).await {
        Ok(found) => return Ok(found.into_iter().map(position).collect()),
        Err(LogError::Damaged { .. }) => {}
        Err(error) => return Err(error),
    }
    let mut positions = Vec::with_capacity(ids.len());
    for id in ids {
        positions.push(match log.find(std::slice::from_ref(id)).await {
            Ok(found) => found.into_iter().next().flatten().map(|event| event.header.seq),
            Err(LogError::Damaged { seq, .. }) => Some(seq),
            Err(error) => return Err(error),
        });
    }
    Ok(positions)
}

fn judge(id: EventId, attempts: &[&Attempt], recorded: Option<Seq>, findings: &mut Findings) {
    let mut told: Vec<Seq> = Vec::new();
    for attempt in attempts {
        match (attempt.outcome, attempt.seq) {
            (AttemptOutcome::Admitted | AttemptOutcome::Duplicate, Some(seq)) => told.push(seq),
            (AttemptOutcome::Admitted | AttemptOutcome::Duplicate, None) => {
                findings.breach("I1", id, "was acknowledged without a position");
            }
            (AttemptOutcome::Refused | AttemptOutcome::Unknown, _) => {}
        }
    }
    told.sort_unstable();
    told.dedup();
    match (told.as_slice(), recorded) {
        ([], Some(seq)) if attempts.iter().all(|attempt| attempt.outcome == AttemptOutcome::Refused) => {
            findings.breach("I2", id, format!("was only ever refused, and stands at {seq}"));
        }
        ([], _) => {}
        ([one], Some(seq)) if *one == seq => {}
        ([one], Some(seq)) => {
            findings.breach("I1", id, format!("was acknowledged at {one}, and stands at {seq}"))
        }
        (_, None) => findings.breach("I1", id, "was acknowledged, and is not in the log"),
        (several, Some(_)) => {
            findings.breach("I8", id, format!("was acknowledged at different positions: {several:?}"))
        }
    }
}
