//! A request was accepted, and no first interview by that party is recorded. Source: domain.md §5.4 R21: half of the
//! referrals are lost between the answer and the first contact.

use super::contact::{contacts, everybody, is_with_the_person};
use super::{Found, Seen, exact_day_of, short, subject};
use banso_domain::case::referral::{ReferralAccepted, ReferralEvent, is_same_party};
use banso_domain::{CaseEvent, Thing};
use banso_kernel::Party;

pub(crate) fn find(seen: &Seen<'_>, within_days: u32) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, fact, event) in seen.events() {
        let CaseEvent::Referral(ReferralEvent::Accepted(accepted)) = event else { continue };
        if !seen.is_longer_ago_than(within_days, fact) || is_satisfied(seen, at, accepted) {
            continue;
        }
        let on = exact_day_of(fact).map(|day| format!("{}に", short(day, seen.today))).unwrap_or_default();
        found.push(Found {
            subject: format!(
                "{} {}",
                subject(Thing::Referral(&accepted.referral)),
                seen.reference.name(&accepted.by)
            ),
            period: None,
            basis: vec![fact.id],
            sentence: format!("{on}引き受けの返事がありましたが、初回面接の記録がまだありません。"),
        });
    }
    found
}

/// Whether the party met the person since it was asked, or what came of the request is known.
fn is_satisfied(seen: &Seen<'_>, accepted_at: usize, accepted: &ReferralAccepted) -> bool {
    let mut since = accepted_at;
    for (at, _, event) in seen.events() {
        let CaseEvent::Referral(event) = event else { continue };
        match event {
            // Where the visit came first and the answer was recorded behind it, the visit counts.
            ReferralEvent::Made(made) if made.referral == accepted.referral => since = since.min(at),
            ReferralEvent::OutcomeReported(outcome) if outcome.referral == accepted.referral => return true,
            ReferralEvent::Withdrawn(withdrawn) if withdrawn.referral == accepted.referral => return true,
            ReferralEvent::Closed(closed) if closed.referral == accepted.referral => return true,
            ReferralEvent::Made(_)
            | ReferralEvent::Received(_)
            | ReferralEvent::Accepted(_)
            | ReferralEvent::Declined(_)
            | ReferralEvent::Forwarded(_)
            | ReferralEvent::Withdrawn(_)
            | ReferralEvent::OutcomeReported(_)
            | ReferralEvent::Closed(_) => {}
        }
    }
    // Whoever it was that said yes, somebody met the person.
    let is_theirs = |party: &Party| accepted.by == Party::NotRecorded || is_same_party(party, &accepted.by);
    contacts(seen).any(|(at, _, contact)| {
        at > since && is_with_the_person(contact) && everybody(contact).any(is_theirs)
    })
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::sentences;
    use crate::spec::{Told, consultant, id, nurse, org, sample, told};
    use banso_domain::case::note::{ContactKind, ContactRecorded};
    use banso_domain::case::referral::{
        ReferralClosed, ReferralMade, ReferralOutcomeReported, ReferralWithdrawn,
    };

    fn in_two_weeks(seen: &Seen<'_>) -> Vec<Found> {
        find(seen, 14)
    }

    fn accepted(by: Party) -> Told {
        told(ReferralAccepted { referral: id("haru:r2"), by }).on("2025-04-03")
    }

    fn contact(kind: ContactKind, by: Party, day: &str) -> Told {
        told(ContactRecorded { kind, by: vec![by], ..sample() }).on(day)
    }

    const SENTENCE: &str = "4/3に引き受けの返事がありましたが、初回面接の記録がまだありません。";

    #[test]
    fn a_request_that_was_taken_back_or_closed_is_not_asked_about() {
        let ends = [
            told(ReferralWithdrawn { referral: id("haru:r2"), ..sample() }),
            told(ReferralClosed { referral: id("haru:r2"), ..sample() }),
        ];
        for end in ends {
            let told = [accepted(consultant()), end.on("2025-04-10")];
            assert!(sentences(told, "2025-04-18", in_two_weeks).is_empty());
        }
    }

    #[test]
    fn it_asks_once_the_days_have_passed() {
        assert!(sentences([accepted(consultant())], "2025-04-17", in_two_weeks).is_empty());
        assert_eq!(sentences([accepted(consultant())], "2025-04-18", in_two_weeks), [SENTENCE]);
    }

    #[test]
    fn a_meeting_of_that_party_with_the_person_satisfies_it_whoever_of_the_organisation_said_yes() {
        let visit = || contact(ContactKind::HospitalVisit, consultant(), "2025-04-30");
        for by in [consultant(), org("c-soudan")] {
            assert_eq!(sentences([accepted(by.clone()), visit()], "2025-04-29", in_two_weeks), [SENTENCE]);
            assert!(sentences([accepted(by), visit()], "2025-04-30", in_two_weeks).is_empty());
        }
        assert_eq!(sentences([accepted(nurse()), visit()], "2025-04-30", in_two_weeks), [SENTENCE]);
    }

    #[test]
    fn a_call_is_no_interview_and_what_was_before_the_request_is_no_first_contact_of_it() {
        let call = contact(ContactKind::Telephone, consultant(), "2025-04-10");
        assert_eq!(sentences([accepted(consultant()), call], "2025-04-30", in_two_weeks), [SENTENCE]);
        let made = || told(ReferralMade { parent: None, ..sample() }).on("2025-04-01");
        let visit = |day: &str| contact(ContactKind::HomeVisit, consultant(), day);
        assert_eq!(
            sentences([visit("2025-03-01"), made(), accepted(consultant())], "2025-04-30", in_two_weeks),
            [SENTENCE]
        );
        assert!(
            sentences([made(), visit("2025-04-02"), accepted(consultant())], "2025-04-30", in_two_weeks)
                .is_empty()
        );
    }

    #[test]
    fn it_is_silent_where_it_is_known_what_came_of_it() {
        let outcome = ReferralOutcomeReported { referral: id("haru:r2"), ..sample() };
        assert!(
            sentences([accepted(consultant()), told(outcome).on("2025-04-20")], "2025-04-30", in_two_weeks)
                .is_empty()
        );
    }
}
