//! The SQLite store as [`Models`].

use super::log::head;
use super::rows::{collect, int, page, recorded_in_stream, uint};
use super::{SqliteStore, sql, unavailable};
use crate::models::{
    Checkpoint, ModelVersion, Models, Move, Now, PersonWrite, RowQuery, StoredState, WorkRow,
};
use crate::port::{LogError, SMALL_PAGE_EVENTS_MAX};
use async_trait::async_trait;
use banso_kernel::{PARTS, PersonId, StreamId, StreamSeq};
use bytes::Bytes;
use chrono::{Datelike, NaiveDate};
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::str::FromStr;
use std::sync::{Arc, PoisonError};

#[async_trait]
impl Models for SqliteStore {
    async fn versions(&self) -> Result<Vec<ModelVersion>, LogError> {
        let version =
            |row: &Row<'_>| Ok(ModelVersion { version: row.get(0)?, code: row.get(1)?, active: row.get(2)? });
        self.views.read("list the versions", move |conn| all(conn, sql::views::VERSIONS, [], version)).await
    }

    async fn create(&self, code: u32) -> Result<u32, LogError> {
        self.write_views("create a version", move |conn| {
            let version = conn.query_row(sql::views::CREATE_VERSION, [code], |row| row.get(0))?;
            for part in 0..PARTS {
                conn.prepare_cached(sql::views::CREATE_CHECKPOINT)?.execute((version, part))?;
            }
            Ok(Some(version))
        })
        .await?
        .ok_or_else(|| refused("create a version", "no version was created"))
    }

    async fn activate(&self, version: u32) -> Result<(), LogError> {
        let attempt = "activate a version";
        self.write_views(attempt, move |conn| {
            conn.execute(sql::views::DEACTIVATE, [])?;
            Ok((conn.execute(sql::views::ACTIVATE, [version])? == 1).then_some(()))
        })
        .await?
        .ok_or_else(|| refused(attempt, "there is no such version"))
    }

    async fn drop_version(&self, version: u32) -> Result<(), LogError> {
        let attempt = "drop a version";
        self.write_views(attempt, move |conn| {
            if is_active(conn, version)? == Some(true) {
                return Ok(None);
            }
            for statement in [
                sql::views::DROP_VERSION,
                sql::views::DROP_CHECKPOINTS,
                sql::views::DROP_STATES,
                sql::views::DROP_ROWS,
            ] {
                conn.execute(statement, [version])?;
            }
            Ok(Some(()))
        })
        .await?
        .ok_or_else(|| refused(attempt, "it is the one that is read"))
    }

    async fn checkpoints(&self, version: u32) -> Result<Vec<Checkpoint>, LogError> {
        let checkpoint = |row: &Row<'_>| Ok(Checkpoint { seq: uint(row.get(0)?), rev: uint(row.get(1)?) });
        self.views
            .read("read the checkpoints", move |conn| {
                all(conn, sql::views::CHECKPOINTS, [version], checkpoint)
            })
            .await
    }

    async fn commit(&self, version: u32, moves: &[Move], writes: &[PersonWrite]) -> Result<bool, LogError> {
        let (moves, writes) = (moves.to_vec(), writes.to_vec());
        let committed = self
            .write_views("commit read models", move |conn| commit(conn, version, &moves, &writes))
            .await?;
        Ok(committed.is_some())
    }

    async fn states(&self, version: u32, streams: &[StreamId]) -> Result<Vec<Option<StoredState>>, LogError> {
        let streams = streams.to_vec();
        let one = move |conn: &Connection, stream: &StreamId| {
            let mut statement = conn.prepare_cached(sql::views::STATE_OF)?;
            statement.query_row((version, stream.to_string()), state).optional()
        };
        self.views
            .read("read states", move |conn| {
                streams.iter().map(|stream| one(conn, stream)).collect::<Result<_, _>>().map_err(reading)
            })
            .await
    }

    async fn states_from(
        &self,
        version: u32,
        after: Option<&StreamId>,
        limit: usize,
    ) -> Result<Vec<(StreamId, StoredState)>, LogError> {
        let after = after.map(StreamId::to_string).unwrap_or_default();
        let params = (version, after, int(limit as u64));
        let named = |row: &Row<'_>| Ok((parsed(row, 3)?, state(row)?));
        self.views
            .read("page through states", move |conn| all(conn, sql::views::STATES_FROM, params, named))
            .await
    }

    async fn now(&self, stream: &StreamId, registry_after: StreamSeq) -> Result<Now, LogError> {
        let (of, stream) = (stream.to_string(), stream.to_string());
        let found = self.views.read("read a state", move |conn| all(conn, sql::views::STATE, [of], state));
        let stored = found.await?.pop();
        // From the last event in the state on.
        let after = stored.as_ref().map_or(0, |state| state.stream_seq.saturating_sub(1));
        let query = ("read what came since a state", sql::log::READ_STREAM);
        self.log
            .read(query.0, move |conn| {
                let read = |stream: String, after| {
                    let params = (stream, int(after), i64::MAX, page(SMALL_PAGE_EVENTS_MAX));
                    collect(conn, query, params, SMALL_PAGE_EVENTS_MAX, recorded_in_stream)
                };
                let (tail, registry) =
                    (read(stream, after)?, read(StreamId::Registry.to_string(), registry_after)?);
                Ok(Now { head: head(conn)?, state: stored, tail, registry })
            })
            .await
    }

