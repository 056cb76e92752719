use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id, stated};
use crate::thing::Thing;
use banso_kernel::{DecisionId, MeetingId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What was decided at a meeting is done (決めたことの実施). Source: S1 (会議の要素); domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeetingActionCompleted {
    /// The meeting.
    pub meeting: MeetingId,
    /// What was decided there; minutes that do not number it may come later, or be corrected.
    pub decision: DecisionId,
    /// Who did it.
    pub by: Vec<Party>,
    /// How it went.
    #[serde(default)]
    pub note: Stated<Personal<String>>,
}

impl Payload for MeetingActionCompleted {
    const NAME: &'static str = "MeetingActionCompleted";

    fn label(&self) -> Cow<'_, str> {
        "決めたことの実施".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.note.value().cloned()
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Meeting(&self.meeting)]
    }

    fn sample() -> Self {
        Self {
            meeting: id("haru:m1"),
            decision: id("1"),
            by: vec![consultant()],
            note: stated("デイケアの見学に一緒に行った"),
        }
    }
}

impl Admit for MeetingActionCompleted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::meeting::MeetingHeld;
    use crate::case::spec::{given, given_nothing, told};

    fn done() -> MeetingActionCompleted {
        MeetingActionCompleted::sample()
    }

    #[test]
    fn what_was_decided_may_be_done() {
        given([told(MeetingHeld::sample())]).when(told(done())).admits();
    }

    #[test]
    fn it_is_admitted_before_the_minutes() {
        given_nothing().when(told(done())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(done())]).when(told(done()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn another_decision_done_is_new() {
        given([told(done())]).when(told(MeetingActionCompleted { decision: id("2"), ..done() })).admits();
    }

    #[test]
    fn a_meeting_about_another_person_is_refused() {
        given_nothing()
            .when(told(MeetingActionCompleted { meeting: id("aki:m1"), ..done() }))
            .refuses(Refusal::ForeignReference("meeting"));
    }
}
