//! `banso migrate`.

use crate::config::Settings;
use crate::output::print;
use anyhow::Context;
use banso_kernel::SystemIds;
use banso_log::SqliteStore;
use std::process::ExitCode;

pub(super) fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let dir = &settings.store.sqlite;
    SqliteStore::migrate(dir, &SystemIds)
        .with_context(|| format!("the store in {} cannot be migrated", dir.display()))?;
    print(&format!("the store in {} is ready\n", dir.display()))?;
    Ok(ExitCode::SUCCESS)
}
