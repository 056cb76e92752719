//! The doors: HTTP, gRPC, and the intake of the bus. One file per endpoint or call: request, handler, errors,
//! documentation. Knows [`banso_app`], no store. Errors are RFC 9457 problems, over gRPC statuses that say the
//! same; the OpenAPI document is generated from the handlers.

// ADDING AN ENDPOINT: its file, and one line in `router.rs`.
mod events;
mod grpc;
mod host;
mod http;
mod intake;
mod ops;
mod persons;
mod problem;
mod router;
mod worklists;
mod zones;

pub use events::wire::event_json;
pub use grpc::{GrpcLimits, serve_grpc};
pub use host::for_this_machine_only;
pub use http::{HttpLimits, serve_http};
pub use intake::{IntakeMessage, Publisher, deliver};
pub use ops::metrics::recorder;
pub use problem::Problem;
pub use router::{Api, Beside, crowded_router, openapi, operation_router, router};

use tokio::sync::watch;

/// Returns when the process stops.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that nobody is left to stop it.
    if stopping.wait_for(|stopping| *stopping).await.is_err() {
        std::future::pending::<()>().await;
    }
}
