//! The PostgreSQL store's connection for appending.

use super::clock::{DatabaseClock, Reading};
use super::connect::{PgConfig, Purpose, Session, check_server};
use super::rows::{
    Inserted, PAGE_BYTES, collect, column, hash, int, page, recorded_in_stream, sealed, uint, uuid,
};
use super::signal::raise;
use super::{PgStore, log, sql, unavailable};
use crate::port::{LogError, READ_EVENTS_MAX, Sealed};
use crate::write_side::{LogHead, LogStore, StreamHead, WriteSide};
use banso_kernel::{EventId, Hash, LogId, Recorded, Seq, StreamId, StreamSeq, log_genesis, stream_genesis};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};
use uuid::Uuid;

/// How long a call may take as this process sees it, longer than the server lets it wait for a lock: behind a
/// proxy a dead server's connection looks alive.
const CALL_WAIT: Duration = Duration::from_secs(12);

impl LogStore for PgStore {
    fn write_side(&self) -> Result<Box<dyn WriteSide>, LogError> {
        let store = self.clone();
        // A runtime of its own, so not on a thread that belongs to another one.
        let open = std::thread::scope(|scope| scope.spawn(|| PgWriteSide::open(store)).join());
        let side =
            open.unwrap_or_else(|_| Err(super::connect::refused("open the writer's connection", "a panic")));
        Ok(Box::new(side?))
    }
}

struct PgWriteSide {
    /// Gone only while it is dropped.
    runtime: Option<Runtime>,
    session: Session,
    statements: Statements,
    config: PgConfig,
    log_id: LogId,
    lock: i64,
    clock: Arc<DatabaseClock>,
    appended: watch::Sender<Seq>,
    /// What `commit` will have made visible.
    head: Seq,
    #[cfg(test)]
    faults: super::faults::Faults,
}

struct Statements {
    lock: Statement,
    head: Statement,
    read_sealed: Statement,
    read_stream: Statement,
    stream_heads: Statement,
    find: Statement,
    insert: Statement,
}

impl PgWriteSide {
    fn open(store: PgStore) -> Result<Self, LogError> {
        let attempt = "open the writer's connection";
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(unavailable("start the writer's runtime"))?;
        let opened = &store.0;
        let connected = async { connect(&opened.config).await };
        let (session, statements) = runtime
            .block_on(async { tokio::time::timeout(CALL_WAIT, connected).await })
            .map_err(unavailable(attempt))??;
        Ok(Self {
            runtime: Some(runtime),
            session,
            statements,
            config: opened.config.clone(),
            log_id: opened.identity.log_id.clone(),
            lock: lock_of(&opened.identity.log_id),
            clock: Arc::clone(&opened.clock),
            appended: opened.signal.sender(),
            head: 0,
            #[cfg(test)]
            faults: opened.faults.clone(),
        })
    }

    /// Waits for an answer of the server, for so long.
    fn wait<T>(
        &self,
        attempt: &'static str,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, LogError> {
        self.block_on(attempt, async { answer.await.map_err(unavailable(attempt)) })
    }

    fn block_on<T>(
        &self,
        attempt: &'static str,
        work: impl Future<Output = Result<T, LogError>>,
    ) -> Result<T, LogError> {
        let Some(runtime) = &self.runtime else {
            return Err(super::connect::refused(attempt, "the connection was closed"));
        };
        runtime.block_on(async { tokio::time::timeout(CALL_WAIT, work).await.map_err(unavailable(attempt))? })
    }

    fn rows(
        &self,
        attempt: &'static str,
        statement: &Statement,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, LogError> {
        self.wait(attempt, self.session.client.query(statement, params))
    }

    /// Opens another connection if this one broke while nobody looked at it. Nothing is under way yet.
    fn revive(&mut self) -> Result<(), LogError> {
        let attempt = "open the writer's connection again";
        // What arrived since the last call is heard of only now.
        self.block_on(attempt, async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            Ok(())
        })?;
        if self.session.client.is_closed() {
            (self.session, self.statements) = self.block_on(attempt, connect(&self.config))?;
        }
        Ok(())
    }
}

impl Drop for PgWriteSide {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Also where the thread belongs to another runtime.
            runtime.shutdown_background();
        }
    }
}

