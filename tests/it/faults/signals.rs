//! SIGTERM: what waits is answered, whoever follows is let go.

use crate::support::process::{Server, Store, read_until, referral, until, verified};
use std::io::Write;
use std::net::TcpStream;

/// A request whose answer the server has begun to wait for: it asked for the body.
fn begun(server: &Server, body: &str) -> TcpStream {
    let mut stream = server.connect();
    let length = body.len();
    write!(
        stream,
        "POST /v1/events HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
         content-type: application/cloudevents+json\r\ncontent-length: {length}\r\n\r\n"
    )
    .unwrap();
    assert!(read_until(&mut stream, "100 Continue"));
    stream
}

fn event(n: u64) -> String {
    referral("https://signals.example", &n.to_string(), "haru", n, false).to_string()
}

#[test]
fn what_waits_is_answered_and_followers_are_let_go() {
    let store = Store::empty();
    let mut server = Server::start(&store);
    let mut waiting: Vec<_> = (0..5).map(|n| (begun(&server, &event(n)), event(n))).collect();
    let mut follower = server.send("GET /v1/events HTTP/1.1\r\naccept: text/event-stream", "");
    assert!(read_until(&mut follower, "heartbeat"));

    server.process.signal("TERM");
    until("it stops", || server.process.log().contains("stopping").then_some(()));
    // The last chunk: the answer ended, it did not break off.
    assert!(read_until(&mut follower, "0\r\n\r\n"));
    assert!(server.process.has_ended().is_none());
    for (stream, body) in &mut waiting {
        stream.write_all(body.as_bytes()).unwrap();
        assert!(read_until(stream, "201 Created"));
    }
    assert_eq!(server.process.wait().code(), Some(0));
    assert_eq!(verified(&store, None)["events"], 5);
    assert!(TcpStream::connect(server.address()).is_err());
}

#[test]
fn a_request_that_never_comes_in_whole_does_not_keep_it_alive() {
    let store = Store::empty();
    let mut server = Server::start_as(store.command(&["serve"]).env("BANSO__HTTP__STOP_WAIT_SECONDS", "1"));
    let mut half_a_head = server.connect();
    write!(half_a_head, "POST /v1/events HTTP/1.1\r\nhost: ba").unwrap();
    let _half_a_request = begun(&server, &event(0));
    server.process.signal("TERM");
    assert_eq!(server.process.wait().code(), Some(0));
    assert!(server.process.log().contains("given up"));
    verified(&store, None);
}

#[test]
fn a_second_signal_ends_at_once() {
    for (first, second) in [("TERM", "TERM"), ("INT", "TERM")] {
        let store = Store::empty();
        let mut server = Server::start(&store);
        let _waiting = begun(&server, &event(0));
        server.process.signal(first);
        until("it stops", || server.process.log().contains("stopping").then_some(()));
        assert!(server.process.has_ended().is_none(), "it waits for the request");
        server.process.signal(second);
        assert_eq!(server.process.wait().code(), Some(1));
        assert!(server.process.log().contains("second signal"));
        verified(&store, None);
    }
}
