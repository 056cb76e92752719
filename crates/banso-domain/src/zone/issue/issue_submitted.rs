use crate::Refusal;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use crate::thing::Thing;
use crate::zone::Zone;
use banso_kernel::{IssueId, OrgId, Party, Personal, Role};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An issue is brought before a council (協議会へ提出). Source: S2, step 4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssueSubmitted {
    /// The issue.
    pub issue: IssueId,
    /// The council.
    pub council: OrgId,
    /// Who brings it.
    #[serde(default)]
    pub by: Vec<Party>,
}

impl Payload for IssueSubmitted {
    const NAME: &'static str = "IssueSubmitted";

    fn label(&self) -> Cow<'_, str> {
        "協議会へ提出".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        None
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Issue(&self.issue)]
    }

    fn sample() -> Self {
        Self {
            issue: id("area:i1"),
            council: id("kyogikai"),
            by: vec![Party::Actor {
                actor: id("mhwo"),
                org: id("city"),
                role: Role::MentalHealthWelfareOfficer,
            }],
        }
    }
}

impl Admit<Zone> for IssueSubmitted {
    fn admit(&self, zone: &Zone) -> Result<Admission, Refusal> {
        zone.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::zone::spec::{given, given_nothing, told};

    fn submitted() -> IssueSubmitted {
        IssueSubmitted { issue: id("haru:i1"), ..IssueSubmitted::sample() }
    }

    #[test]
    fn it_is_admitted_before_the_issue_itself() {
        given_nothing().when(told(submitted())).admits();
    }

    #[test]
    fn the_same_again_is_a_repeat_and_another_council_is_not() {
        given([told(submitted())]).when(told(submitted())).repeats(1);
        given([told(submitted())])
            .when(told(IssueSubmitted { council: id("seishin-bukai"), ..submitted() }))
            .admits();
    }

    #[test]
    fn on_another_day_it_is_brought_again() {
        given([told(submitted()).on("2025-04-01")]).when(told(submitted()).on("2025-05-01")).admits();
    }

    #[test]
    fn an_issue_of_another_zone_is_refused() {
        given_nothing()
            .when(told(IssueSubmitted { issue: id("elsewhere:i1"), ..submitted() }))
            .refuses(Refusal::ForeignReference("issue"));
    }
}
