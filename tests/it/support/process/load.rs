//! Publishers that go on whatever happens, and keep a record of their attempts.

use super::{Store, agent, post, until};
use banso_app::audit::{Attempt, AttemptOutcome};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

/// How long a publisher waits before it sends an event again.
const PAUSE: Duration = Duration::from_millis(10);
/// Persons of one publisher.
const PERSONS: u64 = 4;

/// Where banso is; after a restart it is elsewhere.
pub(crate) type Address = Arc<Mutex<String>>;

/// Publishers at work.
pub(crate) struct Load {
    path: PathBuf,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    stop: AtomicBool,
    acknowledged: AtomicU64,
    unknown: AtomicU64,
    history: Mutex<File>,
}

impl Load {
    /// One publisher for each address.
    pub(crate) fn start(store: &Store, name: &str, addresses: &[Address]) -> Self {
        let path = store.file(&format!("{name}.jsonl"));
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            acknowledged: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            history: Mutex::new(File::create(&path).unwrap()),
        });
        let publisher = |(number, address): (usize, &Address)| {
            let (shared, address) = (shared.clone(), address.clone());
            let (source, name) = (format!("https://{name}-{number}.example"), format!("{name}{number}"));
            spawn(move || publish(&shared, &address, &source, &name))
        };
        let threads = addresses.iter().enumerate().map(publisher).collect();
        Self { path, shared, threads }
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(SeqCst)
    }

    /// Attempts that got no answer, or one that says nothing.
    pub(crate) fn unknown(&self) -> u64 {
        self.shared.unknown.load(SeqCst)
    }

    /// Returns when this many more events were acknowledged.
    pub(crate) fn go_on(&self, events: u64) {
        let wanted = self.acknowledged() + events;
        until("the load gets on", || (self.acknowledged() >= wanted).then_some(()));
    }

    /// Ends when every event begun is acknowledged; gives the record of attempts.
    pub(crate) fn finish(self) -> PathBuf {
        self.shared.stop.store(true, SeqCst);
        for thread in self.threads {
            thread.join().unwrap();
        }
        self.path
    }
}

fn publish(shared: &Shared, address: &Address, source: &str, name: &str) {
    let agent = agent();
    for n in 0.. {
        if shared.stop.load(SeqCst) {
            return;
        }
        let id = n.to_string();
        let person = format!("{name}-{}", n % PERSONS);
        // A request, and then its answer.
        let event = referral(source, &id, &person, n / PERSONS / 2, (n / PERSONS) % 2 == 1).to_string();
        loop {
            let url = address.lock().unwrap().clone();
            let (outcome, seq) = match post(&agent, &url, &event) {
                Ok((201, receipt)) => (AttemptOutcome::Admitted, receipt["seq"].as_u64()),
                Ok((200, receipt)) => (AttemptOutcome::Duplicate, receipt["seq"].as_u64()),
                Ok((429 | 503, _)) | Err(_) => (AttemptOutcome::Unknown, None),
                Ok(other) => panic!("{event}: {other:?}"),
            };
            let attempt = Attempt { source: source.to_owned(), id: id.clone(), outcome, seq };
            let line = serde_json::to_string(&attempt).unwrap();
            writeln!(shared.history.lock().unwrap(), "{line}").unwrap();
            if outcome != AttemptOutcome::Unknown {
                shared.acknowledged.fetch_add(1, SeqCst);
                break;
            }
            shared.unknown.fetch_add(1, SeqCst);
            sleep(PAUSE);
        }
    }
}

/// A request for help of a person, or the answer to it.
pub(crate) fn referral(source: &str, id: &str, person: &str, number: u64, answer: bool) -> Value {
    let referral = format!("{person}:r{number}");
    let (name, data) = if answer {
        ("ReferralAccepted", json!({ "referral": referral, "by": { "org": "c-soudan" } }))
    } else {
        let data = json!({
            "referral": referral, "from": { "org": "d-hoken" }, "to": [{ "org": "c-soudan" }],
            "mode": "joint", "reason": "今後の生活の組み立て", "wish": "not_recorded", "living": "not_recorded",
            "life_history": "not_recorded", "need_now": "not_recorded", "known": "not_recorded",
            "unknown": "not_recorded", "urgency": "not_recorded", "channel": "not_recorded",
            "consent": "not_recorded",
        });
        ("ReferralMade", data)
    };
    json!({
        "specversion": "1.0", "id": id, "source": source, "type": format!("banso.{name}.v1"),
        "subject": format!("person/{person}"), "bansooccurred": "unknown", "bansoactor": "nurse@d-hoken",
        "datacontenttype": "application/json", "data": data,
    })
}
