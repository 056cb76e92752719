//! The SQLite store in [`Custody`].

use super::connect::{self, Durability};
use super::{SqliteStore, log, sql, unavailable};
use crate::custody::Custody;
use crate::port::{Identity, LogError};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

#[async_trait]
impl Custody for SqliteStore {
    async fn held(&self) -> Result<Option<String>, LogError> {
        self.log.read("read whether the log is held", held).await
    }

    async fn hold(&self, reason: &str) -> Result<(), LogError> {
        let reason = reason.to_owned();
        self.change("hold the log", move |conn| conn.execute(sql::log::HOLD, [reason]).map(drop)).await
    }

    async fn let_go(&self) -> Result<(), LogError> {
        self.change("let the log go", |conn| conn.execute(sql::log::LET_GO, []).map(drop)).await
    }

    async fn begin_epoch(&self) -> Result<Identity, LogError> {
        self.change("begin an epoch", |conn| {
            conn.execute(sql::log::NEXT_EPOCH, [])?;
            conn.execute(sql::log::LET_GO, []).map(drop)
        })
        .await?;
        self.log.read("read the log's identity", log::identity).await
    }
}

/// Why the log is held.
pub(super) fn held(conn: &Connection) -> Result<Option<String>, LogError> {
    let read = || conn.prepare_cached(sql::log::HELD)?.query_row([], |row| row.get(0)).optional();
    read().map_err(unavailable("read whether the log is held"))
}

impl SqliteStore {
    /// One durable transaction on the log's file: rare, so on a connection of its own.
    async fn change<F>(&self, attempt: &'static str, change: F) -> Result<(), LogError>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
    {
        let file = self.log_file.clone();
        let task = move || {
            let mut conn = connect::for_writing(&file, Durability::Full)?;
            let run = || {
                let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
                change(&transaction)?;
                transaction.commit()
            };
            run().map_err(unavailable(attempt))
        };
        tokio::task::spawn_blocking(task)
            .await
            .unwrap_or_else(|gone| Err(LogError::Unavailable { attempt, source: gone.into() }))
    }
}
