//! Regional issues (地域課題): seen in cases, brought before a council, worked on, solved. Source: S2 (five steps).

mod issue_action_agreed;
mod issue_closed;
mod issue_discussed;
mod issue_submitted;
mod regional_issue_extracted;
mod resource_developed;

pub use issue_action_agreed::IssueActionAgreed;
pub use issue_closed::IssueClosed;
pub use issue_discussed::IssueDiscussed;
pub use issue_submitted::IssueSubmitted;
pub use regional_issue_extracted::{CaseCount, IssueSource, RegionalIssueExtracted};
pub use resource_developed::{ResourceDeveloped, ResourceKind};

use crate::payload::entity_events;
use crate::zone::{Zone, ZoneEvent};

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of a regional issue.
    IssueEvent of ZoneEvent::Issue admitted by Zone {
        /// Somebody sees an issue behind cases.
        Extracted(RegionalIssueExtracted),
        /// It is brought before a council.
        Submitted(IssueSubmitted),
        /// A council talks about it.
        Discussed(IssueDiscussed),
        /// Somebody is to do something about it.
        ActionAgreed(IssueActionAgreed),
        /// The zone has something that it did not have.
        ResourceDeveloped(ResourceDeveloped),
        /// It is not worked on any more.
        Closed(IssueClosed),
    }
}
