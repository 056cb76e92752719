//! Work that is done by a process of its own, which prints what it measured as one line of JSON.

use crate::engine::processes::Appending;
use crate::engine::rebuild;
use crate::growth::measure::{self, Measuring};
use crate::measured::Measured;
use anyhow::{Context, ensure};
use banso_log::PgConfig;
use banso_log::conformance::PgSchema;
use clap::Subcommand;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child as Process, ChildStdout, Command};

/// What this program does as a child of itself.
#[derive(Subcommand)]
pub(crate) enum Child {
    /// Folds all read models of a store anew.
    Rebuild(StoreOf),
    /// Appends with others of its kind, when it is told to.
    Append {
        #[command(flatten)]
        store: StoreOf,
        #[command(flatten)]
        appending: Appending,
    },
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
            Self::Append { store, appending } => {
                let measured = appending.in_this_process(&store.config()?, told_to_go()).await?;
                serde_json::to_string(&measured)?
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

/// What a child says when it could begin, and what it is told then.
const READY: &str = "ready\n";
const GO: &str = "go\n";

/// Says that this child could begin, and returns when it is told to.
async fn told_to_go() -> anyhow::Result<()> {
    let mut out = tokio::io::stdout();
    out.write_all(READY.as_bytes()).await?;
    out.flush().await?;
    let mut line = String::new();
    BufReader::new(tokio::io::stdin()).read_line(&mut line).await?;
    ensure!(line == GO, "told {line:?} instead of {GO:?}");
    Ok(())
}

/// A child that begins when it is told to: several of them begin together.
pub(crate) struct Working {
    process: Process,
    out: BufReader<ChildStdout>,
}

impl Working {
    /// Returns when it could begin.
    pub(crate) async fn start(mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut process = command.spawn().context("start a child")?;
        let mut out = BufReader::new(process.stdout.take().context("what a child prints")?);
        let mut line = String::new();
        out.read_line(&mut line).await?;
        ensure!(line == READY, "a child said {line:?} instead of {READY:?}");
        Ok(Self { process, out })
    }

    /// Lets it begin.
    pub(crate) async fn go(&mut self) -> anyhow::Result<()> {
        let mut into = self.process.stdin.take().context("a child that was told already")?;
        Ok(into.write_all(GO.as_bytes()).await?)
    }

    /// Waits for its end.
    pub(crate) async fn measured(mut self) -> anyhow::Result<Measured> {
        let mut line = String::new();
        self.out.read_line(&mut line).await?;
        let status = self.process.wait().await?;
        ensure!(status.success(), "a child ended with {status}");
        serde_json::from_str(&line).with_context(|| format!("a child printed {line}"))
    }
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

/// Another program of the benchmark.
pub(crate) fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("find this program")?.with_file_name(name);
    ensure!(program.exists(), "{} is not there: ops/bench builds it", program.display());
    Ok(program)
}
