//! `?dry_run=true`: what would happen, without anything happening.

use crate::support::event::{Event, batch, said};
use crate::support::server::{Answer, BATCH, STRUCTURED, Server};
use serde_json::json;

fn tried(server: &Server, event: &Event) -> Answer {
    let before = server.head();
    let answer = server.post("/v1/events?dry_run=true", &[("content-type", STRUCTURED)], event.json());
    assert_eq!(server.head(), before);
    answer
}

#[test]
fn what_would_be_admitted_is_told_and_not_recorded() {
    let server = Server::start();
    server.admit(&said("haru", "1", "一"));
    let event = said("haru", "2", "一");
    for _ in 0..2 {
        let answer = tried(&server, &event).ok();
        assert_eq!(answer["outcome"], "would_be_admitted");
        assert_eq!((&answer["seq"], &answer["stream_seq"]), (&json!(2), &json!(2)));
        assert_eq!(answer["repeats"], said("haru", "1", "一").event_id());
    }
    assert_eq!(server.admit(&event)["seq"], 2);
    assert_eq!(tried(&server, &event).ok()["outcome"], "duplicate");
}

#[test]
fn what_would_not_be_admitted_is_told() {
    let server = Server::start();
    server.admit(&said("haru", "1", "一"));
    let event = said("haru", "2", "二");
    tried(&server, &event.clone().with("bansooccurred", "2999-01-01")).problem(422, "refused");
    tried(&server, &event.clone().with("id", "1")).problem(409, "id-conflict");
    tried(&server, &event.clone().with("bansoexpected", "9")).problem(409, "version-conflict");
    tried(&server, &event.without("subject")).problem(400, "malformed");
}

#[test]
fn a_batch_is_tried_as_if_each_event_before_had_been_recorded() {
    let server = Server::start();
    let first = said("haru", "1", "一").with("bansoexpected", "none");
    let second = said("haru", "2", "二")
        .with("bansoexpected", "1")
        .with("bansooccurred", format!("after:{}", first.event_id()));
    let body = batch([&first, &second, &first, &second.clone().with("id", "3")]);
    let answer = server.post("/v1/events?dry_run=true", &[("content-type", BATCH)], body).ok();
    let told =
        (0..4).map(|at| (answer["results"][at]["status"].as_u64(), answer["results"][at]["seq"].as_u64()));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(Some(200), Some(1)), (Some(200), Some(2)), (Some(200), Some(1)), (Some(409), None)]
    );
    assert_eq!(server.head(), 0);
    assert_eq!(server.get("/v1/persons/haru/plan").status, 404);
}
