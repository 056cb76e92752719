//! What operators and their tools ask: health, readiness, measurements, and the description of the door.

use crate::support::event::said;
use crate::support::server::{Server, eventually, log_file};
use banso_kernel::{CloudEvent, SystemClock, SystemIds};
use banso_log::conformance::AdmitAll;
use banso_log::{Limits, LogStore, Submission, Unit, Writer};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn a_process_that_runs_says_so() {
    let server = Server::start();
    let answer = server.get("/healthz");
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
}

#[test]
fn a_process_that_has_all_it_needs_is_ready() {
    let server = Server::start();
    server.admit(&said("haru", "1", "はい"));
    let readiness = eventually("it is ready", || {
        let answer = server.get("/readyz");
        (answer.status == 200).then(|| answer.to_json())
    });
    let expected = serde_json::json!({
        "ready": true,
        "dependencies": [
            {"name": "log", "ready": true, "required": true},
            {"name": "read models", "ready": true, "required": true},
        ],
    });
    assert_eq!(readiness, expected);
}

fn recorded_by_a_newer_banso(server: &Server, person: &str) {
    server.wait(recorded_elsewhere_by_a_newer_banso(server.opened_elsewhere(), person));
}

/// Puts an event into a log that whoever serves it does not know.
pub(crate) async fn recorded_elsewhere_by_a_newer_banso(store: Arc<dyn LogStore>, person: &str) {
    let attributes = [
        ("specversion", "1.0"),
        ("id", "newer"),
        ("source", "https://newer.example"),
        ("type", "banso.OfALaterDay.v1"),
        ("subject", &format!("person/{person}")),
        ("bansooccurred", "unknown"),
        ("bansoactor", "officer@city"),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let event = CloudEvent { attributes, data: "{}".into() };
    let proposal = event.into_proposal(chrono::DateTime::UNIX_EPOCH).expect("an event");
    let writer =
        Writer::start(store, AdmitAll, Arc::new(SystemClock), Arc::new(SystemIds), Limits::default());
    let writer = writer.expect("a second writer");
    let submission = Submission { units: vec![Unit::Single(proposal)], dry_run: false };
    writer.append(submission).await.expect("an outcome");
    writer.stop().await;
}

#[test]
fn an_event_of_a_newer_banso_stops_its_part_and_nothing_else() {
    let server = Server::start();
    server.admit(&said("haru", "1", "はい"));
    server.settle();
    recorded_by_a_newer_banso(&server, "haru");

    let readiness = eventually("it is not ready", || {
        let answer = server.get("/readyz");
        (answer.status == 503).then(|| answer.to_json())
    });
    assert_eq!(readiness["ready"], false);
    let dependency = &readiness["dependencies"][1];
    assert_eq!((&dependency["name"], &dependency["ready"]), (&"read models".into(), &false.into()));
    assert_eq!(dependency["problem"], "parts 5 stopped: needs a newer binary");
    assert_eq!(server.get("/healthz").status, 200);

    // This person cannot be shown or decided on, and both say so.
    let unknown = server.publish(&said("haru", "2", "いいえ"));
    let problem = unknown.problem(503, "unavailable");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("event 2")), "{problem}");
    assert_eq!(unknown.header("retry-after"), Some("1"));
    for view in ["plan", "team", "timeline"] {
        let answer = server.get(&format!("/v1/persons/haru/{view}"));
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        // What was known before it can be shown.
        server.json(&format!("/v1/persons/haru/{view}?known_at=1"));
    }
    // The log can be read to its end, and others go on.
    assert_eq!(server.get("/v1/events").lines().len(), 2);
    server.admit(&said("aki", "3", "はい"));
    server.json("/v1/persons/aki/timeline");
    // Its part is the one that falls behind.
    let lag = |part: u8| metric(&server, &format!("banso_projector_lag_events{{part=\"{part}\"}}"));
    eventually("the other parts go on", || (lag(57) == Some(0.0)).then_some(()));
    eventually("its part falls behind", || lag(5).filter(|lag| *lag >= 1.0));
}

