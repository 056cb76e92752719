//! `GET /v1/persons/{id}/timeline`.

use super::{AsParams, Asked, answer};
use crate::problem::Problem;
use crate::router::Api;
use axum::extract::State;
use axum::response::Response;
use banso_app::views::timeline::TimelineShown;

/// The timeline (経過).
///
/// Every event in the order in which things happened, corrected and retracted ones marked, and the three tracks 暮らしの場, 支援の段階, 利用中の制度.
#[utoipa::path(
    get,
    path = "/v1/persons/{id}/timeline",
    tag = "persons",
    params(("id" = String, Path, description = "the person", example = "haru"), AsParams),
    responses(
        (status = 200, description = "the answer", body = TimelineShown, headers(("ETag" = String, description = "the person's stream_seq"))),
        (status = 400, description = "malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "nothing was recorded, or had happened, by then", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "the person's record is set aside: an event of it cannot be folded", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "not available, or a newer binary is needed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn timeline(State(api): State<Api>, asked: Asked) -> Result<Response, Problem> {
    let shown = api.app.queries.timeline(&asked.of, asked.at).await?;
    Ok(answer(shown.as_of.stream_seq, &shown))
}
