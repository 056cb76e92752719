//! The team as people and programs read it.

use super::{Member, TeamRoster};
use crate::named::PartyShown;
use crate::{AsOf, Moment, MomentShown};
use banso_domain::Reference;
use banso_domain::case::team::MemberLayer;
use banso_kernel::{Party, Personal};
use serde::Serialize;
use utoipa::ToSchema;

/// The answer: the team in its four layers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TeamRosterShown {
    /// Which state of the world.
    pub as_of: AsOf,
    /// 本人 / 家族・親族 / 地域 / 専門機関; all four, in this order.
    pub layers: Vec<LayerShown>,
    /// Those whose every ground has ended.
    pub former: Vec<MemberShown>,
}

/// A layer of the team.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LayerShown {
    /// Which.
    pub layer: Layer,
    /// In Japanese.
    pub label: String,
    /// In the order in which they came.
    pub members: Vec<MemberShown>,
}

/// The layers of a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// 本人
    Person,
    /// 家族・親族
    Family,
    /// 地域
    Community,
    /// 専門機関
    Professional,
}

impl Layer {
    /// All, in the order in which people read them.
    pub const ALL: [Self; 4] = [Self::Person, Self::Family, Self::Community, Self::Professional];

    /// The label people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Person => "本人",
            Self::Family => "家族・親族",
            Self::Community => "地域",
            Self::Professional => "専門機関",
        }
    }

    fn of(member: &Member) -> Self {
        match (&member.party, member.stated_layer) {
            (Party::Person, _) => Self::Person,
            (Party::Informal { relation, .. }, _) if relation.is_family() => Self::Family,
            (Party::Informal { .. }, _) | (_, Some(MemberLayer::Informal)) => Self::Community,
            (Party::Actor { role, .. }, _) if role.is_of_community() => Self::Community,
            (Party::Actor { .. } | Party::Org(_) | Party::Unnamed { .. } | Party::NotRecorded, _) => {
                Self::Professional
            }
        }
    }
}

/// A member of the team.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MemberShown {
    /// Who.
    pub who: PartyShown,
    /// What they do for the person.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duties: Option<Personal<String>>,
    /// Since when; absent for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<MomentShown>,
    /// Until when, once every ground has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<MomentShown>,
    /// On what grounds.
    pub basis: Vec<BasisShown>,
}

/// A ground of membership.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BasisShown {
    /// In Japanese.
    pub label: String,
    /// Since when it holds.
    pub since: MomentShown,
    /// Until when it held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<MomentShown>,
}

/// The state as people and programs read it.
pub fn show(state: &TeamRoster, as_of: AsOf, reference: &Reference) -> TeamRosterShown {
    let (active, former): (Vec<&Member>, Vec<&Member>) =
        state.members.iter().partition(|member| member.grounds.iter().any(|ground| ground.until.is_none()));
    let layers = Layer::ALL.into_iter().map(|layer| {
        let of_layer = active.iter().filter(|member| Layer::of(member) == layer);
        let members = of_layer.map(|member| show_member(member, reference));
        let person = (layer == Layer::Person).then(|| MemberShown {
            who: PartyShown::of(&Party::Person, reference),
            duties: None,
            since: None,
            until: None,
            basis: Vec::new(),
        });
        LayerShown {
            layer,
            label: layer.label().to_owned(),
            members: person.into_iter().chain(members).collect(),
        }
    });
    TeamRosterShown {
        as_of,
        layers: layers.collect(),
        former: former.into_iter().map(|member| show_member(member, reference)).collect(),
    }
}

fn show_member(member: &Member, reference: &Reference) -> MemberShown {
    let ended: Option<Vec<&Moment>> = member.grounds.iter().map(|ground| ground.until.as_ref()).collect();
    // Grounds need not end in the order in which they began.
    let last = ended.and_then(|ends| ends.into_iter().max_by_key(|end| end.span.earliest));
    MemberShown {
        who: PartyShown::of(&member.party, reference),
        duties: member.duties.clone(),
        since: member.grounds.first().map(|ground| ground.since.show()),
        until: last.map(Moment::show),
        basis: member
            .grounds
            .iter()
            .map(|ground| BasisShown {
                label: ground.kind.label(),
                since: ground.since.show(),
                until: ground.until.as_ref().map(Moment::show),
            })
            .collect(),
    }
}
