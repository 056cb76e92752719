//! A small decider that checks the writer's side of the contract at every call, and proposals for it.

use crate::{
    Admitted, AppendError, Decider, Delivery, Limits, LogStore, Outcome, Position, Receipt, Submission,
    Undecidable, Unit, Writer,
};
use banso_kernel::{
    CloudEvent, EventId, Expected, ManualClock, Proposal, Recorded, StreamId, StreamSeq, SystemClock,
    SystemIds,
};
use bytes::Bytes;
use chrono::DateTime;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};

/// Bodies that the decider treats in a special way.
pub(crate) const REFUSE: &str = r#"{"please":"refuse"}"#;
pub(crate) const REPEAT: &str = r#"{"please":"repeat"}"#;
pub(crate) const PANIC: &str = r#"{"please":"panic"}"#;
pub(crate) const WAIT: &str = r#"{"please":"wait"}"#;
pub(crate) const UNREADABLE: &str = r#"{"please":"unreadable"}"#;

/// What a test shares with the decider inside of the writer.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    /// Events of others that it was shown.
    pub(crate) observed: Arc<AtomicU64>,
    /// Batches that were over.
    pub(crate) settled: Arc<AtomicU64>,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    state: Mutex<(bool, bool)>,
    moved: Condvar,
}

impl Hooks {
    /// Blocks until the decider has met [`WAIT`].
    pub(crate) fn wait_until_met(&self) {
        let state = self.gate.state.lock().unwrap();
        drop(self.gate.moved.wait_while(state, |(met, _)| !*met).unwrap());
    }

    /// Lets the decider go on behind [`WAIT`], now and always.
    pub(crate) fn open(&self) {
        self.gate.state.lock().unwrap().1 = true;
        self.gate.moved.notify_all();
    }

    fn meet(&self) {
        let mut state = self.gate.state.lock().unwrap();
        state.0 = true;
        self.gate.moved.notify_all();
        drop(self.gate.moved.wait_while(state, |(_, open)| !*open).unwrap());
    }
}

/// Counts the events of each stream, and expects each decision at exactly the next position: whatever the
/// writer forgets to load, observe, restore or forget shows at the next decision.
#[derive(Default)]
pub(crate) struct Counting {
    streams: BTreeMap<StreamId, Counted>,
    saved: Option<Vec<(StreamId, Option<Counted>)>>,
    hooks: Hooks,
}

#[derive(Clone, Default)]
struct Counted {
    events: StreamSeq,
    first: Option<EventId>,
}

impl Counted {
    fn push(&mut self, stream_seq: StreamSeq, event: EventId) {
        self.events += 1;
        assert_eq!(self.events, stream_seq, "the decider's memory and the log have drifted apart");
        self.first.get_or_insert(event);
    }
}

impl Decider for Counting {
    type Item = Proposal;
    type Refusal = &'static str;

    fn cold(&self, item: &Proposal) -> Vec<StreamId> {
        if self.streams.contains_key(&item.stream) { vec![] } else { vec![item.stream.clone()] }
    }

    fn load(&mut self, stream: &StreamId, events: Vec<Recorded>) -> Result<(), Undecidable> {
        assert!(self.saved.is_none(), "a stream is loaded before its state is saved");
        let mut counted = Counted::default();
        for event in events {
            assert_eq!(event.header.stream, *stream);
            if event.body == UNREADABLE {
                return Err(Undecidable { seq: event.header.seq, reason: "from the future".to_owned() });
            }
            counted.push(event.header.stream_seq, event.header.event_id);
        }
        assert!(self.streams.insert(stream.clone(), counted).is_none(), "only cold streams are loaded");
        Ok(())
    }

    fn observe(&mut self, event: &Recorded) {
        self.hooks.observed.fetch_add(1, SeqCst);
        if let Some(counted) = self.streams.get_mut(&event.header.stream) {
            counted.push(event.header.stream_seq, event.header.event_id);
        }
    }

    fn decide(&mut self, item: &Proposal, position: Position) -> Result<Admitted, &'static str> {
        let counted = self.streams.get_mut(&item.stream).expect("loaded before it is decided on");
        if item.body == REFUSE {
            return Err("as asked");
        } else if item.body == PANIC {
            // Half of a change, as a real panic may leave it.
            counted.events += 7;
            panic!("as asked by a test");
        } else if item.body == WAIT {
            self.hooks.meet();
        }
        let repeats = counted.first.filter(|_| item.body == REPEAT);
        counted.push(position.stream_seq, item.event_id);
        Ok(Admitted { repeats })
    }

    fn save(&mut self, streams: &[StreamId]) {
        let state = |stream: &StreamId| (stream.clone(), self.streams.get(stream).cloned());
        let saved = streams.iter().map(state).collect();
        assert!(self.saved.replace(saved).is_none(), "saved once at a time");
    }

    fn restore(&mut self) {
        for (stream, counted) in self.saved.take().expect("restored only after save") {
            match counted {
                Some(counted) => drop(self.streams.insert(stream, counted)),
                None => drop(self.streams.remove(&stream)),
            }
        }
    }

    fn release(&mut self) {
        self.saved.take().expect("released only after save");
    }

    fn forget(&mut self, stream: &StreamId) {
        self.streams.remove(stream);
    }

    fn settle(&mut self) {
        self.hooks.settled.fetch_add(1, SeqCst);
    }
}

