//! How much may come at once, and from how many.

use super::client::{Grpc, PATIENCE, cloud_event, failed, problem, receipt};
use crate::support::event::{Event, said};
use banso_app::PUBLICATIONS_MAX;
use banso_proto::v1::record_service_client::RecordServiceClient;
use banso_proto::v1::{GetPlanRequest, PublishRequest, PublishResponse, WatchEventsRequest};
use futures::StreamExt;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use tonic::Code;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const CONNECTIONS_MAX: usize = 128;
const STREAMS_MAX: usize = 256;

fn of_words(id: &str, bytes: usize) -> Event {
    said("haru", id, "").with_data("/text", json!("a".repeat(bytes)))
}

#[test]
fn an_event_has_at_most_256_kib() {
    let grpc = Grpc::start();
    let status = grpc.publish(vec![cloud_event(&of_words("1", 256 * 1024))]).unwrap_err();
    failed(&status, Code::InvalidArgument, "too-large");
    let events = [said("haru", "2", "二"), of_words("3", 256 * 1024), of_words("4", 255 * 1024)];
    let results = grpc.publish(events.iter().map(cloud_event).collect()).unwrap().results;
    let too_large = problem(results[1].clone());
    assert_eq!((too_large.code, too_large.kind.as_str()), (Code::InvalidArgument.into(), "too-large"));
    assert_eq!((receipt(results[0].clone()).seq, receipt(results[2].clone()).seq), (1, 2));
    let (sender, mut answers) = grpc.stream();
    sender.send(cloud_event(&of_words("5", 256 * 1024))).unwrap();
    let answer = grpc.wait(answers.message()).unwrap().unwrap();
    assert_eq!(problem(answer.result.unwrap()).kind, "too-large");
    assert_eq!(grpc.refused("event_too_large"), 3.0);
    assert_eq!(grpc.head(), 2);
}

#[test]
fn a_request_has_at_most_a_thousand_events() {
    let grpc = Grpc::start();
    let events: Vec<_> =
        (0..1_001).map(|n| cloud_event(&said("haru", &format!("{n}"), &format!("{n}")))).collect();
    let status = grpc.publish(events.clone()).unwrap_err();
    failed(&status, Code::InvalidArgument, "too-large");
    assert_eq!((grpc.refused("too_many_events"), grpc.head()), (1.0, 0));
    let results = grpc.publish(events[..1_000].to_vec()).unwrap().results;
    assert_eq!((results.into_iter().map(receipt).count(), grpc.head()), (1_000, 1_000));
}

#[test]
fn a_group_has_at_most_a_hundred_events() {
    let grpc = Grpc::start();
    let member =
        |n: usize| cloud_event(&said("haru", &format!("{n}"), &format!("{n}")).with("bansogroup", "g"));
    let status = grpc.publish((0..101).map(member).collect()).unwrap_err();
    failed(&status, Code::InvalidArgument, "too-large");
    let results = grpc.publish((0..100).map(member).collect()).unwrap().results;
    assert_eq!((results.into_iter().map(receipt).count(), grpc.head()), (100, 100));
}

#[test]
fn what_finds_too_many_at_work_is_asked_to_come_again() {
    const CONNECTIONS: usize = 20;
    const EACH: usize = 60;
    let grpc = Grpc::in_files(&[]);
    let stalled = grpc.stall();
    let (admitted, refused) = grpc.wait(async {
        let mut calls = futures::stream::FuturesUnordered::new();
        for connection in 0..CONNECTIONS {
            let channel = grpc.another_channel();
            for n in 0..EACH {
                let event =
                    cloud_event(&said("haru", &format!("{connection}-{n}"), &format!("{connection}-{n}")));
                let mut record = RecordServiceClient::new(channel.clone());
                let request = PublishRequest { events: vec![event], dry_run: false };
                calls.push(tokio::spawn(async move { record.publish(request).await }));
            }
        }
        // Nothing can be recorded: whoever is answered now found too many at work.
        let mut refused = 0;
        while refused < CONNECTIONS * EACH - PUBLICATIONS_MAX {
            let status = calls.next().await.unwrap().unwrap().unwrap_err();
            failed(&status, Code::ResourceExhausted, "queue-full");
            refused += 1;
        }
        failed(&never_sent(grpc.another_channel()).await, Code::ResourceExhausted, "queue-full");
        drop(stalled);
        let rest: Vec<_> = calls.collect().await;
        (rest.into_iter().filter(|answer| answer.as_ref().is_ok_and(Result::is_ok)).count(), refused)
    });
    assert_eq!((admitted, admitted + refused), (PUBLICATIONS_MAX, CONNECTIONS * EACH));
    assert_eq!(grpc.head(), admitted as u64);
}

