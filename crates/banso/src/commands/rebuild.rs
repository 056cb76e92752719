//! `banso rebuild`.

use super::progress;
use crate::config::Settings;
use crate::output::print;
use crate::store;
use banso_app::rebuild::rebuild;
use std::process::ExitCode;

pub(super) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let store = store::open(settings).await?.store;
    let bar = progress(0, "rebuilding");
    let shown = bar.clone();
    let rebuilt = rebuild(store.clone(), store, move |read, total| {
        shown.set_length(total);
        shown.set_position(read);
    })
    .await?;
    bar.finish_and_clear();
    print(&format!(
        "version {} holds {} persons, folded up to position {}\n",
        rebuilt.version, rebuilt.persons, rebuilt.up_to
    ))?;
    if rebuilt.stopped_parts > 0 {
        print(&format!("{} parts hold events that need a newer binary\n", rebuilt.stopped_parts))?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
