//! The intake as a door: what messages of the bus become, and what their publishers are told. The bus itself
//! stands elsewhere; here messages come as a reader of the bus hands them over.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::event::{self, Event, SOURCE, said};
use crate::support::server::Server;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use banso_api::{IntakeMessage, Publisher};
use banso_app::{AppendError, IntakePosition};
use banso_kernel::SystemClock;
use banso_log::{Limits, StoredReceipt};
use bytes::Bytes;
use chrono::DateTime;
use serde_json::{Value, json};
use std::sync::Arc;

const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";
const VOICE: [&str; 2] = ["person", "person-voice-recorded"];

fn publisher() -> Publisher {
    Publisher { name: "soudan".to_owned(), sources: vec![SOURCE.to_owned()] }
}

fn at(seq: u64) -> IntakePosition {
    IntakePosition { stream: "intake-1".to_owned(), seq }
}

fn message(seq: u64, subject: &[&str], headers: &[(&str, &str)], payload: impl Into<Bytes>) -> IntakeMessage {
    let header = |(name, value): &(&str, &str)| {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        (name.parse::<HeaderName>().unwrap(), value)
    };
    IntakeMessage {
        seq,
        received_at: DateTime::from_timestamp(1_750_000_000, 0).unwrap(),
        subject: subject.iter().map(|token| (*token).to_owned()).collect(),
        headers: headers.iter().map(header).collect::<HeaderMap>(),
        payload: payload.into(),
        defect: None,
    }
}

fn structured(seq: u64, event: &Event) -> IntakeMessage {
    message(seq, &VOICE, &[("content-type", STRUCTURED)], event.json())
}

fn binary(seq: u64, event: &Event) -> IntakeMessage {
    let headers: Vec<(String, &str)> =
        event.attributes().map(|(name, value)| (format!("ce-{name}"), value)).collect();
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    message(seq, &VOICE, &headers, event.data().to_string())
}

fn batch(seq: u64, events: &[Event]) -> IntakeMessage {
    message(seq, &["batch"], &[("content-type", BATCH)], event::batch(events))
}

/// Delivers what stands behind the intake's position.
fn deliver(server: &Server, messages: Vec<IntakeMessage>) -> Result<(), AppendError> {
    let from = server.wait(server.app.store.intake_position("soudan")).unwrap();
    let to = at(messages.last().unwrap().seq);
    server.wait(banso_api::deliver(&server.app, &publisher(), from, to, messages))
}

fn receipts(server: &Server) -> Vec<Value> {
    let receipts: Vec<StoredReceipt> = server.wait(server.app.store.receipts(0, 1_000)).unwrap();
    receipts.iter().map(|receipt| serde_json::from_slice(&receipt.body).unwrap()).collect()
}

/// What became of the only message.
fn only(message: IntakeMessage) -> (Value, u64) {
    let server = Server::start();
    deliver(&server, vec![message]).unwrap();
    let told = receipts(&server);
    assert_eq!(told.len(), 1, "{told:?}");
    (told[0].clone(), server.head())
}

