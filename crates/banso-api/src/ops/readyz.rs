//! `GET /readyz`.

use crate::router::Api;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use banso_app::App;
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
    /// `log`, `read models`.
    name: &'static str,
    /// Whether it is there.
    ready: bool,
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
    let readiness = readiness(&api.app).await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

/// What is there and what is missing, whatever carried the question here.
pub(crate) async fn readiness(app: &App) -> Readiness {
    let dependency = |name, problem: Option<String>| Dependency { name, ready: problem.is_none(), problem };
    let dependencies = match app.projector_status().await {
        Err(error) => vec![dependency("log", Some(error.to_string()))],
        Ok(status) => {
            let stopped = (!status.stopped.is_empty()).then(|| {
                let parts: Vec<String> = status.stopped.keys().map(u8::to_string).collect();
                format!("parts {} stopped: {}", parts.join(", "), banso_app::PART_STOPPED)
            });
            vec![dependency("log", None), dependency("read models", status.failing.or(stopped))]
        }
    };
    let ready = dependencies.iter().all(|dependency| dependency.ready);
    Readiness { ready, dependencies }
}
