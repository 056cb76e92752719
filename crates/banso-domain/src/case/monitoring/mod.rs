//! Looking again at how the support goes (モニタリング): when it is due, what was found, what the municipality was
//! told. It exists without a plan too: a follow-up after a discharge is one. What is overdue is computed, never
//! recorded.

mod monitoring_recorded;
mod monitoring_reported;
mod monitoring_scheduled;
mod monitoring_waived;

pub use monitoring_recorded::{
    Achievement, ChangeNeeded, MonitoringMethod, MonitoringRecorded, MonitoringRow,
};
pub use monitoring_reported::{MonitoringReported, ReportReason};
pub use monitoring_scheduled::{MonitoringBasis, MonitoringScheduled};
pub use monitoring_waived::MonitoringWaived;

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of a monitoring.
    MonitoringEvent of CaseEvent::Monitoring admitted by Case {
        /// It is set when to look.
        Scheduled(MonitoringScheduled),
        /// Somebody looked.
        Recorded(MonitoringRecorded),
        /// The municipality was told.
        Reported(MonitoringReported),
        /// It is decided not to look this time.
        Waived(MonitoringWaived),
    }
}
