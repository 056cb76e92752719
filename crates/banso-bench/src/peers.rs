//! The peers, each as a Rust team would use it. They are a program of their own (`peers/`), because sqlite-es
//! and rusqlite link different versions of SQLite.

use crate::bench::{Bench, EVENTS_BEFORE, PERSONS};
use crate::child::{beside, measured_by};
use crate::copied_log::COPIED_EACH;
use crate::files;
use crate::measured::Measured;
use crate::postgres::{Bare, settle};
use crate::published_log::PUBLISHED_EACH;
use crate::row::Subject;
use async_trait::async_trait;
use tokio::process::Command;

/// The program, beside this one.
const PROGRAM: &str = "banso-bench-peers";

/// postgres-es 0.5 with cqrs-es' framework.
pub(crate) struct PostgresEs {
    pub(crate) publishers: u64,
    /// Events of one command, which are all about one person.
    pub(crate) batch: u64,
}

#[async_trait]
impl Subject for PostgresEs {
    fn name(&self) -> &'static str {
        "postgres-es"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let schema = Bare::schema("bench_postgres_es").await?;
        settle().await?;
        let mut command = Command::new(beside(PROGRAM)?);
        command.arg("append-postgres").args(["--url", &schema.url()]);
        append_arguments(&mut command, bench, self.publishers);
        command.arg("--batch").arg(self.batch.to_string());
        let mut measured = measured_by(command).await?;
        if self.batch > 1 {
            measured.note = Some("a batch is about one person".to_owned());
        }
        schema.dropped().await?;
        Ok(measured)
    }
}

/// postgres-es 0.5 that reads: one person after the other through its event store, or all events through
/// cqrs-es' replay of a query.
pub(crate) struct PostgresEsRead {
    verb: &'static str,
}

impl PostgresEsRead {
    pub(crate) fn one_person() -> Self {
        Self { verb: "load-postgres" }
    }

    pub(crate) fn everything() -> Self {
        Self { verb: "replay-postgres" }
    }
}

#[async_trait]
impl Subject for PostgresEsRead {
    fn name(&self) -> &'static str {
        "postgres-es"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let schema = Bare::schema("bench_postgres_es").await?;
        let mut command = Command::new(beside(PROGRAM)?);
        command.arg(self.verb).args(["--url", &schema.url()]);
        numbers(&mut command, [("--persons", PERSONS), ("--events-each", PUBLISHED_EACH)]);
        command.args(bench.period.arguments());
        let measured = measured_by(command).await?;
        schema.dropped().await?;
        Ok(measured)
    }
}

/// postgres-es 0.5: cqrs-es' QueryReplay into a view in PostgreSQL.
pub(crate) struct PostgresEsRebuild;

/// The peer writes every event's view by itself: it is given so much less to do.
const FEWER: u64 = 50;

#[async_trait]
impl Subject for PostgresEsRebuild {
    fn name(&self) -> &'static str {
        "postgres-es"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let events = bench.history_events / FEWER;
        let schema = Bare::schema("bench_postgres_es").await?;
        settle().await?;
        let mut command = Command::new(beside(PROGRAM)?);
        command.arg("rebuild-postgres").args(["--url", &schema.url()]);
        let persons = events.div_ceil(COPIED_EACH);
        numbers(&mut command, [("--persons", persons), ("--events-each", COPIED_EACH)]);
        let mut measured = measured_by(command).await?;
        measured.note = Some(format!("{} events, one view", measured.done));
        schema.dropped().await?;
        Ok(measured)
    }
}

/// sqlite-es 0.5 with cqrs-es' framework.
pub(crate) struct SqliteEs {
    pub(crate) publishers: u64,
}

#[async_trait]
impl Subject for SqliteEs {
    fn name(&self) -> &'static str {
        "sqlite-es"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let mut command = Command::new(beside(PROGRAM)?);
        command.arg("append-sqlite").arg("--file").arg(bench.folder()?.join("events.sqlite3"));
        command.arg("--cache-kib").arg(files::CACHE_KIB.to_string());
        command.arg("--checkpoint-pages").arg(files::CHECKPOINT_PAGES.to_string());
        append_arguments(&mut command, bench, self.publishers);
        measured_by(command).await
    }
}

/// What every append of a peer is told.
fn append_arguments(command: &mut Command, bench: &Bench, publishers: u64) {
    let told = [("--publishers", publishers), ("--persons", PERSONS), ("--events-before", EVENTS_BEFORE)];
    numbers(command, told);
    command.args(bench.period.arguments());
}

fn numbers<const N: usize>(command: &mut Command, told: [(&str, u64); N]) {
    for (name, value) in told {
        command.arg(name).arg(value.to_string());
    }
}
