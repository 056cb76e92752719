//! `banso.v1.QueryService/GetView`: what the HTTP door answers, byte for byte.

use super::asked;
use super::shown::as_of;
use crate::persons::Asked;
use crate::persons::events::PersonEvents;
use crate::problem::Problem;
use crate::worklists::unanswered_referrals::{self, WorklistParams};
use banso_app::App;
use banso_app::views;
use banso_proto::v1::{GetViewRequest, GetViewResponse};
use serde::Serialize;

// ADDING A READ MODEL: its name here, and its arm below.
const VIEWS: [&str; 5] = ["plan", "team", "timeline", "events", views::unanswered_referrals::VIEW];

pub(super) async fn view(app: &App, request: GetViewRequest) -> Result<GetViewResponse, Problem> {
    let queries = &app.queries;
    match request.view.as_str() {
        "plan" => {
            let Asked { of: person, at } = of_person(&request)?;
            let shown = queries.plan(&person, at).await?;
            answer(&shown, Some(&shown.as_of))
        }
        "team" => {
            let Asked { of: person, at } = of_person(&request)?;
            let shown = queries.team(&person, at).await?;
            answer(&shown, Some(&shown.as_of))
        }
        "timeline" => {
            let Asked { of: person, at } = of_person(&request)?;
            let shown = queries.timeline(&person, at).await?;
            answer(&shown, Some(&shown.as_of))
        }
        "events" => {
            let Asked { of: person, at } = of_person(&request)?;
            let (of, recorded) = queries.events(&person, at).await?;
            answer(&PersonEvents::of(&of, &recorded), Some(&of))
        }
        views::unanswered_referrals::VIEW => {
            answer(&unanswered_referrals::page(app, of_list(request)?).await?, None)
        }
        _ => Err(Problem::malformed("/view", format!("one of {}", VIEWS.join(", ")))),
    }
}

fn answer(shown: &impl Serialize, of: Option<&views::AsOf>) -> Result<GetViewResponse, Problem> {
    let json = serde_json::to_string(shown).map_err(|error| {
        tracing::error!(%error, "a read model has no JSON form");
        Problem::internal()
    })?;
    Ok(GetViewResponse { json, as_of: of.map(as_of) })
}

fn of_person(request: &GetViewRequest) -> Result<Asked, Problem> {
    let GetViewRequest { view, person, valid_at, known_at, org, on, cursor, limit } = request;
    let foreign = [
        ("/org", org.is_some()),
        ("/on", on.is_some()),
        ("/cursor", cursor.is_some()),
        ("/limit", limit.is_some()),
    ];
    no_foreign_field(view, foreign)?;
    let Some(person) = person else { return Err(Problem::malformed("/person", "missing")) };
    asked(person, valid_at.as_deref(), known_at.as_deref())
}

fn of_list(request: GetViewRequest) -> Result<WorklistParams, Problem> {
    let GetViewRequest { view, person, valid_at, known_at, org, on, cursor, limit } = request;
    let foreign =
        [("/person", person.is_some()), ("/valid_at", valid_at.is_some()), ("/known_at", known_at.is_some())];
    no_foreign_field(&view, foreign)?;
    let on = on.map(|day| day.parse()).transpose();
    Ok(WorklistParams {
        org: org.ok_or_else(|| Problem::malformed("/org", "missing"))?,
        on: on.map_err(|_| Problem::malformed("/on", "YYYY-MM-DD"))?,
        cursor,
        limit: limit.map(|limit| limit as usize),
    })
}

fn no_foreign_field<const N: usize>(view: &str, fields: [(&str, bool); N]) -> Result<(), Problem> {
    match fields.into_iter().find(|(_, is_set)| *is_set) {
        Some((pointer, _)) => Err(Problem::malformed(pointer, format!("no field of {view}"))),
        None => Ok(()),
    }
}
