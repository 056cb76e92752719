//! The peers of `banso-bench`, each as a Rust team would use it. Prints what it measured as one line of JSON.

mod append;
#[allow(dead_code, reason = "a peer has no children")]
#[path = "../../src/load.rs"]
mod load;
#[allow(dead_code, reason = "the peers measure less than banso-bench compares")]
#[path = "../../src/measured.rs"]
mod measured;
#[allow(dead_code, reason = "a peer keeps no record of its attempts")]
#[path = "../../src/notes.rs"]
mod notes;
mod person;
mod postgres;
mod read;
mod rebuild;
mod sqlite;

use append::Appending;
use clap::{Parser, Subcommand};
use read::Reading;
use std::io::Write;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Single events into PostgreSQL, whose schema is empty.
    AppendPostgres {
        #[arg(long)]
        url: String,
        #[command(flatten)]
        appending: Appending,
    },
    /// A view of each person, folded anew from PostgreSQL, whose schema is empty.
    RebuildPostgres {
        #[arg(long)]
        url: String,
        #[arg(long)]
        persons: u64,
        #[arg(long)]
        events_each: u64,
    },
    /// Single events into a file of SQLite.
    AppendSqlite {
        #[command(flatten)]
        file: sqlite::File,
        #[command(flatten)]
        appending: Appending,
    },
    /// One person's events after the other's, from PostgreSQL, whose schema is empty.
    LoadPostgres(Reading),
    /// All events, from PostgreSQL, whose schema is empty.
    ReplayPostgres(Reading),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let measured = match Cli::parse().work {
        Work::AppendPostgres { url, appending } => postgres::append(&url, appending).await?,
        Work::RebuildPostgres { url, persons, events_each } => {
            rebuild::rebuild(&url, persons, events_each).await?
        }
        Work::AppendSqlite { file, appending } => sqlite::append(&file, appending).await?,
        Work::LoadPostgres(reading) => read::load(&reading).await?,
        Work::ReplayPostgres(reading) => read::replay(&reading).await?,
    };
    let mut line = serde_json::to_vec(&measured)?;
    line.push(b'\n');
    Ok(std::io::stdout().write_all(&line)?)
}
