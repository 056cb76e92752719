use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{health_centre_nurse, stated};
use banso_kernel::{Party, Personal, Role, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody on the team supports in another role from now on (役割の変更). Source: S1 (支援チーム); domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberRoleChanged {
    /// Who; an actor in whichever role they were known.
    pub party: Party,
    /// In which role from now on.
    pub role: Role,
    /// What they do for the person from now on.
    #[serde(default)]
    pub duties: Stated<Personal<String>>,
}

impl Payload for MemberRoleChanged {
    const NAME: &'static str = "MemberRoleChanged";

    fn label(&self) -> Cow<'_, str> {
        "役割の変更".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.party]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let duties = self.duties.value().map(|duties| format!(": {}", duties.reveal())).unwrap_or_default();
        Some(format!("{}{duties}", self.role.label()).into())
    }

    fn sample() -> Self {
        Self {
            party: health_centre_nurse(),
            role: Role::Other("退院後の訪問担当".to_owned()),
            duties: stated("月1回の訪問"),
        }
    }
}

impl Admit for MemberRoleChanged {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual_of(&self.party, self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};
    use crate::case::team::MemberJoined;

    fn changed() -> MemberRoleChanged {
        MemberRoleChanged::sample()
    }

    #[test]
    fn another_role_of_a_member_is_admitted() {
        given([told(MemberJoined::sample())]).when(told(changed())).admits();
    }

    #[test]
    fn another_role_of_somebody_whose_joining_is_not_recorded_is_admitted() {
        given_nothing().when(told(changed())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(changed())]).when(told(changed()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_third_role_and_the_same_at_another_time_are_new() {
        given([told(changed())])
            .when(told(MemberRoleChanged { role: Role::SupportWorker, ..changed() }))
            .admits();
        given([told(changed()).on("2025-04-01")]).when(told(changed()).on("2025-05-01")).admits();
    }

    #[test]
    fn two_whom_the_source_does_not_name_are_two() {
        let somebody = MemberRoleChanged { party: Party::NotRecorded, ..changed() };
        given([told(somebody.clone())]).when(told(somebody)).admits();
    }
}
