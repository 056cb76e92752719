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

use crate::Refusal;
use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;
use crate::said::Told;
use banso_kernel::PlanId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The revision that a draft brings.
pub const FIRST_REVISION: u32 = 1;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here, its arm in `apply`.
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

/// What the rules look at: the drafts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plans(BTreeMap<PlanId, Told>);

impl Plans {
    pub(crate) fn apply(&mut self, told: Told, event: &PlanEvent) {
        match event {
            PlanEvent::Drafted(said) => {
                self.0.entry(said.plan.clone()).or_insert(told);
            }
            PlanEvent::Consented(_) | PlanEvent::Finalised(_) => {}
        }
    }
}

impl Case {
    /// The plan's draft, if it is recorded; a named no if the plan is another person's.
    pub(crate) fn draft(&self, id: &PlanId) -> Result<Option<&Told>, Refusal> {
        Ok(self.known.plan.0.get(self.own("plan", id)?))
    }

    /// Refuses a revision that the plan does not have, where its draft is recorded.
    pub(crate) fn has_revision(&self, id: &PlanId, rev: u32) -> Result<(), Refusal> {
        let last = match self.draft(id)? {
            Some(_) => FIRST_REVISION,
            // The draft may still come; revisions count from 1 in any case.
            None => rev.max(FIRST_REVISION),
        };
        if rev < FIRST_REVISION || rev > last {
            return Err(Refusal::UnknownRevision { rev, last });
        }
        Ok(())
    }
}
