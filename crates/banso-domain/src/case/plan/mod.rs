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
use crate::case::{Case, CaseEvent, Told};
use crate::payload::entity_events;
use banso_kernel::{EventId, PlanId};
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

/// One plan, as far as it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) drafted: Option<Told<PlanDrafted>>,
    pub(crate) consents: Vec<Told<PlanConsented>>,
    pub(crate) finalised: Vec<Told<PlanFinalised>>,
}

/// All plans of one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plans(BTreeMap<PlanId, Plan>);

impl Plans {
    pub(crate) fn apply(&mut self, id: EventId, event: &PlanEvent) {
        match event {
            PlanEvent::Drafted(said) => {
                self.of(&said.plan).drafted.get_or_insert_with(|| Told::by(id, said));
            }
            PlanEvent::Consented(said) => self.of(&said.plan).consents.push(Told::by(id, said)),
            PlanEvent::Finalised(said) => self.of(&said.plan).finalised.push(Told::by(id, said)),
        }
    }

    fn of(&mut self, id: &PlanId) -> &mut Plan {
        self.0.entry(id.clone()).or_default()
    }
}

impl Case {
    /// The plan, if anything about it is recorded; a named no if it is another person's.
    pub(crate) fn plan(&self, id: &PlanId) -> Result<Option<&Plan>, Refusal> {
        Ok(self.known.plan.0.get(self.own("plan", id)?))
    }

    /// The plan, of which this revision must exist where its draft is recorded.
    pub(crate) fn revision(&self, id: &PlanId, rev: u32) -> Result<Option<&Plan>, Refusal> {
        let plan = self.plan(id)?;
        let last = match plan {
            Some(Plan { drafted: Some(_), .. }) => FIRST_REVISION,
            // The draft may still come; revisions count from 1 in any case.
            Some(Plan { drafted: None, .. }) | None => rev.max(FIRST_REVISION),
        };
        if rev < FIRST_REVISION || rev > last {
            return Err(Refusal::UnknownRevision { rev, last });
        }
        Ok(plan)
    }
}
