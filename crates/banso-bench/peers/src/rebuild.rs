//! postgres-es' way to fold a view anew: cqrs-es' QueryReplay of all events into a GenericQuery.

use crate::measured::Measured;
use crate::person::{Person, PersonEvent};
use crate::postgres::fill;
use anyhow::Context;
use cqrs_es::persist::{GenericQuery, QueryReplay};
use cqrs_es::{EventEnvelope, View};
use postgres_es::{PostgresEventRepository, PostgresViewRepository};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// One for the events that are read, one for the views that are written.
const CONNECTIONS: u32 = 2;

/// The table that a PostgresViewRepository asks for (postgres-es' `db/init.sql`).
const VIEWS: &str = "CREATE TABLE contacts (
    view_id text                        NOT NULL,
    version bigint CHECK (version >= 0) NOT NULL,
    payload json                        NOT NULL,
    PRIMARY KEY (view_id))";

/// How often a person was met, and what was said last.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Contacts {
    count: u64,
    last: String,
}

impl View<Person> for Contacts {
    fn update(&mut self, event: &EventEnvelope<Person>) {
        match &event.payload {
            PersonEvent::ContactRecorded(contact) => {
                self.count += 1;
                self.last.clone_from(&contact.summary);
            }
        }
    }
}

/// Fills the store, and replays it into the view.
pub(crate) async fn rebuild(url: &str, persons: u64, events_each: u64) -> anyhow::Result<Measured> {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
    sqlx::query(VIEWS).execute(&pool).await?;
    fill(&pool, persons, events_each).await?;
    let errors = Arc::new(AtomicU64::new(0));
    let counted = |errors: &Arc<AtomicU64>| {
        let errors = Arc::clone(errors);
        Box::new(move |_| {
            errors.fetch_add(1, Ordering::Relaxed);
        })
    };
    let views = PostgresViewRepository::<Contacts, Person>::new("contacts", pool.clone());
    let mut query = GenericQuery::new(Arc::new(views));
    query.use_error_handler(counted(&errors));
    let mut replay = QueryReplay::<_, _, Person>::new(PostgresEventRepository::new(pool.clone()), query);
    replay.use_error_handler(counted(&errors));
    let events = persons * events_each;
    let started = Instant::now();
    replay.replay_all().await.context("replay all events")?;
    let mut measured = Measured::rate(events, started.elapsed());
    let errors = errors.load(Ordering::Relaxed);
    if errors > 0 {
        measured.wrong.push(format!("{errors} errors"));
    }
    let whole = "SELECT count(*) FROM contacts WHERE (payload->>'count')::bigint = $1";
    let whole: i64 = sqlx::query_scalar(whole).bind(i64::try_from(events_each)?).fetch_one(&pool).await?;
    if u64::try_from(whole)? != persons {
        measured.wrong.push(format!("{whole} whole views of {persons}"));
    }
    Ok(measured)
}
