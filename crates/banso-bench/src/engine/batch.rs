//! Batches of 100 events, by 1 and by 8 publishers at the same time, in PostgreSQL.

use crate::bench::{Bench, PERSONS};
use crate::limits::unnest::Unnest;
use crate::load::{Worker, closed_loop};
use crate::measured::Measured;
use crate::notes::{Note, Notes};
use crate::peers::PostgresEs;
use crate::publisher::{attempt, event};
use crate::row::{BANSO, Goal, Row, Subject};
use crate::stores::Place;
use anyhow::{bail, ensure};
use async_trait::async_trait;
use banso_app::audit::Attempt;
use banso_app::{Door, Outcome};

/// Events of one batch.
const BATCH: u64 = 100;

pub(super) fn by_one() -> Row {
    row("batch-100-1", "batches of 100, 1 publisher", 1)
}

pub(super) fn by_eight() -> Row {
    row("batch-100-8", "batches of 100, 8 publishers", 8)
}

fn row(id: &'static str, title: &'static str, publishers: u64) -> Row {
    let subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(Unnest { publishers, batch: BATCH }),
        Box::new(PostgresEs { publishers, batch: BATCH }),
        Box::new(Batches { publishers }),
    ];
    Row { id, title, unit: "events", subjects, goals: vec![Goal::rate_at_least(0.6, "UNNEST")] }
}

/// banso: each event from the CloudEvent on, all of a batch at once, about anybody.
struct Batches {
    publishers: u64,
}

struct Publisher {
    door: Door,
    notes: Notes,
    attempts: Vec<Attempt>,
}

impl Worker for Publisher {
    async fn once(&mut self) -> anyhow::Result<()> {
        let notes: Vec<Note> = (0..BATCH).map(|_| self.notes.any()).collect();
        let items: Result<Vec<_>, _> =
            notes.iter().map(|note| self.door.propose(event(note), None)).collect();
        let outcomes = self.door.publish(items?, false).await?;
        ensure!(outcomes.len() == notes.len(), "{} answers to {} events", outcomes.len(), notes.len());
        self.attempts
            .extend(notes.into_iter().zip(&outcomes).map(|(note, outcome)| attempt(note.id, outcome)));
        match outcomes.into_iter().find(|outcome| !matches!(outcome, Outcome::Admitted(_))) {
            None => Ok(()),
            Some(other) => bail!("not admitted: {other:?}"),
        }
    }
}

#[async_trait]
impl Subject for Batches {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = Place::in_postgres().await;
        let app = place.filled_app().await?;
        let publisher = |number: u64| Publisher {
            door: app.door.clone(),
            notes: Notes::of(format!("banso-{number}"), PERSONS),
            attempts: Vec::new(),
        };
        let (measured, publishers) =
            closed_loop((1..=self.publishers).map(publisher).collect(), bench.period).await;
        let mut measured = measured.times(BATCH);
        app.stop().await;
        let attempts: Vec<Attempt> = publishers.into_iter().flat_map(|own| own.attempts).collect();
        measured.wrong.extend(place.wrong(&attempts).await?);
        Ok(measured)
    }
}
