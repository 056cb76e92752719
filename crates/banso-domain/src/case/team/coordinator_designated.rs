use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, stated};
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody is from now on the one who keeps the support together (まとめ役, 調整役), in the place of whoever was
/// before; of any profession. Source: S2 slide 6; domain.md §4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoordinatorDesignated {
    /// Who.
    pub party: Party,
    /// Who agreed on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<Party>,
    /// Why they.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for CoordinatorDesignated {
    const NAME: &'static str = "CoordinatorDesignated";

    fn label(&self) -> Cow<'_, str> {
        "まとめ役".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.decided_by.iter().collect()
    }

    fn counterparts(&self) -> Vec<&Party> {
        vec![&self.party]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.reason.value().cloned()
    }

    fn sample() -> Self {
        Self {
            party: consultant(),
            decided_by: vec![Party::Person, consultant()],
            reason: stated("定期的に会い、退院の準備を共有している"),
        }
    }
}

impl Admit for CoordinatorDesignated {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual_of(&self.party, self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};
    use crate::samples::welfare_officer;

    fn designated() -> CoordinatorDesignated {
        CoordinatorDesignated::sample()
    }

    #[test]
    fn a_coordinator_is_admitted_whether_or_not_on_the_team() {
        given_nothing().when(told(designated())).admits();
    }

    #[test]
    fn anybody_may_coordinate() {
        let designated = |party| CoordinatorDesignated { party, ..designated() };
        given_nothing().when(told(designated(Party::Person))).admits();
        given_nothing().when(told(designated(Party::Unnamed { label: "近所の人".into() }))).admits();
    }

    #[test]
    fn another_coordinator_is_new() {
        given([told(designated())])
            .when(told(CoordinatorDesignated { party: welfare_officer(), ..designated() }))
            .admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat_and_at_another_time_new() {
        given([told(designated())]).when(told(designated()).recorded_by("officer@city")).repeats(1);
        given([told(designated()).on("2025-04-01")]).when(told(designated()).on("2025-05-01")).admits();
    }

    #[test]
    fn two_whom_the_source_does_not_name_are_two() {
        let somebody = CoordinatorDesignated { party: Party::NotRecorded, ..designated() };
        given([told(somebody.clone())]).when(told(somebody)).admits();
    }
}
