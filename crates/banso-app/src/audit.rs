//! Whether what is stored is what it should be: the read models against the log (I3), and a publisher's own
//! record of its attempts against the log (I1, I8). The log's own chains are [`banso_log::verify`]'s part.

use crate::projector::{Stored, StoredBody, fold};
use crate::queries::read_stream;
use banso_kernel::{EventId, Part, Seq, StreamId, StreamSeq};
use banso_log::{Log, LogError, Models, READ_EVENTS_MAX, StoredState};
use banso_views::VERSION;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Persons compared at a time.
const PAGE_PERSONS: usize = 500;
/// Breaches that a report lists; all of them are counted.
const BREACHES_MAX: usize = 100;

/// A place where something stored is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Which promise is broken: `I1`, `I3`, ….
    pub invariant: String,
    /// Where: a stream, or an event id.
    pub subject: String,
    /// What was found.
    pub found: String,
}

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// What was looked at: persons, or attempts.
    pub looked_at: u64,
    /// Persons set aside, which are not compared.
    pub parked: u64,
    /// How many breaches there are.
    pub breaches: u64,
    /// The first of them.
    pub listed: Vec<Breach>,
}

impl Findings {
    fn breach(&mut self, invariant: &'static str, subject: impl ToString, found: impl Into<String>) {
        self.breaches += 1;
        if self.listed.len() < BREACHES_MAX {
            self.listed.push(Breach {
                invariant: invariant.to_owned(),
                subject: subject.to_string(),
                found: found.into(),
            });
        }
    }
}

/// Compares every stored state and row of the active version with the fold of the log at its checkpoint (I3).
pub async fn read_models(log: &dyn Log, models: &dyn Models) -> Result<Findings, LogError> {
    let mut findings = Findings::default();
    let versions = models.versions().await?;
    let Some(active) = versions.iter().find(|version| version.active && version.code == VERSION) else {
        // Nothing of this code has been stored yet: nothing is read from it either.
        return Ok(findings);
    };
    let mut expected = expected(log, &models.checkpoints(active.version).await?).await?;
    let mut after: Option<StreamId> = None;
    loop {
        let page = models.states_from(active.version, after.as_ref(), PAGE_PERSONS).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (stream, stored) in page {
            findings.looked_at += 1;
            let at_least = expected.remove(&stream).unwrap_or(0);
            if stored.stream_seq < at_least {
                let found = format!(
                    "is at event {} of the stream, its checkpoint is at {at_least}",
                    stored.stream_seq
                );
                findings.breach("I3", &stream, found);
            }
            compare(log, models, active.version, &stream, &stored, &mut findings).await?;
        }
    }
    for (stream, stream_seq) in expected {
        findings.breach(
            "I3",
            &stream,
            format!("has no state, its checkpoint is at event {stream_seq} of the stream"),
        );
    }
    Ok(findings)
}

async fn compare(
    log: &dyn Log,
    models: &dyn Models,
    version: u32,
    stream: &StreamId,
    stored: &StoredState,
    findings: &mut Findings,
) -> Result<(), LogError> {
    let Some(person) = stream.person() else {
        findings.breach("I3", stream, "is no person and has a state");
        return Ok(());
    };
    if let Some(Stored { body: StoredBody::Parked { .. }, .. }) = Stored::read(stored) {
        findings.parked += 1;
        return Ok(());
    }
    let mut events = read_stream(log, stream, 0, Seq::MAX).await?;
    events.truncate(usize::try_from(stored.stream_seq).unwrap_or(usize::MAX));
    let Ok(folded) = fold(&events) else {
        findings.breach("I3", stream, "holds an event that is not known here, and has a state");
        return Ok(());
    };
    if folded.write()? != *stored {
        findings.breach("I3", stream, "the stored state is not the fold of the log");
    }
    if models.rows_of(version, person).await? != folded.rows(person)? {
        findings.breach("I3", stream, "the stored rows are not those of the fold of the log");
    }
    Ok(())
}

/// Where each person's state must at least be, by the checkpoints.
async fn expected(
    log: &dyn Log,
    checkpoints: &[banso_log::Checkpoint],
) -> Result<BTreeMap<StreamId, StreamSeq>, LogError> {
    let by_part: BTreeMap<Part, Seq> =
        Part::all().zip(checkpoints.iter().map(|checkpoint| checkpoint.seq)).collect();
    let last = by_part.values().copied().max().unwrap_or(0);
    let mut expected = BTreeMap::new();
    let mut after = 0;
    while after < last {
        let page = log.read(after, READ_EVENTS_MAX).await?;
        let Some(end) = page.last() else { break };
        after = end.header.seq;
        for event in page {
            let header = event.header;
            let done = by_part.get(&header.stream.part()).copied().unwrap_or(0);
            if header.stream.person().is_some() && header.seq <= done {
                expected.insert(header.stream, header.stream_seq);
            }
        }
    }
    Ok(expected)
}

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
    for chunk in ids.chunks(PAGE_PERSONS) {
        for (id, recorded) in chunk.iter().zip(log.find(chunk).await?) {
            let attempts = by_event.get(id).map(Vec::as_slice).unwrap_or_default();
            let seq = recorded.map(|event| event.header.seq);
            judge(*id, attempts, seq, &mut findings);
        }
    }
    Ok(findings)
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
