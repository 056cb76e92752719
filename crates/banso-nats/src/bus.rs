//! JetStream as the relay needs it: few calls, one error.

use async_nats::client::Request;
use async_nats::connection::State;
use async_nats::jetstream::consumer::{self, Consumer};
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::response::Response;
use async_nats::jetstream::stream::{Config, Info, RawMessageError, RawMessageErrorKind, Stream};
use async_nats::jetstream::{self, Context, ErrorCode, message::StreamMessage};
use async_nats::{Client, HeaderMap};
use banso_kernel::Seq;
use bytes::Bytes;
use futures::TryStreamExt;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;
use std::fmt::Display;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;

/// How often a waiting request looks whether its connection is still there.
const CONNECTION_LOOK_MS: u64 = 50;

/// Why JetStream did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// No answer, or none that can be read: nothing is known.
    #[error("NATS did not {attempt}: {reason}")]
    NoAnswer {
        /// What was attempted.
        attempt: &'static str,
        /// What the client said.
        reason: String,
    },
    /// JetStream said no.
    #[error("JetStream refused to {attempt}: {reason} ({code})")]
    Refused {
        /// What was attempted.
        attempt: &'static str,
        /// JetStream's number for the reason.
        code: u64,
        /// JetStream's words.
        reason: String,
    },
}

/// A connection to JetStream.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    pub(crate) client: Client,
    pub(crate) jetstream: Context,
}

impl Bus {
    pub(crate) fn new(client: Client) -> Self {
        let mut jetstream = jetstream::new(client.clone());
        if let Some(timeout) = client.timeout() {
            jetstream.set_timeout(timeout);
        }
        Self { jetstream, client }
    }

    /// The stream as it is; `None` = there is none.
    pub(crate) async fn stream(&self, name: &str) -> Result<Option<Info>, BusError> {
        match self.ask("read the stream's state", format!("STREAM.INFO.{name}"), &()).await {
            Err(BusError::Refused { code, .. }) if code == ErrorCode::STREAM_NOT_FOUND.0 => Ok(None),
            found => found.map(Some),
        }
    }

    pub(crate) async fn create_stream(&self, config: &Config) -> Result<Info, BusError> {
        self.ask("create the stream", format!("STREAM.CREATE.{}", config.name), config).await
    }

    pub(crate) async fn update_stream(&self, config: &Config) -> Result<Info, BusError> {
        self.ask("change the stream", format!("STREAM.UPDATE.{}", config.name), config).await
    }

    pub(crate) async fn delete_stream(&self, name: &str) -> Result<(), BusError> {
        let attempt = "delete the stream";
        match self.ask::<IgnoredAny>(attempt, format!("STREAM.DELETE.{name}"), &json!({})).await {
            Err(BusError::Refused { code, .. }) if code == ErrorCode::STREAM_NOT_FOUND.0 => Ok(()),
            deleted => deleted.map(drop),
        }
    }

    /// The message at a position; `None` = there is none.
    pub(crate) async fn message(&self, stream: &str, seq: Seq) -> Result<Option<StreamMessage>, BusError> {
        let handle = self.handle(stream).await?;
        self.connected("read a message", async { found_or_none(handle.get_raw_message(seq).await) }).await?
    }

    /// The last message on a subject.
    pub(crate) async fn last_on(
        &self,
        stream: &str,
        subject: &str,
    ) -> Result<Option<StreamMessage>, BusError> {
        let handle = self.handle(stream).await?;
        let last = async { found_or_none(handle.get_last_raw_message_by_subject(subject).await) };
        self.connected("read the last message", last).await?
    }

    pub(crate) async fn consumers(&self, stream: &str) -> Result<Vec<consumer::Info>, BusError> {
        let attempt = "list the consumers";
        self.handle(stream).await?.consumers().try_collect().await.map_err(no_answer(attempt))
    }

