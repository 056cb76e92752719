//! The read models against the log.

use super::Findings;
use crate::queries::read_stream;
use crate::stored::{Stored, StoredBody, fold};
use banso_kernel::{Part, Recorded, Seq, StreamId, StreamSeq};
use banso_log::{Log, LogError, Models, READ_EVENTS_MAX, RowQuery, StoredState};
use banso_views::{VERSION, unanswered_referrals};
use std::collections::{BTreeMap, BTreeSet};

/// Persons, or rows, compared at a time.
const PAGE_PERSONS: usize = 500;

/// Compares every stored state and row of the active version with the fold of the log (I3), and the
/// checkpoints with both (I6). Also while a projector is at work: what moves under the audit is looked at
/// again.
pub async fn read_models(log: &dyn Log, models: &dyn Models) -> Result<Findings, LogError> {
    loop {
        let Some(version) = active(models).await? else {
            // Nothing of this code has been stored yet: nothing is read from it either.
            return Ok(Findings::default());
        };
        let mut audit = Audit { log, models, version, findings: Findings::default() };
        audit.run().await?;
        // A rebuild puts another version in its place.
        if active(models).await? == Some(version) {
            return Ok(audit.findings);
        }
    }
}

async fn active(models: &dyn Models) -> Result<Option<u32>, LogError> {
    let versions = models.versions().await?;
    let active = versions.iter().find(|version| version.active && version.code == VERSION);
    Ok(active.map(|version| version.version))
}

/// The audit of one version of the read models.
struct Audit<'a> {
    log: &'a dyn Log,
    models: &'a dyn Models,
    version: u32,
    findings: Findings,
}

