use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{Party, Personal, ReferralId, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A party asked says no (見送り), if it can with another way. What is declined again and again, and why, is where
/// a 地域課題 begins to show. Source: domain.md §5.1, §5.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralDeclined {
    /// The request.
    pub referral: ReferralId,
    /// Who answered; not necessarily who recorded the answer.
    pub by: Party,
    /// Why.
    #[serde(default)]
    pub reason: Stated<DeclineReason>,
    /// Why, in words.
    #[serde(default)]
    pub explanation: Stated<Personal<String>>,
    /// What they propose instead (代わりの案).
    #[serde(default)]
    pub alternative: Stated<Personal<String>>,
}

labelled! {
    /// Why a request is declined.
    DeclineReason {
        Capacity = "受け入れの余裕がない",
        NotEligible = "対象にあたらない",
        OutOfArea = "対応できる地域の外",
        PersonDeclined = "本人が望まない",
        NoResource = "応じられる資源がない",
        Other = "その他",
    }
}

impl Payload for ReferralDeclined {
    const NAME: &'static str = "ReferralDeclined";

    fn label(&self) -> Cow<'_, str> {
        "見送り".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let reason = self.reason.value().map_or("理由の記載なし", |reason| reason.label());
        let words = self.explanation.value().map(|words| format!("（{}）", words.reveal()));
        let instead = self.alternative.value().map(|instead| format!("・代わりの案: {}", instead.reveal()));
        Some(format!("{reason}{}{}", words.unwrap_or_default(), instead.unwrap_or_default()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Referral(&self.referral)]
    }

    fn sample() -> Self {
        Self {
            referral: id("haru:r2"),
            by: consultant(),
            reason: DeclineReason::Capacity.into(),
            explanation: Stated::NotRecorded,
            alternative: stated("来月から一緒に面会に行けます"),
        }
    }
}

impl Admit for ReferralDeclined {
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

    fn declined() -> ReferralDeclined {
        ReferralDeclined::sample()
    }

    #[test]
    fn a_party_asked_may_say_no() {
        given([told(ReferralMade::sample())]).when(told(declined())).admits();
    }

    #[test]
    fn a_no_without_a_reason_is_a_no() {
        let silent =
            ReferralDeclined { reason: Stated::NotRecorded, alternative: Stated::NotRecorded, ..declined() };
        given_nothing().when(told(silent)).admits();
    }

    #[test]
    fn a_no_may_follow_a_yes_and_a_yes_a_no() {
        given([told(ReferralAccepted::sample())]).when(told(declined())).admits();
        given([told(declined())]).when(told(ReferralAccepted::sample())).admits();
    }

    #[test]
    fn the_same_no_from_a_second_recorder_is_a_repeat() {
        given([told(declined())]).when(told(declined()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn a_no_of_another_party_or_for_another_reason_is_new() {
        given([told(declined())])
            .when(told(ReferralDeclined { by: welfare_officer(), ..declined() }))
            .admits();
        given([told(declined())])
            .when(told(ReferralDeclined { reason: DeclineReason::OutOfArea.into(), ..declined() }))
            .admits();
    }

    #[test]
    fn two_noes_of_nobody_named_are_two() {
        let by_somebody = ReferralDeclined { by: Party::NotRecorded, ..declined() };
        given([told(by_somebody.clone())]).when(told(by_somebody)).admits();
    }

    #[test]
    fn a_no_to_a_request_about_another_person_is_refused() {
        given_nothing()
            .when(told(ReferralDeclined { referral: id("aki:r2"), ..declined() }))
            .refuses(Refusal::ForeignReference("referral"));
    }
}
