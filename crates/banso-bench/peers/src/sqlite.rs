//! sqlite-es.

use crate::append::{Appending, measure};
use crate::measured::Measured;
use crate::notes::before;
use crate::person::{Contact, Person, PersonEvent};
use anyhow::ensure;
use sqlite_es::sqlite_cqrs;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Pool, Sqlite};
use std::path::PathBuf;
use std::time::Duration;

/// Where it is appended.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct File {
    #[arg(long)]
    file: PathBuf,
    /// Memory for pages.
    #[arg(long)]
    cache_kib: i64,
    /// Length of the write-ahead log from which it is copied into the file.
    #[arg(long)]
    checkpoint_pages: i64,
}

/// As in the pool that sqlite-es makes. Tried with 32 publishers: fewer are slower, more are no faster.
const CONNECTIONS_MAX: u32 = 10;
/// How long one waits for another who writes.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// The table that sqlite-es asks for (its `migrations`).
const TABLES: &str = "CREATE TABLE events (
    aggregate_type text                          NOT NULL,
    aggregate_id   text                          NOT NULL,
    sequence       integer CHECK (sequence >= 0) NOT NULL,
    event_type     text                          NOT NULL,
    event_version  text                          NOT NULL,
    payload        text                          NOT NULL,
    metadata       text                          NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)) STRICT";

impl File {
    /// The pool that sqlite-es makes, except that a commit waits for the disk (its own has synchronous=NORMAL, which
    /// a power failure takes commits from), and with the settings of the file that banso has.
    async fn pool(&self) -> anyhow::Result<Pool<Sqlite>> {
        let options = SqliteConnectOptions::new()
            .filename(&self.file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_WAIT)
            .pragma("cache_size", (-self.cache_kib).to_string())
            .pragma("wal_autocheckpoint", self.checkpoint_pages.to_string());
        Ok(SqlitePoolOptions::new().max_connections(CONNECTIONS_MAX).connect_with(options).await?)
    }
}

/// Single events, into a file that is not there yet.
pub(crate) async fn append(file: &File, appending: Appending) -> anyhow::Result<Measured> {
    let pool = file.pool().await?;
    fill(&pool, appending.persons, appending.events_before).await?;
    let cqrs = sqlite_cqrs::<Person>(pool.clone(), vec![], ());
    let (mut measured, written) = measure(cqrs, appending).await;
    pool.close().await;
    let pool = file.pool().await?;
    let count = "SELECT coalesce(sum(own), 0), coalesce(sum(gaps), 0) FROM
        (SELECT count(*) AS own, max(sequence) - count(*) AS gaps FROM events GROUP BY aggregate_id)";
    let (stored, gaps): (i64, i64) = sqlx::query_as(count).fetch_one(&pool).await?;
    let expected = written + appending.persons * appending.events_before;
    if (u64::try_from(stored)?, gaps) != (expected, 0) {
        measured.wrong.push(format!("{stored} events of {expected}, {gaps} positions left out"));
    }
    measured.note = Some(format!("synchronous=FULL, {CONNECTIONS_MAX} connections"));
    Ok(measured)
}

async fn fill(pool: &Pool<Sqlite>, persons: u64, each: u64) -> anyhow::Result<()> {
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await?;
    ensure!(synchronous == 2, "synchronous is {synchronous}, not FULL");
    sqlx::query(TABLES).execute(pool).await?;
    let mut filling = pool.begin().await?;
    for (place, note) in before(persons, each).enumerate() {
        let event = PersonEvent::ContactRecorded(serde_json::from_str::<Contact>(&note.body)?);
        sqlx::query("INSERT INTO events VALUES ('person', ?, ?, 'ContactRecorded', '1', ?, '{}')")
            .bind(note.person)
            .bind(i64::try_from(place as u64 / persons + 1)?)
            .bind(serde_json::to_string(&event)?)
            .execute(&mut *filling)
            .await?;
    }
    filling.commit().await?;
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(pool).await?;
    ensure!(busy == 0, "the write-ahead log is in use");
    Ok(())
}
