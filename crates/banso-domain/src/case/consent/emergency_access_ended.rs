use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{health_centre_nurse, id};
use crate::thing::Thing;
use banso_kernel::{AccessId, Party, Personal};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An access in an emergency is ended before its time (緊急時の閲覧の終了). Source: domain.md §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmergencyAccessEnded {
    /// The access.
    pub access: AccessId,
    /// Who ends it.
    pub by: Party,
}

impl Payload for EmergencyAccessEnded {
    const NAME: &'static str = "EmergencyAccessEnded";

    fn label(&self) -> Cow<'_, str> {
        "緊急時の閲覧の終了".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        None
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        vec![Thing::Access(&self.access)]
    }

    fn sample() -> Self {
        Self { access: id("haru:a1"), by: health_centre_nurse() }
    }
}

impl Admit for EmergencyAccessEnded {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::consent::EmergencyAccessStarted;
    use crate::case::spec::{given, given_nothing, told};

    fn ended() -> EmergencyAccessEnded {
        EmergencyAccessEnded::sample()
    }

    #[test]
    fn an_access_may_be_ended() {
        given([told(EmergencyAccessStarted::sample())]).when(told(ended())).admits();
    }

    #[test]
    fn an_end_is_admitted_before_the_access() {
        given_nothing().when(told(ended())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(ended())]).when(told(ended()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn the_access_to_another_person_is_refused() {
        given_nothing()
            .when(told(EmergencyAccessEnded { access: id("aki:a1"), ..ended() }))
            .refuses(Refusal::ForeignReference("emergency access"));
    }
}