impl WriteSide for PgWriteSide {
    fn begin(&mut self) -> Result<LogHead, LogError> {
        let attempt = "begin a batch";
        self.revive()?;
        let client = &self.session.client;
        let asked = Instant::now();
        let lock_params: &[&(dyn ToSql + Sync)] = &[&self.lock];
        // One round trip; the head is read behind the lock, by a statement of its own.
        let (begun, locked, head) = self.block_on(attempt, async {
            Ok(futures::join!(
                client.batch_execute("BEGIN"),
                client.query(&self.statements.lock, lock_params),
                client.query_one(&self.statements.head, &[]),
            ))
        })?;
        begun.and(locked.map(drop)).map_err(unavailable(attempt))?;
        let row = head.map_err(unavailable(attempt))?;
        self.clock.read(Reading { asked, answered: Instant::now(), said: row.get(0) })?;
        let head = match row.get::<_, Option<i64>>(1).map(uint) {
            None => LogHead { seq: 0, recorded_at: None, chain: log_genesis(&self.log_id) },
            Some(seq) => {
                LogHead { seq, recorded_at: Some(column(&row, 2, seq)?), chain: hash(&row, 3, seq)? }
            }
        };
        self.head = head.seq;
        Ok(head)
    }

    fn read_sealed(&mut self, after: Seq) -> Result<Vec<Sealed>, LogError> {
        let params: &[&(dyn ToSql + Sync)] = &[&int(after), &page(READ_EVENTS_MAX), &PAGE_BYTES];
        collect(&self.rows("read what others appended", &self.statements.read_sealed, params)?, sealed)
    }

    fn read_stream(&mut self, stream: &StreamId, after: StreamSeq) -> Result<Vec<Recorded>, LogError> {
        let (stream, after) = (stream.to_string(), int(after));
        let params: &[&(dyn ToSql + Sync)] =
            &[&stream, &after, &i64::MAX, &page(READ_EVENTS_MAX), &PAGE_BYTES];
        collect(&self.rows("load a stream", &self.statements.read_stream, params)?, recorded_in_stream)
    }

    fn stream_heads(&mut self, streams: &[StreamId]) -> Result<Vec<StreamHead>, LogError> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = streams.iter().map(StreamId::to_string).collect();
        let rows = self.rows("read the heads of streams", &self.statements.stream_heads, &[&names])?;
        let head = |(row, stream): (&Row, &StreamId)| {
            Ok(match row.get::<_, Option<i64>>(0).map(uint) {
                None => StreamHead { stream_seq: 0, chain: stream_genesis(stream) },
                Some(stream_seq) => StreamHead { stream_seq, chain: hash(row, 1, 0)? },
            })
        };
        rows.iter().zip(streams).map(head).collect()
    }

    fn find(&mut self, ids: &[EventId]) -> Result<Vec<Option<Recorded>>, LogError> {
        #[cfg(test)]
        self.faults.find()?;
        let asked: Vec<Uuid> = ids.iter().map(uuid).collect();
        log::found(&self.rows("find events", &self.statements.find, &[&asked])?, ids.len())
    }

    fn append(&mut self, rows: &[Sealed]) -> Result<(), LogError> {
        let attempt = "append events";
        let inserted = Inserted::of(rows);
        let params = inserted.params();
        self.wait(attempt, self.session.client.execute(&self.statements.insert, &params))?;
        self.head = rows.last().map_or(self.head, |last| last.columns.seq);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), LogError> {
        #[cfg(test)]
        self.faults.before_commit()?;
        self.wait("commit a batch", self.session.client.batch_execute("COMMIT"))?;
        #[cfg(test)]
        self.faults.after_commit()?;
        raise(&self.appended, self.head);
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), LogError> {
        self.wait("end a batch without events", self.session.client.batch_execute("ROLLBACK"))?;
        raise(&self.appended, self.head);
        Ok(())
    }
}

async fn connect(config: &PgConfig) -> Result<(Session, Statements), LogError> {
    let attempt = "open the writer's connection";
    let session = Session::open(config, Purpose::Append).await?;
    check_server(&session.client).await?;
    let client: &Client = &session.client;
    let prepared = futures::try_join!(
        client.prepare(sql::append::LOCK),
        client.prepare(sql::append::HEAD),
        client.prepare(sql::log::READ_SEALED),
        client.prepare(sql::log::READ_STREAM),
        client.prepare(sql::append::STREAM_HEADS),
        client.prepare(sql::log::FIND),
        client.prepare(sql::append::INSERT),
    );
    let (lock, head, read_sealed, read_stream, stream_heads, find, insert) =
        prepared.map_err(unavailable(attempt))?;
    let statements = Statements { lock, head, read_sealed, read_stream, stream_heads, find, insert };
    Ok((session, statements))
}

/// The key of the writers' lock: each log of a database has its own.
fn lock_of(log_id: &LogId) -> i64 {
    let digest = Hash::of(format!("banso writer {log_id}").as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = *digest.as_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