    /// The consumer of a name; `None` = there is none.
    pub(crate) async fn consumer(
        &self,
        stream: &str,
        name: &str,
    ) -> Result<Option<consumer::Info>, BusError> {
        let handle = self.handle(stream).await?;
        let found = async {
            match handle.consumer_info(name).await {
                Ok(found) => Ok(Some(found)),
                Err(error) if error.kind() == jetstream::context::ConsumerInfoErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.connected("look at a consumer", found).await
    }

    /// Creates a consumer, or brings the one of this name to this configuration.
    pub(crate) async fn create_consumer(
        &self,
        stream: &str,
        config: consumer::Config,
    ) -> Result<Consumer<consumer::Config>, BusError> {
        let created = self.handle(stream).await?.create_consumer(config).await;
        created.map_err(|error| match error.kind() {
            jetstream::stream::ConsumerErrorKind::JetStream(said) => refused("create a consumer")(said),
            _ => no_answer("create a consumer")(error),
        })
    }

    /// Publishes one message and waits until it is stored.
    pub(crate) async fn publish(
        &self,
        attempt: &'static str,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<PublishAck, BusError> {
        let request = Request::new().headers(headers).payload(payload);
        let answer = self.connected(attempt, self.client.send_request(subject, request)).await?;
        match serde_json::from_slice(&answer.payload) {
            Ok(Response::Ok(ack)) => Ok(ack),
            Ok(Response::Err { error }) => Err(refused(attempt)(error)),
            Err(error) => Err(no_answer(attempt)(error)),
        }
    }

    /// The stream, without asking for it.
    pub(crate) async fn handle(&self, stream: &str) -> Result<Stream<()>, BusError> {
        self.jetstream.get_stream_no_info(stream).await.map_err(no_answer("name a stream"))
    }

    /// One request to JetStream's API.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        attempt: &'static str,
        subject: String,
        request: &(impl Serialize + Sync),
    ) -> Result<T, BusError> {
        match self.connected(attempt, self.jetstream.request(subject, request)).await? {
            Response::Ok(answer) => Ok(answer),
            Response::Err { error } => Err(refused(attempt)(error)),
        }
    }

    /// How often the client has connected.
    pub(crate) fn connects(&self) -> u64 {
        self.client.statistics().connects.load(Ordering::Relaxed)
    }

    /// Waits for an answer as long as the connection lives on which it was asked for. A lost connection answers
    /// nothing any more, and a request's timeout is long.
    async fn connected<T, E: Display>(
        &self,
        attempt: &'static str,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T, BusError> {
        let connects = self.connects();
        let lost = async {
            while self.client.connection_state() == State::Connected && self.connects() == connects {
                sleep(Duration::from_millis(CONNECTION_LOOK_MS)).await;
            }
        };
        tokio::select! {
            biased;
            answer = answer => answer.map_err(no_answer(attempt)),
            () = lost => Err(no_answer(attempt)("there is no connection")),
        }
    }
}

pub(crate) fn no_answer<E: Display>(attempt: &'static str) -> impl Fn(E) -> BusError {
    move |error| BusError::NoAnswer { attempt, reason: error.to_string() }
}

pub(crate) fn refused(attempt: &'static str) -> impl Fn(jetstream::Error) -> BusError {
    move |error| BusError::Refused { attempt, code: error.error_code().0, reason: error.to_string() }
}

/// The outer error: no answer.
fn found_or_none(
    found: Result<StreamMessage, RawMessageError>,
) -> Result<Result<Option<StreamMessage>, BusError>, RawMessageError> {
    match found {
        Ok(message) => Ok(Ok(Some(message))),
        Err(error) => match error.kind() {
            RawMessageErrorKind::NoMessageFound => Ok(Ok(None)),
            RawMessageErrorKind::JetStream(said) if said.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                Ok(Ok(None))
            }
            RawMessageErrorKind::JetStream(said) => Ok(Err(refused("read a message")(said))),
            RawMessageErrorKind::InvalidSubject | RawMessageErrorKind::Other => Err(error),
        },
    }
}
