//! An event is recorded once, however often it is sent.

use super::not_recorded;
use crate::support::event::said;
use crate::support::server::Server;
use serde_json::json;

#[test]
fn an_event_that_is_sent_again_gets_the_first_result() {
    let server = Server::start();
    let event = said("haru", "1", "仲間が欲しい");
    let first = server.admit(&event);
    server.admit(&said("haru", "2", "料理がしたい"));
    let again = server.publish(&event);
    assert_eq!(
        again.ok(),
        json!({"outcome": "duplicate", "seq": 1, "stream_seq": 1, "event_id": first["event_id"]})
    );
    assert_eq!(again.header("etag"), Some("\"1\""));
    assert_eq!(server.head(), 2);
}

#[test]
fn a_repeat_that_is_sent_again_still_says_what_it_repeats() {
    let server = Server::start();
    let first = server.admit(&said("haru", "1", "仲間が欲しい"));
    let repeat = said("haru", "2", "仲間が欲しい");
    server.admit(&repeat);
    let again = server.publish(&repeat).ok();
    assert_eq!(again["outcome"], "duplicate");
    assert_eq!(again["seq"], 2);
    assert_eq!(again["repeats"], first["event_id"]);
}

#[test]
fn what_does_not_belong_to_the_content_does_not_make_another_event() {
    let server = Server::start();
    let event = said("haru", "1", "はい")
        .with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .with("time", "2025-04-01T09:00:00+09:00");
    server.admit(&event);
    let data =
        r#"{"text":"\u306f\u3044", "setting":"not_recorded",  "heard_by":"not_recorded","verbatim" : true}"#;
    let reordered = format!(
        r#" {{"data":{data},"bansoactor":"consultant@c-soudan","subject":"person/haru","id":"1",
        "bansooccurred":"unknown","type":"banso.PersonVoiceRecorded.v1","source":"https://c-soudan.example",
        "traceparent":"00-ffffffffffffffffffffffffffffffff-b7ad6b7169203331-00","tracestate":"a=b",
        "specversion":"1.0","bansoexpected":"none","bansogroup":"g"}}"#
    );
    let again = server.publish_text(&reordered).ok();
    assert_eq!((&again["outcome"], &again["seq"]), (&json!("duplicate"), &json!(1)));
}

#[test]
fn one_changed_value_makes_another_event_which_needs_another_id() {
    let server = Server::start();
    let event = said("haru", "1", "はい");
    let admitted = server.admit(&event);
    for other in [
        event.clone().with_data("/text", json!("いいえ")),
        event.clone().with_data("/verbatim", json!(false)),
        event.clone().with("bansooccurred", "2025-04-01"),
        event.clone().with("bansoactor", "nurse@d-hoken"),
        event.clone().with("subject", "person/aki"),
    ] {
        let answer = not_recorded(&server, || server.publish(&other));
        let problem = answer.problem(409, "id-conflict");
        assert_eq!(problem["event_id"], admitted["event_id"]);
    }
    assert_eq!(server.publish(&event).ok()["outcome"], "duplicate");
}

#[test]
fn another_source_may_use_the_same_id() {
    let server = Server::start();
    server.admit(&said("haru", "1", "はい"));
    server.admit(&said("haru", "1", "いいえ").with("source", "https://city.example"));
    assert_eq!(server.head(), 2);
}

#[test]
fn a_refused_id_may_come_again_corrected() {
    let server = Server::start();
    let refused = said("haru", "1", "はい").with("bansooccurred", "2999-01-01");
    server.publish(&refused).problem(422, "refused");
    server.admit(&refused.with("bansooccurred", "2025-04-01"));
}

#[test]
fn of_the_same_event_sent_twenty_times_at_once_one_is_recorded() {
    let server = Server::start();
    let event = said("haru", "1", "はい");
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let sent: Vec<_> = (0..20).map(|_| scope.spawn(|| server.publish(&event).status)).collect();
        sent.into_iter().map(|sent| sent.join().expect("an answer")).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [[200; 19].as_slice(), &[201]].concat());
    assert_eq!(server.head(), 1);
}
