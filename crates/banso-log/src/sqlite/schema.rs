//! The schema of both files: migrations, and whether a store's schema is the one this binary knows.

use super::{connect, sql, unavailable};
use crate::database::{check_schema, newest};
use crate::port::LogError;
use banso_kernel::{IdGen, LogId};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

mod log {
    refinery::embed_migrations!("../../migrations/sqlite/log");
}
mod views {
    refinery::embed_migrations!("../../migrations/sqlite/views");
}

/// Brings the log's file to this binary's schema. A new log gets its id.
pub(super) fn migrate_log(file: &Path, ids: &dyn IdGen) -> Result<(), LogError> {
    let conn = migrate(file, log::migrations::runner())?;
    conn.execute(sql::log::CREATE_IDENTITY, [LogId::from(ids.salt()).to_string()])
        .map_err(unavailable("name the log"))?;
    Ok(())
}

/// Brings the file of the read models to this binary's schema.
pub(super) fn migrate_views(file: &Path) -> Result<(), LogError> {
    migrate(file, views::migrations::runner()).map(drop)
}

fn migrate(file: &Path, runner: refinery::Runner) -> Result<Connection, LogError> {
    let mut conn = connect::for_migrating(file)?;
    let (store, binary) = (version_of(&conn)?, newest(&runner));
    if store > binary {
        return Err(LogError::SchemaTooNew { store, binary });
    }
    // Grouped: a migration and the note that it ran are one transaction.
    runner.set_grouped(true).run(&mut conn).map_err(unavailable("migrate the store"))?;
    Ok(conn)
}

/// Refuses a log that another schema wrote.
pub(super) fn check_log(conn: &Connection) -> Result<(), LogError> {
    check(conn, &log::migrations::runner())
}

/// Refuses read models that another schema wrote.
pub(super) fn check_views(conn: &Connection) -> Result<(), LogError> {
    check(conn, &views::migrations::runner())
}

fn check(conn: &Connection, runner: &refinery::Runner) -> Result<(), LogError> {
    check_schema(version_of(conn)?, runner)
}

fn version_of(conn: &Connection) -> Result<i64, LogError> {
    let read = || -> rusqlite::Result<i64> {
        let known = "SELECT 1 FROM sqlite_master WHERE name = 'refinery_schema_history'";
        if conn.query_row(known, [], |_| Ok(())).optional()?.is_none() {
            return Ok(0);
        }
        conn.query_row("SELECT coalesce(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))
    };
    read().map_err(unavailable("read the store's schema version"))
}
