use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A revision comes into force (本計画の確定). Source: domain.md §3.1 (sequence).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanFinalised {
    /// The plan.
    pub plan: PlanId,
    /// The revision.
    pub rev: u32,
    /// Who put it in force.
    pub by: Party,
    /// From when it holds, where that is another day.
    #[serde(default)]
    pub effective_from: Stated<NaiveDate>,
}

impl Payload for PlanFinalised {
    const NAME: &'static str = "PlanFinalised";

    fn label(&self) -> Cow<'_, str> {
        "本計画の確定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let from = self.effective_from.value().map(|from| format!("・{from} から")).unwrap_or_default();
        Some(format!("第{}版{from}", self.rev).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Plan(&self.plan)]
    }

    fn sample() -> Self {
        Self { plan: id("haru:plan"), rev: 1, by: consultant(), effective_from: Stated::NotRecorded }
    }
}

impl Admit for PlanFinalised {
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

    fn finalised() -> PlanFinalised {
        PlanFinalised::sample()
    }

    #[test]
    fn it_is_admitted_before_the_plan() {
        given_nothing().when(told(finalised())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(finalised())]).when(told(finalised()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_day_is_another_finalisation() {
        given([told(finalised())])
            .when(told(PlanFinalised {
                effective_from: Stated::Value("2025-07-01".parse().unwrap()),
                ..finalised()
            }))
            .admits();
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(PlanFinalised { plan: id("aki:plan"), ..finalised() }))
            .refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_revision_that_the_plan_does_not_have_is_refused() {
        given([told(PlanDrafted::sample())])
            .when(told(PlanFinalised { rev: 2, ..finalised() }))
            .refuses(Refusal::UnknownRevision { rev: 2, last: 1 });
    }

    #[test]
    fn revisions_count_from_one_even_where_the_draft_is_not_recorded() {
        given_nothing()
            .when(told(PlanFinalised { rev: 0, ..finalised() }))
            .refuses(Refusal::UnknownRevision { rev: 0, last: 1 });
        given_nothing().when(told(PlanFinalised { rev: 2, ..finalised() })).admits();
    }
}
