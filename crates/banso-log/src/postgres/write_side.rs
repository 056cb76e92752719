//! The PostgreSQL store's connection for appending.
//!
//! It is a runtime of one thread, the writer's, with one session. Who is alone on the log holds an advisory
//! lock; who appends behind a known head shares it for the length of its one statement.

use super::clock::{DatabaseClock, Reading};
use super::connect::refused;
use super::inbox::{Settling, position};
use super::line::{Line, Pending, Statements};
use super::pool::limited_to;
use super::rows::{
    Inserted, PAGE_BYTES, collect, column, hash, int, page, recorded_in_stream, sealed, uint, uuid,
};
use super::signal::raise;
use super::transaction::Params;
use super::{PgStore, log, unavailable};
use crate::inbox::{IntakePosition, Settled};
use crate::port::{LogError, Page, READ_EVENTS_MAX, SMALL_PAGE_EVENTS_MAX, Sealed};
use crate::write_side::{Beginning, Begun, Behind, Committed, LogHead, LogStore, StreamHead, WriteSide};
use banso_kernel::{EventId, Hash, LogId, Recorded, Seq, StreamId, StreamSeq, log_genesis, stream_genesis};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

impl LogStore for PgStore {
    fn write_side(&self) -> Result<Box<dyn WriteSide>, LogError> {
        Ok(Box::new(PgWriteSide::open(self.clone())?))
    }
}

struct PgWriteSide {
    store: PgStore,
    /// Gone only while it is dropped.
    runtime: Option<Runtime>,
    line: Line,
    log_id: LogId,
    lock: i64,
    clock: Arc<DatabaseClock>,
    appended: watch::Sender<Seq>,
    /// Whether this side is alone on the log.
    alone: bool,
    /// Whether a call is under way, or ended without an answer.
    unanswered: bool,
    /// What `commit` will have made visible.
    head: Seq,
    /// What `commit` sends along: one round trip for all of it.
    pending: Option<Pending>,
}

impl PgWriteSide {
    fn open(store: PgStore) -> Result<Self, LogError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(unavailable("start the writer's runtime"))?;
        let opened = &store.0;
        let line = runtime.block_on(limited_to(
            opened.config.call_wait(),
            "open the writer's connection",
            async {
                let line = Line::open(&opened.config).await?;
                line.end(&opened.abandoned).await?;
                Ok(line)
            },
        ))?;
        Ok(Self {
            runtime: Some(runtime),
            line,
            log_id: opened.log_id.clone(),
            lock: lock_of(&opened.log_id),
            clock: Arc::clone(&opened.clock),
            appended: opened.signal.sender(),
            alone: false,
            unanswered: false,
            head: 0,
            pending: None,
            store,
        })
    }

    /// Waits for an answer of the server, for a bounded time.
    fn call<T>(
        &mut self,
        attempt: &'static str,
        work: impl AsyncFnOnce(&Line) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        if !self.alone {
            self.revive()?;
        }
        self.unanswered = true;
        let Some(runtime) = &self.runtime else { return Err(refused(attempt, "the connection was closed")) };
        let answer =
            runtime.block_on(limited_to(self.store.0.config.call_wait(), attempt, work(&self.line)))?;
        self.unanswered = false;
        Ok(answer)
    }

    fn rows(
        &mut self,
        attempt: &'static str,
        statement: impl FnOnce(&Statements) -> &Statement,
        params: &Params<'_>,
    ) -> Result<Vec<Row>, LogError> {
        self.call(attempt, async |line| {
            let statement = statement(&line.statements);
            line.session.client.query(statement, params).await.map_err(unavailable(attempt))
        })
    }

    /// Opens another session if this one ended while nothing was under way.
    fn revive(&mut self) -> Result<(), LogError> {
        let attempt = "open the writer's connection again";
        let Some(runtime) = &self.runtime else { return Err(refused(attempt, "the connection was closed")) };
        // What arrived since the last call is heard of only now.
        runtime.block_on(async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        });
        if self.line.session.client.is_closed() {
            let config = &self.store.0.config;
            self.line = runtime.block_on(limited_to(config.call_wait(), attempt, Line::open(config)))?;
        }
        Ok(())
    }
}