impl Audit<'_> {
    async fn run(&mut self) -> Result<(), LogError> {
        self.within_the_log().await?;
        let mut expected = self.expected().await?;
        let mut ahead: BTreeMap<StreamId, StreamSeq> = BTreeMap::new();
        let mut persons: BTreeSet<StreamId> = BTreeSet::new();
        let mut after: Option<StreamId> = None;
        loop {
            let page = self.models.states_from(self.version, after.as_ref(), PAGE_PERSONS).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (stream, stored) in page {
                self.findings.looked_at += 1;
                let checkpoint = expected.remove(&stream).unwrap_or(0);
                if stored.stream_seq < checkpoint {
                    let found = format!(
                        "is at event {} of the stream, its checkpoint is at {checkpoint}",
                        stored.stream_seq
                    );
                    self.findings.breach("I3", &stream, found);
                } else if stored.stream_seq > checkpoint {
                    ahead.insert(stream.clone(), stored.stream_seq);
                }
                self.compare(&stream, stored).await?;
                persons.insert(stream);
            }
        }
        for (stream, stream_seq) in expected {
            let found = format!("has no state, its checkpoint is at event {stream_seq} of the stream");
            self.findings.breach("I3", &stream, found);
        }
        self.rows_of_nobody(&persons).await?;
        self.ahead(ahead).await
    }

    async fn compare(&mut self, stream: &StreamId, mut stored: StoredState) -> Result<(), LogError> {
        let Some(person) = stream.person() else {
            self.findings.breach("I3", stream, "is no person and has a state");
            return Ok(());
        };
        loop {
            if let Some(Stored { body: StoredBody::Parked { .. }, .. }) = Stored::read(&stored) {
                self.findings.parked += 1;
                return Ok(());
            }
            let mut events = match read_stream(self.log, stream, 0, Seq::MAX).await {
                Ok(events) => events,
                Err(LogError::Damaged { seq, .. }) => {
                    let found = format!("cannot be compared: the log is damaged at {seq}");
                    self.findings.breach("I3", stream, found);
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            events.retain(|event| event.header.stream_seq <= stored.stream_seq);
            let Ok(folded) = fold(&events) else {
                self.findings.breach("I3", stream, "holds an event that is not known here, and has a state");
                return Ok(());
            };
            let same_state = folded.write()? == stored;
            let same_rows = self.models.rows_of(self.version, person).await? == folded.rows(person)?;
            if same_state && same_rows {
                return Ok(());
            }
            // The rows are read after the state: it may have moved between.
            match self.models.states(self.version, std::slice::from_ref(stream)).await?.pop().flatten() {
                Some(now) if now != stored => stored = now,
                Some(_) | None => {
                    if !same_state {
                        self.findings.breach("I3", stream, "the stored state is not the fold of the log");
                    }
                    if !same_rows {
                        let found = "the stored rows are not those of the fold of the log";
                        self.findings.breach("I3", stream, found);
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Rows of a list about somebody who has no state.
    async fn rows_of_nobody(&mut self, persons: &BTreeSet<StreamId>) -> Result<(), LogError> {
        let view = unanswered_referrals::VIEW.to_owned();
        let mut query = RowQuery { view, limit: PAGE_PERSONS, ..RowQuery::default() };
        loop {
            let page = self.models.rows(&query).await?;
            let Some(last) = page.last() else { return Ok(()) };
            query.after = Some(last.key.clone());
            for row in page {
                let stream = StreamId::Person(row.person);
                if persons.contains(&stream) {
                    continue;
                }
                let since = self.models.states(self.version, std::slice::from_ref(&stream)).await?;
                if since.iter().all(Option::is_none) {
                    self.findings.breach("I3", &stream, "has rows in a list and no state");
                }
            }
        }
    }

    /// States that were ahead of their checkpoint: either that has moved since, or somebody moved it back.
    async fn ahead(&mut self, ahead: BTreeMap<StreamId, StreamSeq>) -> Result<(), LogError> {
        if ahead.is_empty() {
            return Ok(());
        }
        let now = self.expected().await?;
        for (stream, stream_seq) in ahead {
            let checkpoint = now.get(&stream).copied().unwrap_or(0);
            if stream_seq > checkpoint {
                let found = format!(
                    "is at event {stream_seq} of the stream, its checkpoint went back to {checkpoint}"
                );
                self.findings.breach("I6", &stream, found);
            }
        }
        Ok(())
    }

    /// A checkpoint behind which the log has nothing would hide what comes next.
    async fn within_the_log(&mut self) -> Result<(), LogError> {
        let checkpoints = self.models.checkpoints(self.version).await?;
        let head = self.log.head().await?;
        for (part, checkpoint) in Part::all().zip(checkpoints) {
            if checkpoint.seq > head {
                let found = format!("its checkpoint is at {}, the log ends at {head}", checkpoint.seq);
                self.findings.breach("I6", format!("part {}", part.number()), found);
            }
        }
        Ok(())
    }

    /// Where each person's state must be, by the checkpoints.
    async fn expected(&self) -> Result<BTreeMap<StreamId, StreamSeq>, LogError> {
        let checkpoints = self.models.checkpoints(self.version).await?;
        let by_part: BTreeMap<Part, Seq> =
            Part::all().zip(checkpoints.iter().map(|checkpoint| checkpoint.seq)).collect();
        let head = self.log.head().await?;
        let last = by_part.values().copied().max().unwrap_or(0).min(head);
        let mut expected = BTreeMap::new();
        let mut after = 0;
        while after < last {
            let page = match self.log.read(after, READ_EVENTS_MAX).await {
                Ok(page) => page,
                // The audit of the log itself tells of it.
                Err(LogError::Damaged { seq, .. }) if seq > after => {
                    after = seq;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let Some(end) = page.last() else { break };
            after = end.header.seq;
            for Recorded { header, .. } in page {
                let done = by_part.get(&header.stream.part()).copied().unwrap_or(0);
                if header.stream.person().is_some() && header.seq <= done {
                    expected.insert(header.stream, header.stream_seq);
                }
            }
        }
        Ok(expected)
    }
}
