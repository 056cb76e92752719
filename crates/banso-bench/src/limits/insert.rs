//! L1: one prepared INSERT per transaction, on as many connections as there are publishers.

use super::POSITIONS_EACH;
use crate::bench::{Bench, EVENTS_BEFORE, PERSONS};
use crate::load::{Worker, closed_loop};
use crate::measured::Measured;
use crate::notes::{Notes, before};
use crate::postgres::{Bare, settle};
use crate::row::Subject;
use async_trait::async_trait;
use std::collections::HashMap;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Statement};

/// The table of postgres-es, as the peers make it.
const TABLE: &str = include_str!("../../peers/events.sql");

/// An event into it.
pub(crate) const INSERT: &str = "INSERT INTO events
    (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
    VALUES ('person', $1, $2, 'ContactRecorded', '1', $3, '{}')";

/// L1.
pub(crate) struct Insert {
    pub(crate) publishers: u64,
}

struct Connection {
    client: Client,
    insert: Statement,
    notes: Notes,
    /// Positions of its own, so that no two connections ever write the same.
    positions: HashMap<String, i64>,
    first: i64,
}

impl Worker for Connection {
    async fn once(&mut self) -> anyhow::Result<()> {
        let note = self.notes.any();
        let body: Box<serde_json::value::RawValue> = serde_json::from_str(&note.body)?;
        let position = self.positions.entry(note.person.clone()).or_insert(self.first);
        *position += 1;
        self.client.execute(&self.insert, &[&note.person, &*position, &Json(&body)]).await?;
        Ok(())
    }
}

#[async_trait]
impl Subject for Insert {
    fn name(&self) -> &'static str {
        "L1"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let schema = Bare::schema("bench_l1").await?;
        fill(&schema.connect().await?).await?;
        settle().await?;
        let mut connections = Vec::new();
        for number in 1..=self.publishers {
            let client = schema.connect().await?;
            let insert = client.prepare(INSERT).await?;
            let notes = Notes::of(format!("l1-{number}"), PERSONS);
            let first = i64::try_from(number)? * POSITIONS_EACH;
            connections.push(Connection { client, insert, notes, positions: HashMap::new(), first });
        }
        let (mut measured, connections) = closed_loop(connections, bench.period).await;
        let acknowledged: i64 =
            connections.iter().flat_map(|own| own.positions.values().map(|last| last - own.first)).sum();
        drop(connections);
        let stored: i64 = schema.connect().await?.query_one("SELECT count(*) FROM events", &[]).await?.get(0);
        let expected = acknowledged + i64::try_from(PERSONS * EVENTS_BEFORE)?;
        if stored != expected {
            measured.wrong.push(format!("{stored} rows of {expected}"));
        }
        schema.dropped().await?;
        Ok(measured)
    }
}

/// The peer's table, with the events that everybody has before.
pub(crate) async fn fill(client: &Client) -> anyhow::Result<()> {
    client.batch_execute(TABLE).await?;
    let (mut persons, mut positions, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (place, note) in before(PERSONS, EVENTS_BEFORE).enumerate() {
        persons.push(note.person);
        positions.push(i64::try_from(place as u64 / PERSONS + 1)?);
        bodies.push(note.body);
    }
    let fill = "INSERT INTO events
        (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
        SELECT 'person', person, position, 'ContactRecorded', '1', body::json, '{}'
        FROM unnest($1::text[], $2::bigint[], $3::text[]) AS added (person, position, body)";
    client.execute(fill, &[&persons, &positions, &bodies]).await?;
    Ok(client.batch_execute("ANALYZE events").await?)
}
