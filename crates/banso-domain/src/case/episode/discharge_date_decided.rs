use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{id, stated};
use crate::thing::Thing;
use banso_kernel::{EpisodeId, MeetingId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The day of discharge is agreed (退院日の決定). The day itself lies ahead, so it stands here; when it was
/// decided is the event's date. Source: S0 p.31.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DischargeDateDecided {
    /// The stay that will end.
    pub episode: EpisodeId,
    /// The day.
    #[serde(default)]
    pub on: Stated<NaiveDate>,
    /// The meeting at which it was decided.
    #[serde(default)]
    pub meeting: Stated<MeetingId>,
    /// Who decided.
    pub decided_by: Party,
    /// What made it possible.
    #[serde(default)]
    pub grounds: Stated<Personal<String>>,
}

impl Payload for DischargeDateDecided {
    const NAME: &'static str = "DischargeDateDecided";

    fn label(&self) -> Cow<'_, str> {
        "退院日の決定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.decided_by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        let on = self.on.value().map_or("退院日の記載なし".to_owned(), |on| format!("退院日 {on}"));
        let grounds =
            self.grounds.value().map(|grounds| format!(": {}", grounds.reveal())).unwrap_or_default();
        Some(format!("{on}{grounds}").into())
    }

    fn refers_to(&self) -> Vec<Thing<'_>> {
        let meeting = self.meeting.value().map(Thing::Meeting);
        std::iter::once(Thing::Episode(&self.episode)).chain(meeting).collect()
    }

    fn sample() -> Self {
        Self {
            episode: id("haru:stay1"),
            on: Stated::NotRecorded,
            meeting: Stated::Value(id("haru:m1")),
            decided_by: Party::NotRecorded,
            grounds: stated("退院後の生活支援や、医療継続の支援体制が確認できた"),
        }
    }
}

impl Admit for DischargeDateDecided {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::spec::{given, given_nothing, told};

    fn decided() -> DischargeDateDecided {
        DischargeDateDecided::sample()
    }

    #[test]
    fn a_date_is_admitted_before_the_stay_and_the_meeting_are_recorded() {
        given_nothing().when(told(decided())).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(decided())]).when(told(decided()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn another_day_is_another_decision() {
        given([told(decided())])
            .when(told(DischargeDateDecided {
                on: Stated::Value("2025-07-01".parse().unwrap()),
                ..decided()
            }))
            .admits();
    }

    #[test]
    fn an_episode_of_another_person_is_refused() {
        given_nothing()
            .when(told(DischargeDateDecided { episode: id("aki:x1"), ..decided() }))
            .refuses(Refusal::ForeignReference("episode"));
    }

    #[test]
    fn the_meeting_of_another_person_is_refused() {
        given_nothing()
            .when(told(DischargeDateDecided { meeting: Stated::Value(id("aki:m1")), ..decided() }))
            .refuses(Refusal::ForeignReference("meeting"));
    }
}
