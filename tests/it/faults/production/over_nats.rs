//! A publisher that speaks only NATS, and what it is told.

use crate::support::bus::{Outcomes, PUBLISHER, publish};
use crate::support::event::said;
use crate::support::process::{Store, until};
use banso_app::audit::{Attempt, AttemptOutcome};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Who it says it is.
const SOURCE: &str = "https://hospital.example";
/// Persons it writes about.
const PERSONS: u64 = 4;
/// Events that are put out of their order together, each up to three times.
const SHUFFLED: u64 = 10;

/// Between two messages: what waits while nobody reads must be told in the end.
const PACE: Duration = Duration::from_millis(4);

/// In which order it sends its events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// One after the other, each once.
    Kept,
    /// In any order, some several times.
    Lost,
}

/// The publisher at work.
pub(super) struct OverNats {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

/// What it was told.
pub(super) struct Told {
    /// The record of its attempts.
    pub(super) history: PathBuf,
    /// Messages that it sent and JetStream took.
    pub(super) messages: u64,
    /// Of each event by its id: how often it was called admitted, and how often a duplicate.
    pub(super) events: BTreeMap<String, (u64, u64)>,
}

impl OverNats {
    pub(super) fn start(store: &mut Store, order: Order) -> Self {
        let runtime = Runtime::new().unwrap();
        let client = runtime.block_on(store.bus().client(PUBLISHER));
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, counted) = (stop.clone(), sent.clone());
        let thread = spawn(move || {
            runtime.block_on(async {
                for round in 0.. {
                    for n in numbers(round, order) {
                        let event =
                            said(&format!("nats-{}", n % PERSONS), &n.to_string(), &format!("言葉{n}"));
                        let event: Value =
                            serde_json::from_str(&event.with("source", SOURCE).json()).unwrap();
                        publish(&client, PUBLISHER, &event).await;
                        counted.fetch_add(1, SeqCst);
                        tokio::time::sleep(PACE).await;
                    }
                    if stopped.load(SeqCst) {
                        return;
                    }
                }
            });
        });
        Self { stop, sent, thread }
    }

    /// Returns when JetStream took this many more messages.
    pub(super) fn go_on(&self, messages: u64) {
        let wanted = self.sent() + messages;
        until("the publisher over NATS gets on", || (self.sent() >= wanted).then_some(()));
    }

    /// Messages that JetStream took so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(SeqCst)
    }

    /// Ends, and waits for what became of every message.
    pub(super) fn finish(self, store: &mut Store) -> Told {
        self.stop.store(true, SeqCst);
        self.thread.join().unwrap();
        let messages = self.sent.load(SeqCst);
        let history = store.file("over-nats.jsonl");
        let (mut lines, mut events) = (String::new(), BTreeMap::<String, (u64, u64)>::new());
        Runtime::new().unwrap().block_on(async {
            let client = store.bus().client(PUBLISHER).await;
            let mut outcomes = Outcomes::of(&client, PUBLISHER).await;
            for _ in 0..messages {
                let (id, told) = outcomes.next().await;
                let times = events.entry(id.clone()).or_default();
                let outcome = match told["status"].as_u64() {
                    Some(201) => {
                        times.0 += 1;
                        AttemptOutcome::Admitted
                    }
                    Some(200) => {
                        times.1 += 1;
                        AttemptOutcome::Duplicate
                    }
                    _ => panic!("{told}"),
                };
                let seq = told["seq"].as_u64();
                let attempt = Attempt { source: SOURCE.to_owned(), id, outcome, seq };
                lines.push_str(&serde_json::to_string(&attempt).unwrap());
                lines.push('\n');
            }
        });
        std::fs::write(&history, lines).unwrap();
        Told { history, messages, events }
    }
}

/// The events of a round. The same disorder in every run.
fn numbers(round: u64, order: Order) -> Vec<u64> {
    if order == Order::Kept {
        return vec![round];
    }
    let first = round * SHUFFLED;
    let times = |n: u64| (0..=n % 3).map(move |_| n);
    let mut numbers: Vec<u64> = (first..first + SHUFFLED).flat_map(times).collect();
    let mut state = round + 1;
    for last in (1..numbers.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        numbers.swap(last, (state >> 33) as usize % (last + 1));
    }
    numbers
}
