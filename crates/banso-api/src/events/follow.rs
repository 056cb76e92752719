//! `GET /v1/events`: the log, page by page or as it grows. The catch-up door: what a subscriber of the bus
//! missed, it reads here.

use super::wire::event_json;
use crate::problem::Problem;
use crate::router::Api;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use banso_app::{EventFilter, Followed, QueryError};
use banso_kernel::{Part, Recorded, Seq};
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::convert::Infallible;
use utoipa::{IntoParams, ToSchema};

/// Events of a page where the request does not say.
const PAGE_EVENTS_DEFAULT: usize = 1_000;
/// Most events of a page.
const PAGE_EVENTS_MAX: usize = 10_000;
/// A page ends with the events that bring it to this many bytes.
const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most events that are looked at for one page.
const SCAN_EVENTS_MAX: usize = 100_000;
/// Events that are read at a time where only some of them are wanted.
const SCAN_PAGE_EVENTS: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct FollowParams {
    /// Only events behind this position. Followers may send `Last-Event-ID` instead.
    after: Option<Seq>,
    /// Most events of a page, 1 to 10,000.
    limit: Option<usize>,
    /// Only of these parts, as in `3,17`.
    part: Option<String>,
    /// Only of this entity: `person`, `referral`, `team`, `episode`, `entitlement`, `plan`, `meeting`, `note`,
    /// `consent`, `monitoring`, `participant`, `regulation`, `issue`, `council`, `correction`.
    aggregate: Option<String>,
    /// Only of this type: `ReferralMade` or `banso.ReferralMade.v1`.
    #[serde(rename = "type")]
    event_type: Option<String>,
    /// Only about this person.
    person: Option<String>,
}

/// Where the log stands (server-sent event `heartbeat`).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Heartbeat {
    /// The log's last position.
    head: Seq,
    /// Every event up to here that the follower wants has been sent.
    seen: Seq,
}