    async fn rows(&self, query: &RowQuery) -> Result<Vec<WorkRow>, LogError> {
        let RowQuery { view, organisation, on, after, limit } = query.clone();
        let (after, on, limit) = (after.unwrap_or_default(), on.map(day), int(limit as u64));
        self.views
            .read("read a list", move |conn| match organisation {
                Some(of) => all(conn, sql::views::ROWS_FOR, params![view, after, on, limit, of], work_row),
                None => all(conn, sql::views::ROWS, params![view, after, on, limit], work_row),
            })
            .await
    }

    async fn rows_of(&self, version: u32, person: &PersonId) -> Result<Vec<WorkRow>, LogError> {
        let params = (version, person.to_string());
        self.views
            .read("read a person's rows", move |conn| all(conn, sql::views::ROWS_OF, params, work_row))
            .await
    }
}

/// Compares and increments every checkpoint first; `None` = one of them stands elsewhere.
fn commit(
    conn: &Connection,
    version: u32,
    moves: &[Move],
    writes: &[PersonWrite],
) -> rusqlite::Result<Option<()>> {
    if is_active(conn, version)?.is_none() {
        return Ok(None);
    }
    for Move { part, from, to } in moves {
        let params = (version, part.number(), int(from.seq), int(from.rev), int(*to));
        if conn.prepare_cached(sql::views::MOVE)?.execute(params)? == 0 {
            return Ok(None);
        }
    }
    let with_rows = || writes.iter().filter_map(|write| Some((write.stream.person()?, write.rows.as_ref()?)));
    // All deletions first: a key may go from one person to another in one page.
    for (person, _) in with_rows() {
        conn.prepare_cached(sql::views::DELETE_ROWS_OF)?.execute((version, person.as_str()))?;
    }
    for (_, rows) in with_rows() {
        let mut put = conn.prepare_cached(sql::views::PUT_ROW)?;
        for row in rows {
            put.execute(params![
                version,
                row.view,
                row.key,
                row.person.as_str(),
                row.organisation,
                row.zone,
                row.due_from.map(day),
                row.due_to.map(day),
                row.body.as_ref(),
            ])?;
        }
    }
    let mut put = conn.prepare_cached(sql::views::PUT_STATE)?;
    for PersonWrite { stream, state, .. } in writes {
        let body = state.body.as_ref();
        put.execute((version, stream.to_string(), state.code, int(state.stream_seq), body))?;
    }
    Ok(Some(()))
}

fn is_active(conn: &Connection, version: u32) -> rusqlite::Result<Option<bool>> {
    conn.prepare_cached(sql::views::IS_VERSION)?.query_row([version], |row| row.get(0)).optional()
}

impl SqliteStore {
    /// One transaction on the connection that writes read models; `None` rolls it back.
    pub(super) async fn write_views<T, F>(
        &self,
        attempt: &'static str,
        write: F,
    ) -> Result<Option<T>, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<Option<T>> + Send + 'static,
    {
        let conn = Arc::clone(&self.views_writer);
        let task = move || -> rusqlite::Result<Option<T>> {
            // A panic while it was held left at most a transaction that its drop rolled back.
            let mut conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = write(&transaction)?;
            if answer.is_some() {
                transaction.commit()?;
            }
            Ok(answer)
        };
        match tokio::task::spawn_blocking(task).await {
            Ok(answer) => answer.map_err(unavailable(attempt)),
            Err(gone) => Err(LogError::Unavailable { attempt, source: gone.into() }),
        }
    }
}

fn all<T>(
    conn: &Connection,
    statement: &str,
    params: impl rusqlite::Params,
    decode: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, LogError> {
    let mut statement = conn.prepare_cached(statement).map_err(reading)?;
    let rows = statement.query_map(params, decode).map_err(reading)?;
    rows.collect::<Result<_, _>>().map_err(reading)
}

fn reading(error: rusqlite::Error) -> LogError {
    unavailable("read the read models")(error)
}

fn refused(attempt: &'static str, why: &'static str) -> LogError {
    LogError::Unavailable { attempt, source: why.into() }
}

fn state(row: &Row<'_>) -> rusqlite::Result<StoredState> {
    Ok(StoredState { code: row.get(0)?, stream_seq: uint(row.get(1)?), body: bytes(row, 2)? })
}

fn work_row(row: &Row<'_>) -> rusqlite::Result<WorkRow> {
    Ok(WorkRow {
        view: row.get(0)?,
        key: row.get(1)?,
        person: parsed(row, 2)?,
        organisation: row.get(3)?,
        zone: row.get(4)?,
        due_from: row.get::<_, Option<i32>>(5)?.and_then(NaiveDate::from_num_days_from_ce_opt),
        due_to: row.get::<_, Option<i32>>(6)?.and_then(NaiveDate::from_num_days_from_ce_opt),
        body: bytes(row, 7)?,
    })
}

fn day(date: NaiveDate) -> i32 {
    date.num_days_from_ce()
}

fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    row.get::<_, Vec<u8>>(column).map(Bytes::from)
}

fn parsed<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(|_| FromSqlError::InvalidType)?;
    text.parse().map_err(|error: T::Err| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}
