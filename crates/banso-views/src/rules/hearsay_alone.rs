//! Something about health or safety that is known by hearsay alone. Source: domain.md §5.4 R26; S3 (情報の精度).

use super::contact::{contacts, everybody, is_with_the_person};
use super::{Found, Seen, beginning, subject};
use banso_domain::case::person::{FactBasis, FactDomain, FactRecorded, PersonEvent, SourceKind};
use banso_domain::registry::OrgKind;
use banso_domain::{CaseEvent, Reference, Thing};
use banso_kernel::{Party, Role};

pub(crate) fn find(seen: &Seen<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, event_fact, event) in seen.events() {
        let CaseEvent::Person(PersonEvent::FactRecorded(fact)) = event else { continue };
        let Some(matter) = Matter::of(fact.domain).filter(|_| fact.basis == FactBasis::Hearsay) else {
            continue;
        };
        if is_confirmed(seen, at, fact, matter) {
            continue;
        }
        let from = match fact.source {
            SourceKind::Hearsay => String::new(),
            SourceKind::Person
            | SourceKind::Family
            | SourceKind::Professional
            | SourceKind::Data
            | SourceKind::Community => format!("{}からの", fact.source.label()),
        };
        let unconfirmed = match matter {
            Matter::Health => "医療機関に確認した記録はありません。",
            Matter::Safety => "直接確かめた記録はありません。",
        };
        found.push(Found {
            subject: subject(Thing::Fact(&fact.fact)),
            period: None,
            basis: vec![event_fact.id],
            sentence: format!(
                "『{}』は{from}伝聞のみです。{unconfirmed}",
                beginning(fact.statement.reveal())
            ),
        });
    }
    found
}

/// What hearsay must not be left alone about.
#[derive(Clone, Copy, PartialEq)]
enum Matter {
    Health,
    Safety,
}

impl Matter {
    fn of(domain: FactDomain) -> Option<Self> {
        match domain {
            FactDomain::Health | FactDomain::Illness | FactDomain::Symptoms => Some(Self::Health),
            FactDomain::Safety => Some(Self::Safety),
            FactDomain::Housing
            | FactDomain::DailyLife
            | FactDomain::DaytimeActivity
            | FactDomain::Money
            | FactDomain::Pastime
            | FactDomain::Confidant
            | FactDomain::Relationships
            | FactDomain::FamilyWishes
            | FactDomain::Community
            | FactDomain::LifeStory
            | FactDomain::Entitlements => None,
        }
    }
}

/// Whether somebody looked: a contact that names the fact, with a medical institution (health) or with the person
/// (safety); or a later fact of the same matter that is no hearsay, for health from a medical institution.
fn is_confirmed(seen: &Seen<'_>, at: usize, fact: &FactRecorded, matter: Matter) -> bool {
    let by_contact = contacts(seen).any(|(_, _, contact)| {
        contact.facts.contains(&fact.fact)
            && match matter {
                Matter::Health => everybody(contact).any(|party| is_medical(party, seen.reference)),
                Matter::Safety => is_with_the_person(contact),
            }
    });
    by_contact
        || seen.events().any(|(behind, _, event)| {
            let CaseEvent::Person(PersonEvent::FactRecorded(other)) = event else { return false };
            behind > at
                && other.basis != FactBasis::Hearsay
                && Matter::of(other.domain) == Some(matter)
                && (matter == Matter::Safety || is_medical(&other.told_by, seen.reference))
        })
}

/// Whether somebody speaks for a hospital, a clinic or a visiting nursing station.
fn is_medical(party: &Party, reference: &Reference) -> bool {
    let by_role = match party {
        Party::Actor { role, .. } => matches!(
            role,
            Role::AttendingDoctor | Role::Nurse | Role::VisitingNurse | Role::HospitalSocialWorker
        ),
        Party::Person
        | Party::Org(_)
        | Party::Informal { .. }
        | Party::Unnamed { .. }
        | Party::NotRecorded => false,
    };
    let kind = party.org().and_then(|org| reference.org(org)).map(|org| &org.kind);
    by_role || matches!(kind, Some(OrgKind::PsychiatricHospital | OrgKind::Clinic | OrgKind::VisitingNursing))
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::sentences;
    use crate::spec::{Told, id, nurse, sample, told};
    use banso_domain::case::note::{ContactKind, ContactRecorded};

    fn heard(domain: FactDomain, basis: FactBasis) -> Told {
        let statement = "通院が途絶えた".into();
        told(FactRecorded { domain, basis, statement, ..sample() }).on("2025-04-01")
    }

    fn doctor() -> Party {
        Party::Actor { actor: id("doctor"), org: id("hospital"), role: Role::AttendingDoctor }
    }

    fn inquiry(met: Party, fact: &str) -> Told {
        let contact =
            ContactRecorded { kind: ContactKind::Inquiry, met: vec![met], facts: vec![id(fact)], ..sample() };
        told(contact).on("2025-04-10")
    }

    const SENTENCE: &str = "『通院が途絶えた』は地域からの伝聞のみです。医療機関に確認した記録はありません。";

    #[test]
    fn it_asks_about_hearsay_on_health_and_safety_and_nothing_else() {
        for domain in [FactDomain::Health, FactDomain::Illness, FactDomain::Symptoms] {
            assert_eq!(sentences([heard(domain, FactBasis::Hearsay)], "2025-04-02", find), [SENTENCE]);
            assert!(sentences([heard(domain, FactBasis::Observation)], "2025-04-02", find).is_empty());
        }
        assert_eq!(
            sentences([heard(FactDomain::Safety, FactBasis::Hearsay)], "2025-04-02", find),
            ["『通院が途絶えた』は地域からの伝聞のみです。直接確かめた記録はありません。"]
        );
        assert!(sentences([heard(FactDomain::Pastime, FactBasis::Hearsay)], "2025-04-02", find).is_empty());
    }

    #[test]
    fn an_inquiry_at_a_medical_institution_about_the_fact_satisfies_it() {
        let told = |met, fact| [heard(FactDomain::Health, FactBasis::Hearsay), inquiry(met, fact)];
        assert_eq!(sentences(told(doctor(), "haru:f1"), "2025-04-09", find), [SENTENCE]);
        assert!(sentences(told(doctor(), "haru:f1"), "2025-04-10", find).is_empty());
        assert_eq!(sentences(told(nurse(), "haru:f1"), "2025-04-10", find), [SENTENCE]);
        assert_eq!(sentences(told(doctor(), "haru:f2"), "2025-04-10", find), [SENTENCE]);
    }

    #[test]
    fn what_the_doctor_says_afterwards_satisfies_it() {
        let said = FactRecorded {
            fact: id("haru:f2"),
            domain: FactDomain::Illness,
            told_by: doctor(),
            basis: FactBasis::Observation,
            ..sample()
        };
        let told = |day: &str| [heard(FactDomain::Health, FactBasis::Hearsay), told(said.clone()).on(day)];
        assert!(sentences(told("2025-05-01"), "2025-05-01", find).is_empty());
        assert_eq!(sentences(told("2025-03-01"), "2025-05-01", find), [SENTENCE]);
    }

    #[test]
    fn a_corrected_basis_satisfies_it() {
        let corrected = heard(FactDomain::Health, FactBasis::Data).correcting(1);
        assert!(
            sentences([heard(FactDomain::Health, FactBasis::Hearsay), corrected], "2025-04-02", find)
                .is_empty()
        );
    }
}
