//! Meetings about the person (会議).

mod meeting_held;

pub use meeting_held::{Decision, MeetingHeld, MeetingKind, PlanRevisionRef};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of a meeting.
    MeetingEvent of CaseEvent::Meeting admitted by Case {
        /// A meeting took place.
        Held(MeetingHeld),
    }
}
