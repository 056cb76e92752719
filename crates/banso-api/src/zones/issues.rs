//! `GET /v1/zones/{id}/issues`.

use crate::persons::{AsParams, Asked, answer};
use crate::problem::Problem;
use crate::router::Api;
use axum::extract::State;
use axum::response::Response;
use banso_app::views::council_view::CouncilViewShown;
use banso_kernel::ZoneId;

/// What a zone works on (地域課題と協議会).
///
/// Its regional issues with what became of them, and the meetings of its councils. No person is named; how many cases stand behind an issue is told as 「少数」, 「5〜9件」 or 「10件以上」.
#[utoipa::path(
    get,
    path = "/v1/zones/{id}/issues",
    tag = "zones",
    params(("id" = String, Path, description = "the zone", example = "area"), AsParams),
    responses(
        (status = 200, description = "the answer", body = CouncilViewShown, headers(("ETag" = String, description = "the zone's stream_seq"))),
        (status = 400, description = "malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "nothing was recorded, or had happened, by then", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "not available, or a newer binary is needed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn issues(State(api): State<Api>, asked: Asked<ZoneId>) -> Result<Response, Problem> {
    let shown = api.app.queries.council(&asked.of, asked.at).await?;
    Ok(answer(shown.as_of.stream_seq, &shown))
}
