//! What no client library sends: raw bytes to the server's port.

use super::fixture::{ADMIN, Fixture, PATIENCE};
use banso_log::{Inbox, Log};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A publisher that says to the server whatever it likes.
struct Raw {
    stream: BufReader<TcpStream>,
}

impl Raw {
    async fn connect(fixture: &Fixture, user: &str, password: &str) -> Self {
        let address = fixture.server.url().replace("nats://", "");
        let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
        let mut info = String::new();
        stream.read_line(&mut info).await.unwrap();
        let connect = format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,\
             \"user\":\"{user}\",\"pass\":\"{password}\"}}\r\n"
        );
        stream.write_all(connect.as_bytes()).await.unwrap();
        let mut raw = Self { stream };
        raw.settled().await;
        raw
    }

    async fn publish(&mut self, subject: &[u8], headers: &[u8], payload: &[u8]) {
        let mut message = b"HPUB ".to_vec();
        message.extend(subject);
        let (head, total) = (headers.len(), headers.len() + payload.len());
        message.extend(format!(" {head} {total}\r\n").bytes());
        message.extend(headers);
        message.extend(payload);
        message.extend(b"\r\n");
        self.stream.write_all(&message).await.unwrap();
    }

    /// What the server said until it had seen everything.
    async fn settled(&mut self) -> Vec<String> {
        self.stream.write_all(b"PING\r\n").await.unwrap();
        let mut said = Vec::new();
        loop {
            let mut line = String::new();
            timeout(PATIENCE, self.stream.read_line(&mut line)).await.expect("an answer").unwrap();
            match line.trim() {
                "PONG" => return said,
                "PING" => self.stream.write_all(b"PONG\r\n").await.unwrap(),
                line => said.push(line.to_owned()),
            }
        }
    }
}

