//! `GET /v1/persons/{id}/events`.

use super::{AsParams, Asked, answer};
use crate::events::wire::Structured;
use crate::problem::Problem;
use crate::router::Api;
use axum::extract::State;
use axum::response::Response;
use banso_app::views::AsOf;
use banso_kernel::Recorded;
use serde::Serialize;
use utoipa::ToSchema;

/// The person's events.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonEvents<'a> {
    /// Which state of the world.
    as_of: &'a AsOf,
    /// CloudEvents 1.0, in the order of the log.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Structured<'a>>,
}

impl<'a> PersonEvents<'a> {
    pub(crate) fn of(as_of: &'a AsOf, recorded: &'a [Recorded]) -> Self {
        Self { as_of, events: recorded.iter().map(Structured).collect() }
    }
}

/// The person's events themselves.
///
/// In the order of the log, as they were published: those recorded by `known_at` whose fact had, or may have,
/// happened by `valid_at`.
#[utoipa::path(
    get,
    path = "/v1/persons/{id}/events",
    tag = "persons",
    params(("id" = String, Path, description = "the person", example = "haru"), AsParams),
    responses(
        (status = 200, description = "the answer", body = PersonEvents<'_>, headers(("ETag" = String, description = "the person's stream_seq"))),
        (status = 400, description = "malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "nothing was recorded, or had happened, by then", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "the person's record is set aside: an event of it cannot be folded", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "not available, or a newer binary is needed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn events(State(api): State<Api>, asked: Asked) -> Result<Response, Problem> {
    let (as_of, recorded) = api.app.queries.events(&asked.of, asked.at).await?;
    Ok(answer(as_of.stream_seq, PersonEvents::of(&as_of, &recorded)))
}
