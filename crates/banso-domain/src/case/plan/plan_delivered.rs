use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A copy of a revision was handed to the person, to those who carry it out, or to the consultation office (交付).
/// Source: domain.md §3.1 (個別支援計画: 本人と相談支援へ).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanDelivered {
    /// The plan.
    pub plan: PlanId,
    /// The revision.
    pub rev: u32,
    /// To whom.
    pub to: Vec<Party>,
    /// Who handed it over.
    #[serde(default)]
    pub by: Vec<Party>,
}

impl Payload for PlanDelivered {
    const NAME: &'static str = "PlanDelivered";

    fn label(&self) -> Cow<'_, str> {
        "交付".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.to.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(format!("第{}版", self.rev).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Plan(&self.plan)]
    }

    fn sample() -> Self {
        Self {
            plan: id("haru:plan"),
            rev: 1,
            to: vec![Party::Person, Party::Org(id("a-kyotaku"))],
            by: vec![consultant()],
        }
    }
}

impl Admit for PlanDelivered {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.to.is_empty() {
            return Err(Refusal::Nobody("to"));
        }
        case.has_revision(&self.plan, self.rev)?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::{PlanDrafted, PlanRevised};
    use crate::case::spec::{given, given_nothing, told};

    fn delivered() -> PlanDelivered {
        PlanDelivered::sample()
    }

    #[test]
    fn it_is_admitted_before_the_plan_and_for_every_revision() {
        given_nothing().when(told(delivered())).admits();
        given([told(PlanDrafted::sample()), told(PlanRevised::sample())])
            .when(told(PlanDelivered { rev: 2, ..delivered() }))
            .admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(delivered())]).when(told(delivered()).recorded_by("helper@a-kyotaku")).repeats(1);
    }

    #[test]
    fn a_delivery_on_another_day_is_another_delivery() {
        given([told(delivered()).on("2025-05-01")]).when(told(delivered()).on("2025-05-02")).admits();
    }

    #[test]
    fn a_delivery_to_nobody_is_refused() {
        given_nothing()
            .when(told(PlanDelivered { to: Vec::new(), ..delivered() }))
            .refuses(Refusal::Nobody("to"));
    }

    #[test]
    fn a_revision_that_the_plan_does_not_have_is_refused() {
        given([told(PlanDrafted::sample())])
            .when(told(PlanDelivered { rev: 2, ..delivered() }))
            .refuses(Refusal::UnknownRevision { rev: 2, last: 1 });
        given_nothing()
            .when(told(PlanDelivered { rev: 0, ..delivered() }))
            .refuses(Refusal::UnknownRevision { rev: 0, last: 1 });
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(PlanDelivered { plan: id("aki:plan"), ..delivered() }))
            .refuses(Refusal::ForeignReference("plan"));
    }
}
