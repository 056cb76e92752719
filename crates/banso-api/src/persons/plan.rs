//! `GET /v1/persons/{id}/plan`.

use super::{AsParams, Asked, answer};
use crate::problem::Problem;
use crate::router::Api;
use axum::extract::State;
use axum::response::Response;
use banso_app::views::current_plan::CurrentPlanShown;

/// The current plan (現在の計画).
///
/// Of each kind the plan in force, and what is in preparation (drafts, later revisions), with every field of the forms, what the revision shown changed, links, deliveries and evaluations. Empty where no plan was recorded.
#[utoipa::path(
    get,
    path = "/v1/persons/{id}/plan",
    tag = "persons",
    params(("id" = String, Path, description = "the person", example = "haru"), AsParams),
    responses(
        (status = 200, description = "the answer", body = CurrentPlanShown, headers(("ETag" = String, description = "the person's stream_seq"))),
        (status = 400, description = "malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "nothing was recorded, or had happened, by then", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "the person's record is set aside: an event of it cannot be folded", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "not available, or a newer binary is needed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn plan(State(api): State<Api>, asked: Asked) -> Result<Response, Problem> {
    let shown = api.app.queries.plan(&asked.of, asked.at).await?;
    Ok(answer(shown.as_of.stream_seq, &shown))
}
