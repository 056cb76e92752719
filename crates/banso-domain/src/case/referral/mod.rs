//! Requests for help between parties, their answers and what came of them (依頼・つなぎ). A referral may begin a
//! joint start (一緒に始める) rather than hand somebody over.

mod referral_accepted;
mod referral_made;
mod referral_outcome_reported;

pub use referral_accepted::ReferralAccepted;
pub use referral_made::{Channel, Consent, ReferralMade, ReferralMode, Urgency};
pub use referral_outcome_reported::{ReferralOutcome, ReferralOutcomeReported};

use crate::Refusal;
use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use crate::said::Told;
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
pub(crate) struct Referral {
    pub(crate) made: Option<Told>,
    parent: Option<ReferralId>,
    /// Who said yes, and by which event.
    pub(crate) accepted: Vec<(Party, EventId)>,
}

/// All requests about one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Referrals(BTreeMap<ReferralId, Referral>);

impl Referrals {
    pub(crate) fn apply(&mut self, told: Told, event: &ReferralEvent) {
        match event {
            ReferralEvent::Made(said) => {
                let referral = self.of(&said.referral);
                if referral.made.is_none() {
                    referral.made = Some(told);
                    referral.parent = said.parent.clone();
                }
            }
            ReferralEvent::Accepted(said) => {
                self.of(&said.referral).accepted.push((said.by.clone(), told.event));
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
    /// The request, if anything about it is recorded; a named no if it is another person's.
    pub(crate) fn referral(&self, id: &ReferralId) -> Result<Option<&Referral>, Refusal> {
        Ok(self.known.referral.0.get(self.own("referral", id)?))
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
