//! `POST /v1/events`: a service publishes what happened.

use super::record::{self, ItemResult, Read, ReceiptShown, check_count, check_size};
use super::wire;
use crate::http::hear_out;
use crate::problem::Problem;
use crate::router::Api;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use banso_kernel::{CloudEvent, Expected};
use bytes::Bytes;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

/// How long a request may take to come in whole.
const BODY_TIME_MAX: Duration = Duration::from_secs(60);
/// Largest batch.
pub(crate) const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Of a larger request so much is read before it is answered.
const HEARD_OUT_BYTES_MAX: usize = 64 * 1024 * 1024;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishParams {
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

/// What became of a batch, event by event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BatchResult {
    /// In the order of the batch.
    results: Vec<ItemResult>,
}

/// What is answered with 200.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum PublishAnswer {
    /// To one event.
    One(ReceiptShown),
    /// To a batch.
    Batch(BatchResult),
}

/// Publish events.
///
/// One CloudEvent (`application/cloudevents+json`, or `application/json` with `ce-…` headers), or a batch of up
/// to 1,000 (`application/cloudevents-batch+json`). A batch is answered event by event; the events that carry
/// the same `bansogroup` are recorded together or not at all.
///
/// Send an event again with the same `source` and `id` whenever the answer was lost: it is recorded once.
#[utoipa::path(
    post,
    path = "/v1/events",
    tag = "events",
    params(
        PublishParams,
        ("If-Match" = Option<String>, Header, description = "record only if the stream's last stream_seq is this (\"17\")"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: record only as the stream's first event"),
    ),
    request_body(description = "a CloudEvent 1.0; a batch of them; or the data alone, with the attributes in `ce-…` headers", content(
        (Object = "application/cloudevents+json", example = json!({
            "specversion": "1.0",
            "id": "haru-05",
            "source": "https://hospital.example",
            "type": "banso.HospitalAdmitted.v1",
            "subject": "person/haru",
            "bansooccurred": "2025-04-01",
            "bansoactor": "psw@hospital",
            "data": { "episode": "haru:stay1", "facility": { "org": "hospital" }, "form": "not_recorded" }
        })),
        (Vec<Object> = "application/cloudevents-batch+json"),
        (Object = "application/json"),
    )),
    responses(
        (status = 201, description = "one event: recorded", body = ReceiptShown, headers(("ETag" = String, description = "the stream's stream_seq"))),
        (status = 200, description = "one event: recorded before (the first result), or a dry run; or a batch", body = PublishAnswer),
        (status = 400, description = "malformed", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "did not come in whole within 60 s", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "the id stands for another event, or the stream stands elsewhere", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "over 256 KiB an event, 1,000 events or 8 MiB a batch, 100 events a group", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "not a CloudEvent", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "refused, with the rule", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "too much is waiting, or too many are connected: nothing was recorded", headers(("Retry-After" = u16, description = "seconds")), body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "not available, or the outcome is not known", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn publish(
    State(api): State<Api>,
    params: Result<Query<PublishParams>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if let Err(full) = api.app.door.has_room() {
        hear_out(&headers, body, BATCH_BYTES_MAX).await;
        return Err(full.into());
    }
    // Ahead of all other checks: a request that is answered before it was read ends its connection.
    let body = whole(body, BODY_TIME_MAX).await?;
    let _entered = api.app.door.enter()?;
    let Query(params) = params.map_err(|e| Problem::malformed("", e.body_text()))?;
    let expected = expected(&headers)?;
    match form(&headers)? {
        Form::Batch => batch(&api, &body, expected, params.dry_run).await,
        Form::Structured => {
            check_size(body.len())?;
            one(&api, wire::structured(&body)?, expected, params.dry_run).await
        }
        Form::Binary => {
            let attributes = headers.iter().filter(|(name, _)| name.as_str().starts_with("ce-"));
            let bytes: usize = attributes.map(|(name, value)| name.as_str().len() + value.len()).sum();
            check_size(bytes + body.len())?;
            one(&api, wire::binary(&headers, body)?, expected, params.dry_run).await
        }
    }
}

/// The whole body, if it comes within this time, however small its parts.
async fn whole(body: Body, time: Duration) -> Result<Bytes, Problem> {
    timeout(time, read(body)).await.unwrap_or_else(|_| Err(Problem::too_slow()))
}

/// The whole body. What is too large is taken in all the same, up to a point: whoever is still sending does not
/// hear the answer.
async fn read(body: Body) -> Result<Bytes, Problem> {
    let mut chunks: Vec<Bytes> = Vec::new();
    let mut bytes = 0;
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Problem::malformed("", "the request ends too early"))?;
        bytes += chunk.len();
        if bytes <= BATCH_BYTES_MAX {
            chunks.push(chunk);
        } else if bytes <= HEARD_OUT_BYTES_MAX {
            chunks.clear();
        } else {
            break;
        }
    }
    match (bytes > BATCH_BYTES_MAX, chunks.as_slice()) {
        (true, _) => Err(Problem::too_large("a request has at most 8 MiB")),
        (false, [chunk]) => Ok(chunk.clone()),
        (false, chunks) => Ok(chunks.concat().into()),
    }
}

enum Form {
    Structured,
    Batch,
    Binary,
}

fn form(headers: &HeaderMap) -> Result<Form, Problem> {
    let content = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content = content.to_ascii_lowercase();
    let (media, parameters) = content.split_once(';').unwrap_or((&content, ""));
    // What is signed by its hash must be the bytes that came: UTF-8, not packed.
    let other_charset = parameters.contains("charset") && !parameters.contains("utf-8");
    if headers.contains_key(header::CONTENT_ENCODING) || other_charset {
        return Err(Problem::unsupported_media_type());
    }
    match media.trim() {
        "application/cloudevents+json" => Ok(Form::Structured),
        "application/cloudevents-batch+json" => Ok(Form::Batch),
        "application/json" if headers.contains_key("ce-specversion") => Ok(Form::Binary),
        _ => Err(Problem::unsupported_media_type()),
    }
}

fn expected(headers: &HeaderMap) -> Result<Option<Expected>, Problem> {
    let if_match = headers.get(header::IF_MATCH).map(HeaderValue::as_bytes);
    let if_none_match = headers.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes);
    let wrong = || {
        Problem::malformed("", "If-Match carries the ETag of an answer, as in \"17\"; If-None-Match only *")
    };
    match (if_match, if_none_match) {
        (None, None) => Ok(None),
        (None, Some(b"*")) => Ok(Some(Expected::NoStream)),
        (Some(tag), None) => {
            let text = std::str::from_utf8(tag).map_err(|_| wrong())?;
            let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or_else(wrong)?;
            number.parse().map(|seq| Some(Expected::At(seq))).map_err(|_| wrong())
        }
        (Some(_), Some(_)) | (None, Some(_)) => Err(wrong()),
    }
}

