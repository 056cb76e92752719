//! Requests for help between parties, their answers and what came of them (依頼・つなぎ). A referral may begin a
//! joint start (一緒に始める) rather than hand somebody over.

mod referral_accepted;
mod referral_made;
mod referral_outcome_reported;

pub use referral_accepted::ReferralAccepted;
pub use referral_made::{Channel, Consent, ReferralMade, ReferralMode, Urgency};
pub use referral_outcome_reported::{ReferralOutcome, ReferralOutcomeReported};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use banso_kernel::{EventId, Party, ReferralId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `apply`.
entity_events! {
    /// Events of a request for help.
    ReferralEvent of CaseEvent::Referral admitted by Case {
        /// Somebody asks somebody for help.
        Made(ReferralMade),
        /// A party asked says yes.
        Accepted(ReferralAccepted),
        /// What came of it.
        OutcomeReported(ReferralOutcomeReported),
    }
}

/// One request, as far as it is recorded: an answer may be reported before the request itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Referral {
    is_made: bool,
    parent: Option<ReferralId>,
    /// Who said yes, and by which event.
    accepted: Vec<(Party, EventId)>,
}

/// All requests about one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Referrals(BTreeMap<ReferralId, Referral>);

impl Referrals {
    pub(crate) fn apply(&mut self, id: EventId, event: &ReferralEvent) {
        match event {
            ReferralEvent::Made(said) => {
                let referral = self.of(&said.referral);
                if !referral.is_made {
                    referral.is_made = true;
                    referral.parent = said.parent.clone();
                }
            }
            ReferralEvent::Accepted(said) => {
                self.of(&said.referral).accepted.push((said.by.clone(), id));
            }
            ReferralEvent::OutcomeReported(_) => {}
        }
    }

    fn of(&mut self, id: &ReferralId) -> &mut Referral {
        self.0.entry(id.clone()).or_default()
    }

    /// Whether `ancestor` is `from` or stands above it in the chain of requests (紹介の連鎖).
    fn leads_to(&self, from: &ReferralId, ancestor: &ReferralId) -> bool {
        let mut at = Some(from);
        // Bounded: two retracted retractions can leave a circle that the one asked about has no part in.
        for _ in 0..=self.0.len() {
            match at {
                Some(id) if id == ancestor => return true,
                Some(id) => {
                    at = self.0.get(id).and_then(|referral| referral.parent.as_ref());
                }
                None => return false,
            }
        }
        false
    }
}

impl Case {
    /// Whether the request `from`, or one that it goes back to, is `ancestor`.
    pub(crate) fn leads_to(&self, from: &ReferralId, ancestor: &ReferralId) -> bool {
        self.rules().referrals.leads_to(from, ancestor)
    }

    /// The event by which this party said yes to a request.
    pub(crate) fn accepted_by(&self, referral: &ReferralId, party: &Party) -> Option<EventId> {
        let accepted = &self.rules().referrals.0.get(referral)?.accepted;
        accepted.iter().find(|(by, _)| is_same_party(by, party)).map(|(_, event)| *event)
    }
}

/// Whether two descriptions mean the same party: the same actor for the same organisation, or one of them
/// names the organisation of the other only as a whole.
pub fn is_same_party(a: &Party, b: &Party) -> bool {
    match (a, b) {
        (Party::Org(org), other) | (other, Party::Org(org)) => other.org() == Some(org),
        (Party::Actor { actor: a, org: x, .. }, Party::Actor { actor: b, org: y, .. }) => a == b && x == y,
        (a, b) => a == b && *a != Party::NotRecorded,
    }
}
