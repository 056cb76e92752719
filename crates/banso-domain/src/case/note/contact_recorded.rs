use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{FactId, NoteId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody visited, met, called or accompanied the person, or spoke with somebody about them (面会・訪問・電話
/// などの記録). Source: S0 pp.29-31.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactRecorded {
    /// The note's id.
    pub note: NoteId,
    /// What kind of contact.
    pub kind: ContactKind,
    /// Who went, called or asked.
    pub by: Vec<Party>,
    /// Whom they met or reached.
    pub met: Vec<Party>,
    /// Where.
    #[serde(default)]
    pub place: Stated<Personal<String>>,
    /// What came up.
    #[serde(default)]
    pub summary: Stated<Personal<String>>,
    /// The facts recorded from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactId>,
    /// What is to be done next.
    #[serde(default)]
    pub next_action: Stated<Personal<String>>,
}

labelled! {
    /// The kinds of contact.
    ContactKind {
        HospitalVisit = "面会",
        HomeVisit = "訪問",
        MedicalVisit = "受診",
        Telephone = "電話",
        OfficeVisit = "来所",
        Accompaniment = "同行",
        Attendance = "同席",
        Consultation = "相談",
        Inquiry = "照会",
    }
}

impl Payload for ContactRecorded {
    const NAME: &'static str = "ContactRecorded";

    fn label(&self) -> Cow<'_, str> {
        self.kind.label().into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.met.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.summary.value().cloned()
    }

    fn brings(&self) -> Option<Thing<'_>> {
        Some(Thing::Note(&self.note))
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.facts.iter().map(Thing::Fact).collect()
    }

    fn sample() -> Self {
        Self {
            note: id("haru:n1"),
            kind: ContactKind::HospitalVisit,
            by: vec![consultant()],
            met: vec![Party::Person],
            place: Stated::NotRecorded,
            summary: stated("人に言えないでいた生活の困り事、やってみたかったこと"),
            facts: Vec::new(),
            next_action: Stated::NotRecorded,
        }
    }
}

impl Admit for ContactRecorded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{event, given, given_nothing, told};

    fn contact() -> ContactRecorded {
        ContactRecorded::sample()
    }

    #[test]
    fn a_contact_is_admitted_before_the_facts_recorded_from_it() {
        given_nothing().when(told(ContactRecorded { facts: vec![id("haru:f1")], ..contact() })).admits();
    }

    #[test]
    fn the_same_note_from_a_second_recorder_is_a_repeat() {
        given([told(contact())]).when(told(contact()).recorded_by("psw@hospital")).repeats(1);
    }

    #[test]
    fn another_contact_under_a_used_id_is_refused() {
        given([told(contact())])
            .when(told(ContactRecorded { kind: ContactKind::Telephone, ..contact() }))
            .refuses(Refusal::IdAlreadyUsed { what: "note", by: event(1) });
    }

    #[test]
    fn a_note_about_another_person_is_refused() {
        given_nothing()
            .when(told(ContactRecorded { note: id("aki:n1"), ..contact() }))
            .refuses(Refusal::ForeignReference("note"));
    }

    #[test]
    fn a_fact_of_another_person_is_refused() {
        given_nothing()
            .when(told(ContactRecorded { facts: vec![id("haru:f1"), id("aki:f1")], ..contact() }))
            .refuses(Refusal::ForeignReference("fact"));
    }
}