async fn one(
    api: &Api,
    event: CloudEvent,
    expected: Option<Expected>,
    dry_run: bool,
) -> Result<Response, Problem> {
    if expected.is_some() && event.attributes.contains_key("bansoexpected") {
        return Err(Problem::malformed("/bansoexpected", "say it once: here or in If-Match, If-None-Match"));
    }
    let (status, receipt) = record::one(&api.app, event, expected, dry_run).await?;
    let tag = format!("\"{}\"", receipt.stream_seq);
    Ok((status, [(header::ETAG, tag)], axum::Json(PublishAnswer::One(receipt))).into_response())
}

async fn batch(
    api: &Api,
    body: &[u8],
    expected: Option<Expected>,
    dry_run: bool,
) -> Result<Response, Problem> {
    if expected.is_some() {
        return Err(Problem::malformed(
            "",
            "If-Match is for one event: in a batch, set bansoexpected in each",
        ));
    }
    let raw = wire::batch(body)?;
    check_count(raw.len())?;
    let read = raw.iter().map(|json| {
        let event = check_size(json.get().len()).and_then(|()| wire::structured(json.get().as_bytes()));
        let groups = if event.is_err() { wire::groups(json.get()) } else { Vec::new() };
        Read { event, groups }
    });
    let results = record::several(&api.app, read, dry_run).await?;
    Ok(axum::Json(PublishAnswer::Batch(BatchResult { results })).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_only_drips_is_not_waited_for() {
        let byte = || async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok::<_, std::io::Error>(Bytes::from_static(b"a"))
        };
        let drips = Body::from_stream(futures::stream::repeat_with(byte).then(|byte| byte));
        assert_eq!(whole(drips, Duration::from_millis(50)).await.unwrap_err(), Problem::too_slow());
        let comes = Body::from_stream(futures::stream::repeat_with(byte).take(3).then(|byte| byte));
        assert_eq!(whole(comes, BODY_TIME_MAX).await.unwrap(), "aaa");
    }
}
