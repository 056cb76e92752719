//! The SQLite store as a [`Log`].

use super::rows::{collect, collect_into, int, page, recorded, recorded_in_stream, sealed, time, uint};
use super::{SqliteStore, sql, unavailable};
use crate::database::Reading;
use crate::port::{Following, Identity, Log, LogError, Page, Sealed, Stretch};
use async_trait::async_trait;
use banso_kernel::{EventId, Recorded, Seq, StreamId, StreamSeq};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::watch;

#[async_trait]
impl Log for SqliteStore {
    async fn identity(&self) -> Result<Identity, LogError> {
        self.log.read("read the log's identity", identity).await
    }

    async fn head(&self) -> Result<Seq, LogError> {
        self.log.read("read the head", head).await
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let query = ("read events", sql::log::READ);
        let params = (int(after), page(limit));
        let page = self.log.read(query.0, move |conn| collect(conn, query, params, limit, recorded));
        Ok(page.await?.events)
    }

    async fn read_back(&self, before: Seq, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let query = ("read events backwards", sql::log::READ_BACK);
        let params = (int(before), page(limit));
        let page = self.log.read(query.0, move |conn| collect(conn, query, params, limit, recorded));
        Ok(page.await?.events)
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: StreamSeq,
        up_to: Seq,
        limit: usize,
    ) -> Result<Page, LogError> {
        let query = ("read a stream", sql::log::READ_STREAM);
        let params = (stream.to_string(), int(after), int(up_to), page(limit));
        self.log.read(query.0, move |conn| collect(conn, query, params, limit, recorded_in_stream)).await
    }

    async fn read_stretches(&self, stretches: &[Stretch], limit: usize) -> Result<Vec<Recorded>, LogError> {
        let stretches = stretches.to_vec();
        let attempt = "read stretches of streams";
        self.log.read(attempt, move |conn| read_stretches(conn, attempt, &stretches, limit)).await
    }

    async fn find(&self, ids: &[EventId]) -> Result<Vec<Option<Recorded>>, LogError> {
        let ids = ids.to_vec();
        self.log
            .read("find events", move |conn| ids.iter().map(|id| find(conn, id)).collect::<Result<_, _>>())
            .await
    }

    async fn seq_at(&self, recorded_by: DateTime<Utc>) -> Result<Seq, LogError> {
        let micros = recorded_by.timestamp_micros();
        self.log.read("find the position at a time", move |conn| seq_at(conn, micros)).await
    }

    async fn read_sealed(&self, after: Seq, limit: usize) -> Result<Vec<Sealed>, LogError> {
        let query = ("read events with their proofs", sql::log::READ_SEALED);
        let params = (int(after), page(limit));
        let page = self.log.read(query.0, move |conn| collect(conn, query, params, limit, sealed));
        Ok(page.await?.events)
    }

    async fn read_following(&self, at: Seq, limit: usize) -> Result<Following, LogError> {
        self.log.read("read events and their place", move |conn| read_following(conn, at, limit)).await
    }

    fn appended(&self) -> watch::Receiver<Seq> {
        self.appended.subscribe()
    }
}

pub(super) fn identity(conn: &Connection) -> Result<Identity, LogError> {
    let attempt = "read the log's identity";
    let (log_id, epoch): (String, u32) = conn
        .query_row(sql::log::IDENTITY, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(unavailable(attempt))?;
    let log_id =
        log_id.parse().map_err(|error| LogError::Unavailable { attempt, source: Box::new(error) })?;
    Ok(Identity { log_id, epoch })
}

fn read_following(conn: &Connection, at: Seq, limit: usize) -> Result<Following, LogError> {
    let query = ("read events and their place", sql::log::READ_SEALED);
    let Page { events, is_last } = collect(conn, query, (int(at), page(limit)), limit, sealed)?;
    let here = match at.checked_sub(1) {
        Some(before) => collect(conn, query, (int(before), page(1)), 1, sealed)?.events.pop(),
        None => None,
    };
    let log_chain = here.filter(|here| here.columns.seq == at).map(|here| here.log_chain);
    Ok(Following { events, is_last, log_chain, identity: identity(conn)? })
}

/// One after the other, until the page is full.
fn read_stretches(
    conn: &Connection,
    attempt: &'static str,
    stretches: &[Stretch],
    limit: usize,
) -> Result<Vec<Recorded>, LogError> {
    let mut reading = Reading::of(limit);
    for Stretch { stream, after, up_to } in stretches {
        if reading.is_full() {
            break;
        }
        let params = (stream.to_string(), int(*after), int(*up_to), page(limit));
        let query = (attempt, sql::log::READ_STRETCH);
        collect_into(&mut reading, conn, query, params, recorded_in_stream)?;
    }
    Ok(reading.page().events)
}

pub(super) fn find(conn: &Connection, id: &EventId) -> Result<Option<Recorded>, LogError> {
    let found = collect(conn, ("find an event", sql::log::FIND), [id.as_bytes().as_slice()], 1, recorded)?;
    Ok(found.events.into_iter().next())
}

pub(super) fn head(conn: &Connection) -> Result<Seq, LogError> {
    let mut statement = conn.prepare_cached(sql::log::HEAD).map_err(unavailable("read the head"))?;
    let seq = statement.query_row([], |row| row.get(0)).optional().map_err(unavailable("read the head"))?;
    Ok(seq.map_or(0, uint))
}

/// Binary search: `seq` is dense and `recorded_at` never decreases with it, so this needs no index on times.
fn seq_at(conn: &Connection, micros: i64) -> Result<Seq, LogError> {
    let attempt = "find the position at a time";
    let mut statement = conn.prepare_cached(sql::log::RECORDED_AT).map_err(unavailable(attempt))?;
    // Everything up to `low` was recorded by then, nothing from `high` on.
    let (mut low, mut high) = (0, head(conn)? + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let at: Option<i64> =
            statement.query_row([int(middle)], |row| row.get(0)).optional().map_err(unavailable(attempt))?;
        match at {
            Some(at) if time(at) <= time(micros) => low = middle,
            Some(_) => high = middle,
            None => {
                return Err(LogError::Damaged { seq: middle, reason: "there is no such row".to_owned() });
            }
        }
    }
    Ok(low)
}
