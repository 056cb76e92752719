//! Requests for help between parties, their answers and what came of them (依頼・つなぎ). A referral may begin a
//! joint start (一緒に始める) rather than hand somebody over.

mod referral_accepted;
mod referral_closed;
mod referral_declined;
mod referral_forwarded;
mod referral_made;
mod referral_outcome_reported;
mod referral_received;
mod referral_withdrawn;

pub use referral_accepted::ReferralAccepted;
pub use referral_closed::ReferralClosed;
pub use referral_declined::{DeclineReason, ReferralDeclined};
pub use referral_forwarded::ReferralForwarded;
pub use referral_made::{Channel, Consent, ReferralMade, ReferralMode, Urgency};
pub use referral_outcome_reported::{ReferralOutcome, ReferralOutcomeReported};
pub use referral_received::ReferralReceived;
pub use referral_withdrawn::ReferralWithdrawn;

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use banso_kernel::{EventId, Party, ReferralId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
        /// It reached a party asked.
        Received(ReferralReceived),
        /// A party asked says no.
        Declined(ReferralDeclined),
        /// A party asked passes it on.
        Forwarded(ReferralForwarded),
        /// Whoever asked no longer does.
        Withdrawn(ReferralWithdrawn),
        /// Nothing more is expected of it.
        Closed(ReferralClosed),
    }
}

/// One request, as far as it is recorded: an answer may be reported before the request itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Referral {
    is_made: bool,
    parent: Option<ReferralId>,
    /// The requests that were passed on as this one.
    passed_on: BTreeSet<ReferralId>,
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
            ReferralEvent::Forwarded(said) => {
                self.of(&said.child).passed_on.insert(said.referral.clone());
            }
            ReferralEvent::OutcomeReported(_)
            | ReferralEvent::Received(_)
            | ReferralEvent::Declined(_)
            | ReferralEvent::Withdrawn(_)
            | ReferralEvent::Closed(_) => {}
        }
    }

    fn of(&mut self, id: &ReferralId) -> &mut Referral {
        self.0.entry(id.clone()).or_default()
    }

    /// Whether `ancestor` is `from` or stands above it in the chain of requests (紹介の連鎖).
    fn leads_to(&self, from: &ReferralId, ancestor: &ReferralId) -> bool {
        // Two retracted retractions can leave a circle that the one asked about has no part in.
        let (mut seen, mut ahead) = (BTreeSet::new(), vec![from]);
        while let Some(id) = ahead.pop() {
            if id == ancestor {
                return true;
            }
            if seen.insert(id)
                && let Some(referral) = self.0.get(id)
            {
                ahead.extend(referral.parent.iter().chain(&referral.passed_on));
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
