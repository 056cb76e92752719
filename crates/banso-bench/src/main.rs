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
mod show;
mod stores;
mod story;
mod wrong;

use child::Child;
use clap::{Parser, Subcommand};
use engine::Engine;
use growth::Growth;
use overload::Overload;
use show::{print, shown};
use std::process::ExitCode;

/// That of the binary `banso`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Compares banso with itself on logs of up to ten million events, in one pass. On two cores a million takes two
    /// minutes to write, rebuild and verify, all sizes together half an hour.
    Growth(Growth),
    /// Overloads the doors of a server, and looks whether they hold.
    Overload(Overload),
    /// Works for a row in a process of its own, and prints what it measured.
    #[command(subcommand, hide = true)]
    Child(Child),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Engine(engine) if engine.list => {
            print(&engine::listed())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Engine(engine) => {
            let rows = engine.rows()?;
            postgres::run_in().await?;
            shown(engine.steps(&rows), &engine.files, async |heard| engine.run(rows, heard).await).await
        }
        Command::Growth(growth) => {
            postgres::run_in().await?;
            shown(growth.steps(), &growth.files, async |heard| growth.run(heard).await).await
        }
        Command::Overload(overload) => {
            postgres::run_in().await?;
            shown(overload.steps(), &overload.files, async |heard| overload.run(heard).await).await
        }
        Command::Child(child) => {
            print(&child.line().await?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
