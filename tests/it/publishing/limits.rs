//! How much may come at once.

use super::not_recorded;
use crate::support::event::{Event, batch, said};
use crate::support::place::Place;
use crate::support::server::{BATCH, STRUCTURED, Server, assert_is_problem, eventually};
use banso_app::PUBLICATIONS_MAX;
use banso_kernel::SystemClock;
use banso_log::Limits;
use std::sync::Arc;
use std::sync::mpsc;

const EVENT_BYTES_MAX: usize = 256 * 1024;
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// An event whose JSON has this many bytes.
fn of_bytes(id: &str, bytes: usize) -> Event {
    let bare = said("haru", id, "").json().len();
    said("haru", id, &"a".repeat(bytes - bare))
}

#[test]
fn an_event_has_at_most_256_kib() {
    let server = Server::start();
    server.admit(&of_bytes("1", EVENT_BYTES_MAX));
    let larger = of_bytes("2", EVENT_BYTES_MAX + 1);
    not_recorded(&server, || server.publish(&larger)).problem(413, "too-large");
    let larger = of_bytes("3", EVENT_BYTES_MAX + 500);
    not_recorded(&server, || server.publish_binary(&larger)).problem(413, "too-large");
}

#[test]
fn an_event_that_is_too_large_does_not_keep_the_others_of_its_batch() {
    let server = Server::start();
    let results = server.publish_all([
        &said("haru", "1", "一"),
        &of_bytes("2", EVENT_BYTES_MAX + 1),
        &of_bytes("3", EVENT_BYTES_MAX),
    ]);
    assert_eq!((&results[0]["seq"], &results[2]["seq"]), (&1.into(), &2.into()));
    assert_is_problem(&results[1], 413, "too-large");
    assert_eq!(server.head(), 2);
}

#[test]
fn a_batch_has_at_most_a_thousand_events() {
    let server = Server::start();
    let events: Vec<Event> = (0..1_001).map(|n| said("haru", &format!("{n}"), &format!("{n}"))).collect();
    let body = batch(&events);
    let answer = not_recorded(&server, || server.post("/v1/events", &[("content-type", BATCH)], &body));
    answer.problem(413, "too-large");
    let results = server.publish_all(&events[..1_000]);
    assert!(results.iter().all(|result| result["status"] == 201));
}

#[test]
fn a_request_has_at_most_8_mib() {
    let server = Server::start();
    let mut body = batch([&said("haru", "1", "一")]);
    body.push_str(&" ".repeat(BATCH_BYTES_MAX - body.len()));
    let answer = server.post("/v1/events", &[("content-type", BATCH)], &body).ok();
    assert_eq!(answer["results"][0]["status"], 201);
    // Whoever sends far more still hears why it was not taken.
    for more in [1, 4 * 1024 * 1024, 12 * 1024 * 1024] {
        body.push_str(&" ".repeat(more));
        for content in [BATCH, STRUCTURED] {
            let answer =
                not_recorded(&server, || server.post("/v1/events", &[("content-type", content)], &body));
            answer.problem(413, "too-large");
        }
    }
}

#[test]
fn a_group_has_at_most_a_hundred_events() {
    let server = Server::start();
    let member = |n: usize| said("haru", &format!("{n}"), &format!("{n}")).with("bansogroup", "g");
    let events: Vec<Event> = (0..101).map(member).collect();
    let body = batch(&events);
    let answer = not_recorded(&server, || server.post("/v1/events", &[("content-type", BATCH)], &body));
    answer.problem(413, "too-large");
    let results = server.publish_all(&events[..100]);
    assert!(results.iter().all(|result| result["status"] == 201));
}

#[test]
fn an_event_with_thousands_of_attributes_is_refused_at_once() {
    let server = Server::start();
    let mut event: serde_json::Value = serde_json::from_str(&said("haru", "1", "はい").json()).unwrap();
    for n in 0..20_000 {
        event[format!("a{n}")] = "".into();
    }
    let json = event.to_string();
    let headers = [("content-type", "application/cloudevents+json")];
    not_recorded(&server, || server.post("/v1/events", &headers, &json)).problem(400, "malformed");
}

