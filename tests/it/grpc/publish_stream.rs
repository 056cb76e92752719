//! `RecordService/PublishStream`.

use super::client::{Grpc, cloud_event, failed, problem, receipt};
use crate::support::event::said;
use crate::support::process::until;
use banso_proto::v1::Outcome;
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tonic::Code;

/// Most events of a stream that wait for their answer.
const IN_FLIGHT_MAX: usize = 256;

#[test]
fn answers_come_in_the_order_of_the_events() {
    const EVENTS: u64 = 1_500;
    let grpc = Grpc::start();
    let event = |n: u64| {
        let event = said(&format!("p{}", n % 7), &format!("{n}"), &format!("{n}"));
        // Every tenth one is refused, every hundredth one malformed.
        match (n % 10, n % 100) {
            (_, 5) => event.without("subject"),
            (0, _) => event.with("bansooccurred", "2999-01-01"),
            _ => event,
        }
    };
    let mut answers = grpc.answers(futures::stream::iter((0..EVENTS).map(move |n| cloud_event(&event(n)))));
    let (mut admitted, mut last) = (0, 0);
    for n in 0..EVENTS {
        let answer = grpc.wait(answers.message()).unwrap().unwrap();
        assert_eq!(answer.number, n);
        let result = answer.result.unwrap();
        match (n % 10, n % 100) {
            (_, 5) => assert_eq!(problem(result).pointer.as_deref(), Some("/subject")),
            (0, _) => assert_eq!(problem(result).rule.as_deref(), Some("future-date")),
            _ => {
                let receipt = receipt(result);
                assert_eq!(receipt.outcome(), Outcome::Admitted);
                assert!(receipt.seq > last, "the log has them in the order of the stream");
                (admitted, last) = (admitted + 1, receipt.seq);
            }
        }
    }
    assert_eq!(grpc.wait(answers.message()).unwrap(), None, "the stream ends with its events");
    assert_eq!(grpc.head(), admitted);
}

#[test]
fn an_answer_does_not_wait_for_the_next_event() {
    let grpc = Grpc::start();
    let (events, mut answers) = grpc.stream();
    for n in 0..5 {
        events.send(cloud_event(&said("haru", &format!("{n}"), &format!("{n}")))).unwrap();
        let answer = grpc.wait(answers.message()).unwrap().unwrap();
        assert_eq!((answer.number, receipt(answer.result.unwrap()).seq), (n, n + 1));
    }
}

#[test]
fn while_the_store_is_slow_only_so_many_wait() {
    const EVENTS: u64 = 2_000;
    let grpc = Grpc::in_files(&[]);
    let stalled = grpc.stall();
    let (events, mut answers) = grpc.stream();
    for n in 0..EVENTS {
        events.send(cloud_event(&said("haru", &format!("{n}"), &format!("{n}")))).unwrap();
    }
    // What the writer has in hand is no longer in the queue.
    let waiting = || grpc.metric("banso_append_queue_events").unwrap_or(0.0) as usize;
    until("the stream is not read any more", || {
        let before = waiting();
        std::thread::sleep(Duration::from_millis(200));
        (before > 0 && waiting() == before).then_some(())
    });
    assert!(waiting() <= IN_FLIGHT_MAX, "{} wait", waiting());
    drop(stalled);
    for n in 0..EVENTS {
        let answer = grpc.wait(answers.message()).unwrap().unwrap();
        assert_eq!((answer.number, receipt(answer.result.unwrap()).seq), (n, n + 1));
    }
}

#[test]
fn a_full_queue_is_waited_for_and_nothing_overtakes() {
    const STREAMS: usize = 6;
    const EVENTS: u64 = 400;
    let grpc = Grpc::in_files(&[("BANSO__WRITER__QUEUE_EVENTS", "1000")]);
    let stalled = grpc.stall();
    let mut streams: Vec<_> = (0..STREAMS)
        .map(|stream| {
            let event = move |n: u64| {
                cloud_event(&said(&format!("p{stream}"), &format!("{stream}-{n}"), &format!("{n}")))
            };
            grpc.answers(futures::stream::iter((0..EVENTS).map(event)))
        })
        .collect();
    until("the queue is full", || {
        (grpc.metric("banso_append_queue_events").unwrap_or(0.0) >= 1_000.0).then_some(())
    });
    drop(stalled);
    for answers in &mut streams {
        for n in 0..EVENTS {
            let answer = grpc.wait(answers.message()).unwrap().unwrap();
            assert_eq!((answer.number, receipt(answer.result.unwrap()).stream_seq), (n, n + 1));
        }
    }
    assert_eq!(grpc.head(), STREAMS as u64 * EVENTS);
}

