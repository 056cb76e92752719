//! The commands.

mod demo;
mod events;
mod history;
mod migrate;
mod publish;
mod rebuild;
pub(crate) mod recover;
mod serve;
mod show;
mod verify;

use crate::cli::Command;
use crate::config::Settings;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::process::ExitCode;

/// Runs a command.
pub(crate) fn run(command: Command, settings: Settings) -> anyhow::Result<ExitCode> {
    // Publishing talks over one blocking connection; everything else is served by tokio.
    if let Command::Publish { file, to, dry_run, history } = &command {
        return publish::run(file, to, *dry_run, history.as_deref());
    }
    let runtime = tokio::runtime::Runtime::new().context("the runtime cannot be started")?;
    runtime.block_on(async {
        match command {
            Command::Demo { once, listen, at } => demo::run(once, &listen, at.into()).await,
            Command::Serve => serve::run(settings).await,
            Command::Migrate => migrate::run(&settings).await,
            Command::Publish { .. } => unreachable!("answered above"),
            Command::Show { view, person, at, json } => {
                show::run(&settings, view, &person, at.into(), json).await
            }
            Command::Events { after, last, follow, event_type, aggregate, person, part } => {
                let filter = events::filter(event_type, aggregate, person, &part)?;
                events::run(&settings, after, last, follow, &filter).await
            }
            Command::Rebuild => rebuild::run(&settings).await,
            Command::Recover { import_from_bus: true, .. } => {
                recover::run(&settings, recover::Way::ImportFromBus).await
            }
            Command::Recover { .. } => recover::run(&settings, recover::Way::NewEpoch).await,
            Command::Verify { history, witness, json } => {
                verify::run(&settings, history.as_deref(), witness.as_ref(), json).await
            }
        }
    })
}

/// A progress bar on standard error; none where nobody looks.
fn progress(length: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} ({per_sec}, {eta})") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
