//! What went wrong with a request, as RFC 9457 says it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use banso_app::{Malformed, PublishError, QueryError};
use serde::Serialize;
use utoipa::ToSchema;

/// How long a publisher is asked to wait, in seconds.
const RETRY_AFTER_SECONDS: u16 = 1;

/// A problem (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem: `urn:banso:problem:…`.
    #[serde(rename = "type")]
    #[schema(example = "urn:banso:problem:refused")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do about it.
    pub detail: String,
    /// The rule that says no.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "date-cycle")]
    pub rule: Option<String>,
    /// JSON pointer to what is malformed, or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/data/by")]
    pub pointer: Option<String>,
    /// Where the stream stands, if it was expected elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_seq: Option<u64>,
    /// The event concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:banso:problem:{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            rule: None,
            pointer: None,
            stream_seq: None,
            event_id: None,
        }
    }

    /// 400: the form of what was sent is wrong there.
    pub(crate) fn malformed(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "malformed", "the request is malformed", detail);
        Self { pointer: Some(pointer.into()), ..problem }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "nothing is here", detail)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let detail = "this address does not do that: see /openapi.json";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "not a method of this address",
            detail,
        )
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "too much at once", detail)
    }

    pub(crate) fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "not a CloudEvent",
            "send application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce-* headers; in UTF-8, without Content-Encoding",
        )
    }

    pub(crate) fn refused(rule: &str, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", "the event was refused", detail);
        Self { rule: Some(rule.to_owned()), ..problem }
    }

    pub(crate) fn id_conflict(event_id: impl ToString) -> Self {
        let problem = Self::new(
            StatusCode::CONFLICT,
            "id-conflict",
            "the id stands for another event",
            "an event with this source and id and another content is recorded: use a new id",
        );
        Self { event_id: Some(event_id.to_string()), ..problem }
    }

    pub(crate) fn version_conflict(actual: u64) -> Self {
        let problem = Self::new(
            StatusCode::CONFLICT,
            "version-conflict",
            "the stream stands elsewhere",
            format!("the stream's last stream_seq is {actual}: read it again and decide anew"),
        );
        Self { stream_seq: Some(actual), ..problem }
    }

    pub(crate) fn foreign_source(detail: impl Into<String>) -> Self {
        let problem =
            Self::new(StatusCode::FORBIDDEN, "foreign-source", "not the publisher's source", detail);
        Self { pointer: Some("/source".to_owned()), ..problem }
    }

    pub(crate) fn misdirected() -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            "misdirected",
            "not the host that was meant",
            "this door is open to this machine only: address it as localhost",
        )
    }

    /// 429: so many are connected that nobody else is let in.
    pub(crate) fn connections_full() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "connections-full",
            "too many are connected",
            "nothing was done: send the same again later, and keep the connections that you have",
        )
    }

    /// 408: the request did not come in whole in time.
    pub(crate) fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            "the request took too long",
            "it did not come in whole in time, and nothing was recorded: send the same again",
        )
    }

    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "not available now", detail)
    }

    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "an error of ours", "it has been logged")
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Self::malformed(malformed.pointer, malformed.reason)
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        match &error {
            PublishError::QueueFull => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "queue-full",
                "too many events are waiting",
                "nothing was recorded: send the same event again later",
            ),
            PublishError::GroupTooLarge(cause) => Self::too_large(cause.to_string()),
            PublishError::Unavailable(cause) => {
                tracing::error!(error = cause as &dyn std::error::Error, "a publication failed");
                Self::unavailable("nothing was recorded: send the same event again later")
            }
            PublishError::OutcomeUnknown => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "outcome-unknown",
                "it is not known whether the event was recorded",
                "send the same event with the same id again: it is recorded at most once",
            ),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match &error {
            QueryError::NotFound => Self::not_found(error.to_string()),
            QueryError::Unreadable { source: banso_app::ReadError::UnknownType(_), .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "a question needs a newer binary");
                Self::unavailable("this person's record holds an event that needs a newer binary")
            }
            QueryError::Unreadable { .. } | QueryError::Parked { .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "a question has no answer");
                let title = "this person's record cannot be shown";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "parked", title, error.to_string())
            }
            QueryError::Store(cause) => {
                tracing::error!(
                    error = cause as &dyn std::error::Error,
                    "the store did not answer a question"
                );
                Self::unavailable("the store does not answer")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        response
    }
}
