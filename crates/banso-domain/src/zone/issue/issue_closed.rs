use crate::Refusal;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use crate::thing::Thing;
use crate::zone::{Zone, names_nobody};
use banso_kernel::{IssueId, Party, Personal};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An issue is not worked on any more (地域課題の終結). Source: domain.md §5.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssueClosed {
    /// The issue.
    pub issue: IssueId,
    /// What came of it, in words that name nobody.
    pub result: Personal<String>,
}

impl Payload for IssueClosed {
    const NAME: &'static str = "IssueClosed";

    fn label(&self) -> Cow<'_, str> {
        "地域課題の終結".into()
    }

    fn doers(&self) -> Vec<&Party> {
        Vec::new()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.result.clone())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Issue(&self.issue)]
    }

    fn sample() -> Self {
        Self { issue: id("area:i1"), result: "連絡票の様式ができ、使われている".into() }
    }
}

impl Admit<Zone> for IssueClosed {
    fn admit(&self, zone: &Zone) -> Result<Admission, Refusal> {
        names_nobody("result", &self.result)?;
        zone.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::zone::spec::{given, given_nothing, told};

    fn closed() -> IssueClosed {
        IssueClosed { issue: id("haru:i1"), ..IssueClosed::sample() }
    }

    #[test]
    fn it_is_admitted_before_the_issue_itself() {
        given_nothing().when(told(closed())).admits();
    }

    #[test]
    fn the_same_again_is_a_repeat() {
        given([told(closed())]).when(told(closed())).repeats(1);
    }

    #[test]
    fn an_issue_of_another_zone_is_refused() {
        given_nothing()
            .when(told(IssueClosed { issue: id("elsewhere:i1"), ..closed() }))
            .refuses(Refusal::ForeignReference("issue"));
    }

    #[test]
    fn a_result_with_somebodys_number_is_refused() {
        given_nothing()
            .when(told(IssueClosed { result: "1234567番の方は転居".into(), ..closed() }))
            .refuses(Refusal::NamesSomebody("result"));
    }
}
