use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId, PlanItemId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a row plans is given from now on, by this provider (計画の項目の開始). Source: domain.md §5.1; S0 p.31.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanItemStarted {
    /// The plan.
    pub plan: PlanId,
    /// The row.
    pub item: PlanItemId,
    /// Who gives it.
    pub provider: Party,
}

impl PlanItemStarted {
    /// The row.
    pub(super) fn row(&self) -> String {
        row(&self.plan, &self.item)
    }
}

/// A row, among all that goes back and forth.
pub(super) fn row(plan: &PlanId, item: &PlanItemId) -> String {
    format!("{plan}/{item}")
}

impl Payload for PlanItemStarted {
    const NAME: &'static str = "PlanItemStarted";

    fn label(&self) -> Cow<'_, str> {
        "計画の項目の開始".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.provider]
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(format!("項目 {}", self.item).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Plan(&self.plan)]
    }

    fn sample() -> Self {
        Self { plan: id("haru:plan"), item: id("1"), provider: Party::Org(id("a-kyotaku")) }
    }
}

impl Admit for PlanItemStarted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual_in_turn(self, &self.row())
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::{PlanDrafted, PlanItemEnded};
    use crate::case::spec::{given, given_nothing, told};

    fn started() -> PlanItemStarted {
        PlanItemStarted::sample()
    }

    #[test]
    fn a_start_is_admitted_before_the_plan() {
        given_nothing().when(told(started())).admits();
    }

    #[test]
    fn the_start_of_a_row_that_the_plan_does_not_have_is_admitted() {
        given([told(PlanDrafted::sample())])
            .when(told(PlanItemStarted { item: id("9"), ..started() }))
            .admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat_also_where_another_provider_started_meanwhile() {
        let other = told(PlanItemStarted { provider: Party::Org(id("b-clinic")), ..started() });
        given([told(started()), other]).when(told(started()).recorded_by("helper@a-kyotaku")).repeats(1);
    }

    #[test]
    fn a_start_after_an_end_is_a_start() {
        given([told(started()), told(PlanItemEnded::sample())]).when(told(started())).admits();
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(PlanItemStarted { plan: id("aki:plan"), ..started() }))
            .refuses(Refusal::ForeignReference("plan"));
    }
}
