//! `POST /v1/events`: a service publishes what happened.

use super::wire;
use crate::problem::Problem;
use crate::router::Api;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use banso_app::{Item, Outcome};
use banso_kernel::{CloudEvent, EventId, Expected, Seq, StreamSeq};
use bytes::Bytes;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Largest event, attributes and data together.
const EVENT_BYTES_MAX: usize = 256 * 1024;
/// Largest batch.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Of a larger request so much is read before it is answered.
const HEARD_OUT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most events of a batch.
const BATCH_EVENTS_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishParams {
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

/// Where an event stands in the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptShown {
    /// `admitted`; `duplicate` = it had been recorded before, and this is the first result;
    /// `would_be_admitted` in a dry run.
    outcome: &'static str,
    /// Its position in the log.
    seq: Seq,
    /// Its position in its stream.
    stream_seq: StreamSeq,
    /// Its id: UUIDv5 of source and id.
    #[schema(value_type = String, format = "uuid")]
    event_id: EventId,
    /// The event that had already said the same.
    #[schema(value_type = Option<String>, format = "uuid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<EventId>,
}

/// What became of one event of a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ItemResult {
    /// It is recorded.
    Receipt {
        /// 201, or 200 for a duplicate or a dry run.
        status: u16,
        /// Where it stands.
        #[serde(flatten)]
        receipt: ReceiptShown,
    },
    /// It is not.
    Problem(Problem),
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
        (status = 409, description = "the id stands for another event, or the stream stands elsewhere", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "over 256 KiB an event, 1,000 events or 8 MiB a batch, 100 events a group", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "not a CloudEvent", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "refused, with the rule", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "too much is waiting", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "not available, or the outcome is not known", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn publish(
    State(api): State<Api>,
    params: Result<Query<PublishParams>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Query(params) = params.map_err(|e| Problem::malformed("", e.body_text()))?;
    let body = read(body).await?;
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

fn check_size(bytes: usize) -> Result<(), Problem> {
    if bytes <= EVENT_BYTES_MAX { Ok(()) } else { Err(Problem::too_large("an event has at most 256 KiB")) }
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
    let item = api.app.door.propose(event, expected)?;
    let (status, receipt) = shown(api.app.door.publish_one(item, dry_run).await?, dry_run)?;
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
    if raw.len() > BATCH_EVENTS_MAX {
        return Err(Problem::too_large(format!("a batch has at most {BATCH_EVENTS_MAX} events")));
    }
    let mut results: Vec<Option<ItemResult>> = vec![None; raw.len()];
    let mut proposed: Vec<(usize, Option<String>, Item)> = Vec::new();
    // Which event of it is malformed.
    let mut broken_groups: BTreeMap<String, usize> = BTreeMap::new();
    for (place, json) in raw.iter().enumerate() {
        let event = check_size(json.get().len()).and_then(|()| wire::structured(json.get().as_bytes()));
        let group = event.as_ref().ok().and_then(|event| event.attributes.get("bansogroup").cloned());
        match event.and_then(|event| api.app.door.propose(event, None).map_err(Problem::from)) {
            Ok(item) => proposed.push((place, group, item)),
            Err(problem) => {
                for group in wire::groups(json.get()) {
                    broken_groups.entry(group).or_insert(place);
                }
                results[place] = Some(ItemResult::Problem(in_batch(problem, place)));
            }
        }
    }
    let (mut places, mut items): (Vec<usize>, Vec<Item>) = Default::default();
    for (place, group, item) in proposed {
        match group.and_then(|group| broken_groups.get(&group)) {
            Some(because) => {
                let detail = format!("event {because} of the batch, counted from 0, is malformed");
                results[place] = Some(ItemResult::Problem(Problem::refused("group-refused", detail)));
            }
            None => {
                places.push(place);
                items.push(item);
            }
        }
    }
    if !items.is_empty() {
        let outcomes = api.app.door.publish(items, dry_run).await?;
        for (place, outcome) in places.iter().zip(outcomes) {
            // Which event of the group it was is counted by the publisher's batch.
            let outcome = match outcome {
                Outcome::GroupRefused { because } => {
                    Outcome::GroupRefused { because: places.get(because).copied().unwrap_or(because) }
                }
                other => other,
            };
            results[*place] = Some(match shown(outcome, dry_run) {
                Ok((status, receipt)) => ItemResult::Receipt { status: status.as_u16(), receipt },
                Err(problem) => ItemResult::Problem(problem),
            });
        }
    }
    let results =
        results.into_iter().map(|result| result.unwrap_or_else(|| ItemResult::Problem(Problem::internal())));
    let answer = PublishAnswer::Batch(BatchResult { results: results.collect() });
    Ok(axum::Json(answer).into_response())
}

/// The pointer of a problem, counted from the batch.
fn in_batch(problem: Problem, place: usize) -> Problem {
    let pointer = problem.pointer.map(|pointer| format!("/{place}{pointer}"));
    Problem { pointer, ..problem }
}

fn shown(outcome: Outcome, dry_run: bool) -> Result<(StatusCode, ReceiptShown), Problem> {
    let receipt = |outcome, receipt: banso_app::Receipt| ReceiptShown {
        outcome,
        seq: receipt.seq,
        stream_seq: receipt.stream_seq,
        event_id: receipt.event_id,
        repeats: receipt.repeats,
    };
    match outcome {
        Outcome::Admitted(at) if dry_run => Ok((StatusCode::OK, receipt("would_be_admitted", at))),
        Outcome::Admitted(at) => Ok((StatusCode::CREATED, receipt("admitted", at))),
        Outcome::Duplicate(at) => Ok((StatusCode::OK, receipt("duplicate", at))),
        Outcome::IdConflict { event_id } => Err(Problem::id_conflict(event_id)),
        Outcome::VersionConflict { actual } => Err(Problem::version_conflict(actual)),
        Outcome::Refused(refusal) => Err(Problem::refused(refusal.rule(), refusal.to_string())),
        Outcome::GroupRefused { because } => {
            let detail = format!("event {because} of the batch, counted from 0, was not admitted");
            Err(Problem::refused("group-refused", detail))
        }
        Outcome::Undecidable(undecidable) => {
            tracing::error!(error = &undecidable as &dyn std::error::Error, "a stream cannot be decided on");
            Err(Problem::unavailable(format!("nothing was recorded: the stream's {undecidable}")))
        }
    }
}
