use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{health_centre_nurse, id, stated};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, ReferralId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Whoever asked no longer does (依頼の取り下げ): nobody needs to answer. Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralWithdrawn {
    /// The request.
    pub referral: ReferralId,
    /// Who takes it back.
    pub by: Party,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for ReferralWithdrawn {
    const NAME: &'static str = "ReferralWithdrawn";

    fn label(&self) -> Cow<'_, str> {
        "依頼の取り下げ".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.reason.value().cloned()
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Referral(&self.referral)]
    }

    fn sample() -> Self {
        Self {
            referral: id("haru:r2"), by: health_centre_nurse(), reason: stated("本人がまだ考えたい")
        }
    }
}

impl Admit for ReferralWithdrawn {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::referral::{ReferralAccepted, ReferralMade};
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::welfare_officer;

    fn withdrawn() -> ReferralWithdrawn {
        ReferralWithdrawn::sample()
    }

    #[test]
    fn a_request_may_be_taken_back_even_after_a_yes() {
        given([told(ReferralMade::sample())]).when(told(withdrawn())).admits();
        given([told(ReferralAccepted::sample())]).when(told(withdrawn())).admits();
    }

    #[test]
    fn a_withdrawal_reported_before_the_request_itself_is_admitted() {
        given_nothing().when(told(withdrawn())).admits();
    }

    #[test]
    fn somebody_who_did_not_ask_may_take_it_back_too() {
        given([told(ReferralMade::sample())])
            .when(told(ReferralWithdrawn { by: welfare_officer(), ..withdrawn() }))
            .admits();
    }

    #[test]
    fn the_same_withdrawal_from_a_second_recorder_is_a_repeat() {
        given([told(withdrawn())]).when(told(withdrawn()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_withdrawal_of_a_request_about_another_person_is_refused() {
        given_nothing()
            .when(told(ReferralWithdrawn { referral: id("aki:r2"), ..withdrawn() }))
            .refuses(Refusal::ForeignReference("referral"));
    }
}
