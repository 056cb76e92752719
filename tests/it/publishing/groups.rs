//! A group is recorded as a whole or not at all, also across streams.

use crate::support::event::{Event, said};
use crate::support::server::{BATCH, Server};
use serde_json::{Value, json};

fn member(person: &str, id: &str) -> Event {
    said(person, id, id).with("bansogroup", "move")
}

fn rules(results: &[Value]) -> Vec<Option<&str>> {
    results.iter().map(|result| result["rule"].as_str().or(result["outcome"].as_str())).collect()
}

#[test]
fn a_group_whose_members_are_all_admitted_is_recorded() {
    let server = Server::start();
    let results = server.publish_all([
        &member("haru", "1"),
        &said("haru", "alone", "はい"),
        &member("aki", "2"),
        &member("natsu", "3"),
    ]);
    assert!(results.iter().all(|result| result["status"] == 201), "{results:?}");
    // The group stands together, where its first member stood.
    let seqs: Vec<_> = results.iter().map(|result| result["seq"].as_u64()).collect();
    assert_eq!(seqs, [Some(1), Some(4), Some(2), Some(3)]);
}

#[test]
fn one_refusal_keeps_out_the_whole_group_and_nobody_else() {
    let server = Server::start();
    let results = server.publish_all([
        &member("haru", "1"),
        &said("haru", "alone", "はい"),
        &member("aki", "2").with("bansooccurred", "2999-01-01"),
        &member("natsu", "3"),
    ]);
    assert_eq!(
        rules(&results),
        [Some("group-refused"), Some("admitted"), Some("future-date"), Some("group-refused")]
    );
    assert_eq!(results[0]["status"], 422);
    assert!(results[0]["detail"].as_str().is_some_and(|detail| detail.contains("event 2")), "{results:?}");
    assert_eq!(server.head(), 1);
    // Corrected, the same ids are admitted.
    let results = server.publish_all([&member("haru", "1"), &member("aki", "2"), &member("natsu", "3")]);
    assert!(results.iter().all(|result| result["status"] == 201), "{results:?}");
}

#[test]
fn a_conflict_keeps_out_the_whole_group() {
    let server = Server::start();
    server.admit(&said("haru", "1", "一"));
    for last in [member("haru", "1"), member("haru", "2").with("bansoexpected", "9")] {
        let results = server.publish_all([&member("aki", "3"), &last]);
        assert_eq!(results[0]["rule"], "group-refused");
        assert_eq!(results[1]["status"], 409);
    }
    assert_eq!(server.head(), 1);
}

#[test]
fn a_member_that_is_malformed_keeps_out_the_whole_group() {
    let server = Server::start();
    let fellow = member("haru", "1").json();
    let alone = said("haru", "alone", "はい").json();
    let wrong = member("aki", "2");
    let too_large = member("aki", "2").with_data("/text", json!("a".repeat(300_000))).json();
    for (n, broken) in [
        wrong.clone().without("subject").json(),
        wrong.clone().with("type", "banso.Unheard.v1").json(),
        wrong.clone().with_data("/text", Value::Null).json(),
        wrong.clone().without("data").json(),
        wrong.clone().with("id", json!([])).json(),
        too_large,
        // Which group it belongs to is still plain.
        wrong.json().replacen('{', "{\"id\":\"2\",", 1),
        wrong.json().replacen('{', "{\"bansogroup\":\"other\",", 1),
    ]
    .into_iter()
    .enumerate()
    {
        let body = format!("[{fellow},{broken},{alone}]");
        let answer = server.post("/v1/events", &[("content-type", BATCH)], body).ok();
        let results = answer["results"].as_array().expect("results");
        assert_eq!(results[0]["rule"], "group-refused", "{broken}: {results:?}");
        assert!(results[0]["detail"].as_str().is_some_and(|detail| detail.contains('1')), "{results:?}");
        assert!(matches!(results[1]["status"].as_u64(), Some(400 | 413)), "{broken}: {results:?}");
        assert_eq!(results[2]["outcome"], if n == 0 { "admitted" } else { "duplicate" });
    }
    assert_eq!(server.head(), 1);
}

#[test]
fn a_group_that_is_named_by_a_number_is_that_group() {
    let server = Server::start();
    let results = server.publish_all([
        &member("haru", "1").with("bansogroup", "7"),
        &member("aki", "2").with("bansogroup", 7).without("data"),
    ]);
    assert_eq!(results[0]["rule"], "group-refused");
    assert_eq!(server.head(), 0);
}

#[test]
fn a_group_that_is_sent_again_gets_the_first_results() {
    let server = Server::start();
    let group = [member("haru", "1"), member("aki", "2")];
    let first = server.publish_all(&group);
    let again = server.publish_all(&group);
    assert_eq!(rules(&again), [Some("duplicate"), Some("duplicate")]);
    assert_eq!(first[1]["seq"], again[1]["seq"]);
    assert_eq!(server.head(), 2);
}

#[test]
fn a_later_member_may_rest_on_an_earlier_one() {
    let server = Server::start();
    let first = member("haru", "1");
    let second = member("haru", "2").with("bansooccurred", format!("after:{}", first.event_id()));
    let results = server.publish_all([&first, &second]);
    assert_eq!(rules(&results), [Some("admitted"), Some("admitted")]);
}
