//! The SQLite store's connection for appending.

use super::inbox;
use super::rows::{collect, insert, int, page, recorded_in_stream, sealed, time, uint};
use super::{SqliteStore, connect, log, sql, unavailable};
use crate::inbox::{IntakePosition, Settled};
use crate::port::{LogError, Page, READ_EVENTS_MAX, Sealed};
use crate::write_side::{Begun, Committed, LogHead, LogStore, StreamHead, WriteSide};
use banso_kernel::{EventId, Hash, LogId, Recorded, Seq, StreamId, StreamSeq, log_genesis, stream_genesis};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::watch;

impl LogStore for SqliteStore {
    fn write_side(&self) -> Result<Box<dyn WriteSide>, LogError> {
        let conn = connect::for_writing(&self.log_file, connect::Durability::Full)?;
        Ok(Box::new(SqliteWriteSide {
            log_id: log::identity(&conn)?.log_id,
            conn,
            appended: self.appended.clone(),
            head: 0,
            #[cfg(test)]
            faults: self.faults.clone(),
        }))
    }
}

struct SqliteWriteSide {
    conn: Connection,
    log_id: LogId,
    appended: watch::Sender<Seq>,
    /// What `commit` will have made visible.
    head: Seq,
    #[cfg(test)]
    faults: crate::database::faults::Faults,
}

impl WriteSide for SqliteWriteSide {
    fn begin(&mut self, known: Option<Seq>) -> Result<Begun, LogError> {
        let attempt = "begin a batch";
        #[cfg(test)]
        limit_pages(&self.conn, &self.faults);
        self.conn.execute_batch("BEGIN IMMEDIATE").map_err(unavailable(attempt))?;
        let last = self
            .conn
            .prepare_cached(sql::log::HEAD)
            .and_then(|mut head| {
                head.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))).optional()
            })
            .map_err(unavailable(attempt))?;
        let head = match last {
            None => LogHead { seq: 0, recorded_at: None, chain: log_genesis(&self.log_id) },
            Some((seq, recorded_at, chain)) => {
                LogHead { seq: uint(seq), recorded_at: Some(time(recorded_at)), chain: hash(&chain, seq)? }
            }
        };
        self.head = head.seq;
        let behind = match known {
            Some(known) if known < head.seq => self.read_sealed(known.saturating_sub(1))?,
            Some(_) | None => Vec::new(),
        };
        Ok(Begun { head, behind, held: super::custody::held(&self.conn)? })
    }

    fn read_sealed(&mut self, after: Seq) -> Result<Vec<Sealed>, LogError> {
        let query = ("read what others appended", sql::log::READ_SEALED);
        let params = (int(after), page(READ_EVENTS_MAX));
        Ok(collect(&self.conn, query, params, READ_EVENTS_MAX, sealed)?.events)
    }

    fn read_stream(&mut self, stream: &StreamId, after: StreamSeq, up_to: Seq) -> Result<Page, LogError> {
        let params = (stream.to_string(), int(after), int(up_to), page(READ_EVENTS_MAX));
        let query = ("load a stream", sql::log::READ_STREAM);
        collect(&self.conn, query, params, READ_EVENTS_MAX, recorded_in_stream)
    }

    fn stream_heads(&mut self, streams: &[StreamId], up_to: Seq) -> Result<Vec<StreamHead>, LogError> {
        let attempt = "read the heads of streams";
        let mut statement = self.conn.prepare_cached(sql::log::STREAM_HEAD).map_err(unavailable(attempt))?;
        let mut head = |stream: &StreamId| {
            let last = statement
                .query_row((stream.to_string(), int(up_to)), |row| {
                    Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))
                })
                .optional()
                .map_err(unavailable(attempt))?;
            Ok(match last {
                None => StreamHead { stream_seq: 0, chain: stream_genesis(stream) },
                Some((stream_seq, chain)) => {
                    StreamHead { stream_seq: uint(stream_seq), chain: hash(&chain, 0)? }
                }
            })
        };
        streams.iter().map(&mut head).collect()
    }

    fn find(&mut self, ids: &[EventId]) -> Result<Vec<Option<Recorded>>, LogError> {
        #[cfg(test)]
        self.faults.find()?;
        ids.iter().map(|id| log::find(&self.conn, id)).collect()
    }

    fn intake_positions(&mut self, publishers: &[&str]) -> Result<Vec<Option<IntakePosition>>, LogError> {
        publishers.iter().map(|publisher| inbox::position(&self.conn, publisher)).collect()
    }

    fn append(&mut self, rows: &[Sealed], settled: &[Settled]) -> Result<(), LogError> {
        for row in rows {
            insert(&self.conn, row).map_err(unavailable("append events"))?;
            self.head = row.columns.seq;
        }
        for settled in settled {
            inbox::settle(&self.conn, settled).map_err(unavailable("settle an intake"))?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<Committed, LogError> {
        #[cfg(test)]
        self.faults.before_commit()?;
        self.conn.execute_batch("COMMIT").map_err(unavailable("commit a batch"))?;
        #[cfg(test)]
        self.faults.after_commit()?;
        self.appended.send_replace(self.head);
        Ok(Committed::Stored)
    }

    fn rollback(&mut self) -> Result<(), LogError> {
        self.conn.execute_batch("ROLLBACK").map_err(unavailable("end a batch without events"))?;
        // What other processes appended woke nobody in this one.
        self.appended.send_if_modified(|known| std::mem::replace(known, self.head) != self.head);
        Ok(())
    }
}

fn hash(bytes: &[u8], seq: i64) -> Result<Hash, LogError> {
    Hash::try_from(bytes)
        .map_err(|_| LogError::Damaged { seq: uint(seq), reason: "a chain is not 32 bytes".to_owned() })
}

/// The disk has room for no more, where a test says so.
#[cfg(test)]
fn limit_pages(conn: &Connection, faults: &crate::database::faults::Faults) {
    let pages = match faults.pages.load(std::sync::atomic::Ordering::SeqCst) {
        0 => u32::MAX - 1,
        pages => pages,
    };
    conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("a pragma of SQLite");
}
