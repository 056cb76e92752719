use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{health_centre_nurse, id};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, ReferralId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A party asked passes the request on to another one (依頼の取り次ぎ): with that it has answered, and the request
/// that follows waits in its place (紹介の連鎖). Source: S2 slide 6; domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralForwarded {
    /// The request that was passed on.
    pub referral: ReferralId,
    /// Who passed it on.
    pub by: Party,
    /// The request that follows from it; a `ReferralMade` of its own.
    pub child: ReferralId,
}

impl Payload for ReferralForwarded {
    const NAME: &'static str = "ReferralForwarded";

    fn label(&self) -> Cow<'_, str> {
        "依頼の取り次ぎ".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        None
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Referral(&self.referral), Thing::Referral(&self.child)]
    }

    fn sample() -> Self {
        Self { referral: id("haru:r1"), by: health_centre_nurse(), child: id("haru:r2") }
    }
}

impl Admit for ReferralForwarded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if case.leads_to(&self.referral, &self.child) {
            return Err(Refusal::ReferralCycle);
        }
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::referral::ReferralMade;
    use crate::case::spec::{Told, given, given_nothing, told};

    fn referral(number: u8) -> ReferralId {
        id(&format!("haru:r{number}"))
    }

    fn made(number: u8, parent: Option<u8>) -> Told {
        let parent = parent.map(referral);
        told(ReferralMade { referral: referral(number), parent, ..ReferralMade::sample() })
    }

    fn forwarded(number: u8, child: u8) -> ReferralForwarded {
        let child = referral(child);
        ReferralForwarded { referral: referral(number), child, ..ReferralForwarded::sample() }
    }

    #[test]
    fn a_request_may_be_passed_on_before_or_after_the_one_that_follows() {
        given([made(1, None)]).when(told(forwarded(1, 2))).admits();
        given([made(1, None), made(2, Some(1))]).when(told(forwarded(1, 2))).admits();
        given_nothing().when(told(forwarded(1, 2))).admits();
    }

    #[test]
    fn two_requests_may_be_passed_on_as_one_and_one_as_two() {
        given([told(forwarded(1, 3))]).when(told(forwarded(2, 3))).admits();
        given([told(forwarded(1, 2))]).when(told(forwarded(1, 3))).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(forwarded(1, 2))]).when(told(forwarded(1, 2)).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_request_passed_on_as_itself_is_refused() {
        given_nothing().when(told(forwarded(1, 1))).refuses(Refusal::ReferralCycle);
    }

    #[test]
    fn a_request_passed_on_as_one_that_it_goes_back_to_is_refused() {
        given([made(2, Some(1))]).when(told(forwarded(2, 1))).refuses(Refusal::ReferralCycle);
        given([told(forwarded(1, 2)), told(forwarded(2, 3))])
            .when(told(forwarded(3, 1)))
            .refuses(Refusal::ReferralCycle);
        // Through whichever of the requests that became one.
        given([told(forwarded(1, 3)), told(forwarded(2, 3))])
            .when(told(forwarded(3, 1)))
            .refuses(Refusal::ReferralCycle);
    }

    #[test]
    fn a_request_that_follows_from_what_it_was_passed_on_as_is_refused() {
        given([told(forwarded(1, 2))]).when(made(1, Some(2))).refuses(Refusal::ReferralCycle);
    }

    #[test]
    fn another_persons_request_is_refused() {
        let sample = ReferralForwarded::sample;
        given_nothing()
            .when(told(ReferralForwarded { referral: id("aki:r1"), ..sample() }))
            .refuses(Refusal::ForeignReference("referral"));
        given_nothing()
            .when(told(ReferralForwarded { child: id("aki:r2"), ..sample() }))
            .refuses(Refusal::ForeignReference("referral"));
    }
}