#[test]
fn a_message_has_at_most_4_mib() {
    let grpc = Grpc::start();
    let large = |n: usize| cloud_event(&of_words(&format!("large-{n}"), 250 * 1024));
    let status = grpc.publish((0..17).map(large).collect()).unwrap_err();
    failed(&status, Code::InvalidArgument, "too-large");
    let (sender, mut answers) = grpc.stream();
    sender.send(cloud_event(&said("haru", "1", "一"))).unwrap();
    sender.send(cloud_event(&of_words("2", 5 * 1024 * 1024))).unwrap();
    // What came before is answered; then the stream is ended.
    assert_eq!(receipt(grpc.wait(answers.message()).unwrap().unwrap().result.unwrap()).seq, 1);
    failed(&grpc.wait(answers.message()).unwrap_err(), Code::InvalidArgument, "too-large");
    let question = GetPlanRequest { person: "a".repeat(65 * 1024), ..Default::default() };
    let status = grpc.wait(grpc.query().get_plan(question)).unwrap_err();
    failed(&status, Code::InvalidArgument, "too-large");
    assert_eq!(grpc.refused("message_too_large"), 3.0);
    let results = grpc.publish((0..16).map(large).collect()).unwrap().results;
    assert_eq!((results.into_iter().map(receipt).count(), grpc.head()), (16, 17));
}

#[test]
fn bytes_that_are_no_message_are_malformed() {
    let grpc = Grpc::start();
    let mut calls = tonic::client::Grpc::new(grpc.channel.clone());
    let status = grpc.wait(async {
        calls.ready().await.unwrap();
        let path = tonic::codegen::http::uri::PathAndQuery::from_static("/banso.v1.RecordService/Publish");
        // A status is no request: its first field is a number, not an event.
        let codec = tonic_prost::ProstCodec::<tonic_health::pb::HealthCheckResponse, ()>::default();
        let odd = tonic_health::pb::HealthCheckResponse { status: 1 };
        calls.unary(tonic::Request::new(odd), path, codec).await.unwrap_err()
    });
    failed(&status, Code::InvalidArgument, "malformed");
    assert_eq!((grpc.refused("not_a_message"), grpc.head()), (1.0, 0));
}

#[test]
fn a_client_that_does_not_speak_http2_is_told_so() {
    let grpc = Grpc::start();
    let mut browser = TcpStream::connect(grpc.address()).unwrap();
    browser.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(browser, "POST /banso.v1.RecordService/Publish HTTP/1.1\r\nhost: attacker.example\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    browser.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 505 ") && answer.ends_with("HTTP/2 alone"), "{answer}");
    assert_eq!(grpc.refused("not_http2"), 1.0);
}

/// A connection that has said no more than that it speaks HTTP/2.
fn connect(grpc: &Grpc) -> TcpStream {
    let mut stream = TcpStream::connect(grpc.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // Where there is no room it may be closed by now: whoever reads will see.
    drop(stream.write_all(&[PREFACE, &[0, 0, 0, 4, 0, 0, 0, 0, 0]].concat()));
    stream
}

#[test]
fn a_connection_is_told_how_many_calls_and_headers_it_may_send() {
    let grpc = Grpc::start();
    let mut stream = connect(&grpc);
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[3], 4, "settings come first");
    let mut settings = vec![0; usize::from(head[2])];
    stream.read_exact(&mut settings).unwrap();
    let setting = |id: u8| {
        let entry = settings.chunks(6).find(|entry| entry[..2] == [0, id])?;
        Some(u32::from_be_bytes(entry[2..].try_into().unwrap()))
    };
    assert_eq!((setting(3), setting(6)), (Some(64), Some(16 * 1024)));

    let mut request = tonic::Request::new(GetPlanRequest { person: "haru".to_owned(), ..Default::default() });
    request.metadata_mut().insert("banso-odd", "a".repeat(20 * 1024).parse().unwrap());
    let status = grpc.wait(grpc.query().get_plan(request)).unwrap_err();
    assert_ne!(status.code(), Code::NotFound, "it was not asked: {status:?}");
    grpc.admit(&said("haru", "1", "はい"));
}

