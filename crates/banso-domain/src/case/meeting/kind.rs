//! The kinds of meeting (会議), of the source documents and of the law. Source: domain.md §1.4, §5.1.

use crate::payload::labelled;

labelled! {
    /// The kinds of meeting. 協議会 and its 部会 are no meetings about one person.
    MeetingKind {
        ServiceProviders = "サービス担当者会議",
        IndividualSupport = "個別支援会議",
        DischargeSupport = "退院支援会議",
        AftercarePlanning = "退院後支援カンファレンス",
        Care = "ケア会議",
        CaseReview = "事例検討会",
        IndividualSupportPlanning = "個別支援計画作成会議",
        Support = "支援会議",
        SupportUnderSocialWelfareAct = "支援会議（社会福祉法106条の6）",
        OutpatientSupport = "外来診察時の支援会議",
        DecisionSupport = "意思決定支援会議",
        DischargeSupportCommittee = "退院支援委員会",
        MultidisciplinaryTeam = "多職種チーム会議",
        Strategy = "作戦会議",
        Supervision = "スーパービジョン",
        Staff = "朝会・スタッフ会議",
        Other = "その他の会議",
    }
}
