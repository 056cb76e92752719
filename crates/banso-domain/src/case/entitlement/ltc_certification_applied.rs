use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::welfare_officer;
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Long-term care certification is applied for (要介護認定の申請), which opens 介護保険. Source: S2 p.7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LtcCertificationApplied {
    /// Who applied or handed it in: the person, the family, 地域包括支援センター.
    pub by: Vec<Party>,
    /// To whom (保険者).
    pub municipality: Party,
    /// Whether for the first time.
    #[serde(default)]
    pub kind: Stated<LtcApplicationKind>,
}

labelled! {
    /// What long-term care certification is applied for.
    LtcApplicationKind {
        New = "新規",
        Renewal = "更新",
        LevelChange = "区分変更",
    }
}

impl Payload for LtcCertificationApplied {
    const NAME: &'static str = "LtcCertificationApplied";

    fn label(&self) -> Cow<'_, str> {
        "要介護認定の申請".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.municipality]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.kind.value().map(|kind| kind.label().into())
    }

    fn sample() -> Self {
        Self {
            by: vec![Party::Unnamed { label: "地域包括支援センター".into() }],
            municipality: welfare_officer(),
            kind: LtcApplicationKind::New.into(),
        }
    }
}

impl Admit for LtcCertificationApplied {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn applied() -> LtcCertificationApplied {
        LtcCertificationApplied::sample()
    }

    #[test]
    fn an_application_is_admitted() {
        given_nothing().when(told(applied())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(applied())]).when(told(applied()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn an_application_at_another_time_is_another_one() {
        given([told(applied()).on("2024-04-01")]).when(told(applied()).on("2025-04-01")).admits();
    }
}
