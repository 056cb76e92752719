use super::limits::check_texts;
use super::plan_item_started::row;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{id, stated};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId, PlanItemId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a row plans is no longer given, by anybody (計画の項目の終了). Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanItemEnded {
    /// The plan.
    pub plan: PlanId,
    /// The row.
    pub item: PlanItemId,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// Who ended it.
    #[serde(default)]
    pub by: Vec<Party>,
}

impl PlanItemEnded {
    /// The row.
    pub(super) fn row(&self) -> String {
        row(&self.plan, &self.item)
    }
}

impl Payload for PlanItemEnded {
    const NAME: &'static str = "PlanItemEnded";

    fn label(&self) -> Cow<'_, str> {
        "計画の項目の終了".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let why = self.reason.value().map(|reason| format!("：{}", reason.reveal())).unwrap_or_default();
        Some(format!("項目 {}{why}", self.item).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Plan(&self.plan)]
    }

    fn sample() -> Self {
        Self {
            plan: id("haru:plan"),
            item: id("1"),
            reason: stated("ひとりで料理ができるようになった。"),
            by: vec![Party::Org(id("a-kyotaku"))],
        }
    }
}

impl Admit for PlanItemEnded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        check_texts(self)?;
        case.usual_in_turn(self, &self.row())
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::{PLAN_TEXT_CHARS_MAX, PlanItemStarted};
    use crate::case::spec::{given, given_nothing, told};

    fn ended() -> PlanItemEnded {
        PlanItemEnded::sample()
    }

    #[test]
    fn an_end_is_admitted_before_its_start() {
        given_nothing().when(told(ended())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(ended())]).when(told(ended()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn an_end_after_another_start_is_an_end() {
        let started = || told(PlanItemStarted::sample());
        given([started(), told(ended()), started()]).when(told(ended())).admits();
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(PlanItemEnded { plan: id("aki:plan"), ..ended() }))
            .refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_reason_that_is_too_long_is_refused() {
        let chars = PLAN_TEXT_CHARS_MAX + 1;
        let (pointer, max) = ("/reason".to_owned(), PLAN_TEXT_CHARS_MAX);
        given_nothing()
            .when(told(PlanItemEnded { reason: stated(&"長".repeat(chars)), ..ended() }))
            .refuses(Refusal::TooLong { pointer, chars, max });
    }
}
