//! How many may be connected, and for how long without saying anything.

use crate::support::event::said;
use crate::support::server::{PATIENCE, STRUCTURED, Server, eventually};
use banso_api::HttpLimits;
use banso_app::PUBLICATIONS_MAX;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const HEAD_TIME: Duration = Duration::from_millis(300);
/// How often a slow client sends a byte: so often that it never pauses for the time of a head.
const SLOWLY: Duration = Duration::from_millis(50);

fn silent_for(head_time: Duration) -> Server {
    Server::limited(HttpLimits { head_time, ..HttpLimits::default() })
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time");
    stream
}

fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")
}

/// The head and the body of the next answer, which says how long it is.
fn answer(stream: &mut TcpStream) -> (String, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a head").to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    stream.read_exact(&mut body).expect("a body");
    (head, String::from_utf8(body).expect("a text"))
}

#[track_caller]
fn is_refused(answer: (String, String), kind: &str) {
    let (head, body) = answer;
    assert!(head.starts_with("http/1.1 429 ") && head.contains("\r\nretry-after: 1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/problem+json\r\n"), "{head}");
    assert!(body.contains(&format!("urn:banso:problem:{kind}")), "{body}");
}

#[track_caller]
fn is_closed(stream: &mut TcpStream) {
    let ended = stream.read(&mut [0]);
    assert!(matches!(ended, Ok(0)) || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
}

fn healthy(stream: &mut TcpStream) {
    stream.write_all(head("GET", "/healthz", &[]).as_bytes()).expect("it is sent");
    assert!(answer(stream).0.starts_with("http/1.1 200 "));
}

#[test]
fn only_so_many_connections_are_let_in_and_the_next_hears_it() {
    const CONNECTIONS: usize = 3;
    let server = Server::limited(HttpLimits { connections: CONNECTIONS, ..HttpLimits::default() });
    let mut inside: Vec<TcpStream> = (0..CONNECTIONS).map(|_| connect(&server)).collect();
    inside.iter_mut().for_each(healthy);

    let event = said("haru", "1", "はい").json();
    let publication = head(
        "POST",
        "/v1/events",
        &[("content-type", STRUCTURED), ("content-length", &event.len().to_string())],
    );
    let mut outside = connect(&server);
    outside.write_all(publication.as_bytes()).expect("it is sent");
    outside.write_all(event.as_bytes()).expect("it is sent");
    let told = answer(&mut outside);
    assert!(told.0.contains("\r\nconnection: close\r\n"), "{}", told.0);
    is_refused(told, "connections-full");
    is_closed(&mut outside);

    // However large it is: what is closed with something unread is reset, and nobody hears the answer.
    let large = vec![b' '; 1024 * 1024];
    let length = large.len().to_string();
    let mut outside = connect(&server);
    let publication_of_much =
        head("POST", "/v1/events", &[("content-type", STRUCTURED), ("content-length", &length)]);
    outside.write_all(publication_of_much.as_bytes()).expect("it is sent");
    outside.write_all(&large).expect("it is sent whole");
    is_refused(answer(&mut outside), "connections-full");
    // And who asks first is not told to send.
    let mut outside = connect(&server);
    let asks =
        [("content-type", STRUCTURED), ("content-length", length.as_str()), ("expect", "100-continue")];
    outside.write_all(head("POST", "/v1/events", &asks).as_bytes()).expect("it is sent");
    is_refused(answer(&mut outside), "connections-full");

    // Operators see how it is, and who looks after the process does not take it for dead.
    healthy(&mut connect(&server));
    let mut outside = connect(&server);
    outside.write_all(head("GET", "/metrics", &[]).as_bytes()).expect("it is sent");
    let (_, metrics) = answer(&mut outside);
    assert!(metrics.contains("banso_http_refused_total{why=\"connections\"} 5"), "{metrics}");

    // Those who are inside notice nothing.
    inside.iter_mut().for_each(healthy);
    inside.truncate(CONNECTIONS - 1);
    let (_, receipt) = eventually("there is room again", || {
        let mut next = connect(&server);
        next.write_all(publication.as_bytes()).ok()?;
        next.write_all(event.as_bytes()).ok()?;
        Some(answer(&mut next)).filter(|(head, _)| head.starts_with("http/1.1 201 "))
    });
    assert!(receipt.contains("\"seq\":1,"), "nothing was recorded of who was turned away: {receipt}");
}

#[test]
fn who_sends_the_head_of_a_request_byte_by_byte_is_not_waited_for() {
    let server = silent_for(HEAD_TIME);
    let mut slow = connect(&server);
    slow.set_read_timeout(Some(SLOWLY)).expect("a time");
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nbanso-odd: ").expect("it is sent");
    eventually("it is closed", || match slow.read(&mut [0]) {
        Ok(0) => Some(()),
        Ok(_) => None,
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            // Where it is closed by now, the next look says so.
            drop(slow.write_all(b"a"));
            None
        }
        Err(_) => Some(()),
    });
}

