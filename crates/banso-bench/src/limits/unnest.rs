//! UNNEST: 100 rows a statement into banso's own table, each statement a transaction, on as many connections as
//! there are publishers. Nothing is checked, hashed or ordered: every row has the same header, salt and chains,
//! as long as real ones.

use super::{CHAIN, POSITIONS_EACH, SALT};
use crate::bench::{Bench, PERSONS};
use crate::load::{Worker, closed_loop};
use crate::measured::Measured;
use crate::notes::{Note, Notes};
use crate::publisher::SOURCE;
use crate::row::Subject;
use crate::stores::Place;
use async_trait::async_trait;
use banso_kernel::{Clock, EventId, SystemClock};
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

/// UNNEST.
pub(crate) struct Unnest {
    pub(crate) publishers: u64,
    /// Rows of one statement.
    pub(crate) batch: u64,
}

const INSERT: &str = "INSERT INTO events
    (seq, event_id, stream, stream_seq, recorded_at, header, body, salt, stream_chain, log_chain)
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[], $6::bytea[],
        $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])";

struct Connection {
    client: Client,
    insert: Statement,
    notes: Notes,
    batch: u64,
    header: Vec<u8>,
    /// Positions of its own, in the log and so in every stream, that no other connection ever writes.
    last: i64,
    written: i64,
    bytes: i64,
}

impl Worker for Connection {
    async fn once(&mut self) -> anyhow::Result<()> {
        let notes: Vec<Note> = (0..self.batch).map(|_| self.notes.any()).collect();
        let count = notes.len();
        let seqs: Vec<i64> = (self.last + 1..).take(count).collect();
        let ids: Vec<Uuid> =
            notes.iter().map(|note| Uuid::from_bytes(*EventId::of(SOURCE, &note.id).as_bytes())).collect();
        let streams: Vec<String> = notes.iter().map(|note| format!("person/{}", note.person)).collect();
        let recorded_at = vec![SystemClock.now(); count];
        let headers = vec![self.header.as_slice(); count];
        let bodies: Vec<&[u8]> = notes.iter().map(|note| note.body.as_bytes()).collect();
        let (salts, chains) = (vec![SALT; count], vec![CHAIN; count]);
        self.client
            .execute(
                &self.insert,
                &[&seqs, &ids, &streams, &seqs, &recorded_at, &headers, &bodies, &salts, &chains, &chains],
            )
            .await?;
        let rows = i64::try_from(count)?;
        self.last += rows;
        self.written += rows;
        self.bytes += i64::try_from(bodies.iter().map(|body| body.len()).sum::<usize>())?;
        Ok(())
    }
}

#[async_trait]
impl Subject for Unnest {
    fn name(&self) -> &'static str {
        "UNNEST"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        // The rows before are banso's own, and so is the header that all others have.
        let place = Place::in_postgres().await;
        place.filled_app().await?.stop().await;
        let before = place.bare().await?;
        let last = before.query_one("SELECT seq, header FROM events ORDER BY seq DESC LIMIT 1", &[]).await?;
        let (head, header): (i64, Vec<u8>) = (last.get(0), last.get(1));
        let mut connections = Vec::new();
        for number in 1..=self.publishers {
            let client = place.bare().await?;
            // As banso's writer: it is never planned anew.
            client.batch_execute("SET plan_cache_mode = force_generic_plan").await?;
            let insert = client.prepare(INSERT).await?;
            connections.push(Connection {
                client,
                insert,
                notes: Notes::of(format!("unnest-{number}"), PERSONS),
                batch: self.batch,
                header: header.clone(),
                last: head + i64::try_from(number)? * POSITIONS_EACH,
                written: 0,
                bytes: 0,
            });
        }
        let (measured, connections) = closed_loop(connections, bench.period).await;
        let mut measured = measured.times(self.batch);
        let expected =
            connections.iter().fold((0, 0), |(rows, bytes), own| (rows + own.written, bytes + own.bytes));
        drop(connections);
        let count =
            "SELECT count(*), coalesce(sum(octet_length(body)), 0)::bigint FROM events WHERE seq > $1";
        let row = before.query_one(count, &[&head]).await?;
        let stored: (i64, i64) = (row.get(0), row.get(1));
        if stored != expected {
            measured.wrong.push(format!("(rows, bytes) are {stored:?}, not {expected:?}"));
        }
        Ok(measured)
    }
}