impl Drop for PgWriteSide {
    fn drop(&mut self) {
        if self.unanswered || self.alone {
            self.store.0.abandoned.push(self.line.backend);
        }
        if let Some(runtime) = self.runtime.take() {
            // Also where the thread belongs to another runtime.
            runtime.shutdown_background();
        }
    }
}

impl WriteSide for PgWriteSide {
    fn begin(&mut self, known: Option<Seq>) -> Result<Begun, LogError> {
        let attempt = "begin a batch";
        let lock = self.lock;
        let after = known.map(|known| int(known.saturating_sub(1)));
        let asked = Instant::now();
        let (row, behind) = self.call(attempt, async |line| {
            let (client, statements) = (&line.session.client, &line.statements);
            let lock: &Params<'_> = &[&lock];
            let behind = async {
                let Some(after) = &after else { return Ok(Vec::new()) };
                client.query(&statements.read_sealed, &[after, &page(READ_EVENTS_MAX), &PAGE_BYTES]).await
            };
            // One round trip; what stands behind the lock is read by statements of their own.
            let (begun, locked, head, behind) = futures::join!(
                client.batch_execute("BEGIN"),
                client.query(&statements.lock, lock),
                client.query_one(&statements.head, &[]),
                behind,
            );
            let head = begun.and(locked.map(drop)).and(head).map_err(unavailable(attempt))?;
            Ok((head, behind.map_err(unavailable("read what others appended"))?))
        })?;
        self.alone = true;
        self.pending = None;
        self.clock.read(Reading { asked, answered: Instant::now(), said: row.get(0) })?;
        let head = match row.get::<_, Option<i64>>(1).map(uint) {
            None => LogHead { seq: 0, recorded_at: None, chain: log_genesis(&self.log_id) },
            Some(seq) => {
                LogHead { seq, recorded_at: Some(column(&row, 2, seq)?), chain: hash(&row, 3, seq)? }
            }
        };
        self.head = head.seq;
        let moved = known.is_some_and(|known| known < head.seq);
        let behind = if moved { collect(&behind, READ_EVENTS_MAX, sealed)?.events } else { Vec::new() };
        Ok(Begun { head, behind, held: row.get(4) })
    }

    fn read_sealed(&mut self, after: Seq) -> Result<Vec<Sealed>, LogError> {
        let params: &Params<'_> = &[&int(after), &page(READ_EVENTS_MAX), &PAGE_BYTES];
        let rows = self.rows("read what others appended", |statements| &statements.read_sealed, params)?;
        Ok(collect(&rows, READ_EVENTS_MAX, sealed)?.events)
    }

    fn read_stream(&mut self, stream: &StreamId, after: StreamSeq, up_to: Seq) -> Result<Page, LogError> {
        let (stream, after, up_to) = (stream.to_string(), int(after), int(up_to));
        let params: &Params<'_> = &[&stream, &after, &up_to, &page(READ_EVENTS_MAX), &PAGE_BYTES];
        let rows = self.rows("load a stream", |statements| &statements.read_stream, params)?;
        collect(&rows, READ_EVENTS_MAX, recorded_in_stream)
    }

    fn read_streams(&mut self, streams: &[StreamId], up_to: Seq) -> Result<Vec<Beginning>, LogError> {
        let attempt = "load streams";
        let up_to = int(up_to);
        // All are asked for before the first answer: one round trip.
        let read = self.call(attempt, async |line| {
            let reads = streams.iter().map(async |stream| {
                let stream = stream.to_string();
                let params: &Params<'_> = &[&stream, &0_i64, &up_to, &page(SMALL_PAGE_EVENTS_MAX)];
                line.session.client.query(&line.statements.read_stream_small, params).await
            });
            futures::future::try_join_all(reads).await.map_err(unavailable(attempt))
        })?;
        Ok(read.iter().map(|rows| collect(rows, SMALL_PAGE_EVENTS_MAX, recorded_in_stream)).collect())
    }

