//! Whether a log is what banso wrote: reads it once from front to back and computes everything again.

use crate::port::{Log, LogError, Sealed};
use crate::write_side::{LogHead, StreamHead};
use banso_kernel::{EventId, Hash, Seq, StreamId, StreamSeq, leaf, link, log_genesis, stream_genesis};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Events that are read at a time.
const PAGE_EVENTS_MAX: usize = 2_000;
/// Breaches that a report lists; all of them are counted.
pub const BREACHES_MAX: usize = 100;

/// A promise about the log that an auditor can check (design, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1: every acknowledged event is in the log.
    Kept,
    /// I2: one event for one (source, id), the one that its own id says.
    OnceOnly,
    /// I4: the chains verify, and a row says what its hashed header says.
    Chained,
    /// I5: per stream, `stream_seq` is 1..n without a hole.
    StreamDense,
    /// I6: `seq` is dense, `recorded_at` never decreases.
    LogDense,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept => "I1",
            Self::OnceOnly => "I2",
            Self::Chained => "I4",
            Self::StreamDense => "I5",
            Self::LogDense => "I6",
        })
    }
}

/// A place where the log is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What does not hold.
    pub invariant: Invariant,
    /// Where.
    pub seq: Seq,
    /// What was found.
    pub found: String,
}

/// An event that somebody saw in the log: its position and the log's chain there. The end of one report is
/// the witness of the next: a log that was cut or written anew behind it is not seen otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its position.
    pub seq: Seq,
    /// The log's chain up to there.
    pub log_chain: Hash,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Events that were read.
    pub events: u64,
    /// Streams that they belong to.
    pub streams: u64,
    /// How often each invariant is broken; one that holds is absent.
    pub broken: BTreeMap<Invariant, u64>,
    /// The first [`BREACHES_MAX`] breaches in the order of the log.
    pub breaches: Vec<Breach>,
    /// The last event that was read; `None` where there was none.
    pub end: Option<Witness>,
}

impl Report {
    fn breach(&mut self, invariant: Invariant, seq: Seq, found: impl Into<String>) {
        *self.broken.entry(invariant).or_default() += 1;
        if self.breaches.len() < BREACHES_MAX {
            self.breaches.push(Breach { invariant, seq, found: found.into() });
        }
    }
}

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Read up to here.
    pub seq: Seq,
    /// To be read up to here.
    pub head: Seq,
}

/// Verifies the events behind `from`, up to the head as it stands now. With `from` > 0 the chains begin with
/// what the log says there; 0 verifies from the log's own identity. A `witness` must still be in the log,
/// wherever it stands.
///
/// Memory: about 150 bytes per stream. Fails only where the store does not answer; a damaged log is a finding.
pub async fn verify(
    log: &dyn Log,
    from: Seq,
    witness: Option<&Witness>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Report, LogError> {
    let head = log.head().await?;
    let mut reader = Reader { log, after: from };
    let mut check = Check::begin(log, from).await?;
    check.witness(log, head, witness).await?;
    while reader.after < head {
        match reader.page(head).await {
            Ok(page) if page.is_empty() => {
                check.report.breach(Invariant::LogDense, reader.after + 1, "the log ends before its head");
                break;
            }
            Ok(page) => page.iter().for_each(|event| check.event(event)),
            Err(LogError::Damaged { seq, reason }) if seq > reader.after => {
                check.unreadable(seq, reason);
                reader.after = seq;
            }
            Err(error) => return Err(error),
        }
        progress(Progress { seq: reader.after, head });
    }
    check.report.streams = check.streams.len() as u64;
    Ok(check.report)
}

/// Reads on behind a damaged row, and up to it.
struct Reader<'a> {
    log: &'a dyn Log,
    after: Seq,
}

impl Reader<'_> {
    async fn page(&mut self, head: Seq) -> Result<Vec<Sealed>, LogError> {
        let read = |limit| self.log.read_sealed(self.after, limit);
        let page = match read(PAGE_EVENTS_MAX).await {
            // What stands before the damaged row is whole.
            Err(LogError::Damaged { seq, .. }) if seq > self.after + 1 => {
                let before = usize::try_from(seq - self.after - 1).unwrap_or(1);
                read(before.min(PAGE_EVENTS_MAX)).await?
            }
            other => other?,
        };
        // What was appended since the beginning is for the next time.
        let page: Vec<_> = page.into_iter().take_while(|event| event.columns.seq <= head).collect();
        if let Some(last) = page.last() {
            self.after = last.columns.seq;
        }
        Ok(page)
    }
}

/// What the events read so far say about the next one.
pub(crate) struct Check {
    pub(crate) report: Report,
    seq: Seq,
    /// `None` behind a row that could not be read: the next one is believed.
    log_chain: Option<Hash>,
    recorded_at: Option<DateTime<Utc>>,
    streams: HashMap<StreamId, (StreamSeq, Hash)>,
    /// Whether all streams were read from their first event.
    from_the_start: bool,
}

