//! Who supports the person, and with what (支援チーム).

mod member_joined;
mod support_started;

pub use member_joined::{MemberBasis, MemberJoined, MemberLayer};
pub use support_started::{PlanItemRef, SupportStarted};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of the team.
    TeamEvent of CaseEvent::Team admitted by Case {
        /// Somebody supports from now on.
        MemberJoined(MemberJoined),
        /// A support is given from now on.
        SupportStarted(SupportStarted),
    }
}
