//! The three forms of a CloudEvent over HTTP, and what is answered.

use crate::support::event::{admitted, event, said};
use crate::support::server::{BATCH, STRUCTURED, Server};
use serde_json::json;

#[test]
fn an_admitted_event_is_answered_with_its_place() {
    let server = Server::start();
    let event = admitted("haru", "stay1", "2025-04-01");
    let answer = server.publish(&event);
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.to_json(),
        json!({"outcome": "admitted", "seq": 1, "stream_seq": 1, "event_id": event.event_id()})
    );
    assert_eq!(answer.header("etag"), Some("\"1\""));

    server.admit(&said("aki", "1", "はい"));
    let answer = server.publish(&said("haru", "2", "はい"));
    assert_eq!((&answer.to_json()["seq"], &answer.to_json()["stream_seq"]), (&json!(3), &json!(2)));
    assert_eq!(answer.header("etag"), Some("\"2\""));
}

#[test]
fn a_fact_that_is_known_already_is_recorded_and_says_what_it_repeats() {
    let server = Server::start();
    let first = said("haru", "1", "仲間が欲しい");
    server.admit(&first);
    let again = said("haru", "2", "仲間が欲しい").with("bansoactor", "nurse@d-hoken");
    let answer = server.admit(&again);
    assert_eq!(answer["outcome"], "admitted");
    assert_eq!(answer["repeats"], first.event_id());
}

#[test]
fn every_form_of_an_event_is_the_same_event() {
    let server = Server::start();
    let event = said("haru", "ハル/1 100%", "料理がしたい").with("source", "https://c-soudan.example/ハル");
    let structured = server.publish(&event);
    assert_eq!(structured.status, 201, "{}", structured.body);

    let binary = server.publish_binary(&event);
    assert_eq!(binary.ok()["outcome"], "duplicate");
    let in_batch = server.publish_all([&event]);
    assert_eq!(in_batch[0]["outcome"], "duplicate");
    assert_eq!(in_batch[0]["status"], 200);
    // {"text":"料理がしたい",…} in base64.
    let base64 = event.clone().without("data").with("data_base64", BASE64);
    let base64 = server.publish(&base64);
    assert_eq!(base64.ok()["outcome"], "duplicate");

    for answer in [binary.to_json(), base64.to_json()] {
        assert_eq!(answer["event_id"], structured.to_json()["event_id"]);
        assert_eq!(answer["seq"], 1);
    }
    assert_eq!(server.head(), 1);
}

/// `{"text":"料理がしたい","verbatim":true,"setting":"not_recorded","heard_by":"not_recorded"}`
const BASE64: &str = "eyJ0ZXh0Ijoi5paZ55CG44GM44GX44Gf44GEIiwidmVyYmF0aW0iOnRydWUsInNldHRpbmciOiJub3RfcmVjb3JkZWQiLCJoZWFyZF9ieSI6Im5vdF9yZWNvcmRlZCJ9";

#[test]
fn each_form_is_admitted_by_itself() {
    let server = Server::start();
    let binary = server.publish_binary(&said("haru", "b", "はい"));
    assert_eq!((binary.status, &binary.to_json()["outcome"]), (201, &json!("admitted")));
    let base64 = said("haru", "d", "-").without("data").with("data_base64", BASE64);
    assert_eq!(server.publish(&base64).status, 201);
    let with_charset = [("content-type", "application/cloudevents+json; charset=UTF-8")];
    let structured = server.post("/v1/events", &with_charset, said("haru", "s", "いいえ").json());
    assert_eq!(structured.status, 201);
    let results = server.publish_all([&said("haru", "1", "一"), &said("aki", "1b", "二")]);
    let told: Vec<_> = results.iter().map(|result| (&result["status"], &result["seq"])).collect();
    assert_eq!(told, [(&json!(201), &json!(4)), (&json!(201), &json!(5))]);

    let texts = server.get("/v1/events?person=haru").lines();
    let texts: Vec<_> = texts.iter().map(|event| event["data"]["text"].as_str()).collect();
    assert_eq!(texts, [Some("はい"), Some("料理がしたい"), Some("いいえ"), Some("一")]);
}

