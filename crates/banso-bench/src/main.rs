//! `banso-bench`: how fast banso is beside what the database can do and what its peers do, in the same run on
//! the same machine. `ops/bench` starts the servers that it needs.

mod bench;
mod bus;
mod child;
mod copied_log;
mod engine;
mod files;
mod growth;
mod holds;
mod http;
mod limits;
mod load;
mod machine;
mod measured;
mod notes;
mod open_loop;
mod overload;
mod peers;
mod postgres;
mod published_log;
mod publisher;
mod report;
mod row;
mod run;
mod server;
mod stores;
mod story;
mod wrong;

use anyhow::{Context, bail, ensure};
use bench::{Bench, HISTORY_EVENTS};
use child::Child;
use clap::{Parser, Subcommand};
use growth::Growth;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use machine::Machine;
use overload::Overload;
use report::{Look, Report};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// That of the binary `banso`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Fewer rounds say nothing on a noisy machine.
const ROUNDS_MIN: u32 = 4;

/// Benchmarks of banso against limits and peers.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compares the engine, row by row.
    Engine(Engine),
    /// Compares banso with itself on logs of up to ten million events. One pass; takes hours.
    Growth(Growth),
    /// Works for a row in a process of its own, and prints what it measured.
    #[command(subcommand, hide = true)]
    Child(Child),
    /// Overloads the doors of a server, and looks whether they hold.
    Overload(Overload),
}

#[derive(clap::Args)]
struct Engine {
    /// Only rows whose id begins so; may be given several times.
    #[arg(long, value_name = "ROW")]
    only: Vec<String>,
    /// Only this subject; goals against others are then not judged. For a profiler.
    #[arg(long, value_name = "SUBJECT", requires = "quick")]
    who: Option<String>,
    /// How often every subject works; at least 4, unless --quick.
    #[arg(long, default_value_t = ROUNDS_MIN)]
    rounds: u32,
    /// How long a subject is measured in a round.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 3_000)]
    measure: u64,
    /// Events of the longest log that a row reads; others are shorter in proportion.
    #[arg(long, value_name = "EVENTS", default_value_t = HISTORY_EVENTS)]
    history: u64,
    /// Allows fewer rounds, for work on the benchmark itself. Its figures say nothing.
    #[arg(long)]
    quick: bool,
    /// Also writes everything that was measured here.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also writes the tables here, in Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Only lists the rows.
    #[arg(long)]
    list: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Engine(arguments) => engine(arguments).await,
        Command::Growth(arguments) => growth(arguments).await,
        Command::Overload(arguments) => overload(arguments).await,
        Command::Child(child) => {
            print(&child.line().await?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn engine(arguments: Engine) -> anyhow::Result<ExitCode> {
    let Engine { only, who, rounds, measure, history, quick, json, markdown, list } = arguments;
    let mut rows = engine::rows();
    if list {
        let lines: Vec<String> = rows.iter().map(|row| format!("{:<16} {}\n", row.id, row.title)).collect();
        print(&lines.concat())?;
        return Ok(ExitCode::SUCCESS);
    }
    ensure!(quick || rounds >= ROUNDS_MIN, "fewer than {ROUNDS_MIN} rounds say nothing on a noisy machine");
    ensure!(rounds > 0, "nothing is measured in no round");
    if let Some(unknown) = only.iter().find(|only| !rows.iter().any(|row| row.id.starts_with(only.as_str())))
    {
        bail!("no row begins with {unknown}: see --list");
    }
    rows.retain(|row| only.is_empty() || only.iter().any(|only| row.id.starts_with(only.as_str())));
    if let Some(who) = who {
        for row in &mut rows {
            row.subjects.retain(|subject| subject.name() == who);
            row.goals.clear();
        }
    }
    let bench = Bench::new(Duration::from_millis(measure))?.with_history(history);
    let machine = Machine::look(bench.scratch())?;
    postgres::run_in().await?;
    let steps: usize = rows.iter().map(|row| row.subjects.len()).sum();
    let bar = progress(steps as u64 * u64::from(rounds));
    let heard = |what: &str| {
        bar.set_message(what.to_owned());
        bar.inc(1);
    };
    let mut done = Vec::new();
    for row in rows {
        done.push(run::run(row, rounds, &bench, &heard).await?);
    }
    bar.finish_and_clear();
    let report = Report { machine, rounds, measured_ms: measure, rows: done };
    print(&report.text(Look::Terminal))?;
    if let Some(file) = json {
        let bytes = serde_json::to_vec_pretty(&report).context("write the report as JSON")?;
        std::fs::write(&file, bytes).with_context(|| format!("write {}", file.display()))?;
    }
    if let Some(file) = markdown {
        write(&file, &report.text(Look::Markdown))?;
    }
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn growth(arguments: Growth) -> anyhow::Result<ExitCode> {
    postgres::run_in().await?;
    let bar = progress(arguments.steps());
    let heard = |what: &str| {
        bar.set_message(what.to_owned());
        bar.inc(1);
    };
    let report = arguments.run(&heard).await?;
    bar.finish_and_clear();
    print(&report.text(Look::Terminal))?;
    if let Some(file) = &arguments.markdown {
        write(file, &report.text(Look::Markdown))?;
    }
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn overload(arguments: Overload) -> anyhow::Result<ExitCode> {
    postgres::run_in().await?;
    let bar = progress(arguments.steps());
    let heard = |what: &str| {
        bar.set_message(what.to_owned());
        bar.inc(1);
    };
    let report = arguments.run(&heard).await?;
    bar.finish_and_clear();
    print(&report.text(Look::Terminal))?;
    if let Some(file) = &arguments.markdown {
        write(file, &report.text(Look::Markdown))?;
    }
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("write {}", file.display()))
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("write to standard output")
}

/// On standard error; none where nobody looks.
fn progress(steps: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}
