//! `banso demo`: ハルさん's case, loaded into a temporary store through the production door, shown and served.

use super::{serve, show};
use crate::cli::View;
use crate::config::checked_listen;
use crate::output::print;
use anyhow::{Context, bail};
use banso_api::HttpLimits;
use banso_app::{App, As, Outcome};
use banso_kernel::{CloudEvent, ManualClock, PersonId, SystemClock, SystemIds};
use banso_log::{Limits, SqliteStore};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How long the demo waits for requests that are still coming in when it is stopped.
const STOP_WAIT: Duration = Duration::from_secs(1);

const HARU: &str = include_str!("../../../../tests/scenarios/haru.jsonl");

pub(super) async fn run(once: bool, listen: &str, at: As) -> anyhow::Result<ExitCode> {
    let addresses = checked_listen(listen, false)?;
    let store = tempfile::Builder::new()
        .prefix("banso-demo-")
        .tempdir()
        .context("no temporary folder can be created")?;
    load(store.path()).await?;
    let app =
        App::open_sqlite(store.path(), Arc::new(SystemClock), Arc::new(SystemIds), Limits::default()).await?;
    let haru: PersonId = "haru".parse()?;
    for view in [View::Plan, View::Team, View::Timeline] {
        show::show(&app.queries, view, &haru, at, false).await?;
        print("\n")?;
    }
    if once {
        app.stop().await;
        return Ok(ExitCode::SUCCESS);
    }
    let doors = serve::Doors {
        addresses,
        limits: HttpLimits::default(),
        grpc: None,
        questions: true,
        stop_wait: STOP_WAIT,
    };
    serve::serve(Arc::new(app), None, doors).await
}

/// Publishes the case, each event at the time at which its publisher wrote it down.
async fn load(store: &std::path::Path) -> anyhow::Result<()> {
    let ids = Arc::new(SystemIds);
    SqliteStore::migrate(store, &*ids)?;
    let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
    let app = App::open_sqlite(store, clock.clone(), ids, Limits::default()).await?;
    let mut last = 0;
    for (number, line) in HARU.lines().enumerate() {
        let event = read(line).with_context(|| format!("line {} is no CloudEvent", number + 1))?;
        let written_at: DateTime<Utc> = match event.attributes.get("time") {
            Some(time) => time.parse().context("`time` is no time")?,
            None => bail!("line {} does not say when it was written down", number + 1),
        };
        clock.set(written_at);
        let item = app.door.propose(event, None)?;
        match app.door.publish_one(item, false).await? {
            Outcome::Admitted(receipt) => last = receipt.seq,
            other => bail!("line {} was not admitted: {other:?}", number + 1),
        }
    }
    app.projected_up_to(last).await.map_err(anyhow::Error::msg)?;
    app.stop().await;
    Ok(())
}

fn read(line: &str) -> anyhow::Result<CloudEvent> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
        #[serde(flatten)]
        attributes: BTreeMap<String, String>,
    }
    let Line { data, attributes } = serde_json::from_str(line)?;
    Ok(CloudEvent { attributes, data: data.get().to_owned().into() })
}
