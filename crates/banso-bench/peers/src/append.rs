//! Publishers that send commands through the framework.

use crate::load::{Period, Worker, closed_loop};
use crate::measured::Measured;
use crate::notes::{Note, Notes, person_id};
use crate::person::{Contact, NoteKnown, Person};
use cqrs_es::{AggregateError, CqrsFramework, EventStore};
use std::sync::Arc;

/// How it is appended.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Appending {
    #[arg(long)]
    pub(crate) publishers: u64,
    #[arg(long)]
    pub(crate) persons: u64,
    #[arg(long)]
    pub(crate) events_before: u64,
    /// Events of one command.
    #[arg(long, default_value_t = 1)]
    batch: u64,
    #[command(flatten)]
    period: Period,
}

struct Publisher<ES: EventStore<Person>> {
    cqrs: Arc<CqrsFramework<Person, ES>>,
    notes: Notes,
    batch: u64,
    written: u64,
}

impl<ES> Worker for Publisher<ES>
where
    ES: EventStore<Person> + 'static,
    ES::AC: Send,
{
    async fn once(&mut self) -> anyhow::Result<()> {
        // A command is about one aggregate, so a batch is about one person.
        let about = self.notes.anybody();
        let notes: Vec<Note> = (0..self.batch).map(|_| self.notes.about(about)).collect();
        let contacts: Result<Vec<Contact>, _> =
            notes.iter().map(|note| serde_json::from_str(&note.body)).collect();
        let (person, contacts) = (person_id(about), contacts?);
        loop {
            match self.cqrs.execute(&person, contacts.clone()).await {
                Ok(()) => break,
                // Somebody else was faster: as every team does, again.
                Err(AggregateError::AggregateConflict) => {}
                Err(error) if is_busy(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.written += self.batch;
        Ok(())
    }
}

/// Whether somebody else wrote to SQLite's file for longer than one waits: nothing was stored.
fn is_busy(error: &AggregateError<NoteKnown>) -> bool {
    let AggregateError::UnexpectedError(error) = error else { return false };
    let Some(sqlx::Error::Database(said)) = error.downcast_ref::<sqlx::Error>() else { return false };
    // SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT.
    said.code().is_some_and(|code| code == "5" || code == "517")
}

/// Lets publishers work, and returns how many events they were told are stored.
pub(crate) async fn measure<ES>(cqrs: CqrsFramework<Person, ES>, appending: Appending) -> (Measured, u64)
where
    ES: EventStore<Person> + 'static,
    ES::AC: Send,
{
    let cqrs = Arc::new(cqrs);
    let publisher = |number: u64| Publisher {
        cqrs: Arc::clone(&cqrs),
        notes: Notes::of(format!("peer-{number}"), appending.persons),
        batch: appending.batch,
        written: 0,
    };
    let (measured, publishers) =
        closed_loop((1..=appending.publishers).map(publisher).collect(), appending.period).await;
    (measured.times(appending.batch), publishers.iter().map(|own| own.written).sum())
}
