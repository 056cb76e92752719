//! A `banso serve` as a process, and clients of its gRPC door.

use crate::support::event::Event;
use crate::support::process::{Process, Server, Store};
use banso_proto::v1::cloud_event::attribute_value::Attr;
use banso_proto::v1::cloud_event::{AttributeValue, Data};
use banso_proto::v1::publish_result::Result as Published;
use banso_proto::v1::query_service_client::QueryServiceClient;
use banso_proto::v1::record_service_client::RecordServiceClient;
use banso_proto::v1::{
    CloudEvent, Problem, PublishRequest, PublishResponse, PublishResult, PublishStreamRequest,
    PublishStreamResponse, Receipt,
};
use futures::{Stream, StreamExt};
use std::process::Command;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

/// No wait of a test is longer; whoever waits that long waits in vain.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// banso, serving until it is dropped.
pub(super) struct Grpc {
    pub(super) http: Server,
    pub(super) store: Store,
    pub(super) channel: Channel,
    runtime: Runtime,
}

impl Grpc {
    pub(super) fn start() -> Self {
        Self::start_with(&[])
    }

    /// On a store in files, for a test that locks or changes them.
    pub(super) fn in_files(settings: &[(&str, &str)]) -> Self {
        let store = Store::in_files();
        let mut command = store.command(&["serve"]);
        Self::start_as(store, command.envs(settings.iter().copied()))
    }

    /// With settings of the environment.
    pub(super) fn start_with(settings: &[(&str, &str)]) -> Self {
        let store = Store::empty();
        let mut command = store.command(&["serve"]);
        Self::start_as(store, command.envs(settings.iter().copied()))
    }

    fn start_as(store: Store, command: &mut Command) -> Self {
        let http = Server::start_as(command);
        let runtime = Runtime::new().unwrap();
        let channel = {
            let _entered = runtime.enter();
            endpoint(&http.process).connect_lazy()
        };
        Self { http, store, channel, runtime }
    }

    /// Waits for something of a client, but not for ever.
    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await.expect("an answer") })
    }

    /// Lets a client go on while the test does something else.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(future)
    }

    pub(super) fn address(&self) -> String {
        address(&self.http.process)
    }

    /// A connection of its own.
    pub(super) fn another_channel(&self) -> Channel {
        let _entered = self.runtime.enter();
        endpoint(&self.http.process).connect_lazy()
    }

    pub(super) fn record(&self) -> RecordServiceClient<Channel> {
        RecordServiceClient::new(self.channel.clone())
    }

    pub(super) fn query(&self) -> QueryServiceClient<Channel> {
        QueryServiceClient::new(self.channel.clone())
    }

    pub(super) fn publish(&self, events: Vec<CloudEvent>) -> Result<PublishResponse, Status> {
        let request = PublishRequest { events, dry_run: false };
        self.wait(self.record().publish(request)).map(|answer| answer.into_inner())
    }

    /// Publishes an event that is admitted; its receipt.
    #[track_caller]
    pub(super) fn admit(&self, event: &Event) -> Receipt {
        let answer = self.publish(vec![cloud_event(event)]).unwrap();
        receipt(answer.results.into_iter().next().unwrap())
    }

    pub(super) fn head(&self) -> u64 {
        let mut answer = crate::support::process::agent()
            .get(format!("{}/v1/events?limit=1", self.http.url))
            .call()
            .unwrap();
        drop(answer.body_mut().read_to_string());
        answer.headers()["banso-head"].to_str().unwrap().parse().unwrap()
    }

    /// A measurement; `None` = never taken.
    pub(super) fn metric(&self, name: &str) -> Option<f64> {
        let (_, metrics) = self.http.get("/metrics");
        metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }

    pub(super) fn refused(&self, why: &str) -> f64 {
        self.metric(&format!("banso_grpc_refused_total{{why=\"{why}\"}}")).unwrap_or(0.0)
    }

    /// Nobody can write to the log until the connection is dropped.
    pub(super) fn stall(&self) -> rusqlite::Connection {
        let elsewhere = rusqlite::Connection::open(self.store.data().join("log.sqlite3")).unwrap();
        elsewhere.execute_batch("BEGIN IMMEDIATE").unwrap();
        elsewhere
    }

    /// An open stream of events, and its answers.
    pub(super) fn stream(&self) -> (mpsc::UnboundedSender<CloudEvent>, Streaming<PublishStreamResponse>) {
        let (sender, mut events) = mpsc::unbounded_channel();
        let requests = futures::stream::poll_fn(move |cx| events.poll_recv(cx));
        (sender, self.answers(requests))
    }

    pub(super) fn answers(
        &self,
        events: impl Stream<Item = CloudEvent> + Send + 'static,
    ) -> Streaming<PublishStreamResponse> {
        let requests = events.map(|event| PublishStreamRequest { event: Some(event) });
        self.wait(self.record().publish_stream(requests)).unwrap().into_inner()
    }
}

fn address(process: &Process) -> String {
    let log = process.log();
    let (_, rest) = log.split_once("the gRPC door is at ").expect("the gRPC door");
    rest.chars().take_while(|c| !c.is_whitespace() && *c != '"').collect()
}

fn endpoint(process: &Process) -> Endpoint {
    Endpoint::from_shared(format!("http://{}", address(process))).unwrap()
}

/// An event as a message.
pub(super) fn cloud_event(event: &Event) -> CloudEvent {
    let text = |value: &str| AttributeValue { attr: Some(Attr::CeString(value.to_owned())) };
    let own = ["id", "source", "specversion", "type"];
    let attributes = event.attributes().filter(|(name, _)| !own.contains(name) && *name != "data");
    CloudEvent {
        id: event.text("id").to_owned(),
        source: event.text("source").to_owned(),
        spec_version: event.text("specversion").to_owned(),
        r#type: event.text("type").to_owned(),
        attributes: attributes.map(|(name, value)| (name.to_owned(), text(value))).collect(),
        data: Some(Data::TextData(event.data().to_string())),
    }
}

#[track_caller]
pub(super) fn receipt(result: PublishResult) -> Receipt {
    match result.result {
        Some(Published::Receipt(receipt)) => receipt,
        other => panic!("not recorded: {other:?}"),
    }
}

#[track_caller]
pub(super) fn problem(result: PublishResult) -> Problem {
    match result.result {
        Some(Published::Problem(problem)) => problem,
        other => panic!("no problem: {other:?}"),
    }
}

/// A failure with all that a client needs; its pointer to what is malformed.
#[track_caller]
pub(super) fn failed(status: &Status, code: Code, reason: &str) -> Option<String> {
    assert_eq!(status.code(), code, "{status:?}");
    assert!(!status.message().is_empty(), "{status:?}");
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no reason: {status:?}"));
    assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "banso"), "{status:?}");
    let comes_again = matches!(code, Code::ResourceExhausted | Code::Unavailable);
    assert_eq!(details.retry_info().is_some(), comes_again, "{status:?}");
    details.bad_request().map(|bad| bad.field_violations[0].field.clone())
}
