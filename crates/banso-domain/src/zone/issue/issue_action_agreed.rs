use crate::Refusal;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use crate::thing::Thing;
use crate::zone::{Zone, names_nobody};
use banso_kernel::{IssueId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Somebody is to do something about an issue (取組みの決定). Source: S2, step 5; domain.md §5.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssueActionAgreed {
    /// The issue.
    pub issue: IssueId,
    /// What is to be done, in words that name nobody.
    pub action: Personal<String>,
    /// Who does it.
    #[serde(default)]
    pub owner: Vec<Party>,
    /// By when.
    #[serde(default)]
    pub due: Stated<NaiveDate>,
}

impl Payload for IssueActionAgreed {
    const NAME: &'static str = "IssueActionAgreed";

    fn label(&self) -> Cow<'_, str> {
        "取組みの決定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.owner.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.action.clone())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Issue(&self.issue)]
    }

    fn sample() -> Self {
        Self {
            issue: id("area:i1"),
            action: "こころのサポーター養成講座を開く".into(),
            owner: vec![Party::Org(id("city"))],
            due: Stated::NotRecorded,
        }
    }
}

impl Admit<Zone> for IssueActionAgreed {
    fn admit(&self, zone: &Zone) -> Result<Admission, Refusal> {
        names_nobody("action", &self.action)?;
        zone.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::zone::spec::{given, given_nothing, told};

    fn agreed() -> IssueActionAgreed {
        IssueActionAgreed { issue: id("haru:i1"), ..IssueActionAgreed::sample() }
    }

    #[test]
    fn it_is_admitted_with_nobody_named_who_does_it() {
        given_nothing().when(told(IssueActionAgreed { owner: Vec::new(), ..agreed() })).admits();
    }

    #[test]
    fn the_same_again_is_a_repeat() {
        given([told(agreed())]).when(told(agreed())).repeats(1);
    }

    #[test]
    fn an_issue_of_another_zone_is_refused() {
        given_nothing()
            .when(told(IssueActionAgreed { issue: id("elsewhere:i1"), ..agreed() }))
            .refuses(Refusal::ForeignReference("issue"));
    }

    #[test]
    fn an_action_with_somebodys_number_is_refused() {
        given_nothing()
            .when(told(IssueActionAgreed { action: "03-1234-567に電話".into(), ..agreed() }))
            .refuses(Refusal::NamesSomebody("action"));
    }
}
