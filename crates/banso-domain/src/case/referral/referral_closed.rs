use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{health_centre_nurse, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, ReferralId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Nothing more is expected of a request (依頼の終了). One that closes without an answer or a result is closed all
/// the same. Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralClosed {
    /// The request.
    pub referral: ReferralId,
    /// Who closes it.
    pub by: Party,
}

impl Payload for ReferralClosed {
    const NAME: &'static str = "ReferralClosed";

    fn label(&self) -> Cow<'_, str> {
        "依頼の終了".into()
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
        Self { referral: id("haru:r1"), by: health_centre_nurse() }
    }
}

impl Admit for ReferralClosed {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::referral::ReferralOutcomeReported;
    use crate::case::spec::{given, given_nothing, told};

    fn closed() -> ReferralClosed {
        ReferralClosed::sample()
    }

    #[test]
    fn a_request_with_a_result_may_close() {
        given([told(ReferralOutcomeReported::sample())]).when(told(closed())).admits();
    }

    #[test]
    fn a_request_without_an_answer_may_close_too() {
        given_nothing().when(told(closed())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(closed())]).when(told(closed()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_request_about_another_person_is_refused() {
        given_nothing()
            .when(told(ReferralClosed { referral: id("aki:r1"), ..closed() }))
            .refuses(Refusal::ForeignReference("referral"));
    }
}
