use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{EntitlementId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The municipality asks for a draft plan, without which it does not decide (計画案の提出依頼).
/// Source: domain.md §3.1 (sequence).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftPlanRequested {
    /// The application it is for.
    pub entitlement: EntitlementId,
    /// Who asks.
    pub by: Party,
    /// Who is to write it.
    pub to: DraftPlanAuthor,
    /// By when.
    #[serde(default)]
    pub due: Stated<NaiveDate>,
}

/// Who is to write a draft plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftPlanAuthor {
    /// A consultation office (指定特定相談支援事業者).
    Agency(Party),
    /// The person (セルフプラン).
    Person,
}

impl Payload for DraftPlanRequested {
    const NAME: &'static str = "DraftPlanRequested";

    fn label(&self) -> Cow<'_, str> {
        "計画案の提出依頼".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn counterparts(&self) -> Vec<&Party> {
        match &self.to {
            DraftPlanAuthor::Agency(agency) => vec![agency],
            DraftPlanAuthor::Person => vec![&Party::Person],
        }
    }

    fn detail(&self) -> Option<Personal<String>> {
        let author = match self.to {
            DraftPlanAuthor::Agency(_) => "サービス等利用計画案",
            DraftPlanAuthor::Person => "セルフプラン",
        };
        let due = self.due.value().map(|due| format!("・{due} まで")).unwrap_or_default();
        Some(format!("{author}{due}").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Application(&self.entitlement)]
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e2"),
            by: welfare_officer(),
            to: DraftPlanAuthor::Agency(consultant()),
            due: Stated::NotRecorded,
        }
    }
}

impl Admit for DraftPlanRequested {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn requested() -> DraftPlanRequested {
        DraftPlanRequested::sample()
    }

    #[test]
    fn a_request_is_admitted_before_the_application() {
        given_nothing().when(told(requested())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(requested())]).when(told(requested()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_request_to_the_person_is_another_one() {
        given([told(requested())])
            .when(told(DraftPlanRequested { to: DraftPlanAuthor::Person, ..requested() }))
            .admits();
    }

    #[test]
    fn an_application_of_another_person_is_refused() {
        given_nothing()
            .when(told(DraftPlanRequested { entitlement: id("aki:e1"), ..requested() }))
            .refuses(Refusal::ForeignReference("application"));
    }
}
