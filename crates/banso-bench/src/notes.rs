//! What is written: notes of contacts, as long as those of ハルさん's case. The peers write the same.

/// A contact's note with the words of ハルさん's case; about 570 bytes with its ids.
pub(crate) const SUMMARY: &str = "病院で面会。退院後の暮らしについて話をきく。一人で買い物に行けるか、夜眠れなくなったときに誰に相談できるかが心配だと話す。\
    人に言えないでいた生活の困り事と、やってみたかったことを一緒に書き出した。次回は民生委員も一緒に来ることになった。作業療法は続けている。よく眠れている。";

/// One event that a publisher proposes.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// The publisher's own id of it.
    pub(crate) id: String,
    /// `p000042`.
    pub(crate) person: String,
    pub(crate) body: String,
}

/// Events of one publisher, about persons who are chosen at random.
#[derive(Clone, Debug)]
pub(crate) struct Notes {
    publisher: String,
    persons: u64,
    written: u64,
    state: u64,
}

impl Notes {
    /// Of a publisher with this name; two names never write the same id.
    pub(crate) fn of(publisher: impl Into<String>, persons: u64) -> Self {
        let publisher = publisher.into();
        let seed = publisher.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self { publisher, persons, written: 0, state: seed }
    }

    /// The next one about anybody.
    pub(crate) fn any(&mut self) -> Note {
        let person = self.anybody();
        self.about(person)
    }

    /// Somebody, whoever it is.
    pub(crate) fn anybody(&mut self) -> u64 {
        // Knuth's MMIX generator; its high bits are the random ones.
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % self.persons
    }

    /// The next one about this person.
    pub(crate) fn about(&mut self, person: u64) -> Note {
        self.written += 1;
        let person = person_id(person);
        let id = format!("{}-{}", self.publisher, self.written);
        Note { body: body(&person, &id), id, person }
    }
}

/// The events that everybody has before anything is measured: `each` for each of `persons`, in turns.
pub(crate) fn before(persons: u64, each: u64) -> impl Iterator<Item = Note> {
    let mut notes = Notes::of("before", persons);
    (0..each).flat_map(move |_| 0..persons).map(move |person| notes.about(person))
}

/// How a person is called here.
pub(crate) fn person_id(person: u64) -> String {
    format!("p{person:06}")
}

/// The number of somebody who is called so.
pub(crate) fn number_of(person: &str) -> Option<u64> {
    person.strip_prefix('p')?.parse().ok()
}

fn body(person: &str, id: &str) -> String {
    format!(
        r#"{{"note":"{person}:{id}","kind":"hospital_visit","by":[{{"org":"c-soudan"}}],"met":["person"],"place":"not_recorded","summary":"{SUMMARY}","next_action":"not_recorded"}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_as_long_as_the_benchmark_says() {
        let note = Notes::of("banso-1", 1_000).any();
        assert!((560..=580).contains(&note.body.len()), "{} bytes", note.body.len());
    }

    #[test]
    fn a_person_is_called_by_a_number() {
        assert_eq!(number_of(&person_id(42)), Some(42));
        assert_eq!(number_of("haru"), None);
    }

    #[test]
    fn everybody_has_the_same_number_of_events_before() {
        let persons: Vec<String> = before(3, 2).map(|note| note.person).collect();
        assert_eq!(persons, ["p000000", "p000001", "p000002", "p000000", "p000001", "p000002"]);
    }

    #[test]
    fn two_publishers_write_about_different_persons_under_different_ids() {
        let written = |name: &str| {
            let mut notes = Notes::of(name, 1_000);
            (0..50).map(|_| notes.any()).map(|note| (note.id, note.person)).collect::<Vec<_>>()
        };
        let (one, other) = (written("a"), written("b"));
        assert!(one.iter().all(|(id, _)| !other.iter().any(|(others, _)| others == id)));
        let persons =
            |of: &[(String, String)]| of.iter().map(|(_, person)| person.clone()).collect::<Vec<_>>();
        assert_ne!(persons(&one), persons(&other));
    }
}
