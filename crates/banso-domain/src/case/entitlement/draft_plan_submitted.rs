use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, Party, Personal, PlanId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A draft plan goes to the municipality, which decides on it (計画案の提出). Source: domain.md §3.1 (sequence).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftPlanSubmitted {
    /// The application it supports.
    pub entitlement: EntitlementId,
    /// The plan.
    pub plan: PlanId,
    /// Which revision of it.
    pub rev: u32,
    /// Who submitted it.
    pub by: Party,
}

impl Payload for DraftPlanSubmitted {
    const NAME: &'static str = "DraftPlanSubmitted";

    fn label(&self) -> Cow<'_, str> {
        "計画案の提出".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(format!("第{}版", self.rev).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Application(&self.entitlement), Thing::Plan(&self.plan)]
    }

    fn sample() -> Self {
        Self { entitlement: id("haru:e2"), plan: id("haru:plan"), rev: 1, by: consultant() }
    }
}

impl Admit for DraftPlanSubmitted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.has_revision(&self.plan, self.rev)?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::PlanDrafted;
    use crate::case::spec::{given, given_nothing, told};

    fn submitted() -> DraftPlanSubmitted {
        DraftPlanSubmitted::sample()
    }

    #[test]
    fn a_submission_is_admitted_before_the_plan_and_the_application() {
        given_nothing().when(told(submitted())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(submitted())]).when(told(submitted()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_submission_for_another_application_is_another_one() {
        given([told(submitted())])
            .when(told(DraftPlanSubmitted { entitlement: id("haru:e9"), ..submitted() }))
            .admits();
    }

    #[test]
    fn an_application_of_another_person_is_refused() {
        given_nothing()
            .when(told(DraftPlanSubmitted { entitlement: id("aki:e1"), ..submitted() }))
            .refuses(Refusal::ForeignReference("application"));
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(DraftPlanSubmitted { plan: id("aki:plan"), ..submitted() }))
            .refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_revision_that_the_plan_does_not_have_is_refused() {
        given([told(PlanDrafted::sample())])
            .when(told(DraftPlanSubmitted { rev: 2, ..submitted() }))
            .refuses(Refusal::UnknownRevision { rev: 2, last: 1 });
    }

    #[test]
    fn revisions_count_from_one_even_where_the_draft_is_not_recorded() {
        given_nothing()
            .when(told(DraftPlanSubmitted { rev: 0, ..submitted() }))
            .refuses(Refusal::UnknownRevision { rev: 0, last: 1 });
        given_nothing().when(told(DraftPlanSubmitted { rev: 2, ..submitted() })).admits();
    }
}
