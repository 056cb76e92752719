use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::consultant;
use crate::{Refusal, Term};
use banso_kernel::{EventId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A follow-up point, or a whole schedule, is given up for a reason (見守り予定の終了). Without it the point stays
/// open until somebody looks. Source: domain.md §5.1, §5.4 (an explicit stop needs a reason).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowUpStopped {
    /// The event that set the schedule; not recorded = every schedule that stands.
    #[serde(default)]
    pub schedule: Stated<EventId>,
    /// Which of its points.
    pub points: StoppedPoints,
    /// Why.
    pub reason: Personal<String>,
    /// Who decided it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Party>,
}

/// What of a schedule is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoppedPoints {
    /// All that is still to come.
    All,
    /// The point at this offset.
    Point(Term),
}

impl Payload for FollowUpStopped {
    const NAME: &'static str = "FollowUpStopped";

    fn label(&self) -> Cow<'_, str> {
        "見守り予定の終了".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let points = match &self.points {
            StoppedPoints::All => "すべて".to_owned(),
            StoppedPoints::Point(offset) => format!("{}後", offset.verbatim()),
        };
        Some(format!("{points}: {}", self.reason.reveal()).into())
    }

    fn refers_to_events(&self) -> Vec<EventId> {
        self.schedule.value().copied().into_iter().collect()
    }

    fn sample() -> Self {
        Self {
            schedule: Stated::Value(EventId::of("https://city.example", "haru-follow-up")),
            points: StoppedPoints::Point("3か月".into()),
            reason: "好きなイラストを描いたりしながら安定し笑顔で過ごしている".into(),
            by: vec![consultant()],
        }
    }
}

impl Admit for FollowUpStopped {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::episode::FollowUpScheduleSet;
    use crate::case::spec::{event, given, given_nothing, told};

    fn stopped() -> FollowUpStopped {
        FollowUpStopped::sample()
    }

    #[test]
    fn a_stop_is_admitted_before_the_schedule() {
        given_nothing().when(told(stopped())).admits();
    }

    #[test]
    fn a_stop_of_all_points_or_of_one_that_the_schedule_does_not_have_is_admitted() {
        let of_it = FollowUpStopped { schedule: Stated::Value(event(1)), ..stopped() };
        let all = FollowUpStopped { points: StoppedPoints::All, ..of_it.clone() };
        given([told(FollowUpScheduleSet::sample())]).when(told(all)).admits();
        let none = FollowUpStopped { points: StoppedPoints::Point("5年".into()), ..of_it };
        given([told(FollowUpScheduleSet::sample())]).when(told(none)).admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(stopped())]).when(told(stopped()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn a_stop_of_another_point_is_another_stop() {
        let other = FollowUpStopped { points: StoppedPoints::Point("2か月".into()), ..stopped() };
        given([told(stopped())]).when(told(other)).admits();
    }
}
