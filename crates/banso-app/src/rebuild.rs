//! Folding everything anew beside what is there (design D19): the log is read in order, several ranges of
//! persons at once, each person is folded once in memory and written in bulk into a new version; that catches
//! up, becomes the one that is read, and the old one is dropped.

use crate::projector::Projector;
use crate::stored::{Stored, Unknown, fold};
use banso_kernel::{Part, PersonId, Recorded, Seq, StreamId};
use banso_log::{Checkpoint, Log, LogError, Models, Move, PersonWrite};
use banso_views::VERSION;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Ranges folded at the same time.
const WORKERS: usize = 2;
/// Events that a range holds in memory, about. More events make more ranges, and each reads the whole log.
const RANGE_EVENTS_MAX: u64 = 250_000;
/// Events read at a time.
const READ_PAGE_EVENTS: usize = 5_000;
/// Persons written in one transaction.
const WRITE_PERSONS_MAX: usize = 500;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The new version.
    pub version: u32,
    /// Persons folded.
    pub persons: u64,
    /// The position up to which they were folded in bulk.
    pub up_to: Seq,
    /// Parts that hold an event which this binary does not know; they stand before the first of these.
    pub stopped_parts: usize,
}

/// Rebuilds all read models. `progress` hears how many of how many events have been read.
pub async fn rebuild(
    log: Arc<dyn Log>,
    models: Arc<dyn Models>,
    progress: impl Fn(u64, u64) + Send + Sync + 'static,
) -> Result<Rebuilt, LogError> {
    let before: Vec<u32> = models.versions().await?.into_iter().map(|version| version.version).collect();
    let version = models.create(VERSION).await?;
    let up_to = log.head().await?;
    let ranges = ranges(up_to);
    let total = up_to * ranges.len() as u64;
    let progress = Arc::new(Progress { read: Default::default(), total, hears: Box::new(progress) });

    let mut rebuilt = Rebuilt { version, persons: 0, up_to, stopped_parts: 0 };
    let mut waiting = ranges.into_iter();
    let mut running = tokio::task::JoinSet::new();
    let mut begin = |running: &mut tokio::task::JoinSet<_>| {
        if let Some(parts) = waiting.next() {
            let (log, models, progress) = (log.clone(), models.clone(), progress.clone());
            running
                .spawn(async move { fold_range(&*log, &*models, version, &parts, up_to, &progress).await });
        }
    };
    (0..WORKERS).for_each(|_| begin(&mut running));
    while let Some(done) = running.join_next().await {
        let (persons, stopped) = done.map_err(|e| LogError::Unavailable {
            attempt: "fold a range of persons",
            source: Box::new(e),
        })??;
        rebuilt.persons += persons;
        rebuilt.stopped_parts += stopped;
        begin(&mut running);
    }

    let mut projector = Projector::on_version(log, models.clone(), version).await?;
    while projector.step().await? {}
    models.activate(version).await?;
    for old in before {
        models.drop_version(old).await?;
    }
    Ok(rebuilt)
}

/// The events of some persons.
type Persons = BTreeMap<StreamId, Vec<Recorded>>;

struct Progress {
    read: std::sync::atomic::AtomicU64,
    total: u64,
    hears: Box<dyn Fn(u64, u64) + Send + Sync>,
}

impl Progress {
    fn add(&self, events: u64) {
        let before = self.read.fetch_add(events, std::sync::atomic::Ordering::Relaxed);
        (self.hears)(before + events, self.total);
    }
}

/// The parts, divided so that a range fits in memory.
fn ranges(events: Seq) -> Vec<BTreeSet<Part>> {
    let parts: Vec<Part> = Part::all().collect();
    let wanted = events.div_ceil(RANGE_EVENTS_MAX).max(WORKERS as u64).min(parts.len() as u64) as usize;
    parts.chunks(parts.len().div_ceil(wanted)).map(|chunk| chunk.iter().copied().collect()).collect()
}

async fn fold_range(
    log: &dyn Log,
    models: &dyn Models,
    version: u32,
    parts: &BTreeSet<Part>,
    up_to: Seq,
    progress: &Progress,
) -> Result<(u64, usize), LogError> {
    let mut bulk = Bulk::begin(models, version, parts).await?;
    let persons = collect(log, parts, up_to, progress).await?;
    let mut stopped: BTreeMap<Part, Seq> = BTreeMap::new();
    let mut waiting = Vec::with_capacity(WRITE_PERSONS_MAX);
    let mut written = 0;
    for (part, persons) in persons {
        let (writes, stop) = fold_part(&persons, up_to)?;
        written += writes.len() as u64;
        stopped.extend(stop.map(|seq| (part, seq)));
        for write in writes {
            waiting.push(write);
            if waiting.len() == WRITE_PERSONS_MAX {
                bulk.write(&[], &mut waiting).await?;
            }
        }
    }
    let ends: Vec<(Part, Seq)> =
        parts.iter().map(|part| (*part, stopped.get(part).map_or(up_to, |unknown| unknown - 1))).collect();
    bulk.write(&ends, &mut waiting).await?;
    Ok((written, stopped.len()))
}

/// Writes a range of a new version. Every write compares and raises the checkpoints of the parts whose persons it
/// holds: a projector that took the version for its own is noticed before anything of its is overwritten.
struct Bulk<'a> {
    models: &'a dyn Models,
    version: u32,
    checkpoints: BTreeMap<Part, Checkpoint>,
}

