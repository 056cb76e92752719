//! Parties as people and programs read them.

use banso_domain::Reference;
use banso_kernel::{ActorId, OrgId, Party, Personal};
use serde::Serialize;
use utoipa::ToSchema;

/// A party with its name.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PartyShown {
    /// 「相談支援専門員@C相談支援事業所」, 「本人」, 「Bクリニック」.
    #[schema(value_type = String)]
    pub name: Personal<String>,
    /// Who, if it is somebody with an account.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<ActorId>,
    /// For which organisation.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// In which role, in Japanese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whether the registry does not know the actor or the organisation (yet).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unregistered: bool,
}

impl PartyShown {
    /// The party with its name as the registry has it.
    pub fn of(party: &Party, reference: &Reference) -> Self {
        let (actor, org, role, registered) = match party {
            Party::Actor { actor, org, role } => (
                Some(actor.clone()),
                Some(org.clone()),
                Some(role.label().to_owned()),
                reference.actor(actor, org).is_some() && reference.org(org).is_some(),
            ),
            Party::Org(org) => (None, Some(org.clone()), None, reference.org(org).is_some()),
            Party::Person | Party::Informal { .. } | Party::Unnamed { .. } | Party::NotRecorded => {
                (None, None, None, true)
            }
        };
        Self { name: reference.name(party).into(), actor, org, role, unregistered: !registered }
    }

    /// Each with its name.
    pub fn each<'a>(parties: impl IntoIterator<Item = &'a Party>, reference: &Reference) -> Vec<Self> {
        parties.into_iter().map(|party| Self::of(party, reference)).collect()
    }
}
