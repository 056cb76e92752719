//! Work that is done by a process of its own, which prints what it measured as one line of JSON.

use crate::measured::Measured;
use anyhow::{Context, ensure};
use std::process::Stdio;
use tokio::process::Command;

/// Runs it to its end, and reads its last line.
pub(crate) async fn measured_by(mut command: Command) -> anyhow::Result<Measured> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    let output = command.output().await.with_context(|| format!("run {program}"))?;
    ensure!(output.status.success(), "{program} ended with {}", output.status);
    let printed = String::from_utf8(output.stdout).context("what a child printed")?;
    let line = printed.lines().last().with_context(|| format!("{program} printed nothing"))?;
    serde_json::from_str(line).with_context(|| format!("{program} printed {line}"))
}