#[test]
fn an_empty_batch_is_answered_with_no_results() {
    let server = Server::start();
    let answer = server.post("/v1/events", &[("content-type", BATCH)], "[]");
    assert_eq!(answer.ok(), json!({"results": []}));
}

#[test]
fn a_batch_is_answered_event_by_event_in_its_order() {
    let server = Server::start();
    let first = said("haru", "1", "一");
    server.admit(&first);
    let results = server.publish_all([
        &first,
        &first.clone().with_data("/text", json!("二")),
        &said("haru", "2", "二").with("bansooccurred", "2999-01-01"),
        &event("3", "Unheard", "person/haru", json!({})),
        &said("haru", "4", "四").with("bansoexpected", "7"),
        &said("haru", "5", "五"),
        &said("haru", "5", "五"),
        &said("haru", "5", "六"),
    ]);
    let kind = |kind: &str| json!(format!("urn:banso:problem:{kind}"));
    let told: Vec<_> = results
        .iter()
        .map(|result| (result["status"].clone(), result.get("outcome").unwrap_or(&result["type"]).clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!(200), json!("duplicate")),
            (json!(409), kind("id-conflict")),
            (json!(422), kind("refused")),
            (json!(400), kind("malformed")),
            (json!(409), kind("version-conflict")),
            (json!(201), json!("admitted")),
            (json!(200), json!("duplicate")),
            (json!(409), kind("id-conflict")),
        ]
    );
    assert_eq!(results[2]["rule"], "future-date");
    assert_eq!(results[3]["pointer"], "/3/type");
    assert_eq!(results[4]["stream_seq"], 1);
    assert_eq!(results[5]["seq"], 2);
    assert_eq!(server.head(), 2);
}

#[test]
fn what_is_recorded_comes_back_with_every_attribute_and_the_data_as_it_was() {
    let server = Server::start();
    let text = r#"{ "specversion":"1.0", "id":"x", "source":"https://c-soudan.example",
        "type":"banso.PersonVoiceRecorded.v1", "subject":"person/haru", "bansooccurred":"2025-04",
        "bansoactor":"nurse@d-hoken", "bansocorrelation":"c-1", "bansogroup":"g", "bansoconfidentiality":"sealed",
        "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "data":{ "verbatim": true,
          "heard_by": "not_recorded", "setting": "not_recorded",  "text": "\u3042\n" } }"#;
    assert_eq!(server.publish_text(text).status, 201);
    let page = server.get("/v1/events");
    assert_eq!(page.body.lines().count(), 1, "{}", page.body);
    let event = &page.lines()[0];
    let sent: serde_json::Value = serde_json::from_str(text).expect("JSON");
    for (name, value) in sent.as_object().expect("an object") {
        assert_eq!(&event[name], value, "{name}");
    }
    // The spelling of the data is the publisher's.
    assert!(page.body.contains(r#""text": "\u3042\n" }"#), "{}", page.body);
    for name in ["bansoseq", "bansostreamseq"] {
        assert_eq!(event[name], "1", "{name}");
    }
    assert_eq!(event["bansopart"], "5");
    assert_eq!(event["bansoeventid"], banso_kernel::EventId::of("https://c-soudan.example", "x").to_string());
    assert!(event["bansoreceivedat"].as_str() <= event["bansorecordedat"].as_str());
}

#[test]
fn a_carriage_return_in_the_data_breaks_no_line_of_the_log() {
    let server = Server::start();
    let event = said("haru", "1", "はい").json().replace("\"verbatim\"", "\r\n \r\"verbatim\"");
    assert!(event.contains('\r'));
    let answer = server.post("/v1/events", &[("content-type", STRUCTURED)], &event);
    assert_eq!(answer.status, 201, "{event}");
    assert!(!server.get("/v1/events").body.trim_end().contains(['\r', '\n']));
}
