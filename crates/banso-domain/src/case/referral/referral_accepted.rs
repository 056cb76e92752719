use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, ReferralId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A party asked says yes: from now on it supports the person (引き受け). Source: S0 p.31; domain.md §3.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralAccepted {
    /// The request.
    pub referral: ReferralId,
    /// Who answered; not necessarily who recorded the answer.
    pub by: Party,
}

impl Payload for ReferralAccepted {
    const NAME: &'static str = "ReferralAccepted";

    fn label(&self) -> Cow<'_, str> {
        "引き受け".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        None
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Referral(&self.referral)]
    }

    fn sample() -> Self {
        Self { referral: id("haru:r2"), by: consultant() }
    }
}

impl Admit for ReferralAccepted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        // An answer reported before the request itself, or by a party that was not asked, is still an answer.
        case.own(Thing::Referral(&self.referral))?;
        Ok(case.accepted_by(&self.referral, &self.by).map_or(Admission::New, Admission::Repeats))
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::referral::ReferralMade;
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::welfare_officer;

    fn made() -> ReferralMade {
        ReferralMade::sample()
    }

    fn accepted() -> ReferralAccepted {
        ReferralAccepted::sample()
    }

    #[test]
    fn a_party_asked_may_say_yes() {
        given([told(made())]).when(told(accepted())).admits();
    }

    #[test]
    fn an_answer_reported_before_the_request_itself_is_admitted() {
        given_nothing().when(told(accepted())).admits();
    }

    #[test]
    fn the_same_answer_from_a_second_recorder_is_a_repeat() {
        given([told(made()), told(accepted())])
            .when(told(accepted()).recorded_by("nurse@d-hoken"))
            .repeats(2);
    }

    #[test]
    fn the_answer_of_somebody_and_of_their_organisation_are_one() {
        let as_a_whole = ReferralAccepted { by: Party::Org(id("c-soudan")), ..accepted() };
        given([told(accepted())]).when(told(as_a_whole.clone())).repeats(1);
        given([told(as_a_whole)]).when(told(accepted())).repeats(1);
    }

    #[test]
    fn a_party_that_was_not_asked_may_say_yes_too() {
        given([told(made()), told(accepted())])
            .when(told(ReferralAccepted { by: welfare_officer(), ..accepted() }))
            .admits();
    }

    #[test]
    fn two_answers_of_nobody_named_are_two() {
        let by_somebody = ReferralAccepted { by: Party::NotRecorded, ..accepted() };
        given([told(by_somebody.clone())]).when(told(by_somebody)).admits();
    }

    #[test]
    fn an_answer_to_a_request_about_another_person_is_refused() {
        given_nothing()
            .when(told(ReferralAccepted { referral: id("aki:r2"), ..accepted() }))
            .refuses(Refusal::ForeignReference("referral"));
    }

    #[test]
    fn a_correction_of_who_answered_is_admitted() {
        given([told(made()), told(accepted())])
            .when(told(ReferralAccepted { by: welfare_officer(), ..accepted() }).correcting(2))
            .admits();
    }

    #[test]
    fn a_correction_into_what_another_event_says_is_a_repeat_of_that() {
        given([told(accepted()), told(ReferralAccepted { by: welfare_officer(), ..accepted() })])
            .when(told(accepted()).correcting(2))
            .repeats(1);
    }

    #[test]
    fn a_repeat_corrected_to_something_else_stands_by_itself() {
        let officer = || ReferralAccepted { by: welfare_officer(), ..accepted() };
        given([told(accepted()), told(accepted()).repeating(1), told(officer()).correcting(2)])
            .when(told(officer()))
            .repeats(2);
    }
}
