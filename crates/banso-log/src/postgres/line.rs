//! A session for appending: its statements, how it commits, and how sessions that were left behind are ended.

use super::connect::{PgConfig, Purpose, Session, check_server, refused};
use super::inbox::Settling;
use super::rows::Inserted;
use super::transaction::Params;
use super::{sql, unavailable};
use crate::port::LogError;
use crate::write_side::Committed;
use chrono::{DateTime, Utc};
use std::sync::{Mutex, PoisonError};
use tokio_postgres::{Client, Error, Statement};

/// The constraint by which an event is in the log once.
const EVENT_ID_KEY: &str = "events_event_id_key";
/// How long the server may take to end an abandoned session, in milliseconds.
const END_SESSION_MS_MAX: i64 = 5_000;

/// A session with its statements.
pub(super) struct Line {
    pub(super) session: Session,
    pub(super) backend: Backend,
    pub(super) statements: Statements,
}

pub(super) struct Statements {
    pub(super) lock: Statement,
    pub(super) head: Statement,
    pub(super) read_sealed: Statement,
    pub(super) read_stream: Statement,
    pub(super) read_stream_small: Statement,
    pub(super) stream_heads: Statement,
    pub(super) find: Statement,
    pub(super) intake_positions: Statement,
    pub(super) insert: Statement,
    pub(super) insert_behind: Statement,
    pub(super) insert_one_behind: Statement,
    pub(super) clock: Statement,
    pub(super) put_positions: Statement,
    pub(super) insert_receipts: Statement,
}

/// What a commit sends along.
pub(super) struct Pending {
    pub(super) rows: Inserted<Vec<u8>>,
    pub(super) settling: Option<Settling>,
}

/// A session as the server knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backend {
    pid: i32,
    started: DateTime<Utc>,
}

/// Sessions that were left while a call was unanswered. What was sent to them may still be on its way, however
/// long a proxy keeps it: before anybody looks whether it was stored, they are ended.
#[derive(Debug, Default)]
pub(super) struct Abandoned(Mutex<Vec<Backend>>);

impl Abandoned {
    pub(super) fn push(&self, backend: Backend) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(backend);
    }

    fn list(&self) -> Vec<Backend> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn forget(&self, ended: Backend) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|backend| backend.pid != ended.pid);
    }
}

impl Line {
    pub(super) async fn open(config: &PgConfig) -> Result<Self, LogError> {
        let attempt = "open the writer's connection";
        let session = Session::open(config, Purpose::Append).await?;
        check_server(&session.client).await?;
        let client: &Client = &session.client;
        let prepared = futures::future::try_join_all(
            [
                sql::append::LOCK,
                sql::append::HEAD,
                sql::log::READ_SEALED,
                sql::log::READ_STREAM,
                sql::log::READ_STREAM_SMALL,
                sql::append::STREAM_HEADS,
                sql::log::FIND,
                sql::log::INTAKE_POSITIONS,
                sql::append::INSERT,
                sql::append::INSERT_BEHIND,
                sql::append::INSERT_ONE_BEHIND,
                sql::append::CLOCK,
                sql::append::PUT_INTAKE_POSITIONS,
                sql::append::INSERT_RECEIPTS,
            ]
            .map(|statement| client.prepare(statement)),
        );
        let prepared: [Statement; 14] = prepared
            .await
            .map_err(unavailable(attempt))?
            .try_into()
            .map_err(|_| refused(attempt, "a statement was not prepared"))?;
        let [
            lock,
            head,
            read_sealed,
            read_stream,
            read_stream_small,
            stream_heads,
            find,
            intake_positions,
            insert,
            insert_behind,
            insert_one_behind,
            clock,
            put_positions,
            insert_receipts,
        ] = prepared;
        let statements = Statements {
            lock,
            head,
            read_sealed,
            read_stream,
            read_stream_small,
            stream_heads,
            find,
            intake_positions,
            insert,
            insert_behind,
            insert_one_behind,
            clock,
            put_positions,
            insert_receipts,
        };
        let row = client.query_one(sql::append::BACKEND, &[]).await.map_err(unavailable(attempt))?;
        let backend = Backend { pid: row.get(0), started: row.get(1) };
        Ok(Self { session, backend, statements })
    }

    /// Ends the sessions that were left without an answer; fails where one of them goes on.
    pub(super) async fn end(&self, abandoned: &Abandoned) -> Result<(), LogError> {
        let attempt = "end a session whose answer was lost";
        for backend in abandoned.list() {
            let params: &Params<'_> = &[&backend.pid, &backend.started, &END_SESSION_MS_MAX];
            let ended = self.session.client.query_opt(sql::append::END_SESSION, params).await;
            if ended.map_err(unavailable(attempt))?.is_some_and(|row| !row.get::<_, bool>(0)) {
                return Err(refused(attempt, "it did not end in time"));
            }
            abandoned.forget(backend);
        }
        Ok(())
    }

    /// Sends all that is pending, and COMMIT, which behind a statement that failed is a rollback.
    pub(super) async fn commit(&self, pending: Option<&Pending>) -> Result<Committed, LogError> {
        let (client, statements) = (&self.session.client, &self.statements);
        let insert = async {
            let Some(Pending { rows, .. }) = pending.filter(|pending| pending.rows.len() > 0) else {
                return Ok(());
            };
            client.execute(&statements.insert, &rows.params()).await.map(drop)
        };
        let settling = pending.and_then(|pending| pending.settling.as_ref());
        let put_positions = async {
            let Some(settling) = settling else { return Ok(()) };
            client.execute(&statements.put_positions, &settling.positions()).await.map(drop)
        };
        let insert_receipts = async {
            let Some(settling) = settling else { return Ok(()) };
            client.execute(&statements.insert_receipts, &settling.receipts()).await.map(drop)
        };
        let (inserted, put, kept, committed) =
            futures::join!(insert, put_positions, insert_receipts, client.batch_execute("COMMIT"));
        if inserted.as_ref().is_err_and(is_known_id) {
            // Behind it COMMIT rolled back.
            return committed
                .map(|()| Committed::Known)
                .map_err(unavailable("end a batch that was not stored"));
        }
        inserted.map_err(unavailable("append events"))?;
        put.and(kept).map_err(unavailable("settle intakes"))?;
        committed.map(|()| Committed::Stored).map_err(unavailable("commit a batch"))
    }
}

/// Whether a row was refused because the log has its id. Under the lock every other key is free.
fn is_known_id(error: &Error) -> bool {
    error.as_db_error().is_some_and(|error| error.constraint() == Some(EVENT_ID_KEY))
}
