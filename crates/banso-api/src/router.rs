//! All endpoints, and the OpenAPI document that follows from them.

use crate::events::publish::BATCH_BYTES_MAX;
use crate::http::hear_out;
use crate::problem::Problem;
use crate::{events, ops, persons, worklists, zones};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use banso_app::App;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers work with.
#[derive(Clone)]
pub struct Api {
    /// What banso does.
    pub app: Arc<App>,
    /// Becomes `true` when the process ends: whoever follows the log is let go.
    pub stopping: watch::Receiver<bool>,
    /// What else the process does.
    pub beside: Arc<[Beside]>,
}

/// Something that the process does beside answering requests, which are served also without it: `/readyz` tells
/// how it is.
pub struct Beside {
    /// `bus`, `intake`.
    pub name: &'static str,
    /// What is wrong with it now.
    pub problem: Box<dyn Fn() -> Option<String> + Send + Sync>,
}

impl Api {
    /// Nothing but requests.
    pub fn new(app: Arc<App>, stopping: watch::Receiver<bool>) -> Self {
        Self { app, stopping, beside: Arc::new([]) }
    }
}

/// The longest pause within a request's body.
const BODY_PAUSE_MAX: Duration = Duration::from_secs(30);

#[derive(OpenApi)]
#[openapi(info(
    title = "banso",
    description = "Coordination of a person's supporters (伴走): events in, plan, team and timeline out.",
    license(name = "Apache-2.0")
))]
struct Documentation;

fn routes() -> OpenApiRouter<Api> {
    operation()
        .routes(routes!(events::publish::publish, events::follow::follow))
        .routes(routes!(persons::plan::plan))
        .routes(routes!(persons::team::team))
        .routes(routes!(persons::timeline::timeline))
        .routes(routes!(persons::findings::findings))
        .routes(routes!(persons::events::events))
        .routes(routes!(zones::issues::issues))
        .routes(routes!(worklists::unanswered_referrals::unanswered_referrals))
}

/// What every process answers, whatever its roles.
fn operation() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Documentation::openapi())
        .routes(routes!(ops::healthz::healthz))
        .routes(routes!(ops::readyz::readyz))
        .routes(routes!(ops::metrics::metrics))
        .routes(routes!(ops::openapi::openapi))
}

/// The OpenAPI 3.1 document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().split_for_parts().1
}

/// The whole HTTP door.
pub fn router(api: Api) -> Router {
    served(routes(), api)
}

/// The HTTP door of a process that answers nothing but how it is.
pub fn operation_router(api: Api) -> Router {
    served(operation(), api)
}

/// The HTTP door where as many are connected as may be: it says how the process is, and asks all others to come
/// again. Nobody is answered before the request: clients take that for an error of the connection.
pub fn crowded_router(api: Api) -> Router {
    let (router, _) = operation().split_for_parts();
    let turned_away = |headers: HeaderMap, body: Body| async move {
        hear_out(&headers, body, BATCH_BYTES_MAX).await;
        Problem::connections_full()
    };
    router.fallback(turned_away).with_state(api)
}

fn served(routes: OpenApiRouter<Api>, api: Api) -> Router {
    let (router, _) = routes.split_for_parts();
    // Only the path: a query may name a person.
    let span = |request: &Request<_>| tracing::info_span!("http", method = %request.method(), path = request.uri().path());
    router
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .fallback(|| async { Problem::not_found("no such address: see /openapi.json") })
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE_MAX))
        .layer(CatchPanicLayer::custom(|_| axum::response::IntoResponse::into_response(Problem::internal())))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .with_state(api)
}
