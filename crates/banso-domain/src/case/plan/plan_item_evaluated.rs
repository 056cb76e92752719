use super::limits::check_texts;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{NoteId, Party, Personal, PlanId, PlanItemId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What became of a row's goal, and how the person sees it (評価). Source: S0 p.17 (評価時期), S4 (終了と事後評価).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanItemEvaluated {
    /// The plan.
    pub plan: PlanId,
    /// The row.
    pub item: PlanItemId,
    /// How far its goal is reached.
    #[serde(default)]
    pub achievement: Stated<Achievement>,
    /// How the person sees it.
    #[serde(default)]
    pub person_view: Stated<Personal<String>>,
    /// How those who evaluate see it.
    #[serde(default)]
    pub assessment: Stated<Personal<String>>,
    /// The notes on which it rests.
    #[serde(default)]
    pub evidence: Vec<NoteId>,
    /// Who evaluated.
    #[serde(default)]
    pub by: Vec<Party>,
}

labelled! {
    /// How far a goal is reached (達成度).
    Achievement {
        Achieved = "達成",
        Partly = "一部達成",
        UnderWay = "取組み中",
        NotAchieved = "未達成",
    }
}

impl Payload for PlanItemEvaluated {
    const NAME: &'static str = "PlanItemEvaluated";

    fn label(&self) -> Cow<'_, str> {
        "評価".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let achievement =
            self.achievement.value().map_or("達成度の記載なし", |achievement| achievement.label());
        let view =
            self.person_view.value().map(|view| format!("：「{}」", view.reveal())).unwrap_or_default();
        Some(format!("項目 {} {achievement}{view}", self.item).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        let plan = std::iter::once(Thing::Plan(&self.plan));
        plan.chain(self.evidence.iter().map(Thing::Note)).collect()
    }

    fn sample() -> Self {
        Self {
            plan: id("haru:plan"),
            item: id("1"),
            achievement: Stated::Value(Achievement::Partly),
            person_view: stated("作りたいメニューを伝えられた。"),
            assessment: Stated::NotRecorded,
            evidence: vec![id("haru:n1")],
            by: vec![consultant(), Party::Person],
        }
    }
}

impl Admit for PlanItemEvaluated {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        check_texts(self)?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::{PLAN_TEXT_CHARS_MAX, PlanDrafted};
    use crate::case::spec::{given, given_nothing, told};

    fn evaluated() -> PlanItemEvaluated {
        PlanItemEvaluated::sample()
    }

    #[test]
    fn an_evaluation_is_admitted_before_the_plan_and_its_evidence() {
        given_nothing().when(told(evaluated())).admits();
    }

    #[test]
    fn an_evaluation_of_a_row_that_the_plan_does_not_have_is_admitted() {
        given([told(PlanDrafted::sample())])
            .when(told(PlanItemEvaluated { item: id("9"), ..evaluated() }))
            .admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat_and_on_another_day_is_not() {
        given([told(evaluated())]).when(told(evaluated()).recorded_by("officer@city")).repeats(1);
        given([told(evaluated()).on("2025-04-01")]).when(told(evaluated()).on("2025-05-01")).admits();
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(PlanItemEvaluated { plan: id("aki:plan"), ..evaluated() }))
            .refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn evidence_about_another_person_is_refused() {
        given_nothing()
            .when(told(PlanItemEvaluated { evidence: vec![id("aki:n1")], ..evaluated() }))
            .refuses(Refusal::ForeignReference("note"));
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        let chars = PLAN_TEXT_CHARS_MAX + 1;
        let (pointer, max) = ("/person_view".to_owned(), PLAN_TEXT_CHARS_MAX);
        given_nothing()
            .when(told(PlanItemEvaluated { person_view: stated(&"長".repeat(chars)), ..evaluated() }))
            .refuses(Refusal::TooLong { pointer, chars, max });
    }
}
