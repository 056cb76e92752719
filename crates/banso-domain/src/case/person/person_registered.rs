use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::id;
use crate::thing::Thing;
use banso_kernel::{OrgId, Party, Personal, ReferralId, Stated, ZoneId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A person is entered with the head of the basic sheet (基本情報の登録). Told again with other words, as after
/// a marriage or by another office, it is admitted: which form holds is for the reader. Sources: S0 p.17, S4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonRegistered {
    /// 氏名
    pub name: Personal<String>,
    /// ふりがな
    #[serde(default)]
    pub kana: Stated<Personal<String>>,
    /// 生年月日
    #[serde(default)]
    pub birth: Stated<Personal<NaiveDate>>,
    /// 年齢 in years on the day of the event, as the source gives it where the day of birth is not known.
    #[serde(default)]
    pub age: Stated<Personal<u8>>,
    /// 性別
    #[serde(default)]
    pub gender: Stated<Gender>,
    /// 住所
    #[serde(default)]
    pub address: Stated<Personal<String>>,
    /// 連絡先, as of a telephone.
    #[serde(default)]
    pub contact: Stated<Personal<String>>,
    /// The municipality in charge of the person (援護の実施者).
    #[serde(default)]
    pub municipality: Stated<OrgId>,
    /// In which zone the person lives (圏域).
    #[serde(default)]
    pub zone: Stated<ZoneId>,
    /// Certificates of disability that the person has (障害者手帳); empty = the person has none.
    #[serde(default)]
    pub certificates: Stated<Vec<Certificate>>,
    /// How the person came (相談経路).
    #[serde(default)]
    pub intake: Stated<Intake>,
}

/// A certificate of disability (障害者手帳).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Which.
    pub kind: CertificateKind,
    /// 等級・程度, in the words of the certificate: 「B1」, 「2級」.
    #[serde(default)]
    pub grade: Stated<Personal<String>>,
    /// 有効期限
    #[serde(default)]
    pub valid_to: Stated<NaiveDate>,
}

labelled! {
    /// The kinds of certificate of disability (障害者手帳).
    CertificateKind {
        Intellectual = "療育手帳",
        Mental = "精神障害者保健福祉手帳",
        Physical = "身体障害者手帳",
    }
}

labelled! {
    /// 性別, as the form has it and a genogram draws it.
    Gender {
        Female = "女性",
        Male = "男性",
        Other = "その他・回答しない",
    }
}

/// How a person came to those who support them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intake {
    /// By a request of somebody (紹介・依頼).
    Referral(ReferralId),
    /// The person, or the family, came or called (直接の相談).
    Direct,
}

impl Payload for PersonRegistered {
    const NAME: &'static str = "PersonRegistered";

    fn label(&self) -> Cow<'_, str> {
        "基本情報の登録".into()
    }

    fn doers(&self) -> Vec<&Party> {
        Vec::new()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let age = self.age.value().map(|age| format!("（{}歳）", age.reveal())).unwrap_or_default();
        let certificates = self.certificates.value().into_iter().flatten();
        let certificates: String = certificates.map(|has| format!("・{}", has.line())).collect();
        Some(format!("{}{age}{certificates}", self.name.reveal()).into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        match self.intake.value() {
            Some(Intake::Referral(referral)) => vec![Thing::Referral(referral)],
            Some(Intake::Direct) | None => Vec::new(),
        }
    }

    fn sample() -> Self {
        Self {
            name: "佐藤 誠".into(),
            kana: Stated::NotRecorded,
            birth: Stated::NotRecorded,
            age: Stated::Value(27.into()),
            gender: Stated::NotRecorded,
            address: Stated::NotRecorded,
            contact: Stated::NotRecorded,
            municipality: Stated::Value(id("kibougaoka")),
            zone: Stated::NotRecorded,
            certificates: Stated::Value(vec![Certificate {
                kind: CertificateKind::Intellectual,
                grade: Stated::Value("B1".into()),
                valid_to: Stated::NotRecorded,
            }]),
            intake: Stated::Value(Intake::Direct),
        }
    }
}

impl Certificate {
    fn line(&self) -> String {
        format!("{}{}", self.kind.label(), self.grade.value().map_or("", |grade| grade.reveal()))
    }
}

impl Admit for PersonRegistered {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn registered() -> PersonRegistered {
        PersonRegistered::sample()
    }

    fn by_referral(referral: &str) -> PersonRegistered {
        PersonRegistered { intake: Stated::Value(Intake::Referral(id(referral))), ..registered() }
    }

    #[test]
    fn a_person_is_entered() {
        given_nothing().when(told(registered())).admits();
    }

    #[test]
    fn a_person_is_entered_before_the_request_that_brought_them() {
        given_nothing().when(told(by_referral("haru:r1"))).admits();
    }

    #[test]
    fn the_same_form_from_a_second_recorder_is_a_repeat() {
        given([told(registered())]).when(told(registered()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn the_form_of_another_office_is_admitted() {
        let with_kana =
            PersonRegistered { kana: Stated::Value("さとう まこと".into()), ..registered() };
        given([told(registered())]).when(told(with_kana)).admits();
    }

    #[test]
    fn a_person_brought_by_a_request_about_another_person_is_refused() {
        given_nothing().when(told(by_referral("aki:r1"))).refuses(Refusal::ForeignReference("referral"));
    }

    #[test]
    fn the_day_of_birth_stays_out_of_debug_output() {
        let born =
            PersonRegistered { birth: Stated::Value(id::<NaiveDate>("1998-04-01").into()), ..registered() };
        assert!(!format!("{born:?}").contains("1998"));
    }
}
