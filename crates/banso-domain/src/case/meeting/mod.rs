//! Meetings about the person (会議).

mod case_review_held;
mod decision;
mod kind;
mod meeting_action_completed;
mod meeting_called;
mod meeting_cancelled;
mod meeting_held;

pub use case_review_held::{CaseReviewHeld, CheckedPoint, ReviewPoint, Reviewed};
pub use decision::Decision;
pub use kind::MeetingKind;
pub use meeting_action_completed::MeetingActionCompleted;
pub use meeting_called::{MeetingCalled, MeetingPurpose};
pub use meeting_cancelled::MeetingCancelled;
pub use meeting_held::{MeetingHeld, PlanRevisionRef};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of a meeting.
    MeetingEvent of CaseEvent::Meeting admitted by Case {
        /// A meeting took place.
        Held(MeetingHeld),
        /// People are asked to meet.
        Called(MeetingCalled),
        /// What was decided is done.
        ActionCompleted(MeetingActionCompleted),
        /// A meeting will not be held.
        Cancelled(MeetingCancelled),
        /// The case was looked at again.
        CaseReviewed(CaseReviewHeld),
    }
}
