//! CMD: what a command costs that is decided on its stream. Load the stream, insert behind it, and again if
//! somebody was faster. Nothing is decoded, and nothing decided.

use super::insert::{INSERT, fill};
use crate::bench::{Bench, EVENTS_BEFORE, PERSONS};
use crate::load::{Worker, closed_loop};
use crate::measured::Measured;
use crate::notes::Notes;
use crate::postgres::{Bare, settle};
use crate::row::Subject;
use async_trait::async_trait;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Statement};

/// CMD.
pub(crate) struct LoadAndInsert {
    pub(crate) publishers: u64,
}

const LOAD: &str = "SELECT sequence, payload FROM events
    WHERE aggregate_type = 'person' AND aggregate_id = $1 ORDER BY sequence";

struct Connection {
    client: Client,
    load: Statement,
    insert: Statement,
    notes: Notes,
    written: u64,
}

impl Worker for Connection {
    async fn once(&mut self) -> anyhow::Result<()> {
        let note = self.notes.any();
        let body: Box<serde_json::value::RawValue> = serde_json::from_str(&note.body)?;
        loop {
            let stream = self.client.query(&self.load, &[&note.person]).await?;
            let last: i64 = stream.last().map_or(0, |row| row.get(0));
            let next = last + 1;
            match self.client.execute(&self.insert, &[&note.person, &next, &Json(&body)]).await {
                Ok(_) => break,
                Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.written += 1;
        Ok(())
    }
}

#[async_trait]
impl Subject for LoadAndInsert {
    fn name(&self) -> &'static str {
        "CMD"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let schema = Bare::schema("bench_cmd").await?;
        fill(&schema.connect().await?).await?;
        settle().await?;
        let mut connections = Vec::new();
        for number in 1..=self.publishers {
            let client = schema.connect().await?;
            let (load, insert) = (client.prepare(LOAD).await?, client.prepare(INSERT).await?);
            let notes = Notes::of(format!("cmd-{number}"), PERSONS);
            connections.push(Connection { client, load, insert, notes, written: 0 });
        }
        let (mut measured, connections) = closed_loop(connections, bench.period).await;
        let written: u64 = connections.iter().map(|own| own.written).sum();
        drop(connections);
        let count = "SELECT sum(own)::bigint, sum(gaps)::bigint FROM
            (SELECT count(*) AS own, max(sequence) - count(*) AS gaps FROM events GROUP BY aggregate_id) AS streams";
        let row = schema.connect().await?.query_one(count, &[]).await?;
        let (stored, gaps): (i64, i64) = (row.get(0), row.get(1));
        let expected = i64::try_from(written + PERSONS * EVENTS_BEFORE)?;
        if (stored, gaps) != (expected, 0) {
            measured.wrong.push(format!("{stored} rows of {expected}, {gaps} positions left out"));
        }
        schema.dropped().await?;
        Ok(measured)
    }
}
