use crate::Refusal;
use crate::case::Case;
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
        // Whatever a second record adds (another role, ground, duty or day) is new; that somebody counts once
        // on the team is the roster's business. Two whom the source does not name may be two.
        match self.party {
            Party::NotRecorded => Ok(Admission::New),
            Party::Person
            | Party::Actor { .. }
            | Party::Org(_)
            | Party::Informal { .. }
            | Party::Unnamed { .. } => case.usual(self),
        }
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::id;

    fn joined(party: Party) -> MemberJoined {
        MemberJoined { party, ..MemberJoined::sample() }
    }

    #[test]
    fn a_member_is_admitted() {
        given_nothing().when(told(MemberJoined::sample())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        let said = || told(MemberJoined::sample());
        given([said()]).when(said().recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn what_a_second_record_adds_is_new() {
        let officer = |joined| told(joined).recorded_by("officer@city");
        let ground = MemberJoined { basis: MemberBasis::Meeting, ..MemberJoined::sample() };
        given([told(MemberJoined::sample())]).when(officer(ground)).admits();
        let duties = MemberJoined { duties: Some("月1回の訪問".into()), ..MemberJoined::sample() };
        given([told(MemberJoined::sample())]).when(officer(duties)).admits();
        let earlier = officer(MemberJoined::sample()).on("2024-01");
        given([told(MemberJoined::sample()).on("2025-04")]).when(earlier).admits();
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