#[test]
fn a_connection_on_which_nobody_is_any_more_is_closed() {
    let grpc = Grpc::start_with(&[("BANSO__GRPC__KEEP_ALIVE_SECONDS", "1")]);
    // It hears the pings and answers none.
    let mut rest = Vec::new();
    let ended = connect(&grpc).read_to_end(&mut rest);
    assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
    // A client that does answer stays for as long.
    grpc.admit(&said("haru", "1", "はい"));
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let grpc = Grpc::start();
    let mut silent = TcpStream::connect(grpc.address()).unwrap();
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    silent.write_all(&PREFACE[..5]).unwrap();
    let ended = silent.read(&mut [0; 1]);
    assert!(matches!(ended, Ok(0)) || ended.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset));
    assert_eq!(grpc.refused("silent"), 1.0);
}

/// What a publication is told of which nothing but the headers comes.
async fn never_sent(channel: tonic::transport::Channel) -> tonic::Status {
    let mut calls = tonic::client::Grpc::new(channel);
    calls.ready().await.unwrap();
    let path = tonic::codegen::http::uri::PathAndQuery::from_static("/banso.v1.RecordService/Publish");
    let codec = tonic_prost::ProstCodec::<PublishRequest, PublishResponse>::default();
    let never = tonic::Request::new(futures::stream::pending());
    calls.client_streaming(never, path, codec).await.unwrap_err()
}

#[test]
fn a_request_that_never_comes_in_whole_is_given_up() {
    let grpc = Grpc::start_with(&[("BANSO__GRPC__CALL_SECONDS", "1")]);
    let status = grpc.wait(never_sent(grpc.channel.clone()));
    failed(&status, Code::DeadlineExceeded, "too-slow");
    assert_eq!((grpc.refused("slow"), grpc.head()), (1.0, 0));
}

#[test]
fn a_packed_message_is_refused() {
    let grpc = Grpc::start();
    let events = vec![cloud_event(&said("haru", "1", "はい"))];
    let mut request = tonic::Request::new(PublishRequest { events, dry_run: false });
    request.metadata_mut().insert("grpc-encoding", "gzip".parse().unwrap());
    let status = grpc.wait(grpc.record().publish(request)).unwrap_err();
    assert_eq!((status.code(), grpc.head()), (Code::Unimplemented, 0), "{status:?}");
}

#[test]
fn only_so_many_connections_are_let_in() {
    let grpc = Grpc::start();
    let connect = || connect(&grpc);
    // A server's settings come first, on every connection that it takes.
    let is_taken = |stream: &mut TcpStream| matches!(stream.read(&mut [0; 9]), Ok(n) if n > 0);
    let mut taken: Vec<_> = (0..CONNECTIONS_MAX).map(|_| connect()).collect();
    assert!(taken.iter_mut().all(is_taken));
    assert!(!is_taken(&mut connect()));
    assert!(grpc.refused("connections") >= 1.0);
    taken.pop();
    crate::support::process::until("there is room again", || is_taken(&mut connect()).then_some(()));
}

#[test]
fn only_so_many_streams_are_open() {
    let grpc = Grpc::start();
    let watch = |channel: &tonic::transport::Channel| {
        let mut query = banso_proto::v1::query_service_client::QueryServiceClient::new(channel.clone());
        grpc.wait(async move { query.watch_events(WatchEventsRequest::default()).await })
    };
    let mut open = Vec::new();
    for _ in 0..STREAMS_MAX / 64 {
        let channel = grpc.another_channel();
        open.extend((0..64).map(|_| watch(&channel).unwrap()));
    }
    let status = watch(&grpc.another_channel()).unwrap_err();
    failed(&status, Code::ResourceExhausted, "streams-full");
    let status = grpc.wait(grpc.record().publish_stream(futures::stream::pending())).unwrap_err();
    failed(&status, Code::ResourceExhausted, "streams-full");
    assert_eq!(grpc.refused("streams"), 2.0);
    open.pop();
    crate::support::process::until("there is room again", || watch(&grpc.channel).ok());
    // Questions and requests are answered all the while.
    grpc.admit(&said("haru", "1", "はい"));
}
