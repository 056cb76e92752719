//! `GET /v1/worklists/unanswered-referrals`.

use crate::problem::Problem;
use crate::router::Api;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use banso_app::App;
use banso_app::views::unanswered_referrals::UnansweredReferralShown;
use banso_kernel::OrgId;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Rows of a page where the request does not say.
const PAGE_ROWS_DEFAULT: usize = 100;
/// Most rows of a page.
const PAGE_ROWS_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorklistParams {
    /// The organisation whose list it is: it was asked, or it asked.
    pub(crate) org: String,
    /// Only what holds on this day. Rows without a known day always do.
    pub(crate) on: Option<NaiveDate>,
    /// Where the page begins: `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// Most rows of a page, 1 to 1,000.
    pub(crate) limit: Option<usize>,
}

/// A page of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnansweredReferrals {
    /// The oldest record first.
    items: Vec<UnansweredReferralShown>,
    /// The cursor of the next page; absent = this is the last one for now. A cursor stays good: rows that come
    /// or go do not shift it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Whether a page may have ended so: with the key of a row, which begins with a position of the log.
fn is_cursor(text: &str) -> bool {
    text.split_once('/').is_some_and(|(seq, rest)| {
        seq.len() == 20 && seq.bytes().all(|digit| digit.is_ascii_digit()) && !rest.is_empty()
    })
}

/// Requests for help that wait for an answer (返事を待っている協力依頼).
#[utoipa::path(
    get,
    path = "/v1/worklists/unanswered-referrals",
    tag = "worklists",
    params(WorklistParams),
    responses(
        (status = 200, description = "a page", body = UnansweredReferrals),
        (status = 400, description = "malformed", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "not available", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn unanswered_referrals(
    State(api): State<Api>,
    params: Result<Query<WorklistParams>, QueryRejection>,
) -> Result<Json<UnansweredReferrals>, Problem> {
    let Query(params) = params.map_err(|e| Problem::malformed("", e.body_text()))?;
    Ok(Json(page(&api.app, params).await?))
}

/// A page of the list, whatever carried the question here.
pub(crate) async fn page(app: &App, params: WorklistParams) -> Result<UnansweredReferrals, Problem> {
    let org: OrgId =
        params.org.parse().map_err(|e: banso_kernel::IdError| Problem::malformed("/org", e.to_string()))?;
    let limit = params.limit.unwrap_or(PAGE_ROWS_DEFAULT);
    if !(1..=PAGE_ROWS_MAX).contains(&limit) {
        return Err(Problem::malformed("/limit", "1 to 1000"));
    }
    if params.cursor.as_deref().is_some_and(|cursor| !is_cursor(cursor)) {
        return Err(Problem::malformed("/cursor", "`next` of the page before, as it stands there"));
    }
    let page =
        app.queries.unanswered_referrals(Some(org.to_string()), params.on, params.cursor, limit).await?;
    Ok(UnansweredReferrals { items: page.items, next: page.next })
}