impl<'a> Bulk<'a> {
    async fn begin(models: &'a dyn Models, version: u32, parts: &BTreeSet<Part>) -> Result<Self, LogError> {
        let checkpoints = Part::all().zip(models.checkpoints(version).await?);
        let checkpoints: BTreeMap<Part, Checkpoint> =
            checkpoints.filter(|(part, _)| parts.contains(part)).collect();
        if checkpoints.len() < parts.len() || checkpoints.values().any(|checkpoint| checkpoint.seq > 0) {
            return Err(taken_over());
        }
        Ok(Self { models, version, checkpoints })
    }

    async fn write(&mut self, ends: &[(Part, Seq)], writes: &mut Vec<PersonWrite>) -> Result<(), LogError> {
        // Where no part ends yet, those of the persons written stay where they are, and are raised.
        let staying: BTreeSet<Part> =
            writes.iter().map(|write| write.stream.part()).filter(|_| ends.is_empty()).collect();
        let stays = staying.into_iter().filter_map(|part| Some((part, self.checkpoints.get(&part)?.seq)));
        let moves = ends
            .iter()
            .copied()
            .chain(stays)
            .filter_map(|(part, to)| Some(Move { part, from: *self.checkpoints.get(&part)?, to }));
        let moves: Vec<Move> = moves.collect();
        if !self.models.commit(self.version, &moves, writes).await? {
            return Err(taken_over());
        }
        for Move { part, from, to } in moves {
            self.checkpoints.insert(part, Checkpoint { seq: to, rev: from.rev + 1 });
        }
        writes.clear();
        Ok(())
    }
}

/// What is written of the persons of a part, and the first event that this binary does not know: the part
/// ends before it.
fn fold_part(persons: &Persons, up_to: Seq) -> Result<(Vec<PersonWrite>, Option<Seq>), LogError> {
    let (mut last, mut stop) = (up_to, None);
    loop {
        let mut folded = Vec::with_capacity(persons.len());
        let mut unknown: Option<Seq> = None;
        for (stream, events) in persons {
            let events = &events[..events.partition_point(|event| event.header.seq <= last)];
            let Some(person) = stream.person().filter(|_| !events.is_empty()) else { continue };
            match fold(events) {
                Ok(stored) => folded.push((stream, person, stored)),
                Err(Unknown { seq, .. }) => unknown = Some(unknown.map_or(seq, |first| first.min(seq))),
            }
        }
        if let Some(seq) = unknown {
            (last, stop) = (seq - 1, Some(seq));
            continue;
        }
        let write = |(stream, person, stored): (&StreamId, &PersonId, Stored)| {
            stored.report_if_parked(stream);
            let rows = stored.rows(person)?;
            let rows = (!rows.is_empty()).then_some(rows);
            Ok(PersonWrite { stream: stream.clone(), state: stored.write()?, rows })
        };
        return Ok((folded.into_iter().map(write).collect::<Result<_, LogError>>()?, stop));
    }
}

pub(crate) fn taken_over() -> LogError {
    LogError::Unavailable {
        attempt: "write the new version",
        source: "somebody else writes to it: is another rebuild running?".into(),
    }
}

async fn collect(
    log: &dyn Log,
    parts: &BTreeSet<Part>,
    up_to: Seq,
    progress: &Progress,
) -> Result<BTreeMap<Part, Persons>, LogError> {
    let mut persons: BTreeMap<Part, Persons> = BTreeMap::new();
    let mut after = 0;
    while after < up_to {
        let page = log.read(after, READ_PAGE_EVENTS).await?;
        let Some(last) = page.last() else { break };
        let seen = last.header.seq.min(up_to);
        for event in page.into_iter().take_while(|event| event.header.seq <= up_to) {
            let stream = &event.header.stream;
            let part = stream.part();
            if stream.person().is_some() && parts.contains(&part) {
                persons.entry(part).or_default().entry(stream.clone()).or_default().push(event);
            }
        }
        progress.add(seen - after);
        after = seen;
    }
    Ok(persons)
}

#[cfg(test)]
mod tests {
    use super::*;
    use banso_kernel::SystemIds;
    use banso_log::{SqliteStore, StoredState};

    #[tokio::test]
    async fn what_a_projector_wrote_into_one_of_its_parts_is_not_written_over() {
        let dir = tempfile::tempdir().unwrap();
        SqliteStore::migrate(dir.path(), &SystemIds).unwrap();
        let store = SqliteStore::open(dir.path()).unwrap();
        let version = store.create(VERSION).await.unwrap();
        let parts: BTreeSet<Part> = Part::all().collect();
        let mut bulk = Bulk::begin(&store, version, &parts).await.unwrap();
        let stream: StreamId = "person/haru".parse().unwrap();
        assert_ne!(parts.first(), Some(&stream.part()));
        let write = |stream_seq| PersonWrite {
            stream: stream.clone(),
            state: StoredState { code: VERSION, stream_seq, body: bytes::Bytes::new() },
            rows: None,
        };
        bulk.write(&[], &mut vec![write(1)]).await.unwrap();
        // A projector that keeps this part, and no other.
        let from = store.checkpoints(version).await.unwrap()[usize::from(stream.part().number())];
        let moved = Move { part: stream.part(), from, to: 2 };
        assert!(store.commit(version, &[moved], &[write(2)]).await.unwrap());
        assert!(bulk.write(&[], &mut vec![write(1)]).await.is_err());
        let stored = store.states(version, std::slice::from_ref(&stream)).await.unwrap();
        assert_eq!(stored[0].as_ref().map(|state| state.stream_seq), Some(2));
    }
}
