//! The kinds of support that are applied for, granted, planned and given (サービス等の種類).

use serde::{Deserialize, Serialize};

/// A kind of support. What is not named here stands by its own words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// 居宅介護
    HomeCare,
    /// 精神科デイケア
    PsychiatricDayCare,
    /// 地域移行支援
    CommunityTransitionSupport,
    /// 地域定着支援
    CommunitySettlementSupport,
    /// 計画相談支援
    PlanningConsultation,
    /// 保健師訪問
    PublicHealthNurseVisit,
    /// 訪問看護
    VisitingNursing,
    /// 共同生活援助（グループホーム）
    GroupHome,
    /// 就労継続支援A型
    EmploymentSupportA,
    /// 就労継続支援B型
    EmploymentSupportB,
    /// 就労移行支援
    EmploymentTransition,
    /// 自立生活援助
    IndependentLivingAssistance,
    /// Any other, by its own words.
    Other(String),
}

impl ServiceKind {
    /// The label people see.
    pub fn label(&self) -> &str {
        match self {
            Self::HomeCare => "居宅介護",
            Self::PsychiatricDayCare => "精神科デイケア",
            Self::CommunityTransitionSupport => "地域移行支援",
            Self::CommunitySettlementSupport => "地域定着支援",
            Self::PlanningConsultation => "計画相談支援",
            Self::PublicHealthNurseVisit => "保健師訪問",
            Self::VisitingNursing => "訪問看護",
            Self::GroupHome => "共同生活援助",
            Self::EmploymentSupportA => "就労継続支援A型",
            Self::EmploymentSupportB => "就労継続支援B型",
            Self::EmploymentTransition => "就労移行支援",
            Self::IndependentLivingAssistance => "自立生活援助",
            Self::Other(words) => words,
        }
    }
}
