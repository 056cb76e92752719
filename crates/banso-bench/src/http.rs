//! A service that publishes over HTTP, as the README shows: one connection that it keeps, one request at a time.

use anyhow::Context;
use banso_app::audit::{Attempt, AttemptOutcome};
use banso_kernel::{CloudEvent, Seq};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// A connection that is kept.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    /// The door has said that it closes it.
    closing: bool,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Where the event stands, if it is recorded.
    pub(crate) seq: Option<Seq>,
}

impl Connection {
    pub(crate) async fn to(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("connect to the HTTP door")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.context("speak HTTP")?;
        // Ends with the sender; whoever sends hears of errors.
        tokio::spawn(connection);
        Ok(Self { sender, host: address.to_string(), closing: false })
    }

    /// Whether one more request may be sent.
    pub(crate) fn is_open(&self) -> bool {
        !self.closing && !self.sender.is_closed()
    }

    /// Publishes one event in the structured form.
    pub(crate) async fn publish(&mut self, event: &CloudEvent) -> anyhow::Result<Answer> {
        let request = Request::post("/v1/events")
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/cloudevents+json")
            .body(Full::from(structured(event)?))?;
        self.sender.ready().await.context("the connection was closed")?;
        let answer = self.sender.send_request(request).await.context("no answer")?;
        let status = answer.status();
        self.closing = answer.headers().get(header::CONNECTION).is_some_and(|value| value == "close");
        let body = answer.into_body().collect().await.context("half an answer")?.to_bytes();
        let seq = match status.is_success() {
            true => Some(serde_json::from_slice::<Receipt>(&body).context("the receipt")?.seq),
            false => None,
        };
        Ok(Answer { status, seq })
    }
}

impl Answer {
    /// What the publisher notes.
    pub(crate) fn attempt(self, source: &str, id: String) -> Attempt {
        let outcome = match self.status {
            StatusCode::CREATED => AttemptOutcome::Admitted,
            StatusCode::OK => AttemptOutcome::Duplicate,
            // The event may be recorded all the same.
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => AttemptOutcome::Unknown,
            _ => AttemptOutcome::Refused,
        };
        Attempt { source: source.to_owned(), id, outcome, seq: self.seq }
    }
}

#[derive(Deserialize)]
struct Receipt {
    seq: Seq,
}

#[derive(Serialize)]
struct Structured<'a> {
    #[serde(flatten)]
    attributes: &'a BTreeMap<String, String>,
    data: &'a RawValue,
}

fn structured(event: &CloudEvent) -> serde_json::Result<Bytes> {
    let data = serde_json::from_slice(&event.data)?;
    serde_json::to_vec(&Structured { attributes: &event.attributes, data }).map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notes::Notes;
    use crate::publisher::event;

    #[test]
    fn an_event_is_sent_as_one_object_whose_data_is_the_body() {
        let note = Notes::of("http-1", 10).any();
        let json = structured(&event(&note)).unwrap();
        let read: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(&json).unwrap();
        assert_eq!(read["data"].get(), note.body);
        assert_eq!(read["id"].get(), r#""http-1-1""#);
    }

    #[test]
    fn a_lost_answer_is_no_refusal() {
        let attempt = |status| Answer { status, seq: None }.attempt("s", "1".to_owned()).outcome;
        assert_eq!(attempt(StatusCode::TOO_MANY_REQUESTS), AttemptOutcome::Refused);
        assert_eq!(attempt(StatusCode::SERVICE_UNAVAILABLE), AttemptOutcome::Unknown);
    }
}
