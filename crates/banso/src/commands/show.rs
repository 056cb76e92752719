//! `banso show`.

use crate::cli::View;
use crate::config::Settings;
use crate::output::{print, print_json};
use crate::store::{self, Opened};
use crate::text;
use banso_app::{As, Queries, QueryError};
use banso_kernel::PersonId;
use std::process::ExitCode;

pub(super) async fn run(
    settings: &Settings,
    view: View,
    person: &PersonId,
    at: As,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let Opened { store, clock } = store::open(settings).await?;
    let queries = Queries::new(store.clone(), store, clock);
    show(&queries, view, person, at, json).await
}

/// Prints a view. What is not known is said, it is no failure.
pub(super) async fn show(
    queries: &Queries,
    view: View,
    person: &PersonId,
    at: As,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let shown = match view {
        View::Plan => queries
            .plan(person, at)
            .await
            .map(|shown| if json { print_json(&shown) } else { print(&text::plan::text(&shown)) }),
        View::Team => queries
            .team(person, at)
            .await
            .map(|shown| if json { print_json(&shown) } else { print(&text::team::text(&shown)) }),
        View::Timeline => queries
            .timeline(person, at)
            .await
            .map(|shown| if json { print_json(&shown) } else { print(&text::timeline::text(&shown)) }),
    };
    match shown {
        Ok(printed) => printed?,
        Err(QueryError::NotFound) => {
            print(&format!("{person} については、この時点までに記録がありません。\n"))?;
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}
