use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::hospital;
use banso_kernel::{Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The person died (逝去). What is recorded afterwards is still admitted: letters arrive late. Source: domain.md
/// §5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonDied {
    /// Who says so.
    pub told_by: Party,
    /// How it came about.
    #[serde(default)]
    pub circumstances: Stated<Personal<String>>,
}

impl Payload for PersonDied {
    const NAME: &'static str = "PersonDied";

    fn label(&self) -> Cow<'_, str> {
        "逝去".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.told_by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.circumstances.value().cloned()
    }

    fn sample() -> Self {
        Self { told_by: hospital(), circumstances: Stated::NotRecorded }
    }
}

impl Admit for PersonDied {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        // A person dies once: whoever says so, in whatever words, says the same. Another day is a contradiction
        // to be cleared, not a reason to refuse the news.
        Ok(case.death_then().map_or(Admission::New, Admission::Repeats))
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::EventRetracted;
    use crate::case::spec::{event, given, given_nothing, told};
    use crate::samples::health_centre_nurse;

    fn died() -> PersonDied {
        PersonDied::sample()
    }

    fn told_by_the_nurse() -> PersonDied {
        PersonDied { told_by: health_centre_nurse(), ..died() }
    }

    #[test]
    fn a_death_is_admitted() {
        given_nothing().when(told(died())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(died())]).when(told(died()).recorded_by("nurse@d-hoken")).repeats(1);
    }

    #[test]
    fn the_same_death_in_the_words_of_another_is_a_repeat() {
        given([told(died()).on("2025-05-01")]).when(told(told_by_the_nurse()).on("2025-05")).repeats(1);
    }

    #[test]
    fn another_day_of_death_is_admitted() {
        given([told(died()).on("2025-05-01")]).when(told(told_by_the_nurse()).on("2025-05-02")).admits();
    }

    #[test]
    fn a_death_taken_back_is_not_repeated() {
        let retracted = EventRetracted { event: event(1), reason: "別の方の記録でした".into() };
        given([told(died()), told(retracted)]).when(told(told_by_the_nurse())).admits();
    }

    #[test]
    fn the_day_of_death_may_be_corrected() {
        given([told(died()).on("2025-05-01")]).when(told(died()).correcting(1).on("2025-05-02")).admits();
    }
}
