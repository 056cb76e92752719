use crate::Refusal;
use crate::case::Case;
use crate::case::team::MemberBasis;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, stated};
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody is asked to support the person together with the others (チームへの声かけ); they are on the team once
/// they join. Source: S1 (支援チーム); domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberInvited {
    /// Who is asked.
    pub party: Party,
    /// Who asks.
    pub by: Party,
    /// On what ground.
    pub basis: MemberBasis,
    /// What they are asked to do for the person.
    #[serde(default)]
    pub duties: Stated<Personal<String>>,
}

impl Payload for MemberInvited {
    const NAME: &'static str = "MemberInvited";

    fn label(&self) -> Cow<'_, str> {
        "チームへの声かけ".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.party]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.duties.value().cloned()
    }

    fn sample() -> Self {
        Self {
            party: Party::Org(id("b-clinic")),
            by: consultant(),
            basis: MemberBasis::PlanItem,
            duties: stated("デイケアプログラムへの参加を一緒に考える"),
        }
    }
}

impl Admit for MemberInvited {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual_of(&self.party, self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};
    use crate::case::team::MemberJoined;
    use crate::samples::health_centre_nurse;

    fn invited() -> MemberInvited {
        MemberInvited::sample()
    }

    #[test]
    fn an_invitation_is_admitted() {
        given_nothing().when(told(invited())).admits();
    }

    #[test]
    fn somebody_who_is_on_the_team_may_be_invited() {
        given([told(MemberJoined::sample())])
            .when(told(MemberInvited { party: health_centre_nurse(), ..invited() }))
            .admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(invited())]).when(told(invited()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn an_invitation_of_somebody_else_or_by_somebody_else_is_new() {
        given([told(invited())])
            .when(told(MemberInvited { party: health_centre_nurse(), ..invited() }))
            .admits();
        given([told(invited())])
            .when(told(MemberInvited { by: health_centre_nurse(), ..invited() }))
            .admits();
    }

    #[test]
    fn two_whom_the_source_does_not_name_are_two() {
        let somebody = MemberInvited { party: Party::NotRecorded, ..invited() };
        given([told(somebody.clone())]).when(told(somebody)).admits();
    }
}
