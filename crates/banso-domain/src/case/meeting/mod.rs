//! Meetings about the person (会議).

mod meeting_held;

pub use meeting_held::{Decision, MeetingHeld, MeetingKind, PlanRevisionRef};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use crate::said::Told;
use banso_kernel::MeetingId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `apply`.
entity_events! {
    /// Events of a meeting.
    MeetingEvent of CaseEvent::Meeting admitted by Case {
        /// A meeting took place.
        Held(MeetingHeld),
    }
}

/// What the rules look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Meetings(pub(crate) BTreeMap<MeetingId, Told>);

impl Meetings {
    pub(crate) fn apply(&mut self, told: Told, event: &MeetingEvent) {
        match event {
            MeetingEvent::Held(said) => {
                self.0.entry(said.meeting.clone()).or_insert(told);
            }
        }
    }
}
