use super::plan_item_linked::ends;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId, PlanItemId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A row no longer carries out that of another plan (連動の解除). A link made by mistake is retracted instead. Source:
/// domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanItemUnlinked {
    /// The plan that carried out.
    pub plan: PlanId,
    /// Its row.
    pub item: PlanItemId,
    /// The plan that was carried out.
    pub target_plan: PlanId,
    /// Its row.
    pub target_item: PlanItemId,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
    /// Who saw it so.
    #[serde(default)]
    pub by: Vec<Party>,
}

impl PlanItemUnlinked {
    /// The two rows.
    pub(super) fn ends(&self) -> String {
        ends(&self.plan, &self.item, &self.target_plan, &self.target_item)
    }
}

impl Payload for PlanItemUnlinked {
    const NAME: &'static str = "PlanItemUnlinked";

    fn label(&self) -> Cow<'_, str> {
        "計画の連動の解除".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let why = self.reason.value().map(|reason| format!("：{}", reason.reveal())).unwrap_or_default();
        Some(format!("{} → {}{why}", self.item, self.target_item).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Plan(&self.plan), Thing::Plan(&self.target_plan)]
    }

    fn sample() -> Self {
        Self {
            plan: id("haru:home-care"),
            item: id("cook"),
            target_plan: id("haru:plan"),
            target_item: id("1"),
            reason: Stated::NotRecorded,
            by: vec![consultant()],
        }
    }
}

impl Admit for PlanItemUnlinked {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        super::limits::check_texts(self)?;
        if self.plan == self.target_plan && self.item == self.target_item {
            return Err(Refusal::RefersToItself("the row"));
        }
        case.usual_in_turn(self, &self.ends())
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::{PLAN_TEXT_CHARS_MAX, PlanItemLinked};
    use crate::case::spec::{given, given_nothing, told};

    fn unlinked() -> PlanItemUnlinked {
        PlanItemUnlinked::sample()
    }

    #[test]
    fn an_end_is_admitted_with_its_link_and_before_it() {
        given([told(PlanItemLinked::sample())]).when(told(unlinked())).admits();
        given_nothing().when(told(unlinked())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(unlinked())]).when(told(unlinked()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn an_end_after_the_link_was_made_again_is_an_end() {
        let link = || told(PlanItemLinked::sample());
        given([link(), told(unlinked()), link()]).when(told(unlinked())).admits();
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(PlanItemUnlinked { plan: id("aki:plan"), ..unlinked() }))
            .refuses(Refusal::ForeignReference("plan"));
        given_nothing()
            .when(told(PlanItemUnlinked { target_plan: id("aki:plan"), ..unlinked() }))
            .refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_row_and_itself_are_refused() {
        given_nothing()
            .when(told(PlanItemUnlinked { plan: id("haru:plan"), item: id("1"), ..unlinked() }))
            .refuses(Refusal::RefersToItself("the row"));
    }

    #[test]
    fn a_reason_that_is_too_long_is_refused() {
        let chars = PLAN_TEXT_CHARS_MAX + 1;
        let reason = Stated::Value("長".repeat(chars).into());
        let (pointer, max) = ("/reason".to_owned(), PLAN_TEXT_CHARS_MAX);
        given_nothing().when(told(PlanItemUnlinked { reason, ..unlinked() })).refuses(Refusal::TooLong {
            pointer,
            chars,
            max,
        });
    }
}