    fn stream_heads(&mut self, streams: &[StreamId], up_to: Seq) -> Result<Vec<StreamHead>, LogError> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = streams.iter().map(StreamId::to_string).collect();
        let attempt = "read the heads of streams";
        let rows = self.rows(attempt, |statements| &statements.stream_heads, &[&names, &int(up_to)])?;
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
        self.store.0.faults.find()?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<Uuid> = ids.iter().map(uuid).collect();
        log::found(&self.rows("find events", |statements| &statements.find, &[&asked])?, ids.len())
    }

    fn intake_positions(&mut self, publishers: &[&str]) -> Result<Vec<Option<IntakePosition>>, LogError> {
        if publishers.is_empty() {
            return Ok(Vec::new());
        }
        let attempt = "read the positions of intakes";
        let rows = self.rows(attempt, |statements| &statements.intake_positions, &[&publishers])?;
        Ok(rows.iter().map(position).collect())
    }

    fn append(&mut self, rows: &[Sealed], settled: &[Settled]) -> Result<(), LogError> {
        let rows = Inserted::of(rows);
        self.head = rows.last().unwrap_or(self.head);
        self.pending = Some(Pending { rows, settling: (!settled.is_empty()).then(|| Settling::of(settled)) });
        Ok(())
    }

    fn commit(&mut self) -> Result<Committed, LogError> {
        #[cfg(test)]
        self.store.0.faults.before_commit()?;
        let pending = self.pending.take();
        let committed = self.call("commit a batch", async |line| line.commit(pending.as_ref()).await)?;
        self.alone = false;
        if committed == Committed::Known {
            return Ok(Committed::Known);
        }
        if pending.is_some_and(|pending| pending.settling.is_some()) {
            // Receipts wait to be told also where no event came with them.
            self.appended.send_modify(|_| {});
        }
        #[cfg(test)]
        self.store.0.faults.after_commit()?;
        raise(&self.appended, self.head);
        Ok(Committed::Stored)
    }

    fn rollback(&mut self) -> Result<(), LogError> {
        let attempt = "end a batch without events";
        self.pending = None;
        self.call(attempt, async |line| {
            line.session.client.batch_execute("ROLLBACK").await.map_err(unavailable(attempt))
        })?;
        self.alone = false;
        raise(&self.appended, self.head);
        Ok(())
    }

    fn has_quiet_path(&self) -> bool {
        true
    }

    fn append_behind(&mut self, head: &LogHead, rows: &[Sealed]) -> Result<Behind, LogError> {
        // Under the lock it is found out whether the clock can be gone by.
        if self.clock.is_contradicted() || rows.is_empty() {
            return Ok(Behind::Moved);
        }
        // Nothing is sent yet, and there it is said why there is no session.
        if self.revive().is_err() {
            return Ok(Behind::Moved);
        }
        #[cfg(test)]
        self.store.0.faults.before_commit()?;
        let attempt = "append a batch";
        let inserted: Inserted<&[u8]> = Inserted::of(rows);
        let (behind, chain, lock) = (int(head.seq), head.chain.as_bytes().as_slice(), self.lock);
        let one = inserted.one();
        let mut params = one.as_ref().map_or_else(|| inserted.params(), |one| one.params());
        let place: [&(dyn ToSql + Sync); 3] = [&behind, &chain, &lock];
        params.extend(place);
        let read_clock = self.clock.is_due();
        let asked = Instant::now();
        let (stored, said) = self.call(attempt, async |line| {
            let (client, statements) = (&line.session.client, &line.statements);
            let insert =
                if one.is_some() { &statements.insert_one_behind } else { &statements.insert_behind };
            let clock = async {
                if read_clock { client.query_one(&statements.clock, &[]).await.map(Some) } else { Ok(None) }
            };
            let (stored, said) = futures::join!(client.execute(insert, &params), clock);
            let stored = match stored {
                Ok(stored) => stored > 0,
                Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => false,
                Err(error) => return Err(unavailable(attempt)(error)),
            };
            Ok((stored, said.map_err(unavailable("read the database's clock"))?.map(|row| row.get(0))))
        })?;
        if let Some(said) = said {
            // The rows stand. If the clock was off, the next batch finds it out.
            self.clock.take_in(Reading { asked, answered: Instant::now(), said });
        }
        if !stored {
            return Ok(Behind::Moved);
        }
        #[cfg(test)]
        self.store.0.faults.after_commit()?;
        raise(&self.appended, inserted.last().unwrap_or(head.seq));
        Ok(Behind::Stored)
    }
}

/// The key of the writers' lock: each log of a database has its own.
pub(super) fn lock_of(log_id: &LogId) -> i64 {
    let digest = Hash::of(format!("banso writer {log_id}").as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = *digest.as_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