fn attributes(id: &str) -> String {
    format!(
        "ce-specversion: 1.0\r\nce-id: {id}\r\nce-source: https://hospital.example\r\nce-type: banso.Noted.v1\r\n\
         ce-subject: person/haru\r\nce-bansooccurred: 2025-04-01\r\nce-bansoactor: psw@hospital\r\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreadable_messages_are_told_and_hold_up_nothing() {
    let fixture = Fixture::new().await;
    let intake = fixture.intake().await;
    let mut raw = Raw::connect(&fixture, "hospital", "pw-of-hospital").await;
    let subject = b"banso.v1.intake.hospital.note.noted".as_slice();
    let good = |id: &str| format!("NATS/1.0\r\n{}\r\n", attributes(id)).into_bytes();
    let without_id = attributes("x").replace("ce-id: x\r\n", "");
    let bad: [Vec<u8>; 10] = [
        [b"NATS/1.0\r\nce-id: \xff\xfe\r\n".as_slice(), without_id.as_bytes(), b"\r\n"].concat(),
        [b"NATS/1.0\r\nce-\xff\xfe: 1\r\n".as_slice(), attributes("a").as_bytes(), b"\r\n"].concat(),
        format!("NATS/1.0\r\nce-two words: 1\r\n{}\r\n", attributes("b")).into_bytes(),
        format!("NATS/1.0\r\nno colon\r\n{}\r\n", attributes("c")).into_bytes(),
        format!("NATS/1.0\r\n{without_id}\r\n").into_bytes(),
        format!("NATS/1.0\r\n{}{}\r\n", "x: 1\r\n".repeat(300), attributes("d")).into_bytes(),
        b"NATS/1.0\r\n\r\n".to_vec(),
        b"\r\n\r\n".to_vec(),
        b"NATS/1.0 999 \xff\r\n\r\n".to_vec(),
        vec![0; 12],
    ];
    raw.publish(subject, &good("first"), b"{}").await;
    for headers in &bad {
        raw.publish(subject, headers, b"{}").await;
    }
    // Subjects of its own that name no event, and one that is no text.
    for odd in [
        b"banso.v1.intake.hospital.x".as_slice(),
        b"banso.v1.intake.hospital.a.b.c.d",
        b"banso.v1.intake.hospital.\xff",
    ] {
        raw.publish(odd, b"NATS/1.0\r\n\r\n", b"\xff\x00").await;
    }
    let twice = format!("NATS/1.0\r\nX-Any: 1\r\nX-Any: 2\r\n\u{e9}: 1\r\n{}\r\n", attributes("last"));
    raw.publish(subject, twice.as_bytes(), b"{}").await;
    assert_eq!(raw.settled().await, Vec::<String>::new());
    let count = 2 + bad.len() as u64 + 3;
    fixture.until_receipts(count).await;
    let receipts = fixture.receipts().await;
    let status = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["status"].as_u64().unwrap();
    let told: Vec<u64> = receipts.iter().map(|receipt| status(&receipt.body)).collect();
    assert_eq!((told[0], told.last()), (201, Some(&201)));
    assert!(told[1..told.len() - 1].iter().all(|status| *status == 400), "{told:?}");
    assert_eq!(fixture.store.head().await.unwrap(), 2);
    assert_eq!(fixture.breaches("hospital", &(1..=count).collect::<Vec<_>>()).await, Vec::<String>::new());
    let status = intake.status().borrow().clone();
    assert_eq!((status.readers["hospital"].failures, status.trouble()), (0, None));
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_does_not_take_is_refused_where_the_publisher_hears_it() {
    let fixture = Fixture::new().await;
    let intake = fixture.intake().await;
    let headers = format!("NATS/1.0\r\n{}\r\n", attributes("1")).into_bytes();
    for subject in [
        "banso.v1.intake.municipality.note.noted",
        "banso.v1.intake.*.note.noted",
        "banso.v1.intake.>",
        "banso.v1.intake.hospital",
        "banso.v1.events.5.note.noted.person-haru",
    ] {
        let mut raw = Raw::connect(&fixture, "hospital", "pw-of-hospital").await;
        raw.publish(subject.as_bytes(), &headers, b"{}").await;
        let said = raw.settled().await;
        assert!(said.iter().any(|said| said.contains("Permissions Violation")), "{subject}: {said:?}");
    }
    let mut raw = Raw::connect(&fixture, "hospital", "pw-of-hospital").await;
    raw.stream.write_all(b"HPUB banso.v1.intake.hospital.note.noted 12 2000000\r\n").await.unwrap();
    let mut said = String::new();
    timeout(PATIENCE, raw.stream.read_to_string(&mut said)).await.expect("the server hangs up").unwrap();
    assert!(said.contains("Maximum Payload Violation"), "{said}");
    // One who may publish anywhere finds no stream for what names no event.
    let mut raw = Raw::connect(&fixture, ADMIN.0, ADMIN.1).await;
    raw.publish(b"banso.v1.intake.hospital", &headers, b"{}").await;
    raw.publish(b"banso.v1.intake.hospital.note.noted", &headers, b"{}").await;
    raw.settled().await;
    fixture.until_receipts(1).await;
    assert_eq!(fixture.store.receipt_head().await.unwrap(), 1);
    assert_eq!(fixture.recorded("hospital").await, [1]);
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publishers_own_wildcards_are_a_subject_like_any_other_or_nothing() {
    let fixture = Fixture::new().await;
    let intake = fixture.intake().await;
    let mut raw = Raw::connect(&fixture, "hospital", "pw-of-hospital").await;
    let headers = format!("NATS/1.0\r\n{}\r\n", attributes("1")).into_bytes();
    for subject in
        ["banso.v1.intake.hospital.*.noted", "banso.v1.intake.hospital.>", "banso.v1.intake.hospital..noted"]
    {
        raw.publish(subject.as_bytes(), &headers, b"{}").await;
    }
    raw.settled().await;
    let sent = fixture.publish("hospital", 2..3).await;
    fixture.until_receipts(sent[0]).await;
    let at: Vec<u64> = fixture.receipts().await.iter().map(|receipt| receipt.position.seq).collect();
    assert_eq!(at, (1..=sent[0]).collect::<Vec<_>>());
    assert!(fixture.recorded("municipality").await.is_empty());
    intake.stop().await;
}
