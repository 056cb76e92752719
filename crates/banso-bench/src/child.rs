//! Work that is done by a process of its own, which prints what it measured as one line of JSON.

use crate::engine::rebuild;
use crate::growth::measure::{self, Measuring};
use crate::measured::Measured;
use anyhow::{Context, ensure};
use banso_log::PgConfig;
use banso_log::conformance::PgSchema;
use clap::Subcommand;
use serde::de::DeserializeOwned;
use std::process::Stdio;
use tokio::process::Command;

/// What this program does as a child of itself.
#[derive(Subcommand)]
pub(crate) enum Child {
    /// Folds all read models of a store anew.
    Rebuild(StoreOf),
    /// Appends to a long log, and asks about the persons in it.
    Growth {
        #[command(flatten)]
        store: StoreOf,
        #[command(flatten)]
        measuring: Measuring,
    },
}

/// A store in PostgreSQL.
#[derive(clap::Args)]
pub(crate) struct StoreOf {
    #[arg(long)]
    url: String,
    #[arg(long)]
    schema: String,
}

impl Child {
    /// Works, and says what it measured as a line of JSON.
    pub(crate) async fn line(self) -> anyhow::Result<String> {
        let mut line = match self {
            Self::Rebuild(store) => {
                serde_json::to_string(&rebuild::in_this_process(&store.config()?).await?)?
            }
            Self::Growth { store, measuring } => {
                serde_json::to_string(&measure::in_this_process(&store.config()?, measuring).await?)?
            }
        };
        line.push('\n');
        Ok(line)
    }
}

impl StoreOf {
    fn config(&self) -> anyhow::Result<PgConfig> {
        Ok(PgConfig::new(&self.url)?.with_schema(&self.schema)?)
    }
}

/// This program, to do `work` on the store in this schema.
pub(crate) fn on_store(work: &str, schema: &PgSchema) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("find this program")?);
    command.args(["child", work, "--url", &schema.app_url, "--schema", &schema.name]);
    Ok(command)
}

/// Runs it to its end, and reads its last line.
pub(crate) async fn measured_by(command: Command) -> anyhow::Result<Measured> {
    printed_by(command).await
}

/// The same of one that prints something else.
pub(crate) async fn printed_by<T: DeserializeOwned>(mut command: Command) -> anyhow::Result<T> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    let output = command.output().await.with_context(|| format!("run {program}"))?;
    ensure!(output.status.success(), "{program} ended with {}", output.status);
    let printed = String::from_utf8(output.stdout).context("what a child printed")?;
    let line = printed.lines().last().with_context(|| format!("{program} printed nothing"))?;
    serde_json::from_str(line).with_context(|| format!("{program} printed {line}"))
}

/// The most memory that this process has held until now.
pub(crate) fn resident_bytes_max() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("look at this process")?;
    resident_bytes_max_of(&status).context("the system does not say how much memory a process held")
}

/// `VmHWM:  123456 kB`
fn resident_bytes_max_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim_end().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_memory_is_told_in_kilobytes() {
        assert_eq!(
            resident_bytes_max_of("VmPeak:\t  9 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"),
            Some(2 << 20)
        );
        assert_eq!(resident_bytes_max_of("VmRSS:\t 1 kB\n"), None);
        assert!(resident_bytes_max().unwrap() > 1 << 20);
    }
}
