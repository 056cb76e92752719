use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, ReferralId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A request has reached a party asked, who has not answered it yet (依頼の受け取り). Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralReceived {
    /// The request.
    pub referral: ReferralId,
    /// Whom it reached.
    pub by: Party,
}

impl Payload for ReferralReceived {
    const NAME: &'static str = "ReferralReceived";

    fn label(&self) -> Cow<'_, str> {
        "依頼の受け取り".into()
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

impl Admit for ReferralReceived {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual_of(&self.by, self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::referral::{ReferralAccepted, ReferralMade};
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::welfare_officer;

    fn received() -> ReferralReceived {
        ReferralReceived::sample()
    }

    #[test]
    fn a_request_may_be_received() {
        given([told(ReferralMade::sample())]).when(told(received())).admits();
    }

    #[test]
    fn a_receipt_reported_before_the_request_itself_or_after_its_answer_is_admitted() {
        given_nothing().when(told(received())).admits();
        given([told(ReferralAccepted::sample())]).when(told(received())).admits();
    }

    #[test]
    fn the_same_receipt_from_a_second_recorder_is_a_repeat() {
        given([told(received())]).when(told(received()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn each_of_those_asked_receives_for_itself() {
        given([told(received())])
            .when(told(ReferralReceived { by: welfare_officer(), ..received() }))
            .admits();
    }

    #[test]
    fn two_receipts_by_nobody_named_are_two() {
        let by_somebody = ReferralReceived { by: Party::NotRecorded, ..received() };
        given([told(by_somebody.clone())]).when(told(by_somebody)).admits();
    }

    #[test]
    fn a_receipt_of_a_request_about_another_person_is_refused() {
        given_nothing()
            .when(told(ReferralReceived { referral: id("aki:r2"), ..received() }))
            .refuses(Refusal::ForeignReference("referral"));
        given_nothing()
            .when(told(ReferralReceived { referral: id("aki:r2"), by: Party::NotRecorded }))
            .refuses(Refusal::ForeignReference("referral"));
    }
}
