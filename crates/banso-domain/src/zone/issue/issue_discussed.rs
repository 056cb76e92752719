use crate::Refusal;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::id;
use crate::thing::Thing;
use crate::zone::{Zone, names_nobody};
use banso_kernel::{CouncilMeetingId, IssueId, Party, Personal};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A council talks about an issue (協議会での協議). Source: S2, step 4; domain.md §5.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssueDiscussed {
    /// The issue.
    pub issue: IssueId,
    /// At which meeting.
    pub meeting: CouncilMeetingId,
    /// What was said, in words that name nobody.
    pub summary: Personal<String>,
}

impl Payload for IssueDiscussed {
    const NAME: &'static str = "IssueDiscussed";

    fn label(&self) -> Cow<'_, str> {
        "協議".into()
    }

    fn doers(&self) -> Vec<&Party> {
        Vec::new()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.summary.clone())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Issue(&self.issue), Thing::CouncilMeeting(&self.meeting)]
    }

    fn sample() -> Self {
        Self {
            issue: id("area:i1"),
            meeting: id("area:m1"),
            summary: "医療と介護の連絡先を一つの表にまとめる".into(),
        }
    }
}

impl Admit<Zone> for IssueDiscussed {
    fn admit(&self, zone: &Zone) -> Result<Admission, Refusal> {
        names_nobody("summary", &self.summary)?;
        zone.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::zone::spec::{given, given_nothing, told};

    fn discussed() -> IssueDiscussed {
        IssueDiscussed { issue: id("haru:i1"), meeting: id("haru:m1"), ..IssueDiscussed::sample() }
    }

    #[test]
    fn it_is_admitted_before_the_issue_and_the_meeting() {
        given_nothing().when(told(discussed())).admits();
    }

    #[test]
    fn the_same_again_is_a_repeat() {
        given([told(discussed())]).when(told(discussed())).repeats(1);
    }

    #[test]
    fn what_is_of_another_zone_is_refused() {
        given_nothing()
            .when(told(IssueDiscussed { issue: id("elsewhere:i1"), ..discussed() }))
            .refuses(Refusal::ForeignReference("issue"));
        given_nothing()
            .when(told(IssueDiscussed { meeting: id("elsewhere:m1"), ..discussed() }))
            .refuses(Refusal::ForeignReference("council meeting"));
    }

    #[test]
    fn a_summary_with_somebodys_number_is_refused() {
        given_nothing()
            .when(told(IssueDiscussed { summary: "番号1234567の方".into(), ..discussed() }))
            .refuses(Refusal::NamesSomebody("summary"));
    }
}
