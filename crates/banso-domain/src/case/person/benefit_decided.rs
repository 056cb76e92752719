use super::BenefitKind;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use banso_kernel::{Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// It is decided whether the person gets a benefit (手帳・年金・自立支援医療・生活保護などの決定). Source: S4 (療育手帳
/// B1); domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenefitDecided {
    /// On what.
    pub benefit: BenefitKind,
    /// Who decided.
    pub by: Party,
    /// What.
    pub outcome: BenefitOutcome,
}

/// What was decided on a benefit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BenefitOutcome {
    /// 交付・支給・開始
    Granted {
        /// 等級・程度, in the words of the decision: 「B1」, 「2級」.
        #[serde(default)]
        grade: Stated<Personal<String>>,
        /// From when.
        #[serde(default)]
        valid_from: Stated<NaiveDate>,
        /// Until when; the next renewal.
        #[serde(default)]
        valid_to: Stated<NaiveDate>,
    },
    /// 却下・不支給
    Denied {
        /// Why.
        #[serde(default)]
        reason: Stated<Personal<String>>,
    },
    /// 廃止・返還
    Ended {
        /// Why.
        #[serde(default)]
        reason: Stated<Personal<String>>,
    },
}

impl Payload for BenefitDecided {
    const NAME: &'static str = "BenefitDecided";

    fn label(&self) -> Cow<'_, str> {
        format!("{}の決定", self.benefit.label()).into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let because = |reason: &Stated<Personal<String>>| {
            reason.value().map(|reason| format!("（{}）", reason.reveal())).unwrap_or_default()
        };
        let line = match &self.outcome {
            BenefitOutcome::Granted { grade, valid_to, .. } => {
                let grade = grade.value().map(|grade| format!(" {}", grade.reveal())).unwrap_or_default();
                let until = valid_to.value().map(|day| format!("（{}まで）", day.format("%Y-%m-%d")));
                format!("認められる{grade}{}", until.unwrap_or_default())
            }
            BenefitOutcome::Denied { reason } => format!("認められない{}", because(reason)),
            BenefitOutcome::Ended { reason } => format!("終わる{}", because(reason)),
        };
        Some(line.into())
    }

    fn sample() -> Self {
        Self {
            benefit: BenefitKind::IntellectualDisabilityCertificate,
            by: Party::NotRecorded,
            outcome: BenefitOutcome::Granted {
                grade: Stated::Value("B1".into()),
                valid_from: Stated::NotRecorded,
                valid_to: Stated::NotRecorded,
            },
        }
    }
}

impl Admit for BenefitDecided {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::id;

    fn decided() -> BenefitDecided {
        BenefitDecided::sample()
    }

    fn denied() -> BenefitDecided {
        BenefitDecided { outcome: BenefitOutcome::Denied { reason: Stated::NotRecorded }, ..decided() }
    }

    #[test]
    fn a_decision_is_admitted_before_the_application() {
        given_nothing().when(told(decided())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(decided())]).when(told(decided()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_outcome_is_another_decision() {
        given([told(denied())]).when(told(decided())).admits();
    }

    #[test]
    fn the_line_of_the_timeline_says_what_was_decided() {
        let line = |decided: BenefitDecided| decided.detail().map(|line| line.reveal().clone());
        assert_eq!(line(decided()).as_deref(), Some("認められる B1"));
        assert_eq!(line(denied()).as_deref(), Some("認められない"));
        let until = Stated::Value(id("2027-03-31"));
        let granted = BenefitOutcome::Granted {
            grade: Stated::NotRecorded,
            valid_from: Stated::NotRecorded,
            valid_to: until,
        };
        let granted = BenefitDecided { outcome: granted, ..decided() };
        assert_eq!(line(granted).as_deref(), Some("認められる（2027-03-31まで）"));
        let ended = BenefitOutcome::Ended { reason: Stated::Value("転出".into()) };
        assert_eq!(line(BenefitDecided { outcome: ended, ..decided() }).as_deref(), Some("終わる（転出）"));
    }
}
