//! `GET /v1/persons/{id}/findings`.

use super::{AsParams, Asked, answer};
use crate::problem::Problem;
use crate::router::Api;
use axum::extract::State;
use axum::response::Response;
use banso_app::views::findings::FindingsShown;

/// What a review of the record would ask (記録から確かめたいこと).
///
/// By the rules in force then: one finding for each rule, subject and period, what is to be confirmed before what is for information. Questions, no judgement: no record is not no action. Without `valid_at` what has passed is counted up to today; without an activated rule pack nothing is asked.
#[utoipa::path(
    get,
    path = "/v1/persons/{id}/findings",
    tag = "persons",
    params(("id" = String, Path, description = "the person", example = "haru"), AsParams),
    responses(
        (status = 200, description = "the answer", body = FindingsShown, headers(("ETag" = String, description = "the person's stream_seq"))),
        (status = 400, description = "malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "nothing was recorded, or had happened, by then", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "the person's record is set aside: an event of it cannot be folded", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "not available, or a newer binary is needed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn findings(State(api): State<Api>, asked: Asked) -> Result<Response, Problem> {
    let shown = api.app.queries.findings(&asked.of, asked.at).await?;
    Ok(answer(shown.as_of.stream_seq, &shown))
}
