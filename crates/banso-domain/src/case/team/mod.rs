//! Who supports the person, and with what (支援チーム).

mod coordinator_designated;
mod member_invited;
mod member_joined;
mod member_left;
mod member_role_changed;
mod support_ended;
mod support_started;

pub use coordinator_designated::CoordinatorDesignated;
pub use member_invited::MemberInvited;
pub use member_joined::{MemberBasis, MemberJoined, MemberLayer};
pub use member_left::MemberLeft;
pub use member_role_changed::MemberRoleChanged;
pub use support_ended::SupportEnded;
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
        /// Somebody is asked to support.
        MemberInvited(MemberInvited),
        /// Somebody supports in another role.
        RoleChanged(MemberRoleChanged),
        /// Somebody no longer supports.
        MemberLeft(MemberLeft),
        /// Somebody keeps the support together from now on.
        CoordinatorDesignated(CoordinatorDesignated),
        /// A support is no longer given.
        SupportEnded(SupportEnded),
    }
}
