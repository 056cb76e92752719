use super::plan_consented::answer_to;
use super::{ConsentBy, limits::check_texts};
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The plan was explained and the person did not agree to this revision of it (同意しない). Source: domain.md §5.1, S4
/// (「YesもNoも言える環境」).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanConsentRefused {
    /// The plan.
    pub plan: PlanId,
    /// The revision.
    pub rev: u32,
    /// Who did not agree.
    pub by: ConsentBy,
    /// Why, in their words.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// Who explained it.
    #[serde(default)]
    pub explained_by: Stated<Party>,
}

impl PlanConsentRefused {
    /// What it is an answer to.
    pub(super) fn of(&self) -> String {
        answer_to(&self.plan, self.rev)
    }
}

impl Payload for PlanConsentRefused {
    const NAME: &'static str = "PlanConsentRefused";

    fn label(&self) -> Cow<'_, str> {
        "説明・同意なし".into()
    }

    fn doers(&self) -> Vec<&Party> {
        match self.by {
            ConsentBy::Person => vec![&Party::Person],
            ConsentBy::Proxy | ConsentBy::Guardian => Vec::new(),
        }
    }

    fn counterparts(&self) -> Vec<&Party> {
        self.explained_by.value().into_iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let why = self.reason.value().map(|reason| format!("：{}", reason.reveal())).unwrap_or_default();
        Some(format!("第{}版・{}{why}", self.rev, self.by.label()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Plan(&self.plan)]
    }

    fn sample() -> Self {
        Self {
            plan: id("haru:plan"),
            rev: 1,
            by: ConsentBy::Person,
            reason: stated("どれから参加したら無理がないか、まだわからない。"),
            explained_by: Stated::Value(consultant()),
        }
    }
}

impl Admit for PlanConsentRefused {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        check_texts(self)?;
        case.has_revision(&self.plan, self.rev)?;
        case.usual_in_turn(self, &self.of())
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::{PLAN_TEXT_CHARS_MAX, PlanConsented, PlanDrafted, PlanRevised};
    use crate::case::spec::{given, given_nothing, told};

    fn refused() -> PlanConsentRefused {
        PlanConsentRefused::sample()
    }

    #[test]
    fn it_is_admitted_before_the_plan() {
        given_nothing().when(told(refused())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(refused())]).when(told(refused()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_no_after_a_yes_and_another_no_are_each_an_answer() {
        let agreed = || told(PlanConsented::sample());
        given([agreed()]).when(told(refused())).admits();
        given([told(refused()), agreed()]).when(told(refused())).admits();
    }

    #[test]
    fn every_revision_can_be_refused() {
        given([told(PlanDrafted::sample()), told(PlanRevised::sample())])
            .when(told(PlanConsentRefused { rev: 2, ..refused() }))
            .admits();
    }

    #[test]
    fn a_revision_that_the_plan_does_not_have_is_refused() {
        given([told(PlanDrafted::sample())])
            .when(told(PlanConsentRefused { rev: 2, ..refused() }))
            .refuses(Refusal::UnknownRevision { rev: 2, last: 1 });
        given_nothing()
            .when(told(PlanConsentRefused { rev: 0, ..refused() }))
            .refuses(Refusal::UnknownRevision { rev: 0, last: 1 });
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(PlanConsentRefused { plan: id("aki:plan"), ..refused() }))
            .refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_reason_that_is_too_long_is_refused() {
        let chars = PLAN_TEXT_CHARS_MAX + 1;
        let (pointer, max) = ("/reason".to_owned(), PLAN_TEXT_CHARS_MAX);
        given_nothing()
            .when(told(PlanConsentRefused { reason: stated(&"長".repeat(chars)), ..refused() }))
            .refuses(Refusal::TooLong { pointer, chars, max });
    }
}
