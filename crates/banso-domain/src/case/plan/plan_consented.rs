use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, PlanId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The plan was explained and the person agreed to this revision of it (説明・同意). Source: S0 p.17, S4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanConsented {
    /// The plan.
    pub plan: PlanId,
    /// The revision.
    pub rev: u32,
    /// Who agreed.
    pub by: ConsentBy,
    /// In which form.
    #[serde(default)]
    pub method: Stated<ConsentMethod>,
    /// Who explained it.
    pub explained_by: Party,
}

labelled! {
    /// Who agrees to a plan.
    ConsentBy {
        Person = "本人",
        Proxy = "代理人",
        Guardian = "保護者",
    }
}

labelled! {
    /// In which form somebody agrees.
    ConsentMethod {
        Signature = "署名",
        Seal = "押印",
        Electronic = "電磁的",
        Post = "郵送",
        ByDeputy = "代行",
    }
}

impl PlanConsented {
    /// What it is an answer to.
    pub(super) fn of(&self) -> String {
        answer_to(&self.plan, self.rev)
    }
}

/// The question whether somebody agrees to a revision, among all that goes back and forth.
pub(super) fn answer_to(plan: &PlanId, rev: u32) -> String {
    format!("{plan}?{rev}")
}

impl Payload for PlanConsented {
    const NAME: &'static str = "PlanConsented";

    fn label(&self) -> Cow<'_, str> {
        "説明・同意".into()
    }

    fn doers(&self) -> Vec<&Party> {
        match self.by {
            ConsentBy::Person => vec![&Party::Person],
            ConsentBy::Proxy | ConsentBy::Guardian => Vec::new(),
        }
    }

    fn detail(&self) -> Option<Personal<String>> {
        let method = self.method.value().map(|method| format!("・{}", method.label())).unwrap_or_default();
        Some(format!("第{}版{method}", self.rev).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Plan(&self.plan)]
    }

    fn sample() -> Self {
        Self {
            plan: id("haru:plan"),
            rev: 1,
            by: ConsentBy::Person,
            method: ConsentMethod::Signature.into(),
            explained_by: consultant(),
        }
    }
}

impl Admit for PlanConsented {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.has_revision(&self.plan, self.rev)?;
        case.usual_in_turn(self, &self.of())
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::plan::{PlanConsentRefused, PlanDrafted};
    use crate::case::spec::{given, given_nothing, told};

    fn consented() -> PlanConsented {
        PlanConsented::sample()
    }

    #[test]
    fn consent_is_admitted_before_the_plan() {
        given_nothing().when(told(consented())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(consented())]).when(told(consented()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn agreeing_after_all_is_no_repetition_of_having_agreed_before() {
        let refused = PlanConsentRefused::sample();
        given([told(consented()), told(refused)]).when(told(consented())).admits();
    }

    #[test]
    fn consent_in_another_form_is_another_consent() {
        given([told(consented())])
            .when(told(PlanConsented { method: ConsentMethod::Post.into(), ..consented() }))
            .admits();
    }

    #[test]
    fn the_plan_of_another_person_is_refused() {
        given_nothing()
            .when(told(PlanConsented { plan: id("aki:plan"), ..consented() }))
            .refuses(Refusal::ForeignReference("plan"));
    }

    #[test]
    fn a_revision_that_the_plan_does_not_have_is_refused() {
        given([told(PlanDrafted::sample())])
            .when(told(PlanConsented { rev: 2, ..consented() }))
            .refuses(Refusal::UnknownRevision { rev: 2, last: 1 });
    }

    #[test]
    fn revisions_count_from_one_even_where_the_draft_is_not_recorded() {
        given_nothing()
            .when(told(PlanConsented { rev: 0, ..consented() }))
            .refuses(Refusal::UnknownRevision { rev: 0, last: 1 });
        given_nothing().when(told(PlanConsented { rev: 2, ..consented() })).admits();
    }
}
