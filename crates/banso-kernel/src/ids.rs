//! Identifiers. A newtype per thing, so that a plan is never passed where a referral is meant.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Longest token of an id, in characters. Ids become NATS subject tokens and index keys.
pub(crate) const ID_TOKEN_CHARS_MAX: usize = 64;

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not 1 to 64 of the allowed characters.
    #[error("an id is 1 to {ID_TOKEN_CHARS_MAX} of a-z A-Z 0-9 - _")]
    Token,
    /// An id of a thing that belongs to a person lacks the person.
    #[error("an id of a thing is written <person or zone>:<id>")]
    Scope,
    /// Not a UUID.
    #[error("an event id is a UUID")]
    Uuid,
}

pub(crate) fn check_token(token: &str) -> Result<(), IdError> {
    let ok = !token.is_empty()
        && token.len() <= ID_TOKEN_CHARS_MAX
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if ok { Ok(()) } else { Err(IdError::Token) }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// The id as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                $check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::parsed::parsed(deserializer)
            }
        }
    };
}

text_id!(
    /// The person whose life is supported (本人). Opaque: never a name or an official number.
    PersonId,
    check_token
);
text_id!(
    /// An organisation (機関・事業所).
    OrgId,
    check_token
);
text_id!(
    /// Somebody with an account: a supporter who records.
    ActorId,
    check_token
);

text_id!(
    /// A rule pack (制度ルール).
    RulePackId,
    check_token
);

fn check_scoped(text: &str) -> Result<(), IdError> {
    let (person, local) = text.split_once(':').ok_or(IdError::Scope)?;
    check_token(person)?;
    check_token(local)
}

/// An id of a thing that belongs to one person, or to one zone. It is written `<owner>:<id>`, so that a reference to
/// another one's thing is seen without asking anyone.
pub trait Scoped {
    /// Whose it is.
    fn owner(&self) -> &str;

    /// Whether it belongs to `owner`.
    fn is_of(&self, owner: &str) -> bool {
        self.owner() == owner
    }
}

macro_rules! scoped_id {
    ($(#[$doc:meta])* $name:ident) => {
        text_id!($(#[$doc])* $name, check_scoped);

        impl Scoped for $name {
            fn owner(&self) -> &str {
                self.0.split_once(':').map_or("", |(owner, _)| owner)
            }
        }
    };
}

scoped_id!(
    /// A request for help and its answer (依頼・つなぎ).
    ReferralId
);
scoped_id!(
    /// A fact that somebody observed, heard or measured (わかったこと).
    FactId
);
scoped_id!(
    /// A reading of the situation and what to do about it (見立て・支援方針).
    FormulationId
);
scoped_id!(
    /// A stretch of life with a beginning and an end: a hospital stay, a support under the law.
    EpisodeId
);
scoped_id!(
    /// An application for services and what was granted on it (申請・支給決定).
    EntitlementId
);
scoped_id!(
    /// A plan through all its revisions (計画).
    PlanId
);
scoped_id!(
    /// A meeting (会議).
    MeetingId
);
scoped_id!(
    /// A note of a contact (面会・訪問・電話などの記録).
    NoteId
);
scoped_id!(
    /// A support that somebody gives (支援).
    SupportId
);
scoped_id!(
    /// Something that is known not to be known (わからないこと).
    UnknownId
);
scoped_id!(
    /// A consent to share information (情報共有の同意).
    ConsentId
);
scoped_id!(
    /// An access to information in an emergency, without a consent (緊急時の閲覧).
    AccessId
);
scoped_id!(
    /// Something that could not wait, and what was done about it (緊急時).
    EmergencyId
);

scoped_id!(
    /// What a zone lacks (地域課題).
    IssueId
);
scoped_id!(
    /// A meeting of a council (協議会).
    CouncilMeetingId
);

text_id!(
    /// A zone (圏域): a municipality or a welfare area, with the councils that look after it.
    ZoneId,
    check_token
);
text_id!(
    /// A row of a plan; unique within its plan through all revisions.
    PlanItemId,
    check_token
);
text_id!(
    /// Something decided at a meeting; unique within its meeting.
    DecisionId,
    check_token
);
text_id!(
    /// A certificate's number (受給者証番号). Personal: stands in payloads only.
    CertificateId,
    check_token
);

/// The identity of an event: UUIDv5 of the publisher's (source, id). The same proposal has the same event id
/// everywhere and for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

impl EventId {
    /// Name space of banso's event ids; frozen.
    pub const NAMESPACE: Uuid = Uuid::from_u128(0x9c1f_0f3e_6d0b_5b4e_8a53_6261_6e73_6f31);

    /// The event id of what `source` calls `id`: UUIDv5 of `<source>\n<id>`.
    pub fn of(source: &str, id: &str) -> Self {
        let mut name = Vec::with_capacity(source.len() + 1 + id.len());
        name.extend_from_slice(source.as_bytes());
        name.push(b'\n');
        name.extend_from_slice(id.as_bytes());
        Self(Uuid::new_v5(&Self::NAMESPACE, &name))
    }

    /// The 16 bytes under which it is indexed.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// From the 16 bytes under which it is indexed.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl FromStr for EventId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        // Only the form that is printed, so that one event has one spelling in hashes and addresses.
        match Uuid::try_parse(text) {
            Ok(uuid) if text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase()) => Ok(Self(uuid)),
            Ok(_) | Err(_) => Err(IdError::Uuid),
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_is_frozen_by_a_sample() {
        let id = EventId::of("https://hospital.example", "haru-05");
        assert_eq!(id.to_string(), "2e4f00d2-b6f5-598a-904c-edfaa9441c02");
        assert_ne!(id, EventId::of("https://hospital.exampl", "e\nharu-05"));
    }

    #[test]
    fn ids_refuse_what_could_not_be_a_subject_token() {
        for bad in ["", "a.b", "a b", "a*", ">", "ハル", "a/b", &"x".repeat(65)] {
            assert_eq!(bad.parse::<PersonId>(), Err(IdError::Token), "{bad}");
        }
        assert!("haru".parse::<PersonId>().is_ok());
    }

    #[test]
    fn a_scoped_id_names_its_owner() {
        let plan: PlanId = "haru:p1".parse().unwrap();
        assert!(plan.is_of("haru"));
        assert!(!"aki:p1".parse::<PlanId>().unwrap().is_of("haru"));
        assert_eq!("p1".parse::<PlanId>(), Err(IdError::Scope));
        assert_eq!("haru:p:1".parse::<PlanId>(), Err(IdError::Token));
    }

    #[test]
    fn an_event_id_has_one_spelling() {
        let id = EventId::of("s", "1");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse::<EventId>(), Err(IdError::Uuid));
        assert_eq!(id.to_string().replace('-', "").parse::<EventId>(), Err(IdError::Uuid));
    }
}
