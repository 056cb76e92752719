//! A request that somebody has not answered beyond the day by which it was hoped for. Source: domain.md §5.4 R20.

use super::{Found, Seen, short, subject};
use banso_domain::case::referral::{ReferralEvent, is_same_party};
use banso_domain::{CaseEvent, Thing};
use banso_kernel::{Party, ReferralId};

pub(crate) fn find(seen: &Seen<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (_, fact, event) in seen.events() {
        let CaseEvent::Referral(ReferralEvent::Made(made)) = event else { continue };
        let Some(respond_by) = made.respond_by.filter(|day| *day < seen.today) else { continue };
        let waited_for = made.to.iter().filter(|to| !is_settled(seen, &made.referral, to));
        for to in waited_for {
            let name = match to {
                Party::NotRecorded => "依頼先".to_owned(),
                to => seen.reference.name(to),
            };
            found.push(Found {
                subject: format!("{} {name}", subject(Thing::Referral(&made.referral))),
                period: None,
                basis: vec![fact.id],
                sentence: format!(
                    "{name}からの返事の記録がまだありません（{}までにとのお願い）。",
                    short(respond_by, seen.today)
                ),
            });
        }
    }
    found
}

/// Whether this party answered, or what came of the whole is known.
fn is_settled(seen: &Seen<'_>, referral: &ReferralId, to: &Party) -> bool {
    seen.events().any(|(_, _, event)| {
        let CaseEvent::Referral(event) = event else { return false };
        let is_theirs = |by: &Party| *to == Party::NotRecorded || is_same_party(by, to);
        match event {
            // Whoever only has it has not answered.
            ReferralEvent::Made(_) | ReferralEvent::Received(_) => false,
            ReferralEvent::Accepted(said) => said.referral == *referral && is_theirs(&said.by),
            ReferralEvent::Declined(said) => said.referral == *referral && is_theirs(&said.by),
            ReferralEvent::Forwarded(said) => said.referral == *referral && is_theirs(&said.by),
            ReferralEvent::OutcomeReported(said) => said.referral == *referral,
            ReferralEvent::Withdrawn(said) => said.referral == *referral,
            ReferralEvent::Closed(said) => said.referral == *referral,
        }
    })
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::{found, sentences};
    use crate::spec::{Told, consultant, id, nurse, org, sample, told};
    use banso_domain::case::referral::{
        ReferralAccepted, ReferralClosed, ReferralDeclined, ReferralForwarded, ReferralMade,
        ReferralOutcomeReported, ReferralReceived, ReferralWithdrawn,
    };

    fn asked(to: Vec<Party>) -> Told {
        let made = ReferralMade { to, respond_by: Some(id("2025-04-10")), parent: None, ..sample() };
        told(made).on("2025-04-01")
    }

    fn answered(by: Party) -> Told {
        told(ReferralAccepted { referral: id("haru:r2"), by }).on("2025-04-12")
    }

    #[test]
    fn a_no_and_passing_it_on_are_answers_and_a_request_taken_back_or_closed_needs_none() {
        let by = || org("c-soudan");
        let referral = || id("haru:r2");
        let settled = [
            told(ReferralDeclined { referral: referral(), by: by(), ..sample() }),
            told(ReferralForwarded { referral: referral(), by: by(), child: id("haru:r3") }),
            told(ReferralWithdrawn { referral: referral(), ..sample() }),
            told(ReferralClosed { referral: referral(), ..sample() }),
        ];
        for settles in settled {
            let told = [asked(vec![by()]), settles.on("2025-04-09")];
            assert!(sentences(told, "2025-04-11", find).is_empty());
        }
        let received = told(ReferralReceived { referral: referral(), by: by() }).on("2025-04-09");
        assert_eq!(sentences([asked(vec![by()]), received], "2025-04-11", find).len(), 1);
    }

    #[test]
    fn it_asks_from_the_day_after() {
        assert!(sentences([asked(vec![org("c-soudan")])], "2025-04-10", find).is_empty());
        assert_eq!(
            sentences([asked(vec![org("c-soudan")])], "2025-04-11", find),
            ["c-soudanからの返事の記録がまだありません（4/10までにとのお願い）。"]
        );
    }

    #[test]
    fn each_party_is_waited_for_until_it_answers() {
        let told = || [asked(vec![org("c-soudan"), nurse()]), answered(consultant())];
        assert_eq!(found(told(), "2025-04-11", find).len(), 2);
        assert_eq!(
            sentences(told(), "2025-04-12", find),
            ["保健師@d-hokenからの返事の記録がまだありません（4/10までにとのお願い）。"]
        );
    }

    #[test]
    fn where_it_is_not_recorded_who_was_asked_anybody_may_answer() {
        let told = || [asked(vec![Party::NotRecorded]), answered(nurse())];
        assert_eq!(
            sentences(told(), "2025-04-11", find),
            ["依頼先からの返事の記録がまだありません（4/10までにとのお願い）。"]
        );
        assert!(sentences(told(), "2025-04-12", find).is_empty());
    }

    #[test]
    fn nobody_is_waited_for_where_it_is_known_what_came_of_it_or_no_day_was_named() {
        let outcome = ReferralOutcomeReported { referral: id("haru:r2"), ..sample() };
        assert!(
            sentences([asked(vec![nurse()]), told(outcome).on("2025-04-05")], "2025-04-11", find).is_empty()
        );
        let whenever = ReferralMade { respond_by: None, ..sample() };
        assert!(sentences([told(whenever).on("2025-04-01")], "2026-04-11", find).is_empty());
    }
}
