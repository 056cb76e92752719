//! `banso migrate`.

use crate::config::Settings;
use crate::output::print;
use crate::store;
use std::process::ExitCode;

pub(super) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let place = store::migrate(settings).await?;
    print(&format!("the store in {place} is ready\n"))?;
    Ok(ExitCode::SUCCESS)
}