#[test]
fn what_is_not_sent_as_a_cloudevent_is_none() {
    let server = Server::start();
    let event = said("haru", "1", "はい").json();
    for headers in [
        &[][..],
        &[("content-type", "text/plain")],
        &[("content-type", "application/json")],
        &[("content-type", "application/xml"), ("ce-specversion", "1.0")],
        &[("content-type", "application/cloudevents+xml")],
        &[("content-type", "application/cloudevents")],
        &[("content-type", "application/cloudevents+json; charset=shift_jis")],
        &[("content-type", "application/cloudevents+json"), ("content-encoding", "gzip")],
    ] {
        let answer = not_recorded(&server, || server.post("/v1/events", headers, &event));
        answer.problem(415, "unsupported-media-type");
    }
}

#[test]
fn what_finds_no_room_in_the_queue_is_asked_to_come_again() {
    let limits = Limits { queue_events: 2, ..Limits::default() };
    let server = Server::with(Arc::new(SystemClock), limits);
    let events: Vec<Event> = (0..3).map(|n| said("haru", &format!("{n}"), &format!("{n}"))).collect();
    let body = batch(&events);
    let answer = not_recorded(&server, || server.post("/v1/events", &[("content-type", BATCH)], &body));
    answer.problem(429, "queue-full");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(server.publish_all(&events[..2]).iter().all(|result| result["status"] == 201));
}

#[test]
fn what_finds_too_many_at_work_is_asked_to_come_again() {
    let server = Server::start();
    let at_work: Vec<_> = (0..PUBLICATIONS_MAX).map(|_| server.app.door.enter().expect("room")).collect();
    let event = said("haru", "1", "はい");
    let answer = server.publish(&event);
    answer.problem(429, "queue-full");
    assert_eq!((answer.header("retry-after"), server.head()), (Some("1"), 0));
    drop(at_work);
    server.admit(&event);
}

#[test]
fn while_the_store_is_slow_only_as_many_wait_as_may() {
    const SENT: usize = 12;
    /// Two in the queue, and one that the writer has in hand.
    const WAITING_MAX: usize = 3;
    let limits = Limits { queue_events: 2, batch_events: 1, ..Limits::default() };
    let server = Server::at(Place::in_files(), Arc::new(SystemClock), limits);
    let log = crate::support::server::log_file(&server);
    let elsewhere = rusqlite::Connection::open(log).expect("the log's file");
    elsewhere.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");

    let (answered, answers) = mpsc::channel();
    let event = |n: usize| said("haru", &format!("{n}"), &format!("{n}"));
    std::thread::scope(|scope| {
        for n in 0..SENT {
            let (answered, server) = (answered.clone(), &server);
            scope.spawn(move || answered.send((n, server.publish(&event(n)))));
        }
        // Nothing can be recorded: whoever is answered now found the queue full.
        let mut full: Vec<_> = (0..SENT - WAITING_MAX).map(|_| answers.recv().expect("an answer")).collect();
        for (_, answer) in &full {
            answer.problem(429, "queue-full");
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
        eventually("operators see that somebody waits", || {
            let metrics = server.get("/metrics").body;
            let waiting = metrics.lines().find_map(|line| line.strip_prefix("banso_append_queue_events "));
            waiting.filter(|waiting| *waiting == "1" || *waiting == "2").map(drop)
        });
        elsewhere.execute_batch("ROLLBACK").expect("a transaction ends");
        let waited: Vec<_> = (0..WAITING_MAX).map(|_| answers.recv().expect("an answer")).collect();
        let (admitted, late): (Vec<_>, Vec<_>) =
            waited.into_iter().partition(|(_, answer)| answer.status == 201);
        assert!(admitted.len() >= 2, "the queue has room for two");
        assert_eq!(server.head(), admitted.len() as u64);
        full.extend(late);
        for (n, _) in full {
            server.admit(&event(n));
        }
    });
    assert_eq!(server.head(), SENT as u64);
}
