//! What is no event at all: 400, with a JSON pointer to what is wrong.

use super::not_recorded;
use crate::support::event::{Event, admitted, asked, event, said};
use crate::support::server::{BATCH, STRUCTURED, Server};
use serde_json::json;

#[track_caller]
fn is_malformed_at(server: &Server, pointer: &str, event: &Event) {
    let answer = not_recorded(server, || server.publish(event));
    assert_eq!(answer.problem(400, "malformed")["pointer"], pointer, "{}", answer.body);
    let results = server.publish_all([event]);
    assert_eq!(results[0]["status"], 400);
    assert_eq!(results[0]["pointer"], format!("/0{pointer}"));
}

#[test]
fn a_wrong_attribute_is_pointed_at() {
    let server = Server::start();
    let event = said("haru", "1", "はい");
    for (name, value) in [
        ("type", json!("banso.Unheard.v1")),
        ("type", json!("banso.PersonVoiceRecorded.v9")),
        ("type", json!("PersonVoiceRecorded")),
        // An event of the registry is none of a person, one of a person none of a zone.
        ("type", json!("banso.OrgRegistered.v1")),
        ("subject", json!("person/ハル")),
        ("subject", json!("haru")),
        ("specversion", json!("0.3")),
        ("id", json!("")),
        ("id", json!("a\u{0}b")),
        ("id", json!("x".repeat(300))),
        ("source", json!("a\nb")),
        ("bansooccurred", json!("yesterday")),
        ("bansooccurred", json!("2025-02-30")),
        ("bansooccurred", json!("2025-4-1")),
        ("bansooccurred", json!("after:haru-05")),
        ("bansoactor", json!("nurse")),
        ("bansocorrects", json!("1")),
        ("bansoexpected", json!(-1)),
        ("bansoexpected", json!("first")),
        ("bansoconfidentiality", json!("secret")),
        ("datacontenttype", json!("text/xml")),
        ("time", json!("noon")),
        ("bansoocurred", json!("unknown")),
        ("corrects", json!("x")),
        ("bansoseq", json!("1")),
        ("bansogroup", json!(["g"])),
        ("traceparent", json!({"id": 1})),
        ("subject", json!(1.5)),
    ] {
        is_malformed_at(&server, &format!("/{name}"), &event.clone().with(name, value));
    }
    is_malformed_at(&server, "/a~1b~0c", &event.clone().with("a/b~c", "x"));
    for name in ["specversion", "id", "source", "type", "subject", "bansooccurred", "bansoactor", "data"] {
        is_malformed_at(&server, &format!("/{name}"), &event.clone().without(name));
    }
    is_malformed_at(&server, "/type", &event.with("subject", "zone/east"));
}

#[test]
fn wrong_data_is_pointed_at() {
    let server = Server::start();
    let voice = said("haru", "1", "はい");
    let request = asked("haru", "r1", "minsei", &["d-hoken"]);
    let actor = |more: serde_json::Value| {
        let mut actor = json!({"actor": "nurse", "org": "d-hoken", "role": "public_health_nurse"});
        actor.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!([{"org": "city"}, {"actor": actor}])
    };
    for (pointer, event) in [
        ("/data", voice.clone().with_data("/text", json!(null))),
        ("/data/text", voice.clone().with_data("/text", json!(1))),
        ("/data/verbatim", voice.clone().with_data("/verbatim", json!("yes"))),
        ("/data/assent", voice.clone().with_data("/assent", json!("maybe"))),
        ("/data/heardBy", voice.clone().with_data("/heardBy", json!("person"))),
        ("/data/to/1/actor/phone", request.clone().with_data("/to", actor(json!({"phone": "0120"})))),
        ("/data/to/1/actor/org", request.clone().with_data("/to", actor(json!({"org": "あ"})))),
        ("/data/to/0", request.clone().with_data("/to", json!([{"organisation": "city"}]))),
        ("/data/respond_by", request.clone().with_data("/respond_by", json!("2025-02-30"))),
        ("/data/referral", request.clone().with_data("/referral", json!("r1"))),
        ("/data", voice.clone().with("data", json!(null))),
        ("/data", voice.clone().with("data", json!([]))),
        ("/data", voice.clone().with("data", json!("text"))),
        ("/data", voice.clone().with_data("/text", json!("a\u{0}b"))),
        ("/data", voice.clone().with_data("/a\u{0}b", json!(1))),
        ("/data_base64", voice.clone().without("data").with("data_base64", "***")),
        ("/data_base64", voice.clone().without("data").with("data_base64", json!(1))),
        // `{"a":"\xff"}` and `nonsense`
        ("/data", voice.clone().without("data").with("data_base64", "eyJhIjoi/yJ9")),
        ("/data", voice.clone().without("data").with("data_base64", "bm9uc2Vuc2U=")),
    ] {
        is_malformed_at(&server, pointer, &event);
    }
    let odd = voice.json().replace("\"verbatim\"", "\"a/b~c\":1,\"verbatim\"");
    let answer = not_recorded(&server, || server.publish_text(&odd));
    assert_eq!(answer.problem(400, "malformed")["pointer"], "/data/a~1b~0c");
    let twice = voice.with("data_base64", "e30=");
    let answer = not_recorded(&server, || server.publish(&twice));
    answer.problem(400, "malformed");
}

