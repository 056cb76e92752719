//! Who supports the person, and with what (支援チーム).

mod member_joined;
mod support_started;

pub use member_joined::{MemberBasis, MemberJoined, MemberLayer};
pub use support_started::{PlanItemRef, SupportStarted};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use crate::said::Told;
use banso_kernel::SupportId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `apply`.
entity_events! {
    /// Events of the team.
    TeamEvent of CaseEvent::Team admitted by Case {
        /// Somebody supports from now on.
        MemberJoined(MemberJoined),
        /// A support is given from now on.
        SupportStarted(SupportStarted),
    }
}

/// What the rules look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TeamState {
    pub(crate) supports: BTreeMap<SupportId, Told>,
}

impl TeamState {
    pub(crate) fn apply(&mut self, told: Told, event: &TeamEvent) {
        match event {
            TeamEvent::SupportStarted(said) => {
                self.supports.entry(said.support.clone()).or_insert(told);
            }
            TeamEvent::MemberJoined(_) => {}
        }
    }
}
