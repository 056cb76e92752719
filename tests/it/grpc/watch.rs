//! `QueryService/WatchEvents`.

use super::client::{Grpc, cloud_event, failed};
use crate::support::event::{admitted, asked, said};
use banso_proto::v1::watch_events_response::Message;
use banso_proto::v1::{Heartbeat, WatchEventsRequest, WatchEventsResponse};
use tonic::{Code, Streaming};

fn watch(grpc: &Grpc, request: WatchEventsRequest) -> Streaming<WatchEventsResponse> {
    grpc.wait(grpc.query().watch_events(request)).unwrap().into_inner()
}

fn next(grpc: &Grpc, heard: &mut Streaming<WatchEventsResponse>) -> Message {
    grpc.wait(heard.message()).unwrap().unwrap().message.unwrap()
}

/// The position and the id of the next event.
fn recorded(grpc: &Grpc, heard: &mut Streaming<WatchEventsResponse>) -> (u64, String) {
    loop {
        if let Message::Recorded(recorded) = next(grpc, heard) {
            return (recorded.seq, recorded.event.unwrap().id);
        }
    }
}

fn heartbeat(grpc: &Grpc, heard: &mut Streaming<WatchEventsResponse>) -> Heartbeat {
    loop {
        if let Message::Heartbeat(heartbeat) = next(grpc, heard) {
            return heartbeat;
        }
    }
}

#[test]
fn a_follower_that_comes_again_misses_nothing_and_hears_nothing_twice() {
    const EVENTS: u64 = 1_200;
    let grpc = Grpc::start();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for batch in 0..6 {
                let ids = batch * 200 + 1..=(batch + 1) * 200;
                let event = |n: u64| cloud_event(&said("haru", &format!("{n}"), &format!("{n}")));
                grpc.publish(ids.map(event).collect()).unwrap();
            }
        });
        let mut seen = 0;
        while seen < EVENTS {
            // Each time it hears some events, and goes away in the middle of what is sent to it.
            let mut heard = watch(&grpc, WatchEventsRequest { after_seq: seen, ..Default::default() });
            for _ in 0..(seen % 97 + 40).min(EVENTS - seen) {
                let next = seen + 1;
                assert_eq!(recorded(&grpc, &mut heard), (next, format!("{next}")));
                seen = next;
            }
        }
    });
}

/// The memory that a process has, in bytes.
fn memory(grpc: &Grpc) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", grpc.http.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn whoever_does_not_read_takes_little_memory_and_then_misses_nothing() {
    const EVENTS: u64 = 320;
    const EVENT_BYTES: u64 = 200_000;
    const FOLLOWERS: u64 = 32;
    let grpc = Grpc::start();
    let event = |n: u64| {
        let words = format!("{n}{}", "a".repeat(EVENT_BYTES as usize));
        cloud_event(&said(&format!("p{}", n % 40), &format!("{n}"), &words))
    };
    for batch in 0..EVENTS / 16 {
        grpc.publish((batch * 16 + 1..=(batch + 1) * 16).map(event).collect()).unwrap();
    }
    let before = memory(&grpc);
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", grpc.address())).unwrap();
    let endpoint = endpoint.initial_stream_window_size(65_535);
    let mut unread: Vec<_> = (0..FOLLOWERS)
        .map(|_| {
            grpc.wait(async {
                let channel = endpoint.connect().await.unwrap();
                let mut query = banso_proto::v1::query_service_client::QueryServiceClient::new(channel);
                query.watch_events(WatchEventsRequest::default()).await.unwrap().into_inner()
            })
        })
        .collect();
    // Each has begun to be sent to.
    for heard in &mut unread {
        assert_eq!(recorded(&grpc, heard).0, 1);
    }
    // A page of the log would be 16 MiB for each of them.
    let each = memory(&grpc).saturating_sub(before) / FOLLOWERS;
    assert!(each < 6 * 1024 * 1024, "{each} bytes for each");
    for seq in 2..=EVENTS {
        assert_eq!(recorded(&grpc, &mut unread[0]), (seq, format!("{seq}")));
    }
}

#[test]
fn a_follower_hears_only_what_it_wants_and_where_the_log_stands() {
    let grpc = Grpc::start();
    for n in 1..=2 {
        grpc.admit(&said("haru", &format!("said{n}"), &format!("{n}")));
        grpc.admit(&asked("aki", &format!("r{n}"), "city", &["d-hoken"]));
        grpc.admit(&admitted("natsu", &format!("stay{n}"), "2025-04-01"));
    }
    let all = WatchEventsRequest::default();
    let some = |text: &str| Some(text.to_owned());
    for (request, wanted) in [
        (WatchEventsRequest { person: some("haru"), ..all.clone() }, vec![1, 4]),
        (WatchEventsRequest { r#type: some("ReferralMade"), ..all.clone() }, vec![2, 5]),
        (WatchEventsRequest { r#type: some("banso.ReferralMade.v2"), ..all.clone() }, vec![]),
        (WatchEventsRequest { aggregate: some("episode"), ..all.clone() }, vec![3, 6]),
        (WatchEventsRequest { parts: vec![5], ..all.clone() }, vec![1, 4]),
        (WatchEventsRequest { parts: vec![5], after_seq: 1, ..all.clone() }, vec![4]),
        (all.clone(), vec![1, 2, 3, 4, 5, 6]),
    ] {
        let mut heard = watch(&grpc, request);
        for seq in wanted {
            let Message::Recorded(next) = next(&grpc, &mut heard) else { panic!("no event {seq}") };
            assert_eq!(next.seq, seq);
        }
        assert_eq!(next(&grpc, &mut heard), Message::Heartbeat(Heartbeat { head: 6, seen: 6 }));
    }
    let mut heard = watch(&grpc, WatchEventsRequest { person: some("haru"), after_seq: 4, ..all });
    assert_eq!(heartbeat(&grpc, &mut heard), Heartbeat { head: 6, seen: 6 });
    assert_eq!(heartbeat(&grpc, &mut heard), Heartbeat { head: 6, seen: 6 }, "they come again");
    grpc.admit(&said("haru", "said3", "3"));
    assert_eq!(recorded(&grpc, &mut heard), (7, "said3".to_owned()));
}

#[test]
fn a_wish_that_cannot_be_read_is_malformed() {
    let grpc = Grpc::start();
    let all = WatchEventsRequest::default();
    let some = |text: &str| Some(text.to_owned());
    for (request, pointer) in [
        (WatchEventsRequest { parts: vec![3, 64], ..all.clone() }, "/parts"),
        (WatchEventsRequest { parts: vec![300], ..all.clone() }, "/parts"),
        (WatchEventsRequest { aggregate: some("nobody"), ..all.clone() }, "/aggregate"),
        (WatchEventsRequest { person: some("a.b"), ..all }, "/person"),
    ] {
        let status = grpc.wait(grpc.query().watch_events(request)).unwrap_err();
        assert_eq!(failed(&status, Code::InvalidArgument, "malformed").as_deref(), Some(pointer));
    }
}
