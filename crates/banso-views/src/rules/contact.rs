//! Which notes say that somebody met the person.

use super::Seen;
use banso_domain::case::note::{ContactKind, ContactRecorded, NoteEvent};
use banso_domain::{CaseEvent, Fact};
use banso_kernel::Party;

/// Notes of contacts, and where they stand in the order.
pub(super) fn contacts<'a>(
    seen: &Seen<'a>,
) -> impl Iterator<Item = (usize, &'a Fact<'a, CaseEvent>, &'a ContactRecorded)> {
    seen.events().filter_map(|(at, fact, event)| match event {
        CaseEvent::Note(NoteEvent::ContactRecorded(contact)) => Some((at, fact, &**contact)),
        _ => None,
    })
}

/// Everybody who took part in it, whoever came to whom.
pub(super) fn everybody(contact: &ContactRecorded) -> impl Iterator<Item = &Party> {
    contact.by.iter().chain(&contact.met)
}

/// Whether the person was met in it.
pub(super) fn is_with_the_person(contact: &ContactRecorded) -> bool {
    let in_person = match contact.kind {
        ContactKind::HospitalVisit
        | ContactKind::HomeVisit
        | ContactKind::MedicalVisit
        | ContactKind::OfficeVisit
        | ContactKind::Accompaniment
        | ContactKind::Attendance
        | ContactKind::Consultation => true,
        ContactKind::Telephone | ContactKind::Inquiry => false,
    };
    in_person && everybody(contact).any(|party| *party == Party::Person)
}
