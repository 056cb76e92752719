//! Whatever is sent: an answer that says what is wrong with it, never a failure of ours.

use crate::support::event::{batch, said};
use crate::support::server::{Answer, BATCH, STRUCTURED, Server};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

const CASES: u32 = 300;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::from("a\u{0}")),
        Just(Value::from("person")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![
            "[a-z_]{1,8}",
            Just("actor".to_owned()),
            Just("org".to_owned()),
            Just("text".to_owned()),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// An event with one thing about it changed.
fn any_event() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "bansooccurred",
        "bansoactor",
        "bansocorrects",
        "bansogroup",
        "bansoexpected",
        "datacontenttype",
        "data",
        "data_base64",
        "x/y",
    ]);
    let whole =
        (names, any_json()).prop_map(|(name, value)| said("haru", "1", "はい").with(name, value).json());
    let part = (prop::sample::select(vec!["/text", "/verbatim", "/heard_by", "/assent", "/x"]), any_json())
        .prop_map(|(pointer, value)| said("haru", "1", "はい").with_data(pointer, value).json());
    let cut = (0usize..400, any::<u8>()).prop_map(|(at, byte)| {
        let mut bytes = said("haru", "1", "はい").json().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        String::from_utf8_lossy(&bytes).into_owned()
    });
    prop_oneof![whole, part, cut, any_json().prop_map(|value| value.to_string())]
}

fn is_an_answer(answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert!(answer.status < 500, "{}: {}", answer.status, answer.body);
    if answer.status >= 400 {
        prop_assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    Ok(())
}

#[test]
fn no_body_makes_the_door_fail() {
    let server = Server::start();
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let bodies = prop_oneof![bytes, any_event().prop_map(String::into_bytes)];
    let forms = prop::sample::select(vec![STRUCTURED, BATCH, "application/json"]);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config.clone()).run(&(forms, bodies), |(form, body)| {
        let headers = [
            ("content-type", form),
            ("ce-specversion", "1.0"),
            ("ce-id", "b"),
            ("ce-source", "s"),
            ("ce-type", "banso.PersonVoiceRecorded.v1"),
            ("ce-subject", "person/haru"),
            ("ce-bansooccurred", "unknown"),
            ("ce-bansoactor", "nurse@d-hoken"),
        ];
        is_an_answer(&server.post("/v1/events", &headers, body))
    });
    outcome.expect("no failure");

    let lists = prop::collection::vec(any_event(), 0..4);
    let outcome = TestRunner::new(config).run(&lists, |events| {
        let answer = server.post("/v1/events", &[("content-type", BATCH)], format!("[{}]", events.join(",")));
        is_an_answer(&answer)?;
        if answer.status == 200 {
            let results = answer.to_json()["results"].clone();
            let ours = |result: &Value| result["status"].as_u64().is_none_or(|status| status >= 500);
            let failed = results.as_array().is_none_or(|results| results.iter().any(ours));
            prop_assert!(!failed, "{}", results);
        }
        Ok(())
    });
    outcome.expect("no failure");

    // All the while nothing was disturbed.
    let last = server.publish_all([&said("aki", "last", "はい")]);
    assert_eq!(last[0]["status"], 201, "{}", batch([&said("aki", "last", "はい")]));
    server.settle();
    server.json("/v1/persons/aki/timeline");
}
