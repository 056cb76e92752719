//! `/v1/persons/{id}/…`: what is known about one person.

pub(crate) mod events;
pub(crate) mod findings;
pub(crate) mod plan;
pub(crate) mod team;
pub(crate) mod timeline;

use crate::problem::Problem;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use banso_app::{As, parse_time};
use banso_kernel::{IdError, PersonId, StreamSeq};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct AsParams {
    /// What was true then: an RFC 3339 time, or a day in Asia/Tokyo (its end). Absent, or in the future: the latest.
    #[param(example = "2025-04-01")]
    valid_at: Option<String>,
    /// What was known then: an RFC 3339 time, a day in Asia/Tokyo (its end), or a position of the log. Absent: the latest.
    #[param(example = "2025-05-01T00:00:00Z")]
    known_at: Option<String>,
}

/// Whom, or which zone, a question is about, and which state of the world.
pub(crate) struct Asked<I = PersonId> {
    pub(crate) of: I,
    pub(crate) at: As,
}

impl<S: Send + Sync, I: FromStr<Err = IdError> + Send> FromRequestParts<S> for Asked<I> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let of: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        let Path(of) = of.map_err(|e| Problem::malformed("", e.body_text()))?;
        let of = of.parse().map_err(|e: IdError| Problem::malformed("", e.to_string()))?;
        let params: Result<Query<AsParams>, QueryRejection> = Query::from_request_parts(parts, state).await;
        let Query(params) = params.map_err(|e| Problem::malformed("", e.body_text()))?;
        // The `+` of an offset, which nobody remembers to write as %2B, arrives as a space.
        let plus = |text: String| text.replace(' ', "+");
        let at = state_of(params.valid_at.map(plus).as_deref(), params.known_at.map(plus).as_deref())?;
        Ok(Self { of, at })
    }
}

/// The state of the world that a question names, whatever carried it here.
pub(crate) fn state_of(valid_at: Option<&str>, known_at: Option<&str>) -> Result<As, Problem> {
    let valid_at = valid_at.map(|text| {
        parse_time(text).ok_or_else(|| Problem::malformed("/valid_at", "an RFC 3339 time, or YYYY-MM-DD"))
    });
    let known_at = known_at.map(|text| {
        text.parse().map_err(|e: banso_app::KnownAtError| Problem::malformed("/known_at", e.to_string()))
    });
    Ok(As { valid_at: valid_at.transpose()?, known_at: known_at.transpose()? })
}

/// An answer with its `ETag`: the last event of its stream that is in it.
pub(crate) fn answer(stream_seq: StreamSeq, body: impl Serialize) -> Response {
    let tag = format!("\"{stream_seq}\"");
    ([(header::ETAG, tag)], axum::Json(body)).into_response()
}
