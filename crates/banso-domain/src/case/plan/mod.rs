//! Plans (計画): drafted, revised, consented to, finalised, delivered, carried out row by row, and closed. A plan keeps
//! its id through all revisions, and a row its id through all revisions of its plan.

mod form;
mod limits;
mod month;
mod plan_closed;
mod plan_consent_refused;
mod plan_consented;
mod plan_delivered;
mod plan_drafted;
mod plan_finalised;
mod plan_item_ended;
mod plan_item_evaluated;
mod plan_item_linked;
mod plan_item_started;
mod plan_item_unlinked;
mod plan_revised;
mod revisions;
mod service_usage_reported;

pub use form::{Day, NonWeekly, PlanHeader, PlanItem, PlannedService, WeeklySchedule, WeeklySlot};
pub use limits::PLAN_TEXT_CHARS_MAX;
pub use month::{Month, MonthError};
pub use plan_closed::{ClosureReason, PlanClosed};
pub use plan_consent_refused::PlanConsentRefused;
pub use plan_consented::{ConsentBy, ConsentMethod, PlanConsented};
pub use plan_delivered::PlanDelivered;
pub use plan_drafted::{PlanDrafted, PlanKind};
pub use plan_finalised::PlanFinalised;
pub use plan_item_ended::PlanItemEnded;
pub use plan_item_evaluated::{Achievement, PlanItemEvaluated};
pub use plan_item_linked::{LinkRelation, PlanItemLinked};
pub use plan_item_started::PlanItemStarted;
pub use plan_item_unlinked::PlanItemUnlinked;
pub use plan_revised::{PlanChange, PlanRevised};
pub(crate) use revisions::Plans;
pub use service_usage_reported::{ServiceUsageReported, UsageUnit};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;

/// The revision that a draft brings.
pub const FIRST_REVISION: u32 = 1;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `revisions.rs`.
entity_events! {
    /// Events of a plan.
    PlanEvent of CaseEvent::Plan admitted by Case {
        /// A plan was written down.
        Drafted(PlanDrafted),
        /// The person agreed to a revision.
        Consented(PlanConsented),
        /// A revision came into force.
        Finalised(PlanFinalised),
        /// A revision was changed into the next one.
        Revised(PlanRevised),
        /// Somebody did not agree to a revision.
        ConsentRefused(PlanConsentRefused),
        /// A copy of a revision was handed over.
        Delivered(PlanDelivered),
        /// A row of one plan carries out a row of another.
        ItemLinked(PlanItemLinked),
        /// It no longer does.
        ItemUnlinked(PlanItemUnlinked),
        /// What a row plans is given from now on.
        ItemStarted(PlanItemStarted),
        /// What a row plans is no longer given.
        ItemEnded(PlanItemEnded),
        /// How much of what a row plans was used in a month.
        UsageReported(ServiceUsageReported),
        /// What became of a row's goal.
        ItemEvaluated(PlanItemEvaluated),
        /// The plan no longer holds.
        Closed(PlanClosed),
    }
}
