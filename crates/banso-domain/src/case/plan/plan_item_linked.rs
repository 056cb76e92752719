use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId, PlanItemId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A row of one plan carries out a row of another, in part or against it (計画の連動): 施工図 to 設計図. Source: S1
/// (「サ: 解決すべき課題 = 個: 到達目標」).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanItemLinked {
    /// The plan that carries out.
    pub plan: PlanId,
    /// Its row.
    pub item: PlanItemId,
    /// The plan that is carried out.
    pub target_plan: PlanId,
    /// Its row.
    pub target_item: PlanItemId,
    /// How the one is to the other.
    pub relation: LinkRelation,
    /// Who saw it so.
    #[serde(default)]
    pub by: Vec<Party>,
}

labelled! {
    /// How a row is to the row of another plan.
    LinkRelation {
        Realises = "実現する",
        Partly = "一部を実現する",
        Contradicts = "くいちがう",
    }
}

impl PlanItemLinked {
    /// The two rows.
    pub(super) fn ends(&self) -> String {
        ends(&self.plan, &self.item, &self.target_plan, &self.target_item)
    }
}

/// Two rows, among all that goes back and forth.
pub(super) fn ends(
    plan: &PlanId,
    item: &PlanItemId,
    target_plan: &PlanId,
    target_item: &PlanItemId,
) -> String {
    format!("{plan}/{item}>{target_plan}/{target_item}")
}

impl Payload for PlanItemLinked {
    const NAME: &'static str = "PlanItemLinked";

    fn label(&self) -> Cow<'_, str> {
        "計画の連動".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(format!("{} → {}：{}", self.item, self.target_item, self.relation.label()).into())
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
            relation: LinkRelation::Realises,
            by: vec![consultant()],
        }
    }
}

impl Admit for PlanItemLinked {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.plan == self.target_plan && self.item == self.target_item {
            return Err(Refusal::RefersToItself("the row"));
        }
        case.usual_in_turn(self, &self.ends())
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::{PlanDrafted, PlanItemUnlinked};
    use crate::case::spec::{given, given_nothing, told};

    fn linked() -> PlanItemLinked {
        PlanItemLinked::sample()
    }

    #[test]
    fn a_link_is_admitted_before_either_plan() {
        given_nothing().when(told(linked())).admits();
    }

    #[test]
    fn a_link_of_a_row_that_the_plan_does_not_have_is_admitted() {
        given([told(PlanDrafted::sample())])
            .when(told(PlanItemLinked { target_item: id("9"), ..linked() }))
            .admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(linked())]).when(told(linked()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_link_made_again_after_it_was_undone_is_a_link() {
        given([told(linked()), told(PlanItemUnlinked::sample())]).when(told(linked())).admits();
    }

    #[test]
    fn another_relation_and_back_again_are_two_changes() {
        let contradicts = || told(PlanItemLinked { relation: LinkRelation::Contradicts, ..linked() });
        given([told(linked())]).when(contradicts()).admits();
        given([told(linked()), contradicts()]).when(told(linked())).admits();
        given([told(linked()), contradicts()]).when(contradicts()).repeats(2);
    }

    #[test]
    fn a_link_from_or_to_the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(PlanItemLinked { plan: id("aki:plan"), ..linked() }))
            .refuses(Refusal::ForeignReference("plan"));
        given_nothing()
            .when(told(PlanItemLinked { target_plan: id("aki:plan"), ..linked() }))
            .refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_link_of_a_row_to_itself_is_refused() {
        let itself = PlanItemLinked { plan: id("haru:plan"), item: id("1"), ..linked() };
        given_nothing().when(told(itself.clone())).refuses(Refusal::RefersToItself("the row"));
        given_nothing().when(told(PlanItemLinked { item: id("2"), ..itself })).admits();
    }
}
