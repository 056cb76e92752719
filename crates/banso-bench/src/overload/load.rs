//! Events on a schedule through the doors, and what they came to.

use super::doors::{Door, Doors, Told};
use crate::measured::Latency;
use crate::notes::Notes;
use crate::open_loop::{Arrived, Schedule, open_loop};
use crate::publisher::event;
use banso_app::audit::Attempt;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Which of the arrivals go through the gRPC door, where both are tried: each of so many.
pub(crate) const GRPC_EACH: u64 = 4;

/// Through which doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Through {
    Http,
    Both,
}

impl Through {
    fn door(self, arrival: u64) -> Door {
        match self {
            Self::Both if arrival % GRPC_EACH == GRPC_EACH - 1 => Door::Grpc,
            Self::Both | Self::Http => Door::Http,
        }
    }
}

/// What one who came was told.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) door: Door,
    pub(crate) told: Told,
    id: String,
}

/// A load that has ended.
pub(crate) struct Load {
    pub(crate) schedule: Schedule,
    pub(crate) visits: Vec<Arrived<Visit>>,
}

/// What some of them were told.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Tally {
    pub(crate) came: u64,
    pub(crate) recorded: u64,
    pub(crate) refused: u64,
    /// By reason.
    pub(crate) failed: BTreeMap<String, u64>,
    /// Of those that were recorded, and of those that were refused.
    pub(crate) latency: Option<Latency>,
    pub(crate) refusal: Option<Latency>,
    /// How much of each is that they came late.
    pub(crate) late: Option<Latency>,
}

impl Load {
    /// Lets events come for so long; `name` is the publisher of none before.
    pub(crate) async fn of(
        doors: Arc<Doors>,
        name: String,
        persons: u64,
        through: Through,
        schedule: Schedule,
        time: Duration,
    ) -> anyhow::Result<Self> {
        let mut notes = Notes::of(name, persons);
        let visit = move |arrival: u64| {
            let (note, doors, door) = (notes.any(), doors.clone(), through.door(arrival));
            async move {
                let told = doors.publish(door, &event(&note)).await;
                Visit { door, told, id: note.id }
            }
        };
        let visits = open_loop(schedule, schedule.within(time), visit).await?;
        Ok(Self { schedule, visits })
    }

    /// What all were told that came at these times after the beginning.
    pub(crate) fn tally(&self, of: impl Fn(&Visit, Duration) -> bool) -> Tally {
        let mut tally = Tally::default();
        let (mut recorded, mut refused, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for visit in self.visits.iter().filter(|visit| of(&visit.outcome, visit.due - self.schedule.begin)) {
            tally.came += 1;
            late.push(visit.began - visit.due);
            match &visit.outcome.told {
                Told::Recorded(_) => recorded.push(visit.took()),
                Told::Refused => refused.push(visit.took()),
                Told::Failed(reason) => *tally.failed.entry(reason.clone()).or_default() += 1,
            }
        }
        (tally.recorded, tally.refused) = (recorded.len() as u64, refused.len() as u64);
        (tally.latency, tally.refusal) = (Latency::of(recorded), Latency::of(refused));
        tally.late = Latency::of(late);
        tally
    }

    /// Whether the door kept up: all were recorded, and when the last one came, no more were waiting than come
    /// within `wait`.
    pub(crate) fn kept_up(&self, wait: Duration) -> bool {
        let Some(last) = self.visits.iter().map(|visit| visit.due).max() else { return false };
        let waiting = self.visits.iter().filter(|visit| visit.ended > last).count() as u64;
        let all = self.visits.iter().all(|visit| matches!(visit.outcome.told, Told::Recorded(_)));
        all && waiting <= self.schedule.within(wait)
    }

    /// How long it lasted.
    pub(crate) fn length(&self) -> Duration {
        self.schedule.due(self.visits.len() as u64) - self.schedule.begin
    }

    /// Events of which it was said between these times that they are recorded.
    pub(crate) fn recorded_in(&self, between: Range<Instant>) -> u64 {
        let recorded = |visit: &&Arrived<Visit>| matches!(visit.outcome.told, Told::Recorded(_));
        self.visits.iter().filter(recorded).filter(|visit| between.contains(&visit.ended)).count() as u64
    }

    /// The same a second, while they came.
    pub(crate) fn recorded_per_second(&self) -> f64 {
        let begin = self.schedule.begin;
        self.recorded_in(begin..begin + self.length()) as f64 / self.length().as_secs_f64()
    }

    /// What the publishers noted.
    pub(crate) fn attempts(&self) -> impl Iterator<Item = Attempt> {
        self.visits.iter().map(|visit| visit.outcome.told.attempt(&visit.outcome.id))
    }
}

impl Tally {
    /// How many of those that came.
    pub(crate) fn share(&self, of: u64) -> f64 {
        of as f64 / self.came.max(1) as f64
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

#[cfg(test)]
impl Load {
    /// One comes each 10 ms, and is told this so many milliseconds after it was due.
    pub(super) fn of_told(told: &[(Told, u64)]) -> Self {
        let schedule = Schedule::at(100.0);
        let visit = |(arrival, (told, took)): (u64, &(Told, u64))| Arrived {
            arrival,
            due: schedule.due(arrival),
            began: schedule.due(arrival),
            ended: schedule.due(arrival) + Duration::from_millis(*took),
            outcome: Visit { door: Through::Both.door(arrival), told: told.clone(), id: arrival.to_string() },
        };
        Self { schedule, visits: (0..).zip(told).map(visit).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_counted_once() {
        let failed = Told::Failed("503".to_owned());
        let load =
            Load::of_told(&[(Told::Recorded(1), 5), (Told::Refused, 1), (failed, 2), (Told::Recorded(2), 7)]);
        let all = load.tally(|_, _| true);
        assert_eq!((all.came, all.recorded, all.refused, all.failures()), (4, 2, 1, 1));
        assert_eq!(all.latency.unwrap().max_us.round(), 7_000.0);
        assert_eq!(all.refusal.unwrap().max_us.round(), 1_000.0);
        assert_eq!(load.tally(|visit, _| visit.door == Door::Grpc).recorded, 1);
        assert_eq!(load.tally(|_, since| since >= Duration::from_millis(20)).came, 2);
        let noted: Vec<String> = load.attempts().map(|attempt| attempt.id).collect();
        assert_eq!(noted, ["0", "1", "2", "3"]);
    }

    #[test]
    fn a_door_keeps_up_that_records_all_and_lets_nobody_wait() {
        let wait = Duration::from_millis(10);
        let recorded = |took: [u64; 4]| Load::of_told(&took.map(|took| (Told::Recorded(1), took)));
        assert!(recorded([5, 5, 5, 5]).kept_up(wait));
        // The last one, and one more.
        assert!(!recorded([5, 5, 15, 15]).kept_up(wait));
        assert!(!Load::of_told(&[(Told::Recorded(1), 1), (Told::Refused, 1)]).kept_up(wait));
        assert!(!Load::of_told(&[]).kept_up(wait));
    }

    #[test]
    fn what_was_recorded_later_is_not_counted_in_the_rate() {
        let load = Load::of_told(&[
            (Told::Recorded(1), 5),
            (Told::Refused, 5),
            (Told::Recorded(2), 50),
            (Told::Refused, 1),
        ]);
        assert_eq!(load.recorded_per_second(), 25.0);
    }
}
