//! The PostgreSQL store as [`Models`].

use super::connect::refused;
use super::pool::{Lent, limited, limited_to};
use super::rows::{int, page, recorded_in_stream, uint};
use super::transaction::{Params, Transaction, prepared};
use super::{PgStore, sql, unavailable};
use crate::database::Reading;
use crate::models::{
    Checkpoint, ModelVersion, Models, Move, Now, PersonWrite, RowQuery, StoredState, WorkRow,
};
use crate::port::{LogError, SMALL_PAGE_EVENTS_MAX};
use async_trait::async_trait;
use banso_kernel::{PARTS, PersonId, StreamId, StreamSeq};
use bytes::Bytes;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// How long a version may take to be deleted: it holds a state of every person.
const DROP_WAIT: Duration = Duration::from_secs(600);
const DROP_LIMIT: &str = "SET LOCAL statement_timeout = '10min'";

#[async_trait]
impl Models for PgStore {
    async fn versions(&self) -> Result<Vec<ModelVersion>, LogError> {
        let rows = self.connections().rows("list the versions", sql::views::VERSIONS, &[]).await?;
        let version = |row: &Row| {
            Ok(ModelVersion { version: u32_at(row, 0)?, code: u32_at(row, 1)?, active: row.get(2) })
        };
        rows.iter().map(version).collect()
    }

    async fn create(&self, code: u32) -> Result<u32, LogError> {
        let attempt = "create a version";
        limited(attempt, async {
            let tx = Transaction::begin(self.connections().lend(attempt).await?, attempt).await?;
            tx.batch(sql::views::LOCK_VERSIONS).await?;
            let created =
                tx.query(sql::views::CREATE_VERSION, &[&i64::from(code), &i32::from(PARTS)]).await?;
            let version = u32_at(created.first().ok_or_else(|| refused(attempt, "none was created"))?, 0)?;
            tx.commit().await?;
            Ok(version)
        })
        .await
    }

    async fn activate(&self, version: u32) -> Result<(), LogError> {
        let attempt = "activate a version";
        limited(attempt, async {
            let tx = Transaction::begin(self.connections().lend(attempt).await?, attempt).await?;
            tx.execute(sql::views::DEACTIVATE, &[]).await?;
            if tx.execute(sql::views::ACTIVATE, &[&number(version)]).await? != 1 {
                tx.rollback().await?;
                return Err(refused(attempt, "there is no such version"));
            }
            tx.commit().await
        })
        .await
    }

    async fn drop_version(&self, version: u32) -> Result<(), LogError> {
        let attempt = "drop a version";
        limited_to(DROP_WAIT, attempt, async {
            let version = number(version);
            let tx = Transaction::begin(self.connections().lend(attempt).await?, attempt).await?;
            tx.batch(DROP_LIMIT).await?;
            // First, and it waits for whoever writes to the version: what they write is deleted as well.
            tx.execute(sql::views::DROP_VERSION, &[&version]).await?;
            if !tx.query(sql::views::IS_VERSION, &[&version]).await?.is_empty() {
                tx.rollback().await?;
                return Err(refused(attempt, "it is the one that is read"));
            }
            for statement in [sql::views::DROP_CHECKPOINTS, sql::views::DROP_STATES, sql::views::DROP_ROWS] {
                tx.execute(statement, &[&version]).await?;
            }
            tx.commit().await
        })
        .await
    }

    async fn checkpoints(&self, version: u32) -> Result<Vec<Checkpoint>, LogError> {
        let attempt = "read the checkpoints";
        let rows = self.connections().rows(attempt, sql::views::CHECKPOINTS, &[&number(version)]).await?;
        Ok(rows.iter().map(|row| Checkpoint { seq: uint(row.get(0)), rev: uint(row.get(1)) }).collect())
    }

    async fn commit(&self, version: u32, moves: &[Move], writes: &[PersonWrite]) -> Result<bool, LogError> {
        let attempt = "commit read models";
        limited(attempt, async {
            let conn = self.connections().lend(attempt).await?;
            commit(conn, attempt, number(version), moves, writes).await
        })
        .await
    }

    async fn states(&self, version: u32, streams: &[StreamId]) -> Result<Vec<Option<StoredState>>, LogError> {
        let streams: Vec<String> = streams.iter().map(StreamId::to_string).collect();
        let params: &Params<'_> = &[&number(version), &streams];
        let rows = self.connections().rows("read states", sql::views::STATES_OF, params).await?;
        let given = |row: &Row| row.get::<_, Option<i64>>(0).map(|_| state(row)).transpose();
        rows.iter().map(given).collect()
    }

