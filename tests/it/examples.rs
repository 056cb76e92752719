//! What services are shown in `tests/examples`: run as they stand, beside a real bus and the real binary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::bus::{PUBLISHER, consumer, line_of};
use crate::support::event::Event;
use crate::support::process::{Ended, HARU, Process, Server, Store, ended, until};
use banso_nats::testing::password;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

const SUBSCRIBE_IN_RUST: &str = env!("CARGO_BIN_EXE_subscribe");
/// An example is read on one page.
const LINES_MAX: usize = 60;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A store with ハルさん's case, served, once services can reach it over its bus.
fn served() -> (Store, Server) {
    let mut store = Store::with_bus();
    let server = Server::start(&store);
    let file = store.file("haru.jsonl");
    std::fs::write(&file, HARU).unwrap();
    store.print(&["publish", file.to_str().unwrap(), "--to", &server.url]);
    Runtime::new().unwrap().block_on(async {
        let bus = store.bus();
        for (user, stream) in [(PUBLISHER, "BANSO_OUTCOMES"), ("subscriber", "BANSO_EVENTS")] {
            consumer(&bus.client(user).await, stream, user).await;
        }
    });
    until("the intake is open", || {
        server.get("/readyz").1.contains("\"name\":\"intake\",\"ready\":true").then_some(())
    });
    (store, server)
}

/// An example in Python, with the packages that its list names.
fn python(example: &str) -> Command {
    let python = ended(&mut Command::new(root().join("ops/python.sh")));
    assert_eq!(python.code, Some(0), "{python:?}");
    let mut command = Command::new(python.out.trim());
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(root().join("tests/examples/python").join(example));
    command
}

/// Publishes by `publish.py`; what it printed of the outcome.
fn publish_in_python(store: &mut Store, entity: &str, event: &Event) -> Value {
    let file = store.file("event.json");
    std::fs::write(&file, event.json()).unwrap();
    let mut command = python("publish.py");
    command
        .args([&store.bus().server.url(), PUBLISHER, entity])
        .env("BANSO_NATS_PASSWORD", password(PUBLISHER));
    let Ended { code, out, err } = ended(command.stdin(File::open(file).unwrap()));
    assert_eq!(code, Some(0), "{out}{err}");
    let (received, outcome) = out.split_once('\n').unwrap();
    assert!(received.starts_with("received as message "), "{received}");
    line_of(outcome)
}

#[test]
fn a_publisher_in_python_is_told_what_became_of_its_event() {
    let (mut store, mut server) = served();
    let words = "デイケアで気の合う人ができた";
    let said = crate::support::event::said("haru", "visit-1", words);
    let outcome = publish_in_python(&mut store, "person", &said);
    assert_eq!((&outcome["status"], &outcome["seq"]), (&201.into(), &67.into()), "{outcome}");
    let again = publish_in_python(&mut store, "person", &said);
    assert_eq!((&again["status"], &again["seq"]), (&200.into(), &67.into()), "{again}");
    let other = publish_in_python(&mut store, "person", &said.with_data("/text", "別のこと".into()));
    assert_eq!(other["status"], 409, "{other}");
    // On the wrong subject nothing is read of it, and so its outcome names no event.
    let lost = publish_in_python(&mut store, "note", &crate::support::event::said("haru", "visit-2", words));
    assert_eq!((&lost["status"], &lost["id"]), (&400.into(), &Value::Null), "{lost}");
    assert!(lost["detail"].as_str().unwrap().contains("banso.v1.intake.hospital.person."), "{lost}");
    let last = line_of(store.print(&["events", "--last", "1"]).trim());
    assert_eq!((&last["id"], &last["data"]["text"]), (&"visit-1".into(), &words.into()), "{last}");
    server.stop();
}

#[test]
fn a_subscriber_in_python_prints_every_event_of_the_case() {
    prints_every_event_of_the_case(python("subscribe.py"));
}

#[test]
fn a_subscriber_in_rust_prints_every_event_of_the_case() {
    prints_every_event_of_the_case(Command::new(SUBSCRIBE_IN_RUST));
}

/// In the log's order, at the log's positions, and that nothing is missing.
#[track_caller]
fn prints_every_event_of_the_case(mut subscriber: Command) {
    let (mut store, mut server) = served();
    subscriber.args([&store.bus().server.url(), "subscriber"]);
    subscriber.env("BANSO_NATS_PASSWORD", password("subscriber")).stdout(Stdio::piped());
    let mut subscriber = Process::start(&mut subscriber);
    let printed: Arc<Mutex<Vec<String>>> = Arc::default();
    let (pipe, lines) = (subscriber.stdout(), printed.clone());
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            lines.lock().unwrap().push(line.unwrap());
        }
    });
    let log: Vec<String> = (1..)
        .zip(store.print(&["events"]).lines().map(line_of))
        .map(|(seq, event)| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            format!("{seq} {} {}", text("type"), text("subject"))
        })
        .collect();
    assert_eq!(log.len(), 66);
    until("all were printed", || {
        let ended = subscriber.has_ended();
        assert!(ended.is_none(), "it ended with {ended:?}: {}", subscriber.log());
        (printed.lock().unwrap().len() >= log.len()).then_some(())
    });
    subscriber.kill();
    reader.join().unwrap();
    assert_eq!(*printed.lock().unwrap(), log);
    server.stop();
}

#[test]
fn each_example_is_read_on_one_page() {
    let examples = root().join("tests/examples");
    for (example, ending) in [
        ("python/publish.py", "__main__"),
        ("python/subscribe.py", "__main__"),
        ("python/query_plan.py", "__main__"),
        ("rust/subscribe.rs", "async fn main"),
    ] {
        let text = std::fs::read_to_string(examples.join(example)).unwrap();
        assert!(text.contains(ending), "{example} is a program");
        assert!(text.lines().count() < LINES_MAX, "{example} has {} lines", text.lines().count());
    }
    let listed = |folder: &str| std::fs::read_dir(examples.join(folder)).unwrap().count();
    assert_eq!((listed("python"), listed("rust")), (4, 1), "an example that no test runs");
}
