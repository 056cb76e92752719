//! `GET /readyz`.

use crate::router::Api;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether requests can be served, and what is missing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Whether everything is there.
    pub(crate) ready: bool,
    /// Each dependency.
    dependencies: Vec<Dependency>,
}

/// Something banso needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dependency {
    /// `log`, `read models`; on the bus `bus` (the events), `outcomes`, `intake`.
    name: &'static str,
    /// Whether it is there.
    ready: bool,
    /// Whether requests cannot be served without it.
    required: bool,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Whether requests can be served.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 200, description = "everything is there", body = Readiness),
    (status = 503, description = "something is missing", body = Readiness),
))]
pub(crate) async fn readyz(State(api): State<Api>) -> (StatusCode, Json<Readiness>) {
    let readiness = readiness(&api).await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

/// What is there and what is missing, whatever carried the question here.
pub(crate) async fn readiness(api: &Api) -> Readiness {
    let Api { app, beside, .. } = api;
    let dependency = |name, problem: Option<String>| Dependency {
        name,
        ready: problem.is_none(),
        required: true,
        problem,
    };
    let held = app.store.held().await.map(|held| held.map(|reason| format!("nothing is recorded: {reason}")));
    let mut dependencies = match (held, app.projector_status().await) {
        (Err(error), _) | (_, Err(error)) => vec![dependency("log", Some(error.to_string()))],
        (Ok(held), Ok(status)) => {
            let stopped = (!status.stopped.is_empty()).then(|| {
                let parts: Vec<String> = status.stopped.keys().map(u8::to_string).collect();
                format!("parts {} stopped: {}", parts.join(", "), banso_app::PART_STOPPED)
            });
            vec![dependency("log", held), dependency("read models", status.failing.or(stopped))]
        }
    };
    let ready = dependencies.iter().all(|dependency| dependency.ready);
    dependencies.extend(
        beside
            .iter()
            .map(|beside| Dependency { required: false, ..dependency(beside.name, (beside.problem)()) }),
    );
    Readiness { ready, dependencies }
}