/// A writer with this decider.
pub(crate) struct Case {
    pub(crate) writer: Writer<Counting>,
    pub(crate) hooks: Hooks,
}

pub(crate) type Answer = Outcome<&'static str>;

impl Case {
    pub(crate) fn on(log: Arc<dyn LogStore>) -> Self {
        Self::start(log, Arc::new(SystemClock), Limits::default())
    }

    pub(crate) fn with_clock(log: Arc<dyn LogStore>, clock: Arc<ManualClock>) -> Self {
        Self::start(log, clock, Limits::default())
    }

    pub(crate) fn with_limits(log: Arc<dyn LogStore>, limits: Limits) -> Self {
        Self::start(log, Arc::new(SystemClock), limits)
    }

    fn start(log: Arc<dyn LogStore>, clock: Arc<dyn banso_kernel::Clock>, limits: Limits) -> Self {
        let hooks = Hooks::default();
        let decider = Counting { hooks: hooks.clone(), ..Counting::default() };
        let writer = Writer::start(log, decider, clock, Arc::new(SystemIds), limits).unwrap();
        Self { writer, hooks }
    }

    pub(crate) async fn submit(&self, units: Vec<Unit<Proposal>>) -> Result<Vec<Answer>, AppendError> {
        self.writer.append(Submission { units, dry_run: false }).await
    }

    pub(crate) async fn deliver(
        &self,
        units: Vec<Unit<Proposal>>,
        delivery: Delivery<&'static str>,
    ) -> Result<Vec<Answer>, AppendError> {
        self.writer.deliver(units, delivery).await
    }

    pub(crate) async fn dry_run(&self, units: Vec<Unit<Proposal>>) -> Vec<Answer> {
        self.writer.append(Submission { units, dry_run: true }).await.unwrap()
    }

    pub(crate) async fn try_append(&self, proposal: Proposal) -> Result<Answer, AppendError> {
        let mut outcomes = self.submit(vec![Unit::Single(proposal)]).await?;
        assert_eq!(outcomes.len(), 1);
        Ok(outcomes.remove(0))
    }

    pub(crate) async fn append(&self, proposal: Proposal) -> Answer {
        self.try_append(proposal).await.unwrap()
    }

    /// Appends `{"n":0}`, `{"n":1}` … to one stream, in one submission.
    pub(crate) async fn fill(&self, stream: &str, events: u64) -> Vec<Receipt> {
        let units = (0..events).map(|n| Unit::Single(numbered(stream, n))).collect();
        self.submit(units).await.unwrap().iter().map(admitted).collect()
    }
}

/// The `n`th event of a stream.
pub(crate) fn numbered(stream: &str, n: u64) -> Proposal {
    proposal(stream, &n.to_string(), &format!(r#"{{ "n" : {n} }}"#))
}

/// A proposal as a door makes it.
pub(crate) fn proposal(stream: &str, id: &str, body: &str) -> Proposal {
    let attributes = HashMap::from([
        ("specversion", "1.0"),
        ("id", id),
        ("type", "banso.Noted.v1"),
        ("subject", stream),
        ("bansooccurred", "2025-04-01"),
        ("bansoactor", "psw@hospital"),
        ("bansocorrelation", "c1"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ]);
    let mut attributes: BTreeMap<String, String> =
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    // One name space of ids per stream, so that tests may count from 0 in each.
    attributes.insert("source".to_owned(), format!("https://conformance.example/{stream}"));
    let event = CloudEvent { attributes, data: Bytes::from(body.to_owned()) };
    event.into_proposal(DateTime::UNIX_EPOCH).unwrap()
}

pub(crate) fn expecting(expected: Expected, proposal: Proposal) -> Proposal {
    Proposal { expected, ..proposal }
}

pub(crate) fn admitted(answer: &Answer) -> Receipt {
    match answer {
        Outcome::Admitted(receipt) => *receipt,
        other => panic!("not admitted: {other:?}"),
    }
}
