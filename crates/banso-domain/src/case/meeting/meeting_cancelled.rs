use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{hospital, id, stated};
use crate::thing::Thing;
use banso_kernel::{MeetingId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A meeting that was called will not be held (会議の中止). Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeetingCancelled {
    /// The id that the meeting would have had.
    pub meeting: MeetingId,
    /// Who calls it off.
    pub by: Party,
    /// Why.
    #[serde(default)]
    pub reason: Stated<Personal<String>>,
}

impl Payload for MeetingCancelled {
    const NAME: &'static str = "MeetingCancelled";

    fn label(&self) -> Cow<'_, str> {
        "会議の中止".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.reason.value().cloned()
    }

    fn sample() -> Self {
        Self { meeting: id("haru:m2"), by: hospital(), reason: stated("主治医の時間が取れない") }
    }
}

impl Admit for MeetingCancelled {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        // What is called off will not be recorded: it is not missed.
        case.own(Thing::Meeting(&self.meeting))?;
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::meeting::{MeetingCalled, MeetingHeld};
    use crate::case::spec::{given, given_nothing, told};

    fn cancelled() -> MeetingCancelled {
        MeetingCancelled::sample()
    }

    #[test]
    fn a_meeting_may_be_called_off_whether_or_not_its_call_is_recorded() {
        let called = MeetingCalled { meeting: cancelled().meeting, ..MeetingCalled::sample() };
        given([told(called)]).when(told(cancelled())).admits();
        given_nothing().when(told(cancelled())).admits();
    }

    #[test]
    fn a_meeting_may_be_held_although_it_was_called_off() {
        let held = MeetingHeld { meeting: cancelled().meeting, ..MeetingHeld::sample() };
        given([told(cancelled())]).when(told(held)).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(cancelled())]).when(told(cancelled()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_meeting_about_another_person_is_refused() {
        given_nothing()
            .when(told(MeetingCancelled { meeting: id("aki:m2"), ..cancelled() }))
            .refuses(Refusal::ForeignReference("meeting"));
    }
}
