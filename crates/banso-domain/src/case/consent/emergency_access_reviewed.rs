use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{id, welfare_officer};
use crate::thing::Thing;
use banso_kernel::{AccessId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An access in an emergency is looked at afterwards, and the person is told (緊急時の閲覧の事後確認). Source:
/// domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmergencyAccessReviewed {
    /// The access.
    pub access: AccessId,
    /// Who looked at it.
    pub by: Vec<Party>,
    /// What they make of it.
    pub verdict: ReviewVerdict,
    /// When the person was told (本人への説明).
    #[serde(default)]
    pub person_informed_on: Stated<NaiveDate>,
    /// More about it.
    #[serde(default)]
    pub note: Stated<Personal<String>>,
}

labelled! {
    /// What a review makes of an access.
    ReviewVerdict {
        Necessary = "必要な閲覧だった",
        WiderThanNecessary = "必要な範囲を超えていた",
        NotNecessary = "必要な閲覧ではなかった",
        Undecided = "引き続き確かめる",
    }
}

impl Payload for EmergencyAccessReviewed {
    const NAME: &'static str = "EmergencyAccessReviewed";

    fn label(&self) -> Cow<'_, str> {
        "緊急時の閲覧の事後確認".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let informed = match self.person_informed_on.value() {
            Some(day) => format!("本人への説明 {}", day.format("%Y-%m-%d")),
            None => "本人への説明の記載なし".to_owned(),
        };
        let note = self.note.value().map(|note| format!(": {}", note.reveal())).unwrap_or_default();
        Some(format!("{}・{informed}{note}", self.verdict.label()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Access(&self.access)]
    }

    fn sample() -> Self {
        Self {
            access: id("haru:a1"),
            by: vec![welfare_officer()],
            verdict: ReviewVerdict::Necessary,
            person_informed_on: Stated::Value(id("2025-04-09")),
            note: Stated::NotRecorded,
        }
    }
}

impl Admit for EmergencyAccessReviewed {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::consent::EmergencyAccessStarted;
    use crate::case::spec::{given, given_nothing, told};

    fn reviewed() -> EmergencyAccessReviewed {
        EmergencyAccessReviewed::sample()
    }

    #[test]
    fn an_access_may_be_reviewed() {
        given([told(EmergencyAccessStarted::sample())]).when(told(reviewed())).admits();
    }

    #[test]
    fn a_review_is_admitted_before_the_access_and_by_an_organisation_that_was_not_named() {
        let by = vec![crate::samples::hospital()];
        given_nothing().when(told(EmergencyAccessReviewed { by, ..reviewed() })).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(reviewed())]).when(told(reviewed()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn another_verdict_is_another_review() {
        given([told(EmergencyAccessReviewed { verdict: ReviewVerdict::Undecided, ..reviewed() })])
            .when(told(reviewed()))
            .admits();
    }

    #[test]
    fn a_review_of_which_the_person_was_not_told_is_admitted() {
        let silent = EmergencyAccessReviewed { person_informed_on: Stated::NotRecorded, ..reviewed() };
        given_nothing().when(told(silent)).admits();
    }

    #[test]
    fn the_access_to_another_person_is_refused() {
        given_nothing()
            .when(told(EmergencyAccessReviewed { access: id("aki:a1"), ..reviewed() }))
            .refuses(Refusal::ForeignReference("emergency access"));
    }
}