    async fn states_from(
        &self,
        version: u32,
        after: Option<&StreamId>,
        limit: usize,
    ) -> Result<Vec<(StreamId, StoredState)>, LogError> {
        let after = after.map(StreamId::to_string).unwrap_or_default();
        let params: &Params<'_> = &[&number(version), &after, &int(limit as u64)];
        let rows = self.connections().rows("page through states", sql::views::STATES_FROM, params).await?;
        rows.iter().map(|row| Ok((parsed(row, 3)?, state(row)?))).collect()
    }

    async fn now(&self, stream: &StreamId, registry_after: StreamSeq) -> Result<Now, LogError> {
        let attempt = "read a state and what came since";
        let stream = stream.to_string();
        let params: &Params<'_> = &[&stream, &int(registry_after), &page(SMALL_PAGE_EVENTS_MAX)];
        let rows = self.connections().rows(attempt, sql::views::NOW, params).await?;
        let (mut tail, mut registry) =
            (Reading::of(SMALL_PAGE_EVENTS_MAX), Reading::of(SMALL_PAGE_EVENTS_MAX));
        let (mut head, mut stored) = (0, None);
        for row in &rows {
            match row.get(5) {
                0_i32 => {
                    head = row.get::<_, Option<i64>>(0).map_or(0, uint);
                    stored = row.get::<_, Option<i64>>(4).map(|_| state_at(row, [4, 3, 2])).transpose()?;
                }
                1 => tail.take(recorded_in_stream(row))?,
                _ => registry.take(recorded_in_stream(row))?,
            }
        }
        Ok(Now { head, state: stored, tail: tail.page(), registry: registry.page() })
    }

    async fn rows(&self, query: &RowQuery) -> Result<Vec<WorkRow>, LogError> {
        let RowQuery { view, organisation, on, after, limit } = query;
        let on = &on.map(day);
        // PostgreSQL keeps no text with U+0000: no row is found by one, and none stands between a cursor with
        // one and the text before it.
        if view.contains('\0') || organisation.as_ref().is_some_and(|of| of.contains('\0')) {
            return Ok(Vec::new());
        }
        let after = after.as_deref().unwrap_or_default().split('\0').next().unwrap_or_default();
        let limit = int(*limit as u64);
        let rows = match organisation {
            Some(of) => {
                let params: &Params<'_> = &[view, &after, on, &limit, of];
                self.connections().rows("read a list", sql::views::ROWS_FOR, params).await?
            }
            None => {
                let params: &Params<'_> = &[view, &after, on, &limit];
                self.connections().rows("read a list", sql::views::ROWS, params).await?
            }
        };
        rows.iter().map(work_row).collect()
    }

    async fn rows_of(&self, version: u32, person: &PersonId) -> Result<Vec<WorkRow>, LogError> {
        let params: &Params<'_> = &[&number(version), &person.as_str()];
        let rows = self.connections().rows("read a person's rows", sql::views::ROWS_OF, params).await?;
        rows.iter().map(work_row).collect()
    }
}

/// Begins, and its commit waits for no disk: what a crash takes away of the read models is folded again. Never
/// that of the log behind it, which was written before.
const BEGIN_VIEWS: &str = "BEGIN; SET LOCAL synchronous_commit = off";

/// Two round trips: the first begins, locks, compares and moves; the second writes and commits.
async fn commit(
    conn: Lent,
    attempt: &'static str,
    version: i32,
    moves: &[Move],
    writes: &[PersonWrite],
) -> Result<bool, LogError> {
    let parts: Vec<i16> = moves.iter().map(|step| i16::from(step.part.number())).collect();
    let seqs: Vec<i64> = moves.iter().map(|step| int(step.from.seq)).collect();
    let revs: Vec<i64> = moves.iter().map(|step| int(step.from.rev)).collect();
    let to: Vec<i64> = moves.iter().map(|step| int(step.to)).collect();
    let prepare = [sql::views::KEEP_VERSION, sql::views::LOCK_PARTS, sql::views::MOVE];
    let [keep, lock, step] = prepared(&conn, attempt, prepare).await?;
    let tx = Transaction::of(conn, attempt);
    let keep_params: &Params<'_> = &[&version];
    let lock_params: &Params<'_> = &[&version, &parts];
    let move_params: &Params<'_> = &[&version, &parts, &seqs, &revs, &to];
    let (begun, kept, locked, moved) = futures::join!(
        tx.conn().batch_execute(BEGIN_VIEWS),
        tx.conn().query(&keep, keep_params),
        tx.conn().query(&lock, lock_params),
        tx.conn().execute(&step, move_params),
    );
    tx.done(begun)?;
    let kept = tx.done(kept)?.len();
    tx.done(locked)?;
    if kept == 0 || tx.done(moved)? != moves.len() as u64 {
        tx.rollback().await?;
        return Ok(false);
    }
    write(tx, version, writes).await?;
    Ok(true)
}

