//! `GET /openapi.json`.

use axum::Json;
use std::sync::LazyLock;
use utoipa::openapi::OpenApi;

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(crate::openapi);

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operation", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object),
))]
pub(crate) async fn openapi() -> Json<&'static OpenApi> {
    Json(&DOCUMENT)
}
