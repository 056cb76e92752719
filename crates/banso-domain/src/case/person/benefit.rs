//! The benefits beside the services of the law: certificates, pensions, medical care, public assistance.

use serde::{Deserialize, Serialize};

/// A benefit that somebody applies for (手当・手帳・年金など). What is not named here stands by its own words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BenefitKind {
    /// 療育手帳
    IntellectualDisabilityCertificate,
    /// 精神障害者保健福祉手帳
    MentalHealthCertificate,
    /// 身体障害者手帳
    PhysicalDisabilityCertificate,
    /// 障害年金
    DisabilityPension,
    /// 自立支援医療
    SelfRelianceMedicalCare,
    /// 生活保護
    PublicAssistance,
    /// Any other, by its own words.
    Other(String),
}

impl BenefitKind {
    /// The label people see.
    pub fn label(&self) -> &str {
        match self {
            Self::IntellectualDisabilityCertificate => "療育手帳",
            Self::MentalHealthCertificate => "精神障害者保健福祉手帳",
            Self::PhysicalDisabilityCertificate => "身体障害者手帳",
            Self::DisabilityPension => "障害年金",
            Self::SelfRelianceMedicalCare => "自立支援医療",
            Self::PublicAssistance => "生活保護",
            Self::Other(words) => words,
        }
    }
}
