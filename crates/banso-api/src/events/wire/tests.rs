//! The forms against the CloudEvents SDK as an oracle.

use super::*;
use banso_kernel::{EventId, Proposal};
use chrono::DateTime;
use cloudevents::event::{AttributesReader, ExtensionValue};
use cloudevents::{Data, EventBuilder, EventBuilderV10};
use serde_json::{Value, json};

const DATA: &str = r#"{ "text" : "料理がしたい",  "verbatim":true }"#;

/// An event as the SDK builds it.
fn sdk_event() -> EventBuilderV10 {
    EventBuilderV10::new()
        .id("haru-09 \"/\\ %")
        .source("https://c-soudan.example/ハル")
        .ty("banso.PersonVoiceRecorded.v1")
        .subject("person/haru")
        .time("2025-04-02T17:40:00+09:00")
        .extension("bansooccurred", "2025-04-01")
        .extension("bansoactor", "consultant@c-soudan")
        .extension("bansoexpected", 7)
        .extension("bansocorrelation", "退院\nの準備")
}

fn built(builder: EventBuilderV10) -> cloudevents::Event {
    builder.build().unwrap()
}

/// What both sides call the attributes of an event.
fn sdk_attributes(event: &cloudevents::Event) -> Vec<(String, String)> {
    let text = |name: &str, value: String| match event.time().filter(|_| name == "time") {
        Some(time) => time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        None => value,
    };
    let mut all: Vec<(String, String)> =
        event.iter().map(|(name, value)| (name.to_owned(), text(name, value.to_string()))).collect();
    all.sort();
    all
}

