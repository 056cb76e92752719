//! Folding everything anew beside what is there (design D19): the log is read once in its order, a few pages
//! ahead, and each person's state takes in the events as they go by; whose events come in another order is
//! folded from the log at the end. All of it is written in bulk into a new version; that catches up, becomes the
//! one that is read, and the old one is dropped.

mod bulk;
mod persons;

use crate::projector::Projector;
use banso_kernel::{Part, Recorded, Seq};
use banso_log::{Log, LogError, Models};
use banso_views::VERSION;
use bulk::Bulk;
use futures::StreamExt;
use persons::{Persons, Written};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

/// Workers that fold at the same time, each the persons of its parts.
const WORKERS: usize = 2;
/// Pages that are on their way from the store at the same time.
const PAGES_AHEAD: usize = 3;
/// Pages that wait for a worker.
const PAGES_WAITING: usize = 1;
/// Events of a page.
const PAGE_EVENTS: usize = 5_000;
/// Persons that are held in memory, about. Where there are more, parts are let go, and the log is read once
/// more for these. A single part is held however many persons it has.
const PERSONS_MAX: usize = 40_000;

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

/// Rebuilds all read models. `progress` hears how many of how many events have been read: of more than there are
/// where the log is read again, which shows only on the way.
pub async fn rebuild(
    log: Arc<dyn Log>,
    models: Arc<dyn Models>,
    progress: impl Fn(u64, u64) + Send + Sync + 'static,
) -> Result<Rebuilt, LogError> {
    rebuild_within(PERSONS_MAX, log, models, progress).await
}

/// The same with at most so many persons in memory.
pub(crate) async fn rebuild_within(
    persons_max: usize,
    log: Arc<dyn Log>,
    models: Arc<dyn Models>,
    progress: impl Fn(u64, u64) + Send + Sync + 'static,
) -> Result<Rebuilt, LogError> {
    let before: Vec<u32> = models.versions().await?.into_iter().map(|version| version.version).collect();
    let version = models.create(VERSION).await?;
    let up_to = log.head().await?;
    let new = New { log: log.clone(), models: models.clone(), version, up_to, persons_max };
    let Written { persons, stopped, .. } = new.fold_all(&progress).await?;

    let mut projector = Projector::on_version(log, models.clone(), version).await?;
    while projector.step().await? {}
    models.activate(version).await?;
    for old in before {
        models.drop_version(old).await?;
    }
    Ok(Rebuilt { version, persons, up_to, stopped_parts: stopped })
}

/// A new version, up to a fixed position.
struct New {
    log: Arc<dyn Log>,
    models: Arc<dyn Models>,
    version: u32,
    up_to: Seq,
    persons_max: usize,
}

impl New {
    /// Reads the log as often as its persons need to fit in memory: mostly once.
    async fn fold_all(&self, progress: &(impl Fn(u64, u64) + Sync)) -> Result<Written, LogError> {
        let mut all = Written::default();
        let mut left: Vec<Part> = Part::all().collect();
        let (mut fitting, mut read_before) = (left.len(), 0);
        while !left.is_empty() {
            let total = read_before + self.up_to * left.len().div_ceil(fitting) as u64;
            let parts = left.get(..fitting).unwrap_or(&left);
            let written = self.fold_parts(parts, |read| progress(read_before + read, total)).await?;
            left.retain(|part| !written.parts.contains(part));
            fitting = written.parts.len();
            read_before += self.up_to;
            all.add(written);
        }
        Ok(all)
    }

    /// Folds and writes these parts, or as many of them as fit in memory.
    async fn fold_parts(&self, parts: &[Part], progress: impl Fn(Seq)) -> Result<Written, LogError> {
        let shares = (0..WORKERS).map(|worker| parts.iter().copied().skip(worker).step_by(WORKERS).collect());
        let shares: Vec<BTreeSet<Part>> = shares.collect();
        let mut bulks = Vec::with_capacity(WORKERS);
        for share in &shares {
            bulks.push(Bulk::begin(self.models.clone(), self.version, share).await?);
        }
        let fold = |share: &BTreeSet<Part>| {
            let (deal, dealt) = mpsc::channel(PAGES_WAITING);
            (deal, tokio::spawn(Persons::of(share, self.persons_max / WORKERS).fold(dealt)))
        };
        let (deal, folding): (Vec<_>, Vec<_>) = shares.iter().map(fold).unzip();
        self.deal(deal, progress).await?;
        // Nothing is written before all has been read and folded.
        let mut folded = Vec::with_capacity(WORKERS);
        for persons in folding {
            folded.push(persons.await.map_err(panicked)?);
        }
        let mut writing = JoinSet::new();
        for (persons, bulk) in folded.into_iter().zip(bulks) {
            writing.spawn(persons.write(self.log.clone(), bulk, self.up_to));
        }
        let mut all = Written::default();
        while let Some(written) = writing.join_next().await {
            all.add(written.map_err(panicked)??);
        }
        Ok(all)
    }

    /// Reads the log; every worker gets every page.
    async fn deal(&self, deal: Vec<mpsc::Sender<Arc<Page>>>, progress: impl Fn(Seq)) -> Result<(), LogError> {
        let pages = (0..self.up_to).step_by(PAGE_EVENTS).map(|after| {
            let end = self.up_to.min(after + PAGE_EVENTS as u64);
            tokio::spawn(Page::read(self.log.clone(), after, end))
        });
        let mut pages = futures::stream::iter(pages).buffered(PAGES_AHEAD);
        while let Some(page) = pages.next().await {
            let mut page = page.map_err(panicked)??;
            loop {
                let (last, end) = (page.last, page.end);
                let shared = Arc::new(page);
                for worker in &deal {
                    if worker.send(shared.clone()).await.is_err() {
                        // It panicked, and whoever waits for it hears so.
                        return Ok(());
                    }
                }
                progress(last);
                if last >= end {
                    break;
                }
                // The read ended early: large bodies.
                page = Page::read(self.log.clone(), last, end).await?;
            }
        }
        Ok(())
    }
}

/// Events of the log, in its order.
struct Page {
    events: Vec<Recorded>,
    /// The part of each.
    parts: Vec<Part>,
    /// Position of the last one.
    last: Seq,
    /// Position up to which the page was to go.
    end: Seq,
}

impl Page {
    async fn read(log: Arc<dyn Log>, after: Seq, end: Seq) -> Result<Self, LogError> {
        let events = log.read(after, (end - after) as usize).await?;
        let last = events
            .last()
            .map(|last| last.header.seq)
            .ok_or_else(|| LogError::Damaged { seq: after + 1, reason: "there is no such row".to_owned() })?;
        // Here, where several pages are worked on at a time: the part is a hash.
        let parts = events.iter().map(|event| event.header.part()).collect();
        Ok(Self { events, parts, last, end })
    }

    fn of_persons(&self) -> impl Iterator<Item = (Part, &Recorded)> {
        let events = self.parts.iter().copied().zip(&self.events);
        events.filter(|(_, event)| event.header.stream.person().is_some())
    }
}

fn panicked(error: JoinError) -> LogError {
    LogError::Unavailable { attempt: "fold the log", source: Box::new(error) }
}

pub(crate) fn taken_over() -> LogError {
    LogError::Unavailable {
        attempt: "write the new version",
        source: "somebody else writes to it: is another rebuild running?".into(),
    }
}
