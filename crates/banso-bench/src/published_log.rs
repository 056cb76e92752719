//! A store with a hundred events of everybody, published through the door. Its subjects only read it, so it is
//! filled once for all rounds.

use crate::bench::PERSONS;
use crate::notes::before;
use crate::stores::Place;
use anyhow::{bail, ensure};
use banso_domain::CaseEvent;
use banso_domain::case::note::NoteEvent;
use tokio::sync::OnceCell;

/// Events that each of the persons has.
pub(crate) const PUBLISHED_EACH: u64 = 100;
/// Events of all.
pub(crate) const PUBLISHED: u64 = PERSONS * PUBLISHED_EACH;

/// The store, in PostgreSQL, once somebody asked for it.
#[derive(Default)]
pub(crate) struct PublishedLog(OnceCell<Place>);

impl PublishedLog {
    /// Filled, and at rest.
    pub(crate) async fn place(&self) -> anyhow::Result<&Place> {
        self.0.get_or_try_init(filled).await
    }
}

async fn filled() -> anyhow::Result<Place> {
    let place = Place::in_postgres().await;
    place.fill(PUBLISHED_EACH).await?;
    place.rest().await?;
    Ok(place)
}

/// What somebody who reads the whole log adds up, so that nothing is left out or misread unnoticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    events: u64,
    note_bytes: u64,
}

impl Tally {
    /// The log's next event.
    pub(crate) fn add(&mut self, seq: u64, event: &CaseEvent) -> anyhow::Result<()> {
        ensure!(seq == self.events + 1, "event {seq} came behind event {}", self.events);
        let CaseEvent::Note(NoteEvent::ContactRecorded(contact)) = event else {
            bail!("event {seq} became another one");
        };
        self.events += 1;
        self.note_bytes += contact.note.as_str().len() as u64;
        Ok(())
    }

    /// That it is what was written.
    pub(crate) fn check(self) -> anyhow::Result<()> {
        let written = Self::written();
        ensure!(self == written, "read {self:?}, written {written:?}");
        Ok(())
    }

    fn written() -> Self {
        let note_bytes: usize =
            before(PERSONS, PUBLISHED_EACH).map(|note| note.person.len() + ":".len() + note.id.len()).sum();
        Self { events: PUBLISHED, note_bytes: note_bytes as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banso_domain::Payload;
    use banso_domain::case::note::ContactRecorded;
    use banso_domain::case::referral::ReferralMade;

    fn note(text: &str) -> CaseEvent {
        ContactRecorded { note: text.parse().unwrap(), ..ContactRecorded::sample() }.into()
    }

    #[test]
    fn a_tally_of_all_that_was_written_is_right() {
        let mut tally = Tally::default();
        for (place, written) in before(PERSONS, PUBLISHED_EACH).enumerate() {
            let event = note(&format!("{}:{}", written.person, written.id));
            tally.add(place as u64 + 1, &event).unwrap();
        }
        tally.check().unwrap();
    }

    #[test]
    fn an_event_left_out_read_twice_or_misread_is_found() {
        let mut tally = Tally::default();
        tally.add(1, &note("p000000:before-1")).unwrap();
        assert!(tally.add(1, &note("p000000:before-1")).is_err());
        assert!(tally.add(3, &note("p000002:before-3")).is_err());
        assert!(tally.add(2, &ReferralMade::sample().into()).is_err());
        assert!(tally.check().is_err());
    }
}