fn attributes(event: &CloudEvent) -> Vec<(String, String)> {
    event.attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn recorded(changes: impl FnOnce(&mut Proposal)) -> Recorded {
    let event = CloudEvent {
        attributes: [
            ("specversion", "1.0"),
            ("id", "haru-09"),
            ("source", "https://c-soudan.example/ハル"),
            ("type", "banso.PersonVoiceRecorded.v1"),
            ("subject", "person/haru"),
            ("bansooccurred", "2025-04"),
            ("bansoactor", "consultant@c-soudan"),
            ("bansogroup", "g \"1\""),
            ("bansocorrelation", "退院"),
            ("bansoconfidentiality", "restricted"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        data: Bytes::from_static(DATA.as_bytes()),
    };
    let mut proposal = event.into_proposal(DateTime::UNIX_EPOCH).unwrap();
    changes(&mut proposal);
    let header = banso_kernel::Header {
        seq: 12_345_678_901_234,
        stream: proposal.stream,
        stream_seq: 3,
        event_id: proposal.event_id,
        source: proposal.source,
        id: proposal.id,
        event_type: proposal.event_type,
        occurred: proposal.occurred,
        received_at: DateTime::UNIX_EPOCH,
        recorded_at: "2025-04-02T08:40:00.123456Z".parse().unwrap(),
        actor: proposal.actor,
        corrects: proposal.corrects,
        repeats: Some(EventId::of("s", "1")),
        group: proposal.group,
        correlation: proposal.correlation,
        causation: proposal.causation,
        confidentiality: proposal.confidentiality,
        traceparent: proposal.traceparent,
        fingerprint: proposal.fingerprint,
    };
    Recorded { header, body: proposal.body }
}

#[test]
fn what_the_sdk_writes_is_read_with_the_same_attributes_and_data() {
    let data: Value = serde_json::from_str(DATA).unwrap();
    let theirs = built(sdk_event().data("application/json", data.clone()));
    let ours = structured(&serde_json::to_vec(&theirs).unwrap()).unwrap();
    assert_eq!(attributes(&ours), sdk_attributes(&theirs));
    assert_eq!(serde_json::from_slice::<Value>(&ours.data).unwrap(), data);
}

#[test]
fn what_the_sdk_writes_in_base64_is_read_to_the_byte() {
    let theirs = built(sdk_event().data("application/json", Data::Binary(DATA.as_bytes().to_vec())));
    let json = serde_json::to_string(&theirs).unwrap();
    assert!(json.contains("data_base64"), "{json}");
    let ours = structured(json.as_bytes()).unwrap();
    assert_eq!(attributes(&ours), sdk_attributes(&theirs));
    assert_eq!(ours.data, DATA);
}

#[test]
fn a_batch_of_the_sdk_is_read_item_by_item() {
    let theirs: Vec<cloudevents::Event> = (0..3)
        .map(|n| built(sdk_event().id(n.to_string()).data("application/json", json!({"n": n}))))
        .collect();
    let json = serde_json::to_vec(&theirs).unwrap();
    let items = batch(&json).unwrap();
    assert_eq!(items.len(), theirs.len());
    for (item, theirs) in items.iter().zip(&theirs) {
        assert_eq!(attributes(&structured(item.get().as_bytes()).unwrap()), sdk_attributes(theirs));
    }
}

#[test]
fn the_sdk_reads_what_is_written_here() {
    let recorded = recorded(|_| {});
    let ours = CloudEvent::from(&recorded);
    let theirs: cloudevents::Event = serde_json::from_str(&event_json(&recorded).unwrap()).unwrap();
    assert_eq!(theirs.id(), "haru-09");
    assert_eq!(theirs.source(), "https://c-soudan.example/ハル");
    assert_eq!(theirs.ty(), "banso.PersonVoiceRecorded.v1");
    assert_eq!(theirs.subject(), Some("person/haru"));
    assert_eq!(theirs.datacontenttype(), Some("application/json"));
    assert_eq!(theirs.time(), None, "when the publisher wrote it down is not kept");
    let extensions = ours.attributes.iter().filter(|(name, _)| name.starts_with("banso"));
    for (name, value) in extensions {
        assert_eq!(theirs.extension(name), Some(&ExtensionValue::String(value.clone())), "{name}");
    }
    assert_eq!(theirs.iter_extensions().count() + 6, ours.attributes.len());
    assert_eq!(theirs.data(), Some(&Data::Json(serde_json::from_str(DATA).unwrap())));
}

#[test]
fn the_sdk_reads_a_list_of_what_is_written_here() {
    let recorded = [recorded(|_| {}), recorded(|event| event.corrects = Some(EventId::of("s", "2")))];
    let list: Vec<Structured<'_>> = recorded.iter().map(Structured).collect();
    let theirs: Vec<cloudevents::Event> =
        serde_json::from_str(&serde_json::to_string(&list).unwrap()).unwrap();
    assert_eq!(theirs.len(), 2);
    assert_eq!(
        theirs[1].extension("bansocorrects"),
        Some(&ExtensionValue::String(EventId::of("s", "2").to_string()))
    );
}

#[test]
fn an_event_is_one_line_whatever_its_data_is_written_like() {
    let data = "{\r\n  \"text\": \"一\\n二\"\n}";
    let recorded = recorded(|event| event.body = Bytes::from_static(data.as_bytes()));
    let json = event_json(&recorded).unwrap();
    assert!(!json.contains(['\r', '\n']));
    let read: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["data"]["text"], "一\n二");
}

#[test]
fn data_is_kept_byte_for_byte() {
    let json = format!(r#"{{"id":"1","data":{DATA},"source":"s"}}"#);
    assert_eq!(structured(json.as_bytes()).unwrap().data, DATA);
}

#[test]
fn attributes_of_every_kind_are_read_as_text_and_null_as_absent() {
    let event = structured(r#"{"a":"あ","b":-7,"c":true,"d":null,"data":1}"#.as_bytes()).unwrap();
    let read: Vec<_> = event.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(read, [("a", "あ"), ("b", "-7"), ("c", "true")]);
    for wrong in ["1.5", "[1]", "{}", "1e3", "9223372036854775808"] {
        let problem = structured(format!(r#"{{"a/b":{wrong},"data":1}}"#).as_bytes()).unwrap_err();
        assert_eq!(problem.pointer.as_deref(), Some("/a~1b"), "{wrong}");
    }
}

#[test]
fn a_name_stands_once() {
    for (json, pointer) in [
        (r#"{"id":"1","id":"1","data":1}"#, "/id"),
        (r#"{"id":"1","data":1,"data":1}"#, "/data"),
        (r#"{"data":1,"data_base64":"MQ=="}"#, "/data_base64"),
        (r#"{"a":null,"\u0061":"1","data":1}"#, "/a"),
    ] {
        assert_eq!(structured(json.as_bytes()).unwrap_err().pointer.as_deref(), Some(pointer), "{json}");
    }
}

#[test]
fn groups_are_found_in_what_is_no_event() {
    let none: [&str; 0] = [];
    assert_eq!(groups(r#"{"bansogroup":"g","id":1.5}"#), ["g"]);
    assert_eq!(groups(r#"{"bansogroup":7}"#), ["7"]);
    assert_eq!(groups(r#"{"bansogroup":"a","bansogroup":"b"}"#), ["a", "b"]);
    assert_eq!(groups(r#"{"bansogroup":null}"#), none);
    assert_eq!(groups("17"), none);
}

#[test]
fn percent_encoding_is_decoded_as_the_http_binding_says() {
    let decoded = |text: &str| percent_decoded(text.as_bytes());
    assert_eq!(decoded("Euro%20%E2%82%AC%20%F0%9F%98%80").as_deref(), Some("Euro € 😀"));
    assert_eq!(decoded("plain/text+1").as_deref(), Some("plain/text+1"));
    for wrong in ["%", "%4", "%zz", "%+1", "%e3%83"] {
        assert_eq!(decoded(wrong), None, "{wrong}");
    }
}
