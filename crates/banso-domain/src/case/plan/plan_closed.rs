use super::limits::check_texts;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A plan no longer holds (計画の終了), because another takes its place or because it has done its work. Source: S4
/// (終了と事後評価).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanClosed {
    /// The plan.
    pub plan: PlanId,
    /// Why, in one word.
    #[serde(default)]
    pub reason: Stated<ClosureReason>,
    /// Why, in the words of who closed it.
    #[serde(default)]
    pub words: Stated<Personal<String>>,
    /// The plan that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<PlanId>,
    /// Who closed it.
    #[serde(default)]
    pub by: Vec<Party>,
}

labelled! {
    /// Why a plan no longer holds.
    ClosureReason {
        Superseded = "次の計画へ",
        GoalsReached = "目標の達成",
        PeriodEnded = "期間の満了",
        SupportEnded = "支援の終了",
        PersonsWish = "本人の希望",
        Moved = "転居",
        Died = "死亡",
        Other = "その他",
    }
}

impl Payload for PlanClosed {
    const NAME: &'static str = "PlanClosed";

    fn label(&self) -> Cow<'_, str> {
        "計画の終了".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let reason = self.reason.value().map_or("理由の記載なし", |reason| reason.label());
        let words = self.words.value().map(|words| format!("：{}", words.reveal())).unwrap_or_default();
        Some(format!("{reason}{words}").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        std::iter::once(&self.plan).chain(&self.superseded_by).map(Thing::Plan).collect()
    }

    fn sample() -> Self {
        Self {
            plan: id("haru:plan-transition-request"),
            reason: Stated::Value(ClosureReason::Superseded),
            words: Stated::NotRecorded,
            superseded_by: Some(id("haru:plan")),
            by: vec![consultant()],
        }
    }
}

impl Admit for PlanClosed {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        check_texts(self)?;
        if let Some(next) = &self.superseded_by {
            if *next == self.plan {
                return Err(Refusal::RefersToItself("the plan"));
            }
            if case.is_superseded_by(next, &self.plan) {
                return Err(Refusal::PlanCycle);
            }
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::PLAN_TEXT_CHARS_MAX;
    use crate::case::spec::{Told, given, given_nothing, told};
    use crate::samples::stated;

    fn closed() -> PlanClosed {
        PlanClosed::sample()
    }

    fn superseded(plan: &str, by: &str) -> Told {
        told(PlanClosed { plan: id(plan), superseded_by: Some(id(by)), ..closed() })
    }

    #[test]
    fn an_end_is_admitted_before_either_plan_and_without_a_next_one() {
        given_nothing().when(told(closed())).admits();
        given_nothing().when(told(PlanClosed { superseded_by: None, ..closed() })).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(closed())]).when(told(closed()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing().when(superseded("aki:plan", "haru:plan")).refuses(Refusal::ForeignReference("plan"));
        given_nothing().when(superseded("haru:plan", "aki:plan")).refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_plan_that_takes_its_own_place_is_refused() {
        given_nothing().when(superseded("haru:p1", "haru:p1")).refuses(Refusal::RefersToItself("the plan"));
        given([superseded("haru:p1", "haru:p2")])
            .when(superseded("haru:p2", "haru:p1"))
            .refuses(Refusal::PlanCycle);
        given([superseded("haru:p1", "haru:p2"), superseded("haru:p2", "haru:p3")])
            .when(superseded("haru:p3", "haru:p1"))
            .refuses(Refusal::PlanCycle);
        given([superseded("haru:p1", "haru:p2")]).when(superseded("haru:p2", "haru:p3")).admits();
    }

    #[test]
    fn words_that_are_too_long_are_refused() {
        let chars = PLAN_TEXT_CHARS_MAX + 1;
        let (pointer, max) = ("/words".to_owned(), PLAN_TEXT_CHARS_MAX);
        given_nothing()
            .when(told(PlanClosed { words: stated(&"長".repeat(chars)), ..closed() }))
            .refuses(Refusal::TooLong { pointer, chars, max });
    }
}
