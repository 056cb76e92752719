//! Events as CloudEvents' own libraries write them.

use super::client::{Grpc, cloud_event, failed, receipt};
use crate::support::event::said;
use banso_proto::v1::CloudEvent;
use banso_proto::v1::cloud_event::attribute_value::Attr;
use banso_proto::v1::cloud_event::{AttributeValue, Data};
use prost::Message;
use std::collections::HashMap;
use tonic::Code;

/// The published protobuf format of CloudEvents, number by number: what a library of a publisher encodes.
mod published {
    use super::HashMap;

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct CloudEvent {
        #[prost(string, tag = "1")]
        pub(super) id: String,
        #[prost(string, tag = "2")]
        pub(super) source: String,
        #[prost(string, tag = "3")]
        pub(super) spec_version: String,
        #[prost(string, tag = "4")]
        pub(super) kind: String,
        #[prost(map = "string, message", tag = "5")]
        pub(super) attributes: HashMap<String, Value>,
        #[prost(bytes = "vec", optional, tag = "6")]
        pub(super) binary_data: Option<Vec<u8>>,
        #[prost(string, optional, tag = "7")]
        pub(super) text_data: Option<String>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Value {
        #[prost(bool, optional, tag = "1")]
        pub(super) boolean: Option<bool>,
        #[prost(int32, optional, tag = "2")]
        pub(super) integer: Option<i32>,
        #[prost(string, optional, tag = "3")]
        pub(super) string: Option<String>,
        #[prost(string, optional, tag = "5")]
        pub(super) uri: Option<String>,
        #[prost(message, optional, tag = "7")]
        pub(super) timestamp: Option<prost_types::Timestamp>,
    }
}

#[test]
fn the_bytes_of_a_cloudevents_library_are_an_event() {
    let grpc = Grpc::start();
    let event = said("haru", "1", "はい");
    let text = |value: &str| published::Value { string: Some(value.to_owned()), ..Default::default() };
    let uri = |value: &str| published::Value { uri: Some(value.to_owned()), ..Default::default() };
    let at = prost_types::Timestamp { seconds: 1_755_225_000, nanos: 500_000_000 };
    let time = published::Value { timestamp: Some(at), ..Default::default() };
    let seven = published::Value { integer: Some(0), ..Default::default() };
    // The data is spaced as its publisher likes it.
    let data = " { \"text\" :\n \"はい\", \"verbatim\": true, \"setting\": \"not_recorded\", \"heard_by\": \"not_recorded\" } ";
    let sent = published::CloudEvent {
        id: "1".to_owned(),
        source: event.text("source").to_owned(),
        spec_version: "1.0".to_owned(),
        kind: event.text("type").to_owned(),
        attributes: [
            ("subject", text("person/haru")),
            ("bansoactor", text("consultant@c-soudan")),
            ("bansooccurred", time.clone()),
            ("bansoexpected", seven),
            ("time", time),
            ("dataschema", uri("https://banso.example/schema")),
            ("datacontenttype", text("application/json")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
        binary_data: Some(data.as_bytes().to_vec()),
        text_data: None,
    };
    let read = CloudEvent::decode(sent.encode_to_vec().as_slice()).unwrap();
    let answer = grpc.publish(vec![read]).unwrap();
    assert_eq!(receipt(answer.results[0].clone()).seq, 1);

    let mut heard = grpc.wait(grpc.query().watch_events(banso_proto::v1::WatchEventsRequest::default()));
    let first = grpc.wait(heard.as_mut().unwrap().get_mut().message()).unwrap().unwrap();
    let Some(banso_proto::v1::watch_events_response::Message::Recorded(recorded)) = first.message else {
        panic!("no event: {first:?}")
    };
    let back = recorded.event.unwrap();
    let back = published::CloudEvent::decode(back.encode_to_vec().as_slice()).unwrap();
    assert_eq!(back.text_data.as_deref(), Some(data));
    assert_eq!((back.id, back.source, back.kind), (sent.id, sent.source, sent.kind));
    let attribute = |name: &str| back.attributes[name].string.clone();
    assert_eq!(attribute("subject").as_deref(), Some("person/haru"));
    assert_eq!(attribute("bansooccurred").as_deref(), Some("2025-08-15T02:30:00.500Z"));
    assert_eq!(attribute("bansoseq").as_deref(), Some("1"));
}

#[test]
fn an_envelope_that_says_something_else_is_malformed() {
    let grpc = Grpc::start();
    let good = cloud_event(&said("haru", "1", "はい"));
    let with = |name: &str, attr: Option<Attr>| {
        let mut event = good.clone();
        event.attributes.insert(name.to_owned(), AttributeValue { attr });
        event
    };
    let too_many = (0..65).fold(good.clone(), |mut event, n| {
        let empty = Attr::CeString(String::new());
        event.attributes.insert(format!("a{n}"), AttributeValue { attr: Some(empty) });
        event
    });
    let odd = prost_types::Timestamp { seconds: i64::MAX, nanos: -1 };
    for (event, pointer) in [
        (with("id", Some(Attr::CeString("2".to_owned()))), "/id"),
        (with("data", Some(Attr::CeString("{}".to_owned()))), "/data"),
        (with("bansogroup", None), "/bansogroup"),
        (with("bansogroup", Some(Attr::CeBytes("g".into()))), "/bansogroup"),
        (with("time", Some(Attr::CeTimestamp(odd))), "/time"),
        (with("bansoactor", Some(Attr::CeBoolean(true))), "/bansoactor"),
        (with("a/b", Some(Attr::CeString("x".to_owned()))), "/a~1b"),
        (CloudEvent { data: None, ..good.clone() }, "/data"),
        (CloudEvent { data: Some(Data::ProtoData(Default::default())), ..good.clone() }, "/data"),
        (CloudEvent { data: Some(Data::BinaryData("\u{ff}{".into())), ..good.clone() }, "/data"),
        (CloudEvent { spec_version: String::new(), ..good.clone() }, "/specversion"),
        (too_many, ""),
    ] {
        let status = grpc.publish(vec![event]).unwrap_err();
        assert_eq!(
            failed(&status, Code::InvalidArgument, "malformed").as_deref(),
            Some(pointer),
            "{status:?}"
        );
    }
    assert_eq!(grpc.head(), 0);
}
