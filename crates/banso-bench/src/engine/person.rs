//! One person's hundred events: loaded, decoded, folded, as a question about a person as of some time does.

use crate::bench::{Bench, PERSONS};
use crate::limits::select::Select;
use crate::load::{Worker, closed_loop};
use crate::measured::{Measured, Quantity};
use crate::notes::{Notes, before, person_id};
use crate::peers::PostgresEsRead;
use crate::published_log::{PUBLISHED_EACH, PublishedLog};
use crate::row::{BANSO, Goal, Row, Subject};
use anyhow::ensure;
use async_trait::async_trait;
use banso_app::Queries;
use banso_app::views::PersonState;
use banso_domain::case::note::NoteEvent;
use banso_domain::{CaseEvent, resolve};
use banso_kernel::{PersonId, Seq};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

pub(super) fn by_one() -> Row {
    let log = Arc::new(PublishedLog::default());
    let subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(Select { log: log.clone() }),
        Box::new(PostgresEsRead::one_person()),
        Box::new(Fold { log }),
    ];
    let goals = vec![Goal::at_most(Quantity::P50, 1.5, "SELECT")];
    let title = "one person's 100 events: load, decode, fold";
    Row { id: "person-100", title, unit: "persons", subjects, goals }
}

/// banso.
struct Fold {
    log: Arc<PublishedLog>,
}

struct Reader {
    queries: Queries,
    head: Seq,
    persons: Notes,
}

impl Worker for Reader {
    async fn once(&mut self) -> anyhow::Result<()> {
        let person: PersonId = person_id(self.persons.anybody()).parse()?;
        let entries = self.queries.entries(&person, self.head).await?;
        let history = resolve(&entries);
        let state = PersonState::fold(&history, entries.last().map_or(0, |last| last.stream_seq));
        let facts = history.facts.len() as u64;
        ensure!(facts == PUBLISHED_EACH, "{facts} facts about {person}");
        ensure!(state.stream_seq == PUBLISHED_EACH, "{person} stands at {}", state.stream_seq);
        black_box(state);
        Ok(())
    }
}

impl Reader {
    /// Whether there are persons whose notes are not those that were written, in the order in which they were.
    async fn wrong(&self) -> anyhow::Result<Option<String>> {
        let mut written: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for note in before(PERSONS, PUBLISHED_EACH) {
            let id = format!("{}:{}", note.person, note.id);
            written.entry(note.person).or_default().push(id);
        }
        let mut wrong = Vec::new();
        for (person, notes) in written {
            let entries = self.queries.entries(&person.parse()?, self.head).await?;
            let read = entries.iter().filter_map(|entry| note(&entry.event));
            if !read.eq(notes.iter().map(String::as_str)) {
                wrong.push(person);
            }
        }
        let told = |first: &String| {
            format!("{} persons, first {first}, whose notes are not those that were written", wrong.len())
        };
        Ok(wrong.first().map(told))
    }
}

fn note(event: &CaseEvent) -> Option<&str> {
    match event {
        CaseEvent::Note(NoteEvent::ContactRecorded(contact)) => Some(contact.note.as_str()),
        _ => None,
    }
}

#[async_trait]
impl Subject for Fold {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = self.log.place().await?;
        let app = place.app(false).await?;
        let head = app.log.head().await?;
        let reader = Reader { queries: app.queries.clone(), head, persons: Notes::of("reader", PERSONS) };
        let (mut measured, readers) = closed_loop(vec![reader], bench.period).await;
        for reader in readers {
            measured.wrong.extend(reader.wrong().await?);
        }
        app.stop().await;
        measured.wrong.extend(place.wrong(&[]).await?);
        Ok(measured)
    }
}
