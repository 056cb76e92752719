//! RAW: one prepared INSERT per transaction, on one connection, into the table of banso's log in SQLite. Without the
//! triggers, which are banso's own doing; with banso's settings of the file.

use super::{CHAIN, SALT};
use crate::bench::{Bench, PERSONS};
use crate::files;
use crate::load::{Worker, closed_loop};
use crate::measured::Measured;
use crate::notes::Notes;
use crate::publisher::SOURCE;
use crate::row::Subject;
use crate::stores::Place;
use async_trait::async_trait;
use banso_kernel::{Clock, EventId, SystemClock};
use rusqlite::{Connection, params};

/// RAW.
pub(crate) struct Raw;

const INSERT: &str = "INSERT INTO events
    (seq, event_id, stream, stream_seq, recorded_at, header, body, salt, stream_chain, log_chain)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

const WITHOUT_TRIGGERS: &str = "DROP TRIGGER events_refuse_update;
    DROP TRIGGER events_refuse_delete;
    DROP TRIGGER events_refuse_replace;";

struct Publisher {
    conn: Connection,
    notes: Notes,
    header: Vec<u8>,
    head: i64,
    bytes: i64,
}

impl Worker for Publisher {
    async fn once(&mut self) -> anyhow::Result<()> {
        let note = self.notes.any();
        let seq = self.head + 1;
        // Beyond every position that a stream has.
        let stream_seq = seq;
        self.conn.prepare_cached(INSERT)?.execute(params![
            seq,
            EventId::of(SOURCE, &note.id).as_bytes(),
            format!("person/{}", note.person),
            stream_seq,
            SystemClock.now().timestamp_micros(),
            self.header,
            note.body.as_bytes(),
            SALT,
            CHAIN,
            CHAIN,
        ])?;
        self.head = seq;
        self.bytes += i64::try_from(note.body.len())?;
        Ok(())
    }
}

#[async_trait]
impl Subject for Raw {
    fn name(&self) -> &'static str {
        "RAW"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        // The rows before are banso's own, and so is the header that all others have.
        let folder = bench.folder()?;
        Place::in_files(folder.clone())?.filled_app().await?.stop().await;
        let conn = files::connect(&folder)?;
        conn.execute_batch(WITHOUT_TRIGGERS)?;
        let last = "SELECT seq, header FROM events ORDER BY seq DESC LIMIT 1";
        let (head, header) = conn.query_row(last, [], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
        let notes = Notes::of("raw", PERSONS);
        let publisher = Publisher { conn, notes, header, head, bytes: 0 };
        let (mut measured, publishers) = closed_loop(vec![publisher], bench.period).await;
        for Publisher { conn, head: last, bytes, .. } in publishers {
            drop(conn);
            // As another process finds it.
            let count = "SELECT count(*), coalesce(sum(length(body)), 0) FROM events WHERE seq > ?1";
            let stored: (i64, i64) =
                files::connect(&folder)?.query_row(count, [head], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let expected = (last - head, bytes);
            if stored != expected {
                measured.wrong.push(format!("(rows, bytes) are {stored:?}, not {expected:?}"));
            }
        }
        Ok(measured)
    }
}
