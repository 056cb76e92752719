use crate::case::Case;
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::consultant;
use crate::{Refusal, Term};
use banso_kernel::{DurationUnit, EventId, Party, Personal};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// It is agreed when somebody looks in on the person after a discharge or a change of hospital (見守り予定):
/// 1週間後, 2週間後, 1か月後, …. Source: S2 pp.7, 9.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowUpScheduleSet {
    /// The event from which the points count: 退院, 転医, …. It names the event as first recorded; its date is
    /// the one that stands.
    pub anchor: EventId,
    /// When somebody looks, at least once.
    pub points: Vec<FollowUpPoint>,
    /// Who agreed on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Party>,
}

/// A point of a schedule (フォローアップ点).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowUpPoint {
    /// How long after the anchor.
    pub offset: Term,
    /// What must take place by then.
    pub must: FollowUpMeans,
    /// Who sees to it.
    pub owner: Party,
}

labelled! {
    /// What takes place at a point of a schedule.
    FollowUpMeans {
        Contact = "面会・訪問・電話など",
        Meeting = "会議",
        Monitoring = "モニタリング",
    }
}

impl Payload for FollowUpScheduleSet {
    const NAME: &'static str = "FollowUpScheduleSet";

    fn label(&self) -> Cow<'_, str> {
        "見守り予定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        self.by.iter().collect()
    }

    fn detail(&self) -> Option<Personal<String>> {
        let offsets: Vec<&str> = self.points.iter().map(|point| point.offset.verbatim()).collect();
        Some(format!("{}後", offsets.join("・")).into())
    }

    fn refers_to_events(&self) -> Vec<EventId> {
        vec![self.anchor]
    }

    fn sample() -> Self {
        let point = |offset: &str, must| FollowUpPoint { offset: offset.into(), must, owner: consultant() };
        Self {
            anchor: EventId::of("https://city.example", "haru-transfer"),
            points: vec![
                point("1週間", FollowUpMeans::Monitoring),
                point("2週間", FollowUpMeans::Monitoring),
                point("1か月", FollowUpMeans::Monitoring),
                point("2か月", FollowUpMeans::Meeting),
                point("3か月", FollowUpMeans::Monitoring),
            ],
            by: vec![consultant()],
        }
    }
}

impl Admit for FollowUpScheduleSet {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        if self.points.is_empty() {
            return Err(Refusal::Nobody("points"));
        }
        let mut offsets = BTreeSet::new();
        for point in &self.points {
            if !offsets.insert(Offset::of(&point.offset)) {
                return Err(Refusal::Twice(format!("offset {}", point.offset.verbatim())));
            }
        }
        case.usual(self)
    }
}

/// An offset whatever its spelling: 1か月 = １ヶ月, 2週間 = 14日, 1年 = 12か月.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Offset<'a> {
    Days(u64),
    Months(u64),
    Words(&'a str),
}

impl<'a> Offset<'a> {
    fn of(term: &'a Term) -> Self {
        let Some(duration) = term.duration() else { return Self::Words(term.verbatim()) };
        let value = u64::from(duration.value);
        match duration.unit {
            DurationUnit::Days => Self::Days(value),
            DurationUnit::Weeks => Self::Days(value * 7),
            DurationUnit::Months => Self::Months(value),
            DurationUnit::Years => Self::Months(value * 12),
        }
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::case::episode::TreatingHospitalChanged;
    use crate::case::spec::{event, given, given_nothing, told};

    fn set() -> FollowUpScheduleSet {
        FollowUpScheduleSet::sample()
    }

    fn at(offsets: &[&str]) -> FollowUpScheduleSet {
        let point = |offset: &&str| FollowUpPoint { offset: (*offset).into(), ..set().points[0].clone() };
        FollowUpScheduleSet { points: offsets.iter().map(point).collect(), ..set() }
    }

    #[test]
    fn a_schedule_is_admitted_before_the_event_it_counts_from() {
        given_nothing().when(told(set())).admits();
    }

    #[test]
    fn a_schedule_counts_from_a_change_of_hospital() {
        given([told(TreatingHospitalChanged::sample())])
            .when(told(FollowUpScheduleSet { anchor: event(1), ..set() }))
            .admits();
    }

    #[test]
    fn the_same_from_a_second_recorder_is_a_repeat() {
        given([told(set())]).when(told(set()).recorded_by("officer@city")).repeats(1);
    }

    #[test]
    fn other_points_from_the_same_event_are_another_schedule() {
        given([told(set())]).when(told(at(&["6か月"]))).admits();
    }

    #[test]
    fn a_schedule_without_points_is_refused() {
        given_nothing().when(told(at(&[]))).refuses(Refusal::Nobody("points"));
    }

    #[test]
    fn the_same_offset_twice_is_refused_in_whatever_spelling() {
        let twice = |offset: &str| Refusal::Twice(format!("offset {offset}"));
        given_nothing().when(told(at(&["1か月", "１ヶ月"]))).refuses(twice("１ヶ月"));
        given_nothing().when(told(at(&["2週間", "1か月", "14日"]))).refuses(twice("14日"));
        given_nothing().when(told(at(&["12か月", "1年"]))).refuses(twice("1年"));
        given_nothing().when(told(at(&["適宜", "適宜"]))).refuses(twice("適宜"));
        given_nothing().when(told(at(&["4週間", "1か月", "適宜"]))).admits();
    }
}
