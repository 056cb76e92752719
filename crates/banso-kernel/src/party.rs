//! Who: the person, a supporter with an account, an organisation, somebody of the neighbourhood, or nobody
//! whom the source names.

use crate::{ActorId, IdError, OrgId, Personal};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// In which capacity somebody supports (役割). The roles of the source documents; any other by its own words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 相談支援専門員
    ConsultationSupportSpecialist,
    /// サービス管理責任者（サビ管）
    ServiceManager,
    /// サービス提供責任者（サ責）
    ServiceProvisionChief,
    /// 世話人
    ResidentialHelper,
    /// 支援員
    SupportWorker,
    /// ホームヘルパー
    HomeHelper,
    /// 病院相談員（PSW）
    HospitalSocialWorker,
    /// 主治医
    AttendingDoctor,
    /// 看護師
    Nurse,
    /// 訪問看護
    VisitingNurse,
    /// 保健師
    PublicHealthNurse,
    /// 精神保健福祉士
    PsychiatricSocialWorker,
    /// 精神保健福祉相談員
    MentalHealthWelfareOfficer,
    /// 障害福祉担当（市区町村）
    WelfareOfficer,
    /// 包括（地域包括支援センター）
    CommunityGeneralSupport,
    /// ケアマネ（介護支援専門員）
    CareManager,
    /// 民生委員
    CommissionedWelfareVolunteer,
    /// ピアサポーター
    PeerSupporter,
    /// まとめ役（調整役）
    Coordinator,
    /// 成年後見人等
    AdultGuardian,
    /// Any other, by its own words.
    Other(String),
}

impl Role {
    /// The label people see.
    pub fn label(&self) -> &str {
        match self {
            Self::ConsultationSupportSpecialist => "相談支援専門員",
            Self::ServiceManager => "サビ管",
            Self::ServiceProvisionChief => "サ責",
            Self::ResidentialHelper => "世話人",
            Self::SupportWorker => "支援員",
            Self::HomeHelper => "ヘルパー",
            Self::HospitalSocialWorker => "病院相談員（PSW）",
            Self::AttendingDoctor => "主治医",
            Self::Nurse => "看護師",
            Self::VisitingNurse => "訪問看護",
            Self::PublicHealthNurse => "保健師",
            Self::PsychiatricSocialWorker => "精神保健福祉士",
            Self::MentalHealthWelfareOfficer => "精神保健福祉相談員",
            Self::WelfareOfficer => "障害福祉担当",
            Self::CommunityGeneralSupport => "包括",
            Self::CareManager => "ケアマネ",
            Self::CommissionedWelfareVolunteer => "民生委員",
            Self::PeerSupporter => "ピアサポーター",
            Self::Coordinator => "まとめ役",
            Self::AdultGuardian => "成年後見人等",
            Self::Other(words) => words,
        }
    }

    /// Whether somebody in this role belongs to the neighbourhood (地域) rather than to a profession.
    pub fn is_of_community(&self) -> bool {
        matches!(self, Self::CommissionedWelfareVolunteer | Self::PeerSupporter)
    }
}

/// What somebody without an office is to the person (続柄・間柄).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// 母
    Mother,
    /// 父
    Father,
    /// きょうだい
    Sibling,
    /// 子
    Child,
    /// 配偶者
    Spouse,
    /// 親族
    Relative,
    /// 友人
    Friend,
    /// 近隣
    Neighbour,
    /// Any other, by its own words.
    Other(String),
}

impl Relation {
    /// The label people see.
    pub fn label(&self) -> &str {
        match self {
            Self::Mother => "母",
            Self::Father => "父",
            Self::Sibling => "きょうだい",
            Self::Child => "子",
            Self::Spouse => "配偶者",
            Self::Relative => "親族",
            Self::Friend => "友人",
            Self::Neighbour => "近隣",
            Self::Other(words) => words,
        }
    }

    /// Whether it is family (家族・親族).
    pub fn is_family(&self) -> bool {
        match self {
            Self::Mother | Self::Father | Self::Sibling | Self::Child | Self::Spouse | Self::Relative => true,
            Self::Friend | Self::Neighbour | Self::Other(_) => false,
        }
    }
}

/// Somebody who did something, was asked or was met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// 本人
    Person,
    /// A supporter with an account, acting for an organisation in a role.
    Actor {
        /// Who.
        actor: ActorId,
        /// For whom.
        org: OrgId,
        /// As what.
        role: Role,
    },
    /// An organisation as a whole.
    Org(OrgId),
    /// Somebody of the family or the neighbourhood, without an account (インフォーマル).
    Informal {
        /// How the source calls them.
        label: Personal<String>,
        /// What they are to the person.
        relation: Relation,
    },
    /// Somebody whom the source describes without naming.
    Unnamed {
        /// The source's words.
        label: Personal<String>,
    },
    /// The source does not say who.
    NotRecorded,
}

impl Party {
    /// The organisation behind the party, if there is one.
    pub fn org(&self) -> Option<&OrgId> {
        match self {
            Self::Actor { org, .. } | Self::Org(org) => Some(org),
            Self::Person | Self::Informal { .. } | Self::Unnamed { .. } | Self::NotRecorded => None,
        }
    }
}

/// Who recorded: a supporter with an account, for an organisation. On the wire `<actor>@<org>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorRef {
    /// Who.
    pub actor: ActorId,
    /// For whom.
    pub org: OrgId,
}

impl fmt::Display for ActorRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.actor, self.org)
    }
}

impl FromStr for ActorRef {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let (actor, org) = text.split_once('@').ok_or(IdError::Token)?;
        Ok(Self { actor: actor.parse()?, org: org.parse()? })
    }
}

impl Serialize for ActorRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ActorRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_reads_as_a_person_would_write_it() {
        let read = |json: &str| serde_json::from_str::<Party>(json).unwrap();
        assert_eq!(read(r#""person""#), Party::Person);
        assert_eq!(read(r#"{"org":"b-clinic"}"#), Party::Org("b-clinic".parse().unwrap()));
        assert_eq!(
            read(r#"{"actor":{"actor":"w1","org":"city","role":"welfare_officer"}}"#),
            Party::Actor {
                actor: "w1".parse().unwrap(),
                org: "city".parse().unwrap(),
                role: Role::WelfareOfficer
            }
        );
        assert!(serde_json::from_str::<Party>(r#""somebody""#).is_err());
    }

    #[test]
    fn a_recorder_is_an_actor_for_an_organisation() {
        assert_eq!("w1@city".parse::<ActorRef>().unwrap().to_string(), "w1@city");
        for bad in ["w1", "@city", "w1@", "w 1@city", "a@b@c"] {
            assert!(bad.parse::<ActorRef>().is_err(), "{bad}");
        }
    }
}
