//! On what ground information is shared: consent is one of several (domain.md §5.2).

use crate::payload::labelled;

labelled! {
    /// On what ground information about the person is shared or read (共有の根拠).
    LegalBasis {
        PersonConsent = "本人同意",
        FamilyConsent = "家族同意",
        ProtectionOfLife = "生命・身体の保護",
        Statute = "法令・支給決定",
        SupportMeeting = "支援会議（社会福祉法106条の6）",
        Council = "協議会",
        AbuseResponse = "虐待対応",
    }
}