/// Read the log.
///
/// As a page of CloudEvents, one a line (`application/x-ndjson`), or, with `Accept: text/event-stream`, as it
/// grows: server-sent events `recorded` whose `id` is the position, and `heartbeat`.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    params(
        FollowParams,
        ("Accept" = Option<String>, Header, description = "`text/event-stream` to follow"),
        ("Last-Event-ID" = Option<u64>, Header, description = "goes on behind this position"),
    ),
    responses(
        (status = 200, description = "CloudEvents, one a line; or events and heartbeats as they come",
            content((String = "application/x-ndjson"), (Heartbeat = "text/event-stream")),
            headers(
                ("banso-head" = u64, description = "of a page: the log's last position"),
                ("banso-next-after" = u64, description = "of a page: `after` of the next one"),
            )),
        (status = 400, description = "malformed", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "not available", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn follow(
    State(api): State<Api>,
    params: Result<Query<FollowParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(params) = params.map_err(|e| Problem::malformed("", e.body_text()))?;
    let filter = filter(&params)?;
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let last_seen = text(header::HeaderName::from_static("last-event-id"));
    let after = match (last_seen.map(str::parse::<Seq>), params.after) {
        (Some(Ok(seen)), _) => seen,
        (Some(Err(_)), _) => return Err(Problem::malformed("", "Last-Event-ID is a position of the log")),
        (None, after) => after.unwrap_or(0),
    };
    if text(header::ACCEPT).is_some_and(|accept| accept.contains("text/event-stream")) {
        return Ok(Sse::new(followed(api, after, filter)).into_response());
    }
    page(&api, after, params.limit.unwrap_or(PAGE_EVENTS_DEFAULT), &filter).await
}

fn filter(params: &FollowParams) -> Result<EventFilter, Problem> {
    let part = |text: &str| {
        let number: Option<u8> = text.trim().parse().ok();
        number
            .and_then(|number| Part::try_from(number).ok())
            .ok_or_else(|| Problem::malformed("/part", "0 to 63"))
    };
    let parts =
        params.part.as_deref().map(|text| text.split(',').map(part).collect::<Result<BTreeSet<_>, _>>());
    wanted(parts.transpose()?, params.aggregate.clone(), params.event_type.clone(), params.person.as_deref())
}

/// What a follower wants, whatever carried its wish here.
pub(crate) fn wanted(
    parts: Option<BTreeSet<Part>>,
    aggregate: Option<String>,
    event_type: Option<String>,
    person: Option<&str>,
) -> Result<EventFilter, Problem> {
    if let Some(unknown) = &aggregate
        && !EventFilter::entities().any(|entity| entity == unknown)
    {
        let known: BTreeSet<&str> = EventFilter::entities().collect();
        let known: Vec<&str> = known.into_iter().collect();
        return Err(Problem::malformed("/aggregate", format!("one of {}", known.join(", "))));
    }
    let person = person.map(str::parse).transpose();
    let person = person.map_err(|e: banso_kernel::IdError| Problem::malformed("/person", e.to_string()))?;
    Ok(EventFilter { parts, entity: aggregate, event_type, person })
}

async fn page(api: &Api, after: Seq, limit: usize, filter: &EventFilter) -> Result<Response, Problem> {
    if !(1..=PAGE_EVENTS_MAX).contains(&limit) {
        return Err(Problem::malformed("/limit", "1 to 10000"));
    }
    let mut lines = Vec::new();
    let (mut found, mut scanned, mut seen) = (0, 0, after);
    let everything = *filter == EventFilter::default();
    while found < limit && scanned < SCAN_EVENTS_MAX && lines.len() < PAGE_BYTES_MAX {
        let wanted = limit - found;
        let at_once = if everything { wanted } else { wanted.max(SCAN_PAGE_EVENTS) };
        let events = api.app.log.read(seen, at_once).await.map_err(QueryError::from)?;
        if events.is_empty() {
            break;
        }
        scanned += events.len();
        for event in &events {
            if found == limit {
                break;
            }
            seen = event.header.seq;
            if filter.wants(event) {
                found += 1;
                lines.extend_from_slice(json(event)?.as_bytes());
                lines.push(b'\n');
            }
        }
    }
    // Asked last, so that it is not behind what was read. A log that was put back may end before `after`.
    let head = api.app.log.head().await.map_err(QueryError::from)?;
    let headers = [
        ("content-type", "application/x-ndjson".to_owned()),
        ("banso-head", head.to_string()),
        ("banso-next-after", seen.to_string()),
    ];
    Ok((headers, lines).into_response())
}

fn json(event: &Recorded) -> Result<String, Problem> {
    event_json(event).map_err(|e| {
        tracing::error!(seq = event.header.seq, error = %e, "an event has no JSON form");
        Problem::internal()
    })
}

/// Events as they come. Ends when the process ends or the store fails: the follower comes again with
/// `Last-Event-ID`.
fn followed(api: Api, after: Seq, filter: EventFilter) -> impl Stream<Item = Result<Event, Infallible>> {
    let follower = api.app.follow(after, filter, api.stopping);
    stream::unfold(follower, |mut follower| async move {
        let event = sent(follower.next().await)?;
        Some((Ok(event), follower))
    })
}

fn sent(followed: Result<Option<Followed>, QueryError>) -> Option<Event> {
    let followed = followed
        .inspect_err(|e| tracing::error!(error = e as &dyn std::error::Error, "a follower is let go"));
    match followed.ok()?? {
        Followed::Recorded(event) => {
            let id = event.header.seq.to_string();
            Some(Event::default().event("recorded").id(id).data(json(&event).ok()?))
        }
        Followed::Heartbeat { head, seen } => {
            let beat = serde_json::to_string(&Heartbeat { head, seen }).ok()?;
            Some(Event::default().event("heartbeat").data(beat))
        }
    }
}
