//! The one admission path: which streams the writer's decider has in memory, and how much they may take there.

use crate::decoded::Decoded;
use crate::hot::Hot;
use banso_domain::{Case, Refusal, rewrites};
use banso_kernel::{Proposal, Recorded, StreamId};
use banso_log::{Admitted, Decider, Position, Undecidable};
use lru::LruCache;
use std::borrow::Borrow;
use std::cell::RefCell;

/// Hot cases are dropped, the coldest first, while they take more memory than this, as estimated, where nothing else
/// is configured. Those of the batch that is being decided stay until it is over: what was decided in it is not yet
/// in the log.
pub const HOT_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Their histories may take one part in so many of it: only corrections and retractions are decided by them. The one
/// that was read first is dropped first.
const HISTORIES_PART: usize = 8;

/// What a hot case takes before anything happened in it, about: its name, and its place among the others, too.
const CASE_OVERHEAD_BYTES: usize = size_of::<Case>() + 512;
/// What an event of a hot case takes, about: what it says as a digest, when it happened, the id of what it brought.
const EVENT_BYTES: usize = 256;
/// What an event of a history takes beside its payload, about.
const ENTRY_BYTES: usize = 704;
/// A payload takes at most about so many times its bytes once it is decoded.
const DECODED_TIMES: usize = 2;

/// A proposal with its decoded payload.
#[derive(Clone, Debug)]
pub struct Item {
    pub(crate) proposal: Proposal,
    pub(crate) decoded: Decoded,
}

impl Item {
    /// Whether it changes what earlier events say.
    fn rewrites(&self) -> bool {
        match &self.decoded {
            Decoded::Case(event) => rewrites(&**event, self.proposal.corrects),
            Decoded::Registry(event) => rewrites(&**event, self.proposal.corrects),
            Decoded::Zone(event) => rewrites(&**event, self.proposal.corrects),
        }
    }
}

impl Borrow<Proposal> for Item {
    fn borrow(&self) -> &Proposal {
        &self.proposal
    }
}

/// Decides by the rules of the domain.
#[derive(Debug)]
pub struct CaseDecider {
    /// In a cell because asking for a stream makes it the hottest.
    hot: RefCell<LruCache<StreamId, Kept>>,
    hot_bytes: usize,
    hot_bytes_max: usize,
    /// The hot cases that keep their history, in the order in which they were read.
    histories: LruCache<StreamId, ()>,
    history_bytes: usize,
    /// Which batch is being decided.
    batch: u64,
    saved: Vec<(StreamId, Option<Kept>)>,
}

/// A stream in memory, and what it takes there, about.
#[derive(Clone, Debug)]
struct Kept {
    hot: Hot,
    bytes: usize,
    /// What of it the history takes.
    history_bytes: usize,
    /// The last one that asked for it.
    batch: u64,
}

impl Kept {
    fn load(stream: &StreamId, events: &[Recorded], batch: u64) -> Result<Self, Undecidable> {
        let hot = Hot::of(stream, events)?;
        let mut kept = Self { hot, bytes: CASE_OVERHEAD_BYTES, history_bytes: 0, batch };
        for event in events {
            kept.grow(&event.body);
        }
        Ok(kept)
    }

    /// By how much it grew; `None` where it is no longer whole.
    fn take_in(&mut self, recorded: &Recorded) -> Result<Option<Growth>, Undecidable> {
        Ok(self.hot.take_in(recorded)?.then(|| self.grow(&recorded.body)))
    }

    /// Counts an event in.
    fn grow(&mut self, body: &[u8]) -> Growth {
        let history = if self.hot.keeps_history() { ENTRY_BYTES + body.len() * DECODED_TIMES } else { 0 };
        let grown = Growth { all: EVENT_BYTES + history, history };
        self.bytes += grown.all;
        self.history_bytes += grown.history;
        grown
    }

    fn can_decide(&self, item: &Item) -> bool {
        self.hot.keeps_history() || !item.rewrites()
    }

    fn forget_history(&mut self) {
        self.hot.forget_history();
        self.bytes -= std::mem::take(&mut self.history_bytes);
    }
}

/// How much more an event takes, all in all and in the history.
struct Growth {
    all: usize,
    history: usize,
}

impl Default for CaseDecider {
    fn default() -> Self {
        Self::keeping(HOT_BYTES_MAX)
    }
}

impl CaseDecider {
    /// Whose hot cases take at most about so much memory.
    pub(crate) fn keeping(hot_bytes_max: usize) -> Self {
        Self {
            hot: RefCell::new(LruCache::unbounded()),
            hot_bytes: 0,
            hot_bytes_max,
            histories: LruCache::unbounded(),
            history_bytes: 0,
            batch: 0,
            saved: Vec::new(),
        }
    }

