//! SQLite as the limits use it: a bare connection, as durable as banso's and with the same settings.

use anyhow::{Context, ensure};
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// The file of a store's log (README).
const LOG_FILE: &str = "log.sqlite3";
/// How long one waits for another who writes.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// Memory for pages, and the length of the write-ahead log from which it is copied into the file: what banso's
/// own connection for writing has, so that nobody is slower for a setting.
pub(crate) const CACHE_KIB: i64 = 65_536;
/// In pages.
pub(crate) const CHECKPOINT_PAGES: i64 = 8_000;

/// A connection to a store's log, where a commit waits for the disk.
pub(crate) fn connect(folder: &Path) -> anyhow::Result<Connection> {
    let file = folder.join(LOG_FILE);
    ensure!(file.exists(), "{} is not there", file.display());
    let conn = Connection::open(&file).with_context(|| format!("open {}", file.display()))?;
    conn.busy_timeout(BUSY_WAIT)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    let journal: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    ensure!(journal == "wal", "{} is in journal mode {journal}", file.display());
    Ok(conn)
}

/// Leaves nothing for a subject to copy that was written before it began.
pub(crate) fn settle(folder: &Path) -> anyhow::Result<()> {
    let conn = connect(folder)?;
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    ensure!(busy == 0, "the write-ahead log in {} is in use", folder.display());
    Ok(())
}
