//! `GET /healthz`.

/// Whether the process runs.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "it runs", body = String)))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}
