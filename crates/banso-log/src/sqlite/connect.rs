//! Connections: their settings, and the bounded pool of those that read.

use super::unavailable;
use crate::port::LogError;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a connection waits for another process that is writing.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Most connections that read one file at the same time.
const READERS_MAX: usize = 4;
/// Prepared statements that a connection keeps.
const STATEMENTS_MAX: usize = 64;

/// Pages that a writing connection keeps in memory. The ids' index is written in random order: with SQLite's
/// 2 MiB each append reads its pages again.
const CACHE_KIB: i64 = 65_536;
/// Length of the write-ahead log, in pages of 4 KiB, from which a commit copies it into the file. Copying less
/// often writes a page once that many batches changed; measured 1.5 to 2 times SQLite's 1,000 with 32 publishers.
const CHECKPOINT_PAGES: i64 = 8_000;

/// What a power failure may cost.
#[derive(Clone, Copy, Debug)]
pub(super) enum Durability {
    /// Nothing that was committed: the log.
    Full,
    /// The last commits: read models, which are folded again.
    Normal,
}

/// A connection that may write to a file that `migrate` made.
pub(super) fn for_writing(file: &Path, durability: Durability) -> Result<Connection, LogError> {
    let (pragma, expected) = match durability {
        Durability::Full => ("FULL", 2),
        Durability::Normal => ("NORMAL", 1),
    };
    let open = || -> rusqlite::Result<(Connection, String, i64)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = settle(Connection::open_with_flags(file, flags)?)?;
        conn.pragma_update(None, "synchronous", pragma)?;
        conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
        conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        let journal = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        let synchronous = conn.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        Ok((conn, journal, synchronous))
    };
    let (conn, journal, synchronous) = open().map_err(unavailable("open the store for writing"))?;
    // Anything else would acknowledge what a power failure can take back.
    if journal != "wal" || synchronous != expected {
        return Err(LogError::Unavailable {
            attempt: "open the store for writing",
            source: format!(
                "journal_mode is {journal} (not wal) or synchronous is {synchronous} (not {expected})"
            )
            .into(),
        });
    }
    Ok(conn)
}

/// Makes a file in WAL mode, or opens it for its migrations.
pub(super) fn for_migrating(file: &Path) -> Result<Connection, LogError> {
    let open = || -> rusqlite::Result<Connection> {
        let conn = settle(Connection::open(file)?)?;
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        Ok(conn)
    };
    open().map_err(unavailable("open the store for migration"))
}

fn for_reading(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    settle(Connection::open_with_flags(file, flags)?)
}

fn settle(conn: Connection) -> rusqlite::Result<Connection> {
    conn.busy_timeout(BUSY_WAIT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(conn)
}

/// Up to [`READERS_MAX`] connections that only read one file, opened when they are needed.
#[derive(Clone)]
pub(super) struct Readers {
    file: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn of(file: PathBuf) -> Self {
        Self { file: Arc::new(file), idle: Arc::default(), permits: Arc::new(Semaphore::new(READERS_MAX)) }
    }

    /// Runs `read` on one of the connections, off the async threads, in one read transaction.
    pub(super) async fn read<T, F>(&self, attempt: &'static str, read: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, LogError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|closed| {
            // Never closed; but an answer is better than a panic.
            LogError::Unavailable { attempt, source: closed.into() }
        })?;
        let pool = self.clone();
        let task = move || {
            // The permit goes back with the connection, also when the caller has gone away.
            let _permit = permit;
            let mut conn = match pool.idle().pop() {
                Some(conn) => conn,
                None => for_reading(&pool.file).map_err(unavailable(attempt))?,
            };
            let transaction = conn.transaction().map_err(unavailable(attempt))?;
            let answer = read(&transaction);
            drop(transaction);
            pool.idle().push(conn);
            answer
        };
        tokio::task::spawn_blocking(task)
            .await
            .unwrap_or_else(|gone| Err(LogError::Unavailable { attempt, source: gone.into() }))
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