impl Check {
    async fn begin(log: &dyn Log, from: Seq) -> Result<Self, LogError> {
        let identity = log.identity().await?;
        let mut check = Self {
            report: Report::default(),
            seq: from,
            log_chain: Some(log_genesis(&identity.log_id)),
            recorded_at: None,
            streams: HashMap::new(),
            from_the_start: from == 0,
        };
        if let Some(before) = from.checked_sub(1) {
            let base = match log.read_sealed(before, 1).await {
                Ok(base) => base.into_iter().next(),
                Err(LogError::Damaged { .. }) => None,
                Err(error) => return Err(error),
            };
            check.log_chain = base.as_ref().map(|event| event.log_chain);
            check.recorded_at = base.map(|event| event.columns.recorded_at);
        }
        Ok(check)
    }

    /// Behind a head of the log, with where the streams stand there.
    pub(crate) fn behind(head: &LogHead, streams: impl IntoIterator<Item = (StreamId, StreamHead)>) -> Self {
        let streams = streams.into_iter().map(|(stream, head)| (stream, (head.stream_seq, head.chain)));
        Self {
            report: Report::default(),
            seq: head.seq,
            log_chain: Some(head.chain),
            recorded_at: head.recorded_at,
            streams: streams.collect(),
            from_the_start: true,
        }
    }

    async fn witness(&mut self, log: &dyn Log, head: Seq, witness: Option<&Witness>) -> Result<(), LogError> {
        let Some(Witness { seq, log_chain }) = witness else { return Ok(()) };
        if *seq > head {
            self.report.breach(Invariant::Kept, *seq, format!("seen here once, and the log ends at {head}"));
            return Ok(());
        }
        let Some(before) = seq.checked_sub(1) else { return Ok(()) };
        match log.read_sealed(before, 1).await {
            Ok(found)
                if found.first().is_some_and(|e| e.columns.seq == *seq && e.log_chain == *log_chain) => {}
            Ok(_) => self.report.breach(Invariant::Kept, *seq, "another event was seen here once"),
            // Reported when it is read in its turn.
            Err(LogError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn unreadable(&mut self, seq: Seq, reason: String) {
        self.report.breach(Invariant::Chained, seq, reason);
        self.seq = seq;
        self.log_chain = None;
        // It may have been of any stream.
        self.from_the_start = false;
    }

    pub(crate) fn event(&mut self, event: &Sealed) {
        let seq = event.columns.seq;
        self.columns(event);
        self.position(event);
        let leaf = leaf(&event.header, &event.salt, &event.event.body);
        if self.log_chain.is_some_and(|previous| link(&previous, &leaf) != event.log_chain) {
            self.report.breach(Invariant::Chained, seq, "the log's chain breaks here");
        }
        self.stream(event, &leaf);
        self.seq = seq;
        // What the row says, so that one changed row is one breach and not all that follow.
        self.log_chain = Some(event.log_chain);
        self.recorded_at = Some(event.columns.recorded_at);
        self.report.events += 1;
        self.report.end = Some(Witness { seq, log_chain: event.log_chain });
    }

    fn columns(&mut self, event: &Sealed) {
        let (columns, header) = (&event.columns, &event.event.header);
        for (name, same) in [
            ("seq", columns.seq == header.seq),
            ("stream", columns.stream == header.stream),
            ("stream_seq", columns.stream_seq == header.stream_seq),
            ("event_id", columns.event_id == header.event_id),
            ("recorded_at", columns.recorded_at == header.recorded_at),
            ("part", columns.part == header.part()),
        ] {
            if !same {
                let found = format!("the column {name} says otherwise than the header");
                self.report.breach(Invariant::Chained, columns.seq, found);
            }
        }
        if EventId::of(&header.source, &header.id) != header.event_id {
            self.report.breach(
                Invariant::OnceOnly,
                columns.seq,
                "the event id is not that of its source and id",
            );
        }
    }

    fn position(&mut self, event: &Sealed) {
        let columns = &event.columns;
        if columns.seq != self.seq + 1 {
            let found = format!("{} follows {}", columns.seq, self.seq);
            self.report.breach(Invariant::LogDense, columns.seq, found);
        }
        if self.recorded_at.is_some_and(|before| columns.recorded_at < before) {
            self.report.breach(Invariant::LogDense, columns.seq, "recorded before the event before it");
        }
    }

    fn stream(&mut self, event: &Sealed, leaf: &Hash) {
        let columns = &event.columns;
        let now = (columns.stream_seq, event.stream_chain);
        let (stream_seq, chain) = match self.streams.insert(columns.stream.clone(), now) {
            Some(before) => before,
            None if self.from_the_start || columns.stream_seq == 1 => (0, stream_genesis(&columns.stream)),
            // Its earlier events were not read: the first one that was is believed.
            None => return,
        };
        if columns.stream_seq != stream_seq + 1 {
            let found = format!("{} follows {stream_seq} in {}", columns.stream_seq, columns.stream);
            self.report.breach(Invariant::StreamDense, columns.seq, found);
        }
        if link(&chain, leaf) != event.stream_chain {
            let found = format!("the chain of {} breaks here", columns.stream);
            self.report.breach(Invariant::Chained, columns.seq, found);
        }
    }
}