#[test]
fn a_connection_on_which_nothing_is_asked_any_more_is_closed() {
    let server = silent_for(HEAD_TIME);
    is_closed(&mut connect(&server));
    let mut idle = connect(&server);
    healthy(&mut idle);
    is_closed(&mut idle);
}

#[test]
fn who_waits_for_an_answer_is_not_idle() {
    let server = silent_for(HEAD_TIME);
    let mut follower = connect(&server);
    follower
        .write_all(head("GET", "/v1/events", &[("accept", "text/event-stream")]).as_bytes())
        .expect("it is sent");
    // Nothing is asked for so long on this connection, and nothing is answered.
    std::thread::sleep(HEAD_TIME * 3);
    let event = said("haru", "waited-for", "はい");
    let mut publisher = connect(&server);
    let (json, length) = (event.json(), event.json().len().to_string());
    let headers = [("content-type", STRUCTURED), ("content-length", length.as_str())];
    publisher.write_all(head("POST", "/v1/events", &headers).as_bytes()).expect("it is sent");
    publisher.write_all(json.as_bytes()).expect("it is sent");
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("waited-for") {
        let mut more = [0; 1024];
        let length = follower.read(&mut more).expect("more");
        assert_ne!(length, 0, "{}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&more[..length]);
    }
}

#[test]
fn a_head_has_at_most_64_kib() {
    let server = Server::start();
    let mut large = connect(&server);
    let odd = "a".repeat(100 * 1024);
    // It is answered before it was sent in whole.
    drop(large.write_all(head("GET", "/healthz", &[("banso-odd", &odd)]).as_bytes()));
    let mut told = Vec::new();
    // What was not read of it may cost the answer.
    drop(large.read_to_end(&mut told));
    assert!(told.is_empty() || told.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&told));
    healthy(&mut connect(&server));
}

#[test]
fn what_finds_no_room_is_refused_before_it_is_sent() {
    let server = Server::start();
    let _at_work: Vec<_> = (0..PUBLICATIONS_MAX).map(|_| server.app.door.enter().expect("room")).collect();
    let mut asks_first = connect(&server);
    let headers = [("content-type", STRUCTURED), ("content-length", "100000"), ("expect", "100-continue")];
    asks_first.write_all(head("POST", "/v1/events", &headers).as_bytes()).expect("it is sent");
    is_refused(answer(&mut asks_first), "queue-full");

    // Others send all the same: they hear it behind their request, and keep their connection.
    let mut sends = connect(&server);
    for _ in 0..2 {
        let headers = [("content-type", STRUCTURED), ("content-length", "100000")];
        sends.write_all(head("POST", "/v1/events", &headers).as_bytes()).expect("it is sent");
        sends.write_all(&[b'a'; 100_000]).expect("it is sent");
        is_refused(answer(&mut sends), "queue-full");
    }
    // Who says that there is more to come, and sends nothing, is answered all the same.
    let headers = [("content-type", STRUCTURED), ("content-length", "100000")];
    sends.write_all(head("POST", "/v1/events", &headers).as_bytes()).expect("it is sent");
    is_refused(answer(&mut sends), "queue-full");
}
