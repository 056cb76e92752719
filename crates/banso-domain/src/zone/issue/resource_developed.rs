use crate::Refusal;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::id;
use crate::thing::Thing;
use crate::zone::{Zone, names_nobody};
use banso_kernel::{IssueId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The zone has something that it did not have (社会資源の開発). Source: S2, step 5; S1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceDeveloped {
    /// The issue that it answers, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<IssueId>,
    /// What kind of thing.
    pub kind: ResourceKind,
    /// What it is, in words that name nobody who needs it.
    pub what: Personal<String>,
    /// Who offers it.
    #[serde(default)]
    pub by: Vec<Party>,
    /// From when.
    #[serde(default)]
    pub available_from: Stated<NaiveDate>,
}

labelled! {
    /// Whether an office offers it, or neighbours do.
    ResourceKind {
        Formal = "フォーマル",
        Informal = "インフォーマル",
    }
}

impl Payload for ResourceDeveloped {
    const NAME: &'static str = "ResourceDeveloped";

    fn label(&self) -> Cow<'_, str> {
        "社会資源の開発".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.what.clone())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        self.issue.iter().map(Thing::Issue).collect()
    }

    fn sample() -> Self {
        Self {
            issue: Some(id("area:i1")),
            kind: ResourceKind::Informal,
            what: "こころのサポーター".into(),
            by: vec![Party::Org(id("city"))],
            available_from: Stated::NotRecorded,
        }
    }
}

impl Admit<Zone> for ResourceDeveloped {
    fn admit(&self, zone: &Zone) -> Result<Admission, Refusal> {
        names_nobody("what", &self.what)?;
        zone.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::zone::spec::{given, given_nothing, told};

    fn developed() -> ResourceDeveloped {
        ResourceDeveloped { issue: Some(id("haru:i1")), ..ResourceDeveloped::sample() }
    }

    #[test]
    fn it_is_admitted_without_an_issue() {
        given_nothing().when(told(ResourceDeveloped { issue: None, ..developed() })).admits();
    }

    #[test]
    fn the_same_again_is_a_repeat() {
        given([told(developed())]).when(told(developed())).repeats(1);
    }

    #[test]
    fn an_issue_of_another_zone_is_refused() {
        given_nothing()
            .when(told(ResourceDeveloped { issue: Some(id("elsewhere:i1")), ..developed() }))
            .refuses(Refusal::ForeignReference("issue"));
    }

    #[test]
    fn a_text_with_somebodys_number_is_refused() {
        given_nothing()
            .when(told(ResourceDeveloped { what: "第1234567号".into(), ..developed() }))
            .refuses(Refusal::NamesSomebody("what"));
    }
}
