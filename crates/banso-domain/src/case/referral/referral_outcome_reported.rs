use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{health_centre_nurse, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, ReferralId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What came of a request (つながった結果): whether the person and those asked found each other.
/// Source: S0 p.29; domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralOutcomeReported {
    /// The request.
    pub referral: ReferralId,
    /// Who reports.
    pub by: Party,
    /// What came of it.
    pub outcome: ReferralOutcome,
    /// The day of the first contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_contact_on: Option<NaiveDate>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal<String>>,
}

labelled! {
    /// What came of a request.
    ReferralOutcome {
        Connected = "つながった",
        Partly = "一部つながった",
        NotConnected = "つながらなかった",
        PersonWithdrew = "本人が取りやめた",
    }
}

impl Payload for ReferralOutcomeReported {
    const NAME: &'static str = "ReferralOutcomeReported";

    fn label(&self) -> Cow<'_, str> {
        "つながった結果".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let note = self.note.as_ref().map(|note| format!(": {}", note.reveal())).unwrap_or_default();
        Some(format!("{}{note}", self.outcome.label()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Referral(&self.referral)]
    }

    fn sample() -> Self {
        Self {
            referral: id("haru:r1"),
            by: health_centre_nurse(),
            outcome: ReferralOutcome::Connected,
            first_contact_on: None,
            note: None,
        }
    }
}

impl Admit for ReferralOutcomeReported {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn outcome() -> ReferralOutcomeReported {
        ReferralOutcomeReported::sample()
    }

    #[test]
    fn an_outcome_reported_before_the_request_itself_is_admitted() {
        given_nothing().when(told(outcome())).admits();
    }

    #[test]
    fn the_same_outcome_from_a_second_recorder_is_a_repeat() {
        given([told(outcome())]).when(told(outcome()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_outcome_of_the_same_request_is_new() {
        given([told(ReferralOutcomeReported { outcome: ReferralOutcome::NotConnected, ..outcome() })])
            .when(told(outcome()))
            .admits();
    }

    #[test]
    fn an_outcome_of_a_request_about_another_person_is_refused() {
        given_nothing()
            .when(told(ReferralOutcomeReported { referral: id("aki:r1"), ..outcome() }))
            .refuses(Refusal::ForeignReference("referral"));
    }
}
