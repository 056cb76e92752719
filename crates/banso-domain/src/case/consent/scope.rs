//! What a consent covers, and who gives it: with whom × which information × what for (domain.md §5.2).

use crate::Refusal;
use crate::payload::labelled;
use banso_kernel::{Party, Role, Stated};
use serde::{Deserialize, Serialize};

/// With whom which information may be shared, and what for (同意の範囲).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharingScope {
    /// With which organisations, or with whom of the neighbourhood.
    #[serde(default)]
    pub with: Vec<Party>,
    /// With whoever supports the person in these roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Which information.
    pub classes: Vec<InformationClass>,
    /// What for.
    pub purpose: SharingPurpose,
}

labelled! {
    /// A class of information, of which each is agreed to by itself (情報の種類).
    InformationClass {
        Contact = "住所・連絡先",
        Medical = "医療",
        DailyLife = "生活",
        Money = "家計",
        Family = "家族",
        Work = "就労",
        LifeHistory = "生活歴",
        Plans = "計画・モニタリング",
        Violence = "暴力被害",
    }
}

labelled! {
    /// What information is shared for (利用目的). A case review is a purpose of its own: no other one covers it.
    SharingPurpose {
        Support = "支援の連携",
        Referral = "依頼・つなぎ",
        PlanMaking = "計画の作成・担当者会議",
        DischargeSupport = "退院支援",
        Emergency = "緊急時の対応",
        CaseReview = "事例検討会",
        Council = "協議会",
    }
}

/// Who agrees or refuses, and about whose information.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentingParty {
    /// 本人
    Person,
    /// Somebody for the person (代理).
    OnBehalf {
        /// Who.
        party: Party,
        /// By what right.
        #[serde(default)]
        capacity: Stated<Capacity>,
    },
    /// Somebody of the family about themselves: nobody else agrees to that.
    AboutThemselves {
        /// Who.
        party: Party,
    },
}

labelled! {
    /// By what right somebody agrees for the person.
    Capacity {
        LegalGuardian = "成年後見人等",
        Parent = "保護者",
        Proxy = "代理人",
        Family = "家族",
    }
}

labelled! {
    /// In which form somebody agrees or refuses.
    ConsentForm {
        Signature = "署名",
        Seal = "押印",
        Electronic = "電磁的",
        Oral = "口頭",
        Telephone = "電話",
        Post = "郵送",
        ByDeputy = "代行",
    }
}

impl SharingScope {
    /// Refuses a scope that lets nobody know anything.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.with.is_empty() && self.roles.is_empty() {
            return Err(Refusal::Nobody("with or roles"));
        }
        if self.classes.is_empty() {
            return Err(Refusal::Nobody("classes"));
        }
        Ok(())
    }

    /// In one line; the parties stand beside it.
    pub(super) fn line(&self) -> String {
        let roles = self.roles.iter().map(Role::label).collect::<Vec<_>>().join("・");
        let roles = if roles.is_empty() { roles } else { format!("{roles}へ: ") };
        format!("{roles}{}（{}）", labels(&self.classes), self.purpose.label())
    }
}

impl ConsentingParty {
    /// Who it is.
    pub fn party(&self) -> &Party {
        match self {
            Self::Person => &Party::Person,
            Self::OnBehalf { party, .. } | Self::AboutThemselves { party } => party,
        }
    }

    /// What is to be said of them beside their name.
    pub(super) fn note(&self) -> String {
        match self {
            Self::Person => String::new(),
            Self::OnBehalf { capacity, .. } => {
                format!("・{}", capacity.value().map_or("代理", |capacity| capacity.label()))
            }
            Self::AboutThemselves { .. } => "・自分の情報について".to_owned(),
        }
    }
}

/// The labels of classes, in one line.
pub(super) fn labels(classes: &[InformationClass]) -> String {
    classes.iter().map(|class| class.label()).collect::<Vec<_>>().join("・")
}

/// The scope of the samples.
pub(super) fn sample() -> SharingScope {
    SharingScope {
        with: vec![crate::samples::consultant(), crate::samples::hospital()],
        roles: Vec::new(),
        classes: vec![InformationClass::Contact, InformationClass::Medical, InformationClass::DailyLife],
        purpose: SharingPurpose::DischargeSupport,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banso_kernel::Relation;

    #[test]
    fn a_scope_is_read_in_one_line() {
        assert_eq!(sample().line(), "住所・連絡先・医療・生活（退院支援）");
        let doctors = SharingScope { roles: vec![Role::AttendingDoctor], ..sample() };
        assert_eq!(doctors.line(), "主治医へ: 住所・連絡先・医療・生活（退院支援）");
    }

    #[test]
    fn roles_alone_are_somebody() {
        let doctors = SharingScope { with: Vec::new(), roles: vec![Role::AttendingDoctor], ..sample() };
        assert_eq!(doctors.check(), Ok(()));
    }

    #[test]
    fn it_is_said_by_what_right_somebody_agrees() {
        let sister = Party::Informal { label: "妹".into(), relation: Relation::Sibling };
        let on_behalf = |capacity| ConsentingParty::OnBehalf { party: sister.clone(), capacity };
        assert_eq!(ConsentingParty::Person.party(), &Party::Person);
        assert_eq!(on_behalf(Stated::Value(Capacity::Family)).note(), "・家族");
        assert_eq!(on_behalf(Stated::NotRecorded).note(), "・代理");
        let about_themselves = ConsentingParty::AboutThemselves { party: sister.clone() };
        assert_eq!(
            (about_themselves.party(), about_themselves.note().as_str()),
            (&sister, "・自分の情報について")
        );
    }
}
