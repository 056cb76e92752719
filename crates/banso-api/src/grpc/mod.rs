//! The gRPC door: one file per call. The same paths as behind HTTP, told in other words.
//!
//! It answers HTTP/2 alone, without TLS and without access control, as the HTTP door does. It needs no check of
//! the host's name: no browser speaks HTTP/2 in clear text, so that no web page can read through one here.

// ADDING A CALL: its line in /proto, its file, and its line in `record/mod.rs` or `query/mod.rs`.
mod connections;
mod envelope;
mod health;
mod query;
mod received;
mod record;
mod room;
mod status;

use crate::router::Api;
use crate::stopped;
use banso_proto::v1::FILE_DESCRIPTOR_SET;
use banso_proto::v1::query_service_server::QueryServiceServer;
use banso_proto::v1::record_service_server::RecordServiceServer;
use query::Query;
use received::Received;
use record::Record;
use room::Room;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::transport::Server;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::server::Builder;

/// Largest request that publishes.
const PUBLISH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Largest question.
const QUESTION_BYTES_MAX: usize = 64 * 1024;
/// Most headers of a call, in bytes.
const HEADER_BYTES_MAX: u32 = 16 * 1024;
/// Most calls at a time on one connection.
const CALLS_PER_CONNECTION_MAX: u32 = 64;
/// Most streams that are open at a time, on all connections together.
const STREAMS_MAX: usize = 256;

/// What of the gRPC door can be set.
#[derive(Clone, Copy, Debug)]
pub struct GrpcLimits {
    /// How long a call may take to come in whole and be answered; streams begin within it and then go on.
    pub call_time: Duration,
    /// How long a stream of events may bring nothing.
    pub stream_idle: Duration,
    /// How often a silent connection is asked whether somebody is still there, and how long it may take to say so.
    pub keep_alive: Duration,
}

/// What the calls work with.
#[derive(Clone)]
struct Shared {
    api: Api,
    limits: GrpcLimits,
    streams: Arc<Semaphore>,
}

/// Serves gRPC until the process stops. Then calls in progress are answered, and streams are ended with
/// `UNAVAILABLE` after what was received on them is answered. Fails where the listener does.
pub async fn serve_grpc(
    api: Api,
    listener: TcpListener,
    limits: GrpcLimits,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let stopping = api.stopping.clone();
    let incoming = connections::incoming(listener, stopping.clone());
    let health = HealthServer::new(health::Health(api.clone()));
    let door = api.app.door.clone();
    let shared = Shared { api, limits, streams: Arc::new(Semaphore::new(STREAMS_MAX)) };
    let record =
        RecordServiceServer::new(Record(shared.clone())).max_decoding_message_size(PUBLISH_BYTES_MAX);
    let query = QueryServiceServer::new(Query(shared)).max_decoding_message_size(QUESTION_BYTES_MAX);
    let described = || {
        Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    Server::builder()
        .trace_fn(|call| tracing::info_span!("grpc", path = call.uri().path()))
        .max_concurrent_streams(CALLS_PER_CONNECTION_MAX)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .http2_keepalive_interval(Some(limits.keep_alive))
        .http2_keepalive_timeout(Some(limits.keep_alive))
        .add_service(Received::new(Room::new(record, door), limits.call_time))
        .add_service(Received::new(query, limits.call_time))
        .add_service(Received::new(health, limits.call_time))
        .add_service(described().build_v1()?)
        .add_service(described().build_v1alpha()?)
        .serve_with_incoming_shutdown(incoming, stopped(stopping))
        .await?;
    Ok(())
}

impl Shared {
    /// Room for one more stream.
    fn stream(&self) -> Result<OwnedSemaphorePermit, Status> {
        self.streams.clone().try_acquire_owned().map_err(|_| {
            refused("streams");
            status::streams_full()
        })
    }
}

/// Counts what was not taken in because of a limit.
fn refused(why: &'static str) {
    metrics::counter!("banso_grpc_refused_total", "why" => why).increment(1);
}
