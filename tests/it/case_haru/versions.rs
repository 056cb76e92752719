//! A reader who writes: the stream's version goes out with an answer and comes back with an event; and whoever
//! publishes reads what it published.

use super::told;
use crate::support::event::{asked, said};
use crate::support::server::Server;

#[test]
fn the_etag_of_an_answer_is_the_condition_of_the_next_event() {
    let told = told();
    for (n, view) in ["plan", "team", "timeline", "events"].into_iter().enumerate() {
        let answer = told.server.get(&format!("/v1/persons/haru/{view}"));
        let tag = answer.header("etag").expect("an ETag").to_owned();
        assert_eq!(tag, format!("\"{}\"", answer.to_json()["as_of"]["stream_seq"]));
        let next = |id: &str| said("haru", &format!("{id}-{n}"), &format!("{id}-{n}"));
        let admitted = told.server.publish_if(&next("first"), &[("if-match", &tag)]);
        assert_eq!(admitted.status, 201, "{}", admitted.body);
        let late = told.server.publish_if(&next("second"), &[("if-match", &tag)]);
        late.problem(409, "version-conflict");
        let new_tag = admitted.header("etag").expect("an ETag");
        assert_ne!(new_tag, tag);
        assert_eq!(told.server.get(&format!("/v1/persons/haru/{view}")).header("etag"), Some(new_tag));
    }
}

#[test]
fn the_etag_of_an_earlier_state_is_its_version() {
    let told = told();
    let answer = told.server.get("/v1/persons/haru/plan?known_at=40");
    assert_eq!(answer.header("etag"), Some("\"26\""));
}

#[test]
fn whoever_publishes_reads_it_at_once() {
    let server = Server::start();
    for n in 1..=40u64 {
        let id = format!("r{n}");
        let event = asked("haru", &id, &format!("org-{n}"), &["city"]);
        let receipt = server.admit(&event);
        // The projector has no time to have seen it; the answer has.
        let team = server.get("/v1/persons/haru/team");
        assert_eq!(team.ok()["as_of"]["stream_seq"], n);
        assert_eq!(team.ok()["as_of"]["known_seq"], receipt["seq"]);
        assert!(team.body.contains(&format!("\"org-{n}\"")), "{}", team.body);
        let timeline = server.json("/v1/persons/haru/timeline");
        assert_eq!(timeline["rows"].as_array().map(Vec::len), Some(n as usize));
    }
    let stored = server.json("/v1/persons/haru/team");
    server.settle();
    assert_eq!(server.json("/v1/persons/haru/team"), stored, "with the projector there, the same");
}