#[test]
fn each_form_of_a_message_is_recorded_and_answered_by_the_name_of_its_event() {
    let server = Server::start();
    let events = ["1", "2", "3", "4"].map(|id| said("haru", id, &format!("ことば{id}")));
    let messages = vec![
        structured(5, &events[0]),
        binary(6, &events[1]),
        batch(9, &events[2..]),
        binary(11, &events[1]),
    ];
    deliver(&server, messages).unwrap();
    let told = receipts(&server);
    let short: Vec<(u64, &str, &str, u64)> = told
        .iter()
        .map(|told| {
            assert_eq!(told["source"], SOURCE);
            let text = |name: &str| told[name].as_str().unwrap();
            (told["message"].as_u64().unwrap(), text("id"), text("outcome"), told["seq"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(
        short,
        [
            (5, "1", "admitted", 1),
            (6, "2", "admitted", 2),
            (9, "3", "admitted", 3),
            (9, "4", "admitted", 4),
            (11, "2", "duplicate", 2)
        ]
    );
    assert_eq!(server.wait(server.app.store.intake_position("soudan")).unwrap(), Some(at(11)));
    // When it came to its first door, not when the intake was read.
    let lines = server.get("/v1/events").lines();
    assert_eq!(lines[0]["bansoreceivedat"], "2025-06-15T15:06:40.000000Z");
}

#[test]
fn the_same_events_through_the_intake_and_over_http_are_the_same_events() {
    let server = Server::start();
    let event = said("haru", "1", "はい");
    let first = server.admit(&event);
    deliver(&server, vec![binary(1, &event)]).unwrap();
    let told = receipts(&server);
    assert_eq!((&told[0]["status"], &told[0]["seq"]), (&json!(200), &first["seq"]));
    assert_eq!(server.publish(&event).status, 200);
    assert_eq!(server.head(), 1);
}

#[test]
fn what_is_refused_is_told_with_its_rule_and_does_not_hold_up_what_follows() {
    let server = Server::start();
    let future = said("haru", "1", "はい").with("bansooccurred", "2999-01-01");
    deliver(&server, vec![binary(1, &future), binary(2, &said("haru", "2", "はい"))]).unwrap();
    let told = receipts(&server);
    assert_eq!(told[0]["status"], 422);
    assert!(told[0]["rule"].is_string(), "{told:?}");
    assert_eq!(told[1]["status"], 201);
    assert_eq!(server.head(), 1);
}

#[test]
fn a_message_that_cannot_be_read_is_answered_with_a_reason_and_stores_nothing() {
    let said = said("haru", "1", "はい");
    let without_id = said.clone().without("id");
    let large = said.clone().with_data("/text", json!("あ".repeat(100_000)));
    let of_group = |n: usize| said.clone().with("id", n.to_string()).with("bansogroup", "g");
    let cases = [
        (IntakeMessage { defect: Some("no headers".to_owned()), ..binary(1, &said) }, 400, ""),
        (batch(1, &(0..101).map(of_group).collect::<Vec<_>>()), 413, ""),
        (binary(1, &without_id), 400, "/id"),
        (message(1, &VOICE, &[], "hello"), 400, "/specversion"),
        (message(1, &VOICE, &[("content-type", STRUCTURED)], "{"), 400, ""),
        (message(1, &VOICE, &[("content-type", STRUCTURED)], vec![0xff, 0xfe]), 400, ""),
        (message(1, &["batch"], &[("content-type", BATCH)], "{}"), 400, ""),
        (
            message(1, &["batch"], &[("content-type", BATCH)], format!("[{}]", vec!["1"; 1_001].join(","))),
            413,
            "",
        ),
        (binary(1, &said.clone().with("source", "https://else.example")), 403, "/source"),
        (structured(1, &large), 413, ""),
        (binary(1, &large), 413, ""),
        (structured(1, &said.clone().with("bansogroup", "g")), 400, "/bansogroup"),
        (structured(1, &said.clone().with("type", "banso.Unheard.v1")), 400, "/type"),
        (binary(1, &said.clone().with("bansoactor", "nobody")), 400, "/bansoactor"),
        // On the subject of something else.
        (message(1, &["referral", "referral-made"], &[("content-type", STRUCTURED)], said.json()), 400, ""),
        (message(1, &["person"], &[("content-type", STRUCTURED)], said.json()), 400, ""),
        (message(1, &[], &[("content-type", STRUCTURED)], said.json()), 400, ""),
        (message(1, &VOICE, &[("content-type", BATCH)], format!("[{}]", said.json())), 400, ""),
    ];
    for (n, (message, status, pointer)) in cases.into_iter().enumerate() {
        let (told, head) = only(message);
        assert_eq!(told["status"], status, "{n}: {told}");
        assert_eq!(told["pointer"].as_str().unwrap_or_default(), pointer, "{n}: {told}");
        assert!(told["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{n}: {told}");
        assert_eq!(head, 0, "{n}");
    }
}

#[test]
fn more_than_may_wait_is_settled_piece_by_piece() {
    let limits = Limits { queue_events: 1_000, ..Limits::default() };
    let server = Server::with(Arc::new(SystemClock), limits);
    let messages: Vec<IntakeMessage> = (0..5u64)
        .map(|message| {
            let id = |n: u64| format!("{message}-{n}");
            batch(message * 2, &(0..700).map(|n| said("haru", &id(n), &id(n))).collect::<Vec<_>>())
        })
        .collect();
    let publisher = publisher();
    let settled = banso_api::deliver(&server.app, &publisher, None, at(11), messages);
    server.wait(settled).unwrap();
    assert_eq!((server.head(), server.wait(server.app.store.receipt_head()).unwrap()), (3_500, 3_500));
    assert_eq!(server.wait(server.app.store.intake_position("soudan")).unwrap(), Some(at(11)));
}

#[test]
fn an_empty_batch_moves_the_intake_on() {
    let server = Server::start();
    deliver(&server, vec![batch(3, &[])]).unwrap();
    assert_eq!(receipts(&server), Vec::<Value>::new());
    assert_eq!(server.wait(server.app.store.intake_position("soudan")).unwrap(), Some(at(3)));
}

#[test]
fn groups_of_two_messages_have_nothing_to_do_with_each_other() {
    let server = Server::start();
    let of = |group: &str, id: &str| said("haru", id, id).with("bansogroup", group);
    let bad = of("g", "3").with("bansooccurred", "2999-01-01");
    let messages = vec![
        batch(1, &[of("g", "1"), of("h", "2"), of("g", "4")]),
        batch(2, &[of("g", "5"), bad, of("h", "6"), of("g", "7")]),
    ];
    deliver(&server, messages).unwrap();
    let told = receipts(&server);
    let statuses: Vec<u64> = told.iter().map(|told| told["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 201, 422, 422, 201, 422]);
    assert_eq!((&told[3]["event"], &told[6]["event"]), (&json!(0), &json!(3)));
    // Counted within the message.
    for refused in [&told[3], &told[6]] {
        assert!(refused["detail"].as_str().unwrap().contains("event 1 of the batch"), "{refused}");
    }
    assert_eq!(server.head(), 4);
}

#[test]
fn a_group_that_is_too_large_is_told_so_and_holds_up_nothing() {
    let server = Server::start();
    let of_group = |n: usize| said("haru", &format!("g{n}"), &format!("{n}")).with("bansogroup", "g");
    let group: Vec<Event> = (0..101).map(of_group).collect();
    let [before, behind] = ["before", "behind"].map(|id| said("haru", id, id));
    deliver(&server, vec![binary(1, &before), batch(2, &group), binary(3, &behind)]).unwrap();
    let told: Vec<(Value, Value)> =
        receipts(&server).iter().map(|told| (told["message"].clone(), told["status"].clone())).collect();
    assert_eq!(told, [(1, 201), (2, 413), (3, 201)].map(|(message, status)| (json!(message), json!(status))));
    assert_eq!(server.head(), 2);
    assert_eq!(server.wait(server.app.store.intake_position("soudan")).unwrap(), Some(at(3)));
}

#[test]
fn a_reader_that_lost_its_place_is_fenced_and_stores_nothing() {
    let server = Server::start();
    deliver(&server, vec![binary(1, &said("haru", "1", "はい"))]).unwrap();
    let publisher = publisher();
    let messages = vec![binary(1, &said("haru", "2", "いいえ"))];
    let late = banso_api::deliver(&server.app, &publisher, None, at(1), messages);
    match server.wait(late) {
        Err(AppendError::Fenced { actual }) => assert_eq!(actual, Some(at(1))),
        other => panic!("{other:?}"),
    }
    assert_eq!((server.head(), receipts(&server).len()), (1, 1));
}

#[test]
fn a_name_that_no_event_can_have_is_not_repeated() {
    // In a header of its outcome each of these would take three bytes: more than the bus takes of all.
    let (told, head) = only(structured(1, &said("haru", &"%".repeat(200_000), "はい")));
    assert_eq!((&told["status"], &told["id"], head), (&json!(400), &Value::Null, 0), "{told}");
    assert_eq!(told["source"], SOURCE);
    assert!(told.to_string().len() < 1_000, "{told}");
}