#[test]
fn a_store_that_does_not_answer_is_named_and_comes_back_without_repair() {
    let server = Server::in_files();
    let first = said("haru", "1", "はい");
    server.admit(&first);
    server.settle();
    let elsewhere = rusqlite::Connection::open(log_file(&server)).expect("the log's file");
    elsewhere.execute_batch("ALTER TABLE events RENAME TO gone").expect("a table by another name");

    let readiness = eventually("it is not ready", || {
        let answer = server.get("/readyz");
        (answer.status == 503).then(|| answer.to_json())
    });
    assert_eq!(readiness["dependencies"][0]["name"], "log");
    assert_eq!(readiness["dependencies"][0]["ready"], false);
    assert_eq!(server.get("/healthz").status, 200);
    let next = said("haru", "2", "いいえ");
    let answer = server.publish(&next);
    answer.problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    for path in ["/v1/persons/haru/plan", "/v1/persons/haru/timeline", "/v1/events"] {
        server.get(path).problem(503, "unavailable");
    }

    elsewhere.execute_batch("ALTER TABLE gone RENAME TO events").expect("its own name");
    assert_eq!(server.publish(&first).ok()["outcome"], "duplicate");
    assert_eq!(server.admit(&next)["seq"], 2);
    eventually("it is ready", || (server.get("/readyz").status == 200).then_some(()));
    assert_eq!(server.json("/v1/persons/haru/team")["as_of"]["stream_seq"], 2);
}

#[test]
fn a_log_that_was_put_back_under_a_process_is_named() {
    let server = Server::in_files();
    server.admit(&said("haru", "1", "はい"));
    server.admit(&said("haru", "2", "いいえ"));
    let elsewhere = rusqlite::Connection::open(log_file(&server)).expect("the log's file");
    let cut = "DROP TRIGGER events_refuse_delete; DELETE FROM events WHERE seq > 1";
    elsewhere.execute_batch(cut).expect("a log without its end");
    server.publish(&said("haru", "3", "はい")).problem(503, "unavailable");
    let answer = server.get("/readyz");
    assert_eq!(answer.status, 503);
    let log = &answer.to_json()["dependencies"][0];
    assert_eq!((&log["name"], &log["ready"]), (&"log".into(), &false.into()));
    let problem = log["problem"].as_str().unwrap_or_default();
    assert!(problem.contains("put back") && problem.contains("start this process again"), "{problem}");
}

fn metric(server: &Server, name: &str) -> Option<f64> {
    let answer = server.get("/metrics");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let line = answer.body.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
    line.and_then(|value| value.trim().parse().ok())
}

#[test]
fn the_measurements_that_operators_watch_are_there() {
    let server = Server::start();
    let admitted = || metric(&server, "banso_append_events_total{outcome=\"admitted\"}").unwrap_or(0.0);
    let before = admitted();
    server.admit(&said("haru", "1", "はい"));
    server.publish(&said("haru", "1", "はい"));
    server.publish(&said("haru", "2", "はい").with("bansooccurred", "2999-01-01"));
    // Other tests may count in the same process.
    assert!(admitted() >= before + 1.0);
    for name in [
        "banso_append_events_total{outcome=\"duplicate\"}",
        "banso_append_events_total{outcome=\"refused\"}",
        "banso_append_queue_events",
        "banso_hot_cases_bytes",
        "banso_cases_read_total",
        "banso_append_batch_events_count{path=\"locked\"}",
        "banso_append_commit_seconds_count{path=\"locked\"}",
        "banso_log_head",
        "banso_projector_lag_events{part=\"5\"}",
        "banso_projector_lag_seconds{part=\"63\"}",
    ] {
        assert!(metric(&server, name).is_some(), "{name}");
    }
}

#[test]
fn the_description_of_the_door_is_the_one_that_is_served() {
    let server = Server::start();
    let answer = server.get("/openapi.json");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let served = answer.ok();
    let generated = serde_json::to_value(banso_api::openapi()).expect("JSON");
    assert_eq!(served, generated);
    insta::assert_json_snapshot!("openapi", served);
}

#[test]
fn every_address_is_described() {
    let document = serde_json::to_value(banso_api::openapi()).expect("JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    let paths: BTreeSet<&str> =
        document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    let expected = [
        "/healthz",
        "/metrics",
        "/openapi.json",
        "/readyz",
        "/v1/events",
        "/v1/persons/{id}/events",
        "/v1/persons/{id}/findings",
        "/v1/persons/{id}/plan",
        "/v1/persons/{id}/team",
        "/v1/persons/{id}/timeline",
        "/v1/worklists/unanswered-referrals",
        "/v1/zones/{id}/issues",
    ];
    assert_eq!(paths, expected.into());
    assert!(document["paths"]["/v1/events"]["post"].is_object());
    assert!(document["paths"]["/v1/events"]["get"].is_object());
    // Every reference leads somewhere.
    for reference in references(&document) {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[test]
fn what_is_no_address_or_no_method_of_it_is_a_problem_too() {
    let server = Server::start();
    server.get("/v1/person/haru/plan").problem(404, "not-found");
    server.get("/").problem(404, "not-found");
    let answer = server.post("/v1/persons/haru/plan", &[], "");
    answer.problem(405, "method-not-allowed");
    assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET")));
    server.post("/healthz", &[], "").problem(405, "method-not-allowed");
}
