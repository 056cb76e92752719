//! What is read: one person's events into the aggregate, or all events into a query.

use crate::load::{Period, Worker, closed_loop, passes};
use crate::measured::Measured;
use crate::notes::{Notes, person_id};
use crate::person::{Person, PersonEvent};
use crate::postgres::fill;
use anyhow::ensure;
use async_trait::async_trait;
use cqrs_es::persist::{PersistedEventStore, QueryReplay};
use cqrs_es::{AggregateContext, EventEnvelope, EventStore, Query};
use postgres_es::PostgresEventRepository;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Pool, Postgres};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What is read, and for how long.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Reading {
    #[arg(long)]
    url: String,
    #[arg(long)]
    persons: u64,
    #[arg(long)]
    events_each: u64,
    #[command(flatten)]
    period: Period,
}

/// Events that a stream may hold that nobody has read yet: what the documentation of postgres-es shows, five
/// times its default.
const STREAM_EVENTS: usize = 1_000;

impl Reading {
    /// Filled, and at rest: its writers left no hints, no pages to write.
    async fn filled(&self) -> anyhow::Result<Pool<Postgres>> {
        let pool = PgPoolOptions::new().max_connections(1).connect(&self.url).await?;
        fill(&pool, self.persons, self.events_each).await?;
        sqlx::query("VACUUM events").execute(&pool).await?;
        sqlx::query("CHECKPOINT").execute(&pool).await?;
        Ok(pool)
    }
}

struct Loader {
    store: PersistedEventStore<PostgresEventRepository, Person>,
    persons: Notes,
    events_each: u64,
}

impl Worker for Loader {
    async fn once(&mut self) -> anyhow::Result<()> {
        let person = person_id(self.persons.anybody());
        let notes = self.store.load_aggregate(&person).await?.aggregate().notes();
        ensure!(notes == self.events_each, "{notes} notes about {person}");
        Ok(())
    }
}

/// One person after the other.
pub(crate) async fn load(reading: &Reading) -> anyhow::Result<Measured> {
    let repository = PostgresEventRepository::new(reading.filled().await?);
    let loader = Loader {
        store: PersistedEventStore::new_event_store(repository),
        persons: Notes::of("reader", reading.persons),
        events_each: reading.events_each,
    };
    Ok(closed_loop(vec![loader], reading.period).await.0)
}

/// A query that only counts, and looks into each event.
#[derive(Clone, Default)]
struct Counts {
    events: Arc<AtomicU64>,
    note_bytes: Arc<AtomicU64>,
}

#[async_trait]
impl Query<Person> for Counts {
    async fn dispatch(&self, _: &str, events: &[EventEnvelope<Person>]) {
        for envelope in events {
            let PersonEvent::ContactRecorded(contact) = &envelope.payload;
            self.events.fetch_add(1, Ordering::Relaxed);
            self.note_bytes.fetch_add(contact.note.len() as u64, Ordering::Relaxed);
        }
    }
}

struct Replayer {
    replay: QueryReplay<PostgresEventRepository, Counts, Person>,
    counts: Counts,
    /// What the replay could not read: it goes on, and says so only here.
    failed: Arc<Mutex<Vec<String>>>,
    written: (u64, u64),
}

impl Worker for Replayer {
    async fn once(&mut self) -> anyhow::Result<()> {
        self.replay.replay_all().await?;
        let read = (
            self.counts.events.swap(0, Ordering::Relaxed),
            self.counts.note_bytes.swap(0, Ordering::Relaxed),
        );
        let failed = self.failed.lock().map(|failed| failed.first().cloned()).unwrap_or_default();
        ensure!(failed.is_none(), "{}", failed.unwrap_or_default());
        let written = self.written;
        ensure!(read == written, "(events, bytes) read are {read:?}, written {written:?}");
        Ok(())
    }
}

/// All events, again and again.
pub(crate) async fn replay(reading: &Reading) -> anyhow::Result<Measured> {
    let repository =
        PostgresEventRepository::new(reading.filled().await?).with_streaming_channel_size(STREAM_EVENTS);
    let (counts, failed) = (Counts::default(), Arc::new(Mutex::new(Vec::new())));
    let mut replay = QueryReplay::new(repository, counts.clone());
    let told = Arc::clone(&failed);
    replay.use_error_handler(Box::new(move |error| {
        if let Ok(mut told) = told.lock() {
            told.push(error.to_string());
        }
    }));
    let bytes = |note: crate::notes::Note| (note.person.len() + ":".len() + note.id.len()) as u64;
    let written = crate::notes::before(reading.persons, reading.events_each).map(bytes);
    let events = reading.persons * reading.events_each;
    let replayer = Replayer { replay, counts, failed, written: (events, written.sum()) };
    Ok(passes(replayer, reading.period).await.0.times(events))
}