#[test]
fn what_is_not_json_is_malformed() {
    let server = Server::start();
    let event = said("haru", "1", "はい").json();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let in_data = |data: &str| event.replace("\"text\":\"はい\"", &format!("\"text\":{data}"));
    let raw_nul = event.replace("はい", "は\0い");
    for text in [
        String::new(),
        "nul".to_owned(),
        "[]".to_owned(),
        "1".to_owned(),
        "\"event\"".to_owned(),
        "{}".to_owned(),
        event[..event.len() - 1].to_owned(),
        format!("{event}{event}"),
        format!("\u{feff}{event}"),
        raw_nul,
        // A name that stands twice, of an attribute and deeper.
        event.replacen('{', "{\"id\":\"1\",", 1),
        event.replace("\"text\":", "\"text\":\"いいえ\",\"text\":"),
        in_data("\"\\ud800\""),
        in_data("01"),
        in_data(&deep),
        event.replace("\"1\"", &deep),
        deep.clone(),
        format!("{{\"data\":{deep}}}"),
        "{\"a\":".repeat(40_000),
    ] {
        let answer = not_recorded(&server, || server.publish_text(&text));
        let problem = answer.problem(400, "malformed");
        assert!(problem["pointer"].is_string(), "{problem}");
    }
    let mut invalid = event.clone().into_bytes();
    let at = event.find('は').expect("the word");
    invalid[at] = 0xff;
    not_recorded(&server, || server.publish_text(&invalid)).problem(400, "malformed");
    for body in [deep.as_str(), "{}", "", "[", "[1", "[{}}"] {
        let answer = not_recorded(&server, || server.post("/v1/events", &[("content-type", BATCH)], body));
        if body == deep {
            assert_eq!(answer.ok()["results"][0]["pointer"], "/0");
        } else {
            answer.problem(400, "malformed");
        }
    }
}

#[test]
fn a_batch_item_that_is_malformed_is_pointed_at_by_its_place() {
    let server = Server::start();
    let text = format!(
        "[{}, 17, {{\"id\":\"1\"}}, {}, {}]",
        said("haru", "1", "一").json(),
        event("2", "PersonVoiceRecorded", "person/haru", json!({"text": "二"})).json(),
        said("haru", "3", "三").json(),
    );
    let answer = server.post("/v1/events", &[("content-type", BATCH)], text).ok();
    let told: Vec<_> = (0..5)
        .map(|at| (answer["results"][at]["status"].as_u64(), answer["results"][at]["pointer"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some(201), None),
            (Some(400), Some("/1")),
            (Some(400), Some("/2/data")),
            (Some(400), Some("/3/data")),
            (Some(201), None),
        ]
    );
    assert_eq!(server.head(), 2);
}

#[test]
fn wrong_headers_of_the_binary_form_are_pointed_at() {
    let server = Server::start();
    let event = said("haru", "1", "はい");
    for (name, value) in [
        ("bansooccurred", "yesterday"),
        ("bansowhen", "unknown"),
        // After decoding: U+0000.
        ("id", "a\u{0}b"),
    ] {
        let answer = not_recorded(&server, || server.publish_binary(&event.clone().with(name, value)));
        assert_eq!(answer.problem(400, "malformed")["pointer"], format!("/{name}"));
    }
    let answer = not_recorded(&server, || server.publish_binary(&event.clone().without("subject")));
    assert_eq!(answer.problem(400, "malformed")["pointer"], "/subject");

    let given = |more: (&str, &str)| {
        let headers = [
            ("content-type", "application/json"),
            ("ce-specversion", "1.0"),
            ("ce-id", "1"),
            ("ce-source", "https://c-soudan.example"),
            ("ce-type", "banso.PersonVoiceRecorded.v1"),
            ("ce-subject", "person/haru"),
            ("ce-bansooccurred", "unknown"),
            ("ce-bansoactor", "nurse@d-hoken"),
            more,
        ];
        server.post("/v1/events", &headers, event.data().to_string())
    };
    for more in [
        ("ce-id", "2"),
        ("ce-bansocorrelation", "%"),
        ("ce-bansocorrelation", "%4"),
        ("ce-bansocorrelation", "%zz"),
        ("ce-bansocorrelation", "%+1"),
        ("ce-bansocorrelation", "%ff"),
    ] {
        let answer = not_recorded(&server, || given(more));
        let pointer = more.0.replace("ce-", "/");
        assert_eq!(answer.problem(400, "malformed")["pointer"], pointer, "{more:?}");
    }
    assert_eq!(given(("ce-bansocorrelation", "%E3%83%8F%E3%83%AB")).status, 201);
}

#[test]
fn a_question_mark_may_be_followed_by_what_is_known_only() {
    let server = Server::start();
    let event = admitted("haru", "1", "2025-04-01").json();
    for query in ["dryrun=true", "dry_run=1", "dry_run=", "dry_run=true&dry_run=false", "x"] {
        let path = format!("/v1/events?{query}");
        let answer = not_recorded(&server, || server.post(&path, &[("content-type", STRUCTURED)], &event));
        answer.problem(400, "malformed");
    }
}
