//! The embedded store: SQLite, no server, one directory.
//!
//! A store is a directory with two files: `log.sqlite3`, the truth, where a commit waits for the disk, and
//! `views.sqlite3`, the read models, which are folded again when they are lost. Two files because SQLite
//! allows one write transaction per file: in one file the projector would queue with publishers and pay
//! their fsync.
//!
//! SQLite has no roles: whoever may open the files may drop the triggers that refuse to change an event.
//! The chains show it ([`crate::verify`]), and the directory is the owner's alone.

mod connect;
mod custody;
mod inbox;
mod leases;
mod log;
mod models;
mod rows;
mod schema;
mod sql;
#[cfg(test)]
mod tests;
mod write_side;

use crate::port::LogError;
use banso_kernel::{IdGen, Seq};
use connect::{Durability, Readers};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

const LOG_FILE: &str = "log.sqlite3";
const VIEWS_FILE: &str = "views.sqlite3";

/// A directory with the log and the read models. Cheap to clone; several processes may have the same one
/// open.
#[derive(Clone)]
pub struct SqliteStore {
    log_file: PathBuf,
    log: Readers,
    views: Readers,
    views_writer: Arc<Mutex<Connection>>,
    appended: watch::Sender<Seq>,
    #[cfg(test)]
    faults: crate::database::faults::Faults,
}

impl SqliteStore {
    /// Creates a store, or brings one to this binary's schema. A new log gets its id from `ids`; the
    /// directory, where there is none, is made for its owner alone. Blocks.
    pub fn migrate(dir: &Path, ids: &dyn IdGen) -> Result<(), LogError> {
        create_private(dir).map_err(|source| LogError::Unavailable {
            attempt: "create the store's directory",
            source: source.into(),
        })?;
        schema::migrate_log(&dir.join(LOG_FILE), ids)?;
        schema::migrate_views(&dir.join(VIEWS_FILE))
    }

    /// Opens a store that [`SqliteStore::migrate`] brought to this binary's schema. Refuses any other, and
    /// one that would not be durable. Blocks.
    pub fn open(dir: &Path) -> Result<Self, LogError> {
        let (log_file, views_file) = (dir.join(LOG_FILE), dir.join(VIEWS_FILE));
        if !log_file.exists() || !views_file.exists() {
            return Err(LogError::SchemaTooOld);
        }
        let log = connect::for_writing(&log_file, Durability::Full)?;
        schema::check_log(&log)?;
        let views_writer = connect::for_writing(&views_file, Durability::Normal)?;
        schema::check_views(&views_writer)?;
        Ok(Self {
            appended: watch::Sender::new(log::head(&log)?),
            log: Readers::of(log_file.clone()),
            views: Readers::of(views_file),
            views_writer: Arc::new(Mutex::new(views_writer)),
            log_file,
            #[cfg(test)]
            faults: crate::database::faults::Faults::default(),
        })
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("log_file", &self.log_file).finish_non_exhaustive()
    }
}

fn create_private(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn unavailable<E: std::error::Error + Send + Sync + 'static>(
    attempt: &'static str,
) -> impl Fn(E) -> LogError + Copy {
    move |source| LogError::Unavailable { attempt, source: Box::new(source) }
}
