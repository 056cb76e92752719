use super::entitlement_granted::runs_forward;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::welfare_officer;
use banso_kernel::{Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How much long-term care the person needs is decided (要介護認定). Source: domain.md §5.1; S2 p.7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LtcCertified {
    /// Who decided (保険者).
    pub by: Party,
    /// What (要介護状態区分).
    #[serde(default)]
    pub level: Stated<LtcLevel>,
    /// From when (認定有効期間).
    #[serde(default)]
    pub valid_from: Stated<NaiveDate>,
    /// Until when.
    #[serde(default)]
    pub valid_to: Stated<NaiveDate>,
}

labelled! {
    /// How much long-term care somebody needs (要介護状態区分).
    LtcLevel {
        NotApplicable = "非該当",
        Support1 = "要支援1",
        Support2 = "要支援2",
        Care1 = "要介護1",
        Care2 = "要介護2",
        Care3 = "要介護3",
        Care4 = "要介護4",
        Care5 = "要介護5",
    }
}

impl Payload for LtcCertified {
    const NAME: &'static str = "LtcCertified";

    fn label(&self) -> Cow<'_, str> {
        "要介護認定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let level = self.level.value().map_or("区分の記載なし", |level| level.label());
        let until = self.valid_to.value().map(|until| format!("・{until} まで")).unwrap_or_default();
        Some(format!("{level}{until}").into())
    }

    fn sample() -> Self {
        Self {
            by: welfare_officer(),
            level: LtcLevel::Care1.into(),
            valid_from: Stated::NotRecorded,
            valid_to: Stated::NotRecorded,
        }
    }
}

impl Admit for LtcCertified {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        runs_forward("certification's term", self.valid_from.value(), self.valid_to.value())?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn certified() -> LtcCertified {
        LtcCertified::sample()
    }

    #[test]
    fn a_certification_is_admitted_before_the_application() {
        given_nothing().when(told(certified())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(certified())]).when(told(certified()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_level_is_another_certification() {
        given([told(certified())])
            .when(told(LtcCertified { level: LtcLevel::Care2.into(), ..certified() }))
            .admits();
    }

    #[test]
    fn a_term_that_runs_backwards_is_refused() {
        let on = |day: &str| Stated::Value(day.parse().unwrap());
        given_nothing()
            .when(told(LtcCertified {
                valid_from: on("2025-08-01"),
                valid_to: on("2025-07-31"),
                ..certified()
            }))
            .refuses(Refusal::Backwards("certification's term"));
    }
}
