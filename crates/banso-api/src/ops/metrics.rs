//! `GET /metrics`.

use crate::problem::Problem;
use crate::router::Api;
use axum::extract::State;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// The process's recorder of metrics, installed by the first call; `None` where another one was installed.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

/// Measurements in the Prometheus text format.
///
/// The log: `banso_append_events_total` by outcome, `banso_append_failures_total` by why,
/// `banso_append_queue_events`, `banso_append_batch_events` and `banso_append_commit_seconds` by path (`quiet` =
/// without the store's lock), `banso_log_head`; `banso_hot_cases_bytes` and `banso_cases_read_total`. Read models:
/// `banso_projector_lag_events` and `banso_projector_lag_seconds` by part, `banso_parked_persons_total`. The bus,
/// by stream: `banso_relay_state`, `banso_relay_lag_events`, `banso_relay_lag_seconds`,
/// `banso_relay_published_total`, `banso_relay_batches_total`, `banso_relay_fence_losses_total`,
/// `banso_relay_repairs_total`. The intake, by publisher: `banso_intake_events_total` by status,
/// `banso_intake_state`, `banso_intake_lag_messages`, `banso_intake_read_total`, `banso_intake_deliveries_total`,
/// `banso_intake_fences_total`, `banso_intake_failures_total`, `banso_intake_unreadable_total`;
/// `banso_intake_unread_messages` of publishers that are not configured. The doors: `banso_http_refused_total` and
/// `banso_grpc_refused_total` by why.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses(
    (status = 200, description = "Prometheus text format", body = String),
    (status = 503, description = "not available", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn metrics(State(api): State<Api>) -> Result<String, Problem> {
    let recorder = recorder().ok_or_else(|| Problem::unavailable("no recorder of metrics is installed"))?;
    let status = api.app.projector_status().await.map_err(banso_app::QueryError::from)?;
    metrics::gauge!("banso_append_queue_events").set(api.app.waiting_events() as f64);
    metrics::gauge!("banso_log_head").set(status.head as f64);
    for (part, lag) in &status.lag {
        metrics::gauge!("banso_projector_lag_events", "part" => part.to_string()).set(lag.events as f64);
        metrics::gauge!("banso_projector_lag_seconds", "part" => part.to_string()).set(lag.seconds);
    }
    recorder.run_upkeep();
    Ok(recorder.render())
}
