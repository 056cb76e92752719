//! Whoever comes goes through one of the doors, over a connection that is free, or a new one. There are so many of
//! them; who finds none free waits for one, and that counts, since latency counts from when somebody was due.

use crate::http::{Answer, Connection};
use crate::publisher::SOURCE;
use banso_app::audit::{Attempt, AttemptOutcome};
use banso_kernel::{CloudEvent, Seq};
use banso_proto::v1::cloud_event::attribute_value::Attr;
use banso_proto::v1::cloud_event::{AttributeValue, Data};
use banso_proto::v1::publish_result::Result as Published;
use banso_proto::v1::record_service_client::RecordServiceClient;
use banso_proto::v1::{self, Outcome, PublishRequest};
use hyper::StatusCode;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

/// No answer is waited for longer.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Connections to the gRPC door: half of those that it lets in.
const GRPC_CONNECTIONS: usize = 64;
/// Calls at a time on each of them: as many as it allows; the next one waits.
const GRPC_CALLS_EACH: usize = 64;

/// Which door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Http,
    Grpc,
}

/// What somebody who came was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// 201.
    Recorded(Seq),
    /// 429, or RESOURCE_EXHAUSTED: nothing was recorded.
    Refused,
    /// Anything else, or nothing.
    Failed(String),
}

impl Told {
    /// What the publisher notes.
    pub(crate) fn attempt(&self, id: &str) -> Attempt {
        let (outcome, seq) = match self {
            Self::Recorded(seq) => (AttemptOutcome::Admitted, Some(*seq)),
            Self::Refused => (AttemptOutcome::Refused, None),
            Self::Failed(_) => (AttemptOutcome::Unknown, None),
        };
        Attempt { source: SOURCE.to_owned(), id: id.to_owned(), outcome, seq }
    }
}

/// Clients of both doors.
pub(crate) struct Doors {
    http: Http,
    grpc: Vec<Calls>,
    next: AtomicUsize,
}

impl Doors {
    /// At most `connections` over HTTP.
    pub(crate) fn of(http: SocketAddr, grpc: SocketAddr, connections: usize) -> anyhow::Result<Self> {
        let places = Semaphore::new(connections);
        let http = Http { address: http, idle: Mutex::default(), places, connections };
        let grpc = (0..GRPC_CONNECTIONS).map(|_| Calls::to(grpc)).collect::<anyhow::Result<_>>()?;
        Ok(Self { http, grpc, next: AtomicUsize::new(0) })
    }

    /// Publishes one event.
    pub(crate) async fn publish(&self, door: Door, event: &CloudEvent) -> Told {
        let told = match door {
            Door::Http => timeout(ANSWER_WAIT, self.http.publish(event)).await,
            Door::Grpc => {
                let calls = &self.grpc[self.next.fetch_add(1, Relaxed) % self.grpc.len()];
                timeout(ANSWER_WAIT, calls.publish(event)).await
            }
        };
        told.unwrap_or_else(|_| Told::Failed("no answer".to_owned()))
    }

    /// HTTP connections that wait for an answer now.
    pub(crate) fn busy(&self) -> usize {
        self.http.connections - self.http.places.available_permits()
    }
}

/// Connections over HTTP; the one that was used last is used first.
struct Http {
    address: SocketAddr,
    idle: Mutex<Vec<Connection>>,
    places: Semaphore,
    connections: usize,
}

impl Http {
    async fn publish(&self, event: &CloudEvent) -> Told {
        match self.answer(event).await {
            Ok(Answer { status: StatusCode::CREATED, seq: Some(seq) }) => Told::Recorded(seq),
            Ok(Answer { status: StatusCode::TOO_MANY_REQUESTS, .. }) => Told::Refused,
            Ok(Answer { status, .. }) => Told::Failed(status.to_string()),
            Err(error) => Told::Failed(format!("{error:#}")),
        }
    }

    async fn answer(&self, event: &CloudEvent) -> anyhow::Result<Answer> {
        let _place = self.places.acquire().await?;
        let mut connection = match self.idle_and_open() {
            Some(connection) => connection,
            None => Connection::to(self.address).await?,
        };
        let answer = connection.publish(event).await?;
        if connection.is_open() {
            self.idle().push(connection);
        }
        Ok(answer)
    }

    /// The door closes those that were not used for long.
    fn idle_and_open(&self) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some(connection) = idle.pop() {
            if connection.is_open() {
                return Some(connection);
            }
        }
        None
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing that could panic is done under the lock.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection over gRPC, and how many more calls may be made on it.
struct Calls {
    client: RecordServiceClient<Channel>,
    free: Semaphore,
}

impl Calls {
    fn to(address: SocketAddr) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(format!("http://{address}"))?.connect_lazy();
        Ok(Self { client: RecordServiceClient::new(channel), free: Semaphore::new(GRPC_CALLS_EACH) })
    }

    async fn publish(&self, event: &CloudEvent) -> Told {
        let Ok(_place) = self.free.acquire().await else { return Told::Failed("closed".to_owned()) };
        let request = PublishRequest { events: vec![message(event)], dry_run: false };
        match self.client.clone().publish(request).await {
            Ok(answer) => match answer.into_inner().results.pop().and_then(|result| result.result) {
                Some(Published::Receipt(receipt)) if receipt.outcome() == Outcome::Admitted => {
                    Told::Recorded(receipt.seq)
                }
                other => Told::Failed(format!("not recorded: {other:?}")),
            },
            Err(status) if status.code() == Code::ResourceExhausted => Told::Refused,
            Err(status) => Told::Failed(format!("{:?}: {}", status.code(), status.message())),
        }
    }
}

/// The event in CloudEvents' protobuf format.
fn message(event: &CloudEvent) -> v1::CloudEvent {
    let mut attributes = event.attributes.clone();
    let mut field = |name: &str| attributes.remove(name).unwrap_or_default();
    let (id, source, spec_version, r#type) =
        (field("id"), field("source"), field("specversion"), field("type"));
    let text = |text| AttributeValue { attr: Some(Attr::CeString(text)) };
    v1::CloudEvent {
        id,
        source,
        spec_version,
        r#type,
        attributes: attributes.into_iter().map(|(name, value)| (name, text(value))).collect(),
        data: Some(Data::BinaryData(event.data.clone())),
    }
}