    #[cfg(test)]
    pub(crate) fn hot_bytes(&mut self) -> usize {
        let kept = self.hot.get_mut().iter().map(|(_, kept)| (kept.bytes, kept.history_bytes));
        let bytes = kept.reduce(|a, b| (a.0 + b.0, a.1 + b.1)).unwrap_or_default();
        assert_eq!((self.hot_bytes, self.history_bytes), bytes);
        let keep = self.hot.get_mut().iter().filter(|(_, kept)| kept.hot.keeps_history()).count();
        assert_eq!(self.histories.len(), keep);
        self.hot_bytes
    }

    #[cfg(test)]
    pub(crate) fn cases(&self) -> usize {
        self.hot.borrow().len()
    }

    #[cfg(test)]
    pub(crate) fn histories(&self) -> usize {
        self.histories.len()
    }

    fn put(&mut self, stream: StreamId, kept: Kept) {
        drop(self.take_out(&stream));
        self.hot_bytes += kept.bytes;
        self.history_bytes += kept.history_bytes;
        if kept.hot.keeps_history() {
            self.histories.put(stream.clone(), ());
        }
        self.hot.get_mut().put(stream, kept);
        self.drop_coldest();
    }

    fn take_out(&mut self, stream: &StreamId) -> Option<Kept> {
        let kept = self.hot.get_mut().pop(stream)?;
        self.hot_bytes -= kept.bytes;
        self.history_bytes -= kept.history_bytes;
        self.histories.pop(stream);
        Some(kept)
    }

    fn drop_coldest(&mut self) {
        while self.history_bytes > self.hot_bytes_max / HISTORIES_PART {
            let Some((oldest, ())) = self.histories.peek_lru() else { break };
            let Some(kept) = self.hot.get_mut().peek_mut(oldest).filter(|kept| kept.batch != self.batch)
            else {
                break;
            };
            self.hot_bytes -= kept.history_bytes;
            self.history_bytes -= kept.history_bytes;
            kept.forget_history();
            self.histories.pop_lru();
        }
        while self.hot_bytes > self.hot_bytes_max {
            let coldest = self.hot.get_mut().peek_lru().filter(|(_, kept)| kept.batch != self.batch);
            let Some(coldest) = coldest.map(|(stream, _)| stream.clone()) else { break };
            drop(self.take_out(&coldest));
        }
    }
}

impl Decider for CaseDecider {
    type Item = Item;
    type Refusal = Refusal;

    fn cold(&self, item: &Item) -> Vec<StreamId> {
        let stream = &item.proposal.stream;
        match self.hot.borrow_mut().get_mut(stream) {
            Some(kept) if kept.can_decide(item) => {
                // What is about to be decided on must not be dropped for what is loaded beside it.
                kept.batch = self.batch;
                Vec::new()
            }
            Some(_) | None => vec![stream.clone()],
        }
    }

    fn load(&mut self, stream: &StreamId, events: Vec<Recorded>) -> Result<(), Undecidable> {
        metrics::counter!("banso_cases_read_total").increment(1);
        self.put(stream.clone(), Kept::load(stream, &events, self.batch)?);
        Ok(())
    }

    fn observe(&mut self, event: &Recorded) {
        let stream = &event.header.stream;
        let Some(kept) = self.hot.get_mut().peek_mut(stream) else { return };
        match kept.take_in(event) {
            Ok(Some(grown)) => {
                self.hot_bytes += grown.all;
                self.history_bytes += grown.history;
                self.drop_coldest();
            }
            // What is no longer whole is read again when somebody proposes to the stream. What cannot be read is
            // reported then, too.
            Ok(None) | Err(_) => drop(self.take_out(stream)),
        }
    }

    fn decide(&mut self, item: &Item, position: Position) -> Result<Admitted, Refusal> {
        let stream = &item.proposal.stream;
        let Some(kept) = self.hot.get_mut().get_mut(stream) else {
            unreachable!("the writer loads {stream} before it asks")
        };
        let repeats = kept.hot.decide(item, position)?;
        let grown = kept.grow(&item.proposal.body);
        self.hot_bytes += grown.all;
        self.history_bytes += grown.history;
        Ok(Admitted { repeats })
    }

    fn save(&mut self, streams: &[StreamId]) {
        let hot = self.hot.get_mut();
        self.saved = streams.iter().map(|stream| (stream.clone(), hot.peek(stream).cloned())).collect();
    }

    fn restore(&mut self) {
        for (stream, saved) in std::mem::take(&mut self.saved) {
            match saved {
                Some(kept) => self.put(stream, kept),
                None => drop(self.take_out(&stream)),
            }
        }
    }

    fn release(&mut self) {
        self.saved.clear();
    }

    fn forget(&mut self, stream: &StreamId) {
        self.take_out(stream);
    }

    fn settle(&mut self) {
        self.batch += 1;
        self.drop_coldest();
        metrics::gauge!("banso_hot_cases_bytes").set(self.hot_bytes as f64);
    }
}
