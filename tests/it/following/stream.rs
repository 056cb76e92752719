//! The log as it grows, as server-sent events.

use crate::support::event::said;
use crate::support::server::{Server, eventually};
use serde_json::Value;
use std::io::{BufRead, BufReader};

/// One server-sent event.
#[derive(Debug, Default, PartialEq)]
struct Sent {
    event: String,
    id: String,
    data: String,
}

struct Follower(BufReader<ureq::BodyReader<'static>>);

impl Follower {
    fn of(server: &Server, query: &str, headers: &[(&str, &str)]) -> Self {
        Self(BufReader::new(server.follow(&format!("/v1/events{query}"), headers)))
    }

    /// The next event; `None` when the stream has ended.
    fn next(&mut self) -> Option<Sent> {
        let mut sent = Sent::default();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(':').map(|(name, value)| (name, value.trim_start())) {
                Some(("event", value)) => sent.event = value.to_owned(),
                Some(("id", value)) => sent.id = value.to_owned(),
                Some(("data", value)) => sent.data.push_str(value),
                Some(_) => {}
                None if sent == Sent::default() => {}
                None => return Some(sent),
            }
        }
    }

    /// The next recorded event's position and id.
    fn recorded(&mut self) -> (u64, String) {
        loop {
            let sent = self.next().expect("the stream goes on");
            if sent.event == "recorded" {
                let event: Value = serde_json::from_str(&sent.data).expect("a CloudEvent");
                assert_eq!(event["bansoseq"], sent.id);
                return (
                    sent.id.parse().expect("a position"),
                    event["id"].as_str().expect("an id").to_owned(),
                );
            }
        }
    }

    fn heartbeat(&mut self) -> Value {
        loop {
            let sent = self.next().expect("the stream goes on");
            if sent.event == "heartbeat" {
                assert_eq!(sent.id, "");
                return serde_json::from_str(&sent.data).expect("JSON");
            }
        }
    }
}

fn tell(server: &Server, person: &str, ids: std::ops::RangeInclusive<u64>) {
    for id in ids {
        server.admit(&said(person, &format!("{person}-{id}"), &format!("{id}")));
    }
}

fn haru(seq: u64, id: u64) -> (u64, String) {
    (seq, format!("haru-{id}"))
}

#[test]
fn what_is_there_comes_first_and_then_what_is_new() {
    let server = Server::start();
    tell(&server, "haru", 1..=2);
    let mut follower = Follower::of(&server, "", &[]);
    assert_eq!(follower.recorded(), haru(1, 1));
    assert_eq!(follower.recorded(), haru(2, 2));
    let beat = follower.heartbeat();
    assert_eq!((&beat["head"], &beat["seen"]), (&2.into(), &2.into()));
    for n in 3..=10 {
        tell(&server, "haru", n..=n);
        assert_eq!(follower.recorded(), haru(n, n));
    }
}

#[test]
fn a_heartbeat_says_where_the_log_stands_though_nothing_was_wanted() {
    let server = Server::start();
    tell(&server, "aki", 1..=3);
    let mut follower = Follower::of(&server, "?person=haru", &[]);
    assert_eq!(follower.heartbeat(), serde_json::json!({"head": 3, "seen": 3}));
    tell(&server, "aki", 4..=4);
    tell(&server, "haru", 1..=1);
    assert_eq!(follower.recorded(), haru(5, 1));
}

#[test]
fn heartbeats_come_again_while_nothing_does() {
    let server = Server::start();
    let mut follower = Follower::of(&server, "", &[]);
    assert_eq!(follower.heartbeat(), serde_json::json!({"head": 0, "seen": 0}));
    assert_eq!(follower.heartbeat(), serde_json::json!({"head": 0, "seen": 0}));
}

#[test]
fn a_follower_that_comes_again_goes_on_behind_what_it_has() {
    let server = Server::start();
    tell(&server, "haru", 1..=5);
    let mut by_id = Follower::of(&server, "", &[("last-event-id", "3")]);
    assert_eq!(by_id.recorded(), haru(4, 4));
    assert_eq!(by_id.recorded(), haru(5, 5));
    let mut by_position = Follower::of(&server, "?after=4", &[]);
    assert_eq!(by_position.recorded(), haru(5, 5));
    // What the client saw last is later than what its address says.
    let mut both = Follower::of(&server, "?after=1", &[("last-event-id", "4")]);
    assert_eq!(both.recorded(), haru(5, 5));
    let wrong = server.get_with("/v1/events", &[("accept", "text/event-stream"), ("last-event-id", "x")]);
    wrong.problem(400, "malformed");
}

#[test]
fn a_follower_gets_only_what_it_wants() {
    let server = Server::start();
    tell(&server, "aki", 1..=2);
    tell(&server, "haru", 1..=1);
    let mut follower = Follower::of(&server, "?part=5&aggregate=person&type=PersonVoiceRecorded", &[]);
    assert_eq!(follower.recorded(), haru(3, 1));
    tell(&server, "aki", 3..=4);
    tell(&server, "haru", 2..=2);
    assert_eq!(follower.recorded(), haru(6, 2));
}

#[test]
fn many_events_come_in_order_and_each_once() {
    let server = Server::start();
    let mut follower = Follower::of(&server, "", &[]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for batch in 0..6 {
                let ids = batch * 200 + 1..=(batch + 1) * 200;
                let events: Vec<_> =
                    ids.map(|id| said("haru", &format!("haru-{id}"), &format!("{id}"))).collect();
                server.publish_all(&events);
            }
        });
        for n in 1..=1_200 {
            assert_eq!(follower.recorded(), haru(n, n));
        }
    });
}

#[test]
fn the_stream_ends_when_the_server_does() {
    let mut server = Server::start();
    tell(&server, "haru", 1..=1);
    let mut follower = Follower::of(&server, "", &[]);
    assert_eq!(follower.recorded(), haru(1, 1));
    server.stop();
    let left = eventually("the stream ends", || {
        let sent = follower.next();
        sent.is_none().then_some(sent)
    });
    assert_eq!(left, None);
}
