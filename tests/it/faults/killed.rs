//! kill -9, and answers that nobody read.

use crate::support::process::{Address, Load, Server, Store, referral, until, verified};
use banso_app::audit::{Attempt, AttemptOutcome};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// How often the process is killed.
const KILLS: usize = 4;

#[test]
fn what_was_acknowledged_is_there_once_after_kills_during_load() {
    let store = Store::empty();
    let mut server = Server::start(&store);
    let address: Address = Arc::new(Mutex::new(server.url.clone()));
    let load = Load::start(&store, "killed", &vec![address.clone(); 4]);
    for _ in 0..KILLS {
        load.go_on(40);
        server.process.kill();
        server = Server::start(&store);
        *address.lock().unwrap() = server.url.clone();
    }
    load.go_on(40);
    assert!(load.unknown() > 0, "no kill hit a request");
    let acknowledged = load.acknowledged();
    let history = load.finish();

    let attempts = attempts(&history);
    let events: std::collections::BTreeSet<_> = attempts
        .iter()
        .filter(|attempt| attempt.outcome != AttemptOutcome::Unknown)
        .map(|attempt| (&attempt.source, &attempt.id))
        .collect();
    assert!(events.len() as u64 >= acknowledged);
    let found = until("the read models catch up", || {
        let found = verified(&store, Some(&history));
        is_projected(&server).then_some(found)
    });
    // Every event begun was acknowledged in the end, so nothing else is there.
    assert_eq!(found["events"], events.len());
    assert_eq!(found["attempts"], attempts.len());
    assert_eq!(found["persons"], 16);

    // And from the files alone.
    server.stop();
    assert_eq!(verified(&store, Some(&history))["events"], events.len());
}

#[test]
fn what_was_being_projected_when_it_was_killed_is_projected_once() {
    let store = Store::empty();
    let mut server = Server::start(&store);
    let address: Address = Arc::new(Mutex::new(server.url.clone()));
    let load = Load::start(&store, "late", &[address.clone(), address]);
    load.go_on(60);
    let history = load.finish();
    server.process.kill();
    // The log goes on; the read models begin anew in the middle of it.
    verified(&store, Some(&history));
    let again = Server::start(&store);
    until("the read models catch up", || is_projected(&again).then_some(()));
    let head = verified(&store, Some(&history))["head"].as_u64().unwrap();
    assert!(head >= 60);
    let rows = again.json("/v1/worklists/unanswered-referrals?org=c-soudan");
    let open: usize = rows["items"].as_array().unwrap().len();
    assert!(open <= 8, "each person has at most one open request: {open}");
}

#[test]
fn an_answer_lost_after_the_commit_is_given_again_to_the_retry() {
    let store = Store::empty();
    let server = Server::start(&store);
    for n in 0..10 {
        let event = referral("https://lost.example", &n.to_string(), "haru", n, false).to_string();
        let head = "POST /v1/events HTTP/1.1\r\ncontent-type: application/cloudevents+json";
        let connection = server.send(head, &event);
        let stored = until("the event is in the log", || {
            let (_, page) = server.get(&format!("/v1/events?after={n}"));
            page.lines().next().map(|line| serde_json::from_str::<Value>(line).unwrap())
        });
        drop(connection);
        let (status, receipt) = server.post(&event);
        assert_eq!((status, &receipt["outcome"]), (200, &Value::from("duplicate")));
        assert_eq!(receipt["seq"], n + 1);
        assert_eq!(receipt["seq"].to_string(), stored["bansoseq"].to_string().replace('"', ""));
    }
    assert_eq!(verified(&store, None)["events"], 10);
}

#[test]
fn a_request_that_was_cut_off_anywhere_is_recorded_at_most_once() {
    let store = Store::empty();
    let server = Server::start(&store);
    for n in 0..30 {
        let event = referral("https://cut.example", &n.to_string(), "haru", n, false).to_string();
        let head = "POST /v1/events HTTP/1.1\r\ncontent-type: application/cloudevents+json";
        drop(server.send(head, &event));
        let (status, receipt) = server.post(&event);
        assert!([200, 201].contains(&status), "{receipt}");
    }
    let found = until("what was cut off is decided", || {
        let found = verified(&store, None);
        (found["events"] == 30).then_some(found)
    });
    assert_eq!(found["streams"], 1);
}

fn attempts(history: &std::path::Path) -> Vec<Attempt> {
    let text = std::fs::read_to_string(history).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whether the read models have taken in the whole log.
pub(super) fn is_projected(server: &Server) -> bool {
    let (_, metrics) = server.get("/metrics");
    let mut lags = metrics.lines().filter(|line| line.starts_with("banso_projector_lag_events{")).peekable();
    lags.peek().is_some() && lags.all(|line| line.ends_with(" 0"))
}