#[test]
fn an_event_that_waited_too_long_for_the_queue_is_refused_and_may_come_again() {
    const EVENTS: usize = 1_000;
    let grpc = Grpc::in_files(&[("BANSO__WRITER__QUEUE_EVENTS", "1000")]);
    let stalled = grpc.stall();
    let event = |n: usize| cloud_event(&said("haru", &format!("{n}"), &format!("{n}")));
    // Full at once, so that the streams find no room.
    let full: Vec<_> = [0..1_000, 1_000..2_000]
        .into_iter()
        .map(|ids| {
            let mut record = grpc.record();
            let request =
                banso_proto::v1::PublishRequest { events: ids.map(event).collect(), dry_run: false };
            grpc.spawn(async move {
                // The first one may still be in the queue.
                while record.publish(request.clone()).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
        })
        .collect();
    let is_full = || grpc.metric("banso_append_queue_events").unwrap_or(0.0) >= 1_000.0;
    until("the queue is full, and something in the writer's hands", || {
        let was_full = is_full();
        std::thread::sleep(Duration::from_millis(200));
        (was_full && is_full()).then_some(())
    });
    let (sender, mut answers) = grpc.stream();
    sender.send(event(EVENTS * 2)).unwrap();
    let refused = problem(grpc.wait(answers.message()).unwrap().unwrap().result.unwrap());
    assert_eq!((refused.code, refused.kind.as_str()), (Code::ResourceExhausted.into(), "queue-full"));
    drop(stalled);
    for call in full {
        grpc.wait(call).unwrap();
    }
    sender.send(event(EVENTS * 2)).unwrap();
    assert_eq!(receipt(grpc.wait(answers.message()).unwrap().unwrap().result.unwrap()).seq, 2_001);
}

#[test]
fn whoever_does_not_read_its_answers_is_not_read_either() {
    const EVENTS: usize = 60_000;
    let grpc = Grpc::start();
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let events = futures::stream::iter(0..EVENTS).map(move |n| {
        counted.fetch_add(1, SeqCst);
        // Nothing but refusals: they are quick, and long.
        cloud_event(&said("haru", &format!("{n}"), "はい").without("subject"))
    });
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", grpc.address())).unwrap();
    let endpoint = endpoint.initial_stream_window_size(65_535).initial_connection_window_size(65_535);
    let mut answers = grpc.wait(async {
        let channel = endpoint.connect().await.unwrap();
        let mut record = banso_proto::v1::record_service_client::RecordServiceClient::new(channel);
        let requests = events.map(|event| banso_proto::v1::PublishStreamRequest { event: Some(event) });
        record.publish_stream(requests).await.unwrap().into_inner()
    });
    until("nothing more is taken", || {
        let before = sent.load(SeqCst);
        std::thread::sleep(Duration::from_millis(500));
        (before > 0 && sent.load(SeqCst) == before).then_some(())
    });
    assert!(sent.load(SeqCst) < EVENTS / 2, "{} were taken", sent.load(SeqCst));
    // Others are not held up.
    grpc.admit(&said("aki", "1", "はい"));
    // Read again, it goes on, and no answer is missing.
    for n in 0..EVENTS as u64 {
        assert_eq!(grpc.wait(answers.message()).unwrap().unwrap().number, n);
    }
}

#[test]
fn a_stream_that_never_sends_is_ended() {
    let grpc = Grpc::start_with(&[("BANSO__GRPC__STREAM_IDLE_SECONDS", "1")]);
    let (events, mut answers) = grpc.stream();
    events.send(cloud_event(&said("haru", "1", "はい"))).unwrap();
    assert_eq!(grpc.wait(answers.message()).unwrap().unwrap().number, 0);
    let ended = grpc.wait(answers.message()).unwrap_err();
    failed(&ended, Code::DeadlineExceeded, "idle");
    assert_eq!(grpc.refused("idle"), 1.0);
    assert_eq!(grpc.head(), 1);
}

#[test]
fn a_message_without_an_event_is_malformed_and_the_stream_goes_on() {
    let grpc = Grpc::start();
    let event = cloud_event(&said("haru", "1", "はい"));
    let requests = [None, Some(event)].map(|event| banso_proto::v1::PublishStreamRequest { event });
    let answers = grpc.wait(grpc.record().publish_stream(futures::stream::iter(requests))).unwrap();
    let answers: Vec<_> =
        grpc.wait(answers.into_inner().map(|answer| answer.unwrap().result.unwrap()).collect());
    assert_eq!(problem(answers[0].clone()).pointer.as_deref(), Some("/event"));
    assert_eq!(receipt(answers[1].clone()).seq, 1);
}
