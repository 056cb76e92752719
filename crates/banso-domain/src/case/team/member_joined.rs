use crate::Refusal;
use crate::case::Case;
use crate::case::referral::is_same_party;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::health_centre_nurse;
use banso_kernel::{Party, Personal};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody becomes one of those who support the person (チームに参加). Family and neighbours need no account.
/// Source: S1 (支援チーム).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberJoined {
    /// Who.
    pub party: Party,
    /// Whether by profession or by being there.
    pub layer: MemberLayer,
    /// On what ground.
    pub basis: MemberBasis,
    /// What they do for the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duties: Option<Personal<String>>,
}

labelled! {
    /// Whether a member supports by profession or by being there.
    MemberLayer {
        Formal = "フォーマル",
        Informal = "インフォーマル",
    }
}

labelled! {
    /// The ground on which somebody supports.
    MemberBasis {
        Referral = "協力依頼",
        PlanItem = "計画",
        Meeting = "会議",
        Statutory = "法令",
        NotRecorded = "記載なし",
    }
}

impl Payload for MemberJoined {
    const NAME: &'static str = "MemberJoined";

    fn label(&self) -> Cow<'_, str> {
        "チームに参加".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.party]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.duties.clone()
    }

    fn sample() -> Self {
        Self {
            party: health_centre_nurse(),
            layer: MemberLayer::Formal,
            basis: MemberBasis::Referral,
            duties: None,
        }
    }
}

impl Admit for MemberJoined {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        let joined = &case.known.team.joined;
        let said_before = joined.iter().find(|told| is_same_member(&told.payload.party, &self.party));
        Ok(said_before.map_or(Admission::New, |told| Admission::Repeats(told.event)))
    }
}

/// The same supporter for the same organisation, in whatever role. An organisation as a whole and somebody
/// of it are two members; two whom the source does not name may be two.
fn is_same_member(a: &Party, b: &Party) -> bool {
    match (a, b) {
        (Party::Actor { .. }, Party::Actor { .. }) => is_same_party(a, b),
        (a, b) => a == b && *a != Party::NotRecorded,
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::id;
    use banso_kernel::Role;

    fn joined(party: Party) -> MemberJoined {
        MemberJoined { party, ..MemberJoined::sample() }
    }

    #[test]
    fn a_member_is_admitted() {
        given_nothing().when(told(MemberJoined::sample())).admits();
    }

    #[test]
    fn the_same_member_is_a_repeat_whatever_the_role_and_the_ground() {
        let again = MemberJoined {
            party: Party::Actor { actor: id("nurse"), org: id("d-hoken"), role: Role::Coordinator },
            basis: MemberBasis::Meeting,
            ..MemberJoined::sample()
        };
        given([told(MemberJoined::sample())]).when(told(again).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn an_organisation_and_somebody_of_it_are_two_members() {
        given([told(joined(health_centre_nurse()))]).when(told(joined(Party::Org(id("d-hoken"))))).admits();
    }

    #[test]
    fn the_same_neighbour_is_a_repeat() {
        let neighbour = || joined(Party::Unnamed { label: "近所の人".into() });
        given([told(neighbour())]).when(told(neighbour())).repeats(1);
    }

    #[test]
    fn two_members_whom_the_source_does_not_name_are_two() {
        given([told(joined(Party::NotRecorded))]).when(told(joined(Party::NotRecorded))).admits();
    }
}
