//! Councils and their sections (協議会・部会・圏域連携推進会議).

mod council_meeting_held;

pub use council_meeting_held::{CouncilKind, CouncilMeetingHeld};

use crate::payload::entity_events;
use crate::zone::{Zone, ZoneEvent};

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of a council.
    CouncilEvent of ZoneEvent::Council admitted by Zone {
        /// A council met.
        MeetingHeld(CouncilMeetingHeld),
    }
}
