//! postgres-es.

use crate::append::{Appending, measure};
use crate::measured::Measured;
use crate::notes::before;
use crate::person::{Contact, Person, PersonEvent};
use postgres_es::postgres_cqrs;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Pool, Postgres};

/// The table that postgres-es asks for.
const TABLE: &str = include_str!("../events.sql");

/// Single events, or batches of them.
pub(crate) async fn append(url: &str, appending: Appending) -> anyhow::Result<Measured> {
    let connections = u32::try_from(appending.publishers)?;
    let pool = PgPoolOptions::new().max_connections(connections).connect(url).await?;
    fill(&pool, appending.persons, appending.events_before).await?;
    let cqrs = postgres_cqrs::<Person>(pool.clone(), vec![], ());
    let (mut measured, written) = measure(cqrs, appending).await;
    let expected = written + appending.persons * appending.events_before;
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(&pool).await?;
    if u64::try_from(stored)? != expected {
        measured.wrong.push(format!("{stored} events of {expected}"));
    }
    Ok(measured)
}

/// Rows of one statement while a table is filled.
const FILLED_AT_ONCE: usize = 10_000;

/// Gives everybody their first events.
pub(crate) async fn fill(pool: &Pool<Postgres>, persons: u64, each: u64) -> anyhow::Result<()> {
    sqlx::query(TABLE).execute(pool).await?;
    let mut notes = before(persons, each).enumerate().peekable();
    while notes.peek().is_some() {
        let (mut aggregates, mut positions, mut payloads) = (Vec::new(), Vec::new(), Vec::new());
        for (place, note) in notes.by_ref().take(FILLED_AT_ONCE) {
            aggregates.push(note.person);
            positions.push(i64::try_from(place as u64 / persons + 1)?);
            let event = PersonEvent::ContactRecorded(serde_json::from_str::<Contact>(&note.body)?);
            payloads.push(serde_json::to_string(&event)?);
        }
        let fill = "INSERT INTO events
            SELECT 'person', person, position, 'ContactRecorded', '1', payload::json, '{}'
            FROM unnest($1::text[], $2::bigint[], $3::text[]) AS added (person, position, payload)";
        sqlx::query(fill).bind(aggregates).bind(positions).bind(payloads).execute(pool).await?;
    }
    sqlx::query("ANALYZE events").execute(pool).await?;
    sqlx::query("CHECKPOINT").execute(pool).await?;
    Ok(())
}
