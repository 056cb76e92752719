//! Plans (計画): drafted, consented to, finalised. A plan keeps its id through all revisions; this version of
//! banso knows the first one.

mod form;
mod plan_consented;
mod plan_drafted;
mod plan_finalised;

pub use form::{Day, NonWeekly, PlanHeader, PlanItem, PlannedService, WeeklySchedule, WeeklySlot};
pub use plan_consented::{ConsentBy, ConsentMethod, PlanConsented};
pub use plan_drafted::{PlanDrafted, PlanKind};
pub use plan_finalised::PlanFinalised;

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use crate::{Refusal, Thing};
use banso_kernel::PlanId;

/// The revision that a draft brings.
pub const FIRST_REVISION: u32 = 1;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of a plan.
    PlanEvent of CaseEvent::Plan admitted by Case {
        /// A plan was written down.
        Drafted(PlanDrafted),
        /// The person agreed to a revision.
        Consented(PlanConsented),
        /// A revision came into force.
        Finalised(PlanFinalised),
    }
}

impl Case {
    /// Refuses a revision that the plan does not have, where its draft is recorded.
    pub(crate) fn has_revision(&self, id: &PlanId, rev: u32) -> Result<(), Refusal> {
        // Otherwise the draft may still come; revisions count from 1 in any case.
        let last = if self.has(Thing::Plan(id)) { FIRST_REVISION } else { rev.max(FIRST_REVISION) };
        if rev < FIRST_REVISION || rev > last {
            return Err(Refusal::UnknownRevision { rev, last });
        }
        Ok(())
    }
}