async fn write(tx: Transaction, version: i32, writes: &[PersonWrite]) -> Result<(), LogError> {
    let with_rows = || writes.iter().filter_map(|write| Some((write.stream.person()?, write.rows.as_ref()?)));
    let persons: Vec<&str> = with_rows().map(|(person, _)| person.as_str()).collect();
    let rows = Columns::of(with_rows().flat_map(|(_, rows)| rows));
    // One write per stream in a statement: the last one of a page stands.
    let states: BTreeMap<String, &StoredState> =
        writes.iter().map(|write| (write.stream.to_string(), &write.state)).collect();
    let streams: Vec<&str> = states.keys().map(String::as_str).collect();
    let codes: Vec<i64> = states.values().map(|state| i64::from(state.code)).collect();
    let stream_seqs: Vec<i64> = states.values().map(|state| int(state.stream_seq)).collect();
    let bodies: Vec<&[u8]> = states.values().map(|state| state.body.as_ref()).collect();
    let prepare = [sql::views::DELETE_ROWS_OF, sql::views::PUT_ROWS, sql::views::PUT_STATES];
    let [delete, put_rows, put_states] = prepared(tx.conn(), tx.attempt(), prepare).await?;
    let delete_params: &Params<'_> = &[&version, &persons];
    let rows_params = rows.params(&version);
    let states_params: &Params<'_> = &[&version, &streams, &codes, &stream_seqs, &bodies];
    // All deletions first: a key may go from one person to another in one page. Behind a statement that failed,
    // COMMIT is a rollback.
    let (deleted, put, stated, committed) = futures::join!(
        tx.conn().execute(&delete, delete_params),
        tx.conn().execute(&put_rows, &rows_params),
        tx.conn().execute(&put_states, states_params),
        tx.conn().batch_execute("COMMIT"),
    );
    tx.done(deleted)?;
    tx.done(put)?;
    tx.done(stated)?;
    tx.done(committed)?;
    tx.ended();
    Ok(())
}

/// Rows of lists, a column at a time.
#[derive(Default)]
struct Columns<'a> {
    views: Vec<&'a str>,
    keys: Vec<&'a str>,
    persons: Vec<&'a str>,
    organisations: Vec<Option<&'a str>>,
    zones: Vec<Option<&'a str>>,
    due_from: Vec<Option<i32>>,
    due_to: Vec<Option<i32>>,
    bodies: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn of(rows: impl Iterator<Item = &'a WorkRow>) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.views.push(&row.view);
            columns.keys.push(&row.key);
            columns.persons.push(row.person.as_str());
            columns.organisations.push(row.organisation.as_deref());
            columns.zones.push(row.zone.as_deref());
            columns.due_from.push(row.due_from.map(day));
            columns.due_to.push(row.due_to.map(day));
            columns.bodies.push(&row.body);
        }
        columns
    }

    fn params<'p>(&'p self, version: &'p i32) -> [&'p (dyn ToSql + Sync); 9] {
        [
            version,
            &self.views,
            &self.keys,
            &self.persons,
            &self.organisations,
            &self.zones,
            &self.due_from,
            &self.due_to,
            &self.bodies,
        ]
    }
}

fn day(date: NaiveDate) -> i32 {
    date.num_days_from_ce()
}

/// A version as its column keeps it; a number that was never given is that of no version.
fn number(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(0)
}

fn u32_at(row: &Row, column: usize) -> Result<u32, LogError> {
    let attempt = "read the read models";
    let number: i64 = match row.columns()[column].type_() {
        &tokio_postgres::types::Type::INT4 => row.get::<_, i32>(column).into(),
        _ => row.get(column),
    };
    u32::try_from(number).map_err(unavailable(attempt))
}

fn state(row: &Row) -> Result<StoredState, LogError> {
    state_at(row, [0, 1, 2])
}

fn state_at(row: &Row, [code, stream_seq, body]: [usize; 3]) -> Result<StoredState, LogError> {
    Ok(StoredState {
        code: u32_at(row, code)?,
        stream_seq: uint(row.get(stream_seq)),
        body: Bytes::copy_from_slice(row.get(body)),
    })
}

fn work_row(row: &Row) -> Result<WorkRow, LogError> {
    Ok(WorkRow {
        view: row.get(0),
        key: row.get(1),
        person: parsed(row, 2)?,
        organisation: row.get(3),
        zone: row.get(4),
        due_from: row.get::<_, Option<i32>>(5).and_then(NaiveDate::from_num_days_from_ce_opt),
        due_to: row.get::<_, Option<i32>>(6).and_then(NaiveDate::from_num_days_from_ce_opt),
        body: Bytes::copy_from_slice(row.get(7)),
    })
}

fn parsed<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row,
    column: usize,
) -> Result<T, LogError> {
    row.get::<_, &str>(column).parse().map_err(unavailable("read the read models"))
}
