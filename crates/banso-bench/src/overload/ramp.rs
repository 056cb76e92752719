//! The capacity: the highest rate at which the HTTP door keeps up, found by steps.

use super::load::Load;
use crate::open_loop::Schedule;
use crate::show::Heard;
use anyhow::bail;
use std::time::Duration;

/// Where it begins.
const FIRST_PER_SECOND: f64 = 200.0;
/// Doubled until the door does not keep up; then so many steps between the last that it did and the first that it
/// did not: the capacity is known to a sixteenth.
const STEPS_BETWEEN: u32 = 4;
/// The door keeps up while no more wait than come within this time.
const KEEPS_UP_WAIT: Duration = Duration::from_millis(100);
/// What is left of a step is over before the next one begins.
const PAUSE: Duration = Duration::from_millis(500);

/// As many are likely.
pub(super) const STEPS: u64 = 6 + STEPS_BETWEEN as u64;

/// The steps, and what they came to.
pub(super) struct Ramp {
    pub(super) capacity: f64,
    pub(super) steps: Vec<Step>,
}

/// One rate.
pub(super) struct Step {
    pub(super) load: Load,
    /// `None` = it only warmed up.
    pub(super) kept_up: Option<bool>,
}

impl Ramp {
    /// `at` lets events come as a publisher of this name.
    pub(super) async fn of<W>(
        time: Duration,
        heard: &Heard<'_>,
        at: impl Fn(&str, Schedule, Duration) -> W,
    ) -> anyhow::Result<Self>
    where
        W: Future<Output = anyhow::Result<Load>>,
    {
        heard("warms up");
        let load = at("warm-up", Schedule::at(FIRST_PER_SECOND), time).await?;
        let mut steps = vec![Step { load, kept_up: None }];
        let mut search = Search::default();
        while let Some(per_second) = search.next() {
            heard(&format!("{per_second:.0}/s"));
            let load = at(&format!("step-{}", steps.len()), Schedule::at(per_second), time).await?;
            let kept_up = load.kept_up(KEEPS_UP_WAIT);
            search.tried(per_second, kept_up);
            steps.push(Step { load, kept_up: Some(kept_up) });
            tokio::time::sleep(PAUSE).await;
        }
        if search.least == 0.0 {
            let told = steps.last().map(|step| step.load.tally(|_, _| true));
            bail!("the door does not even take {FIRST_PER_SECOND} events a second: {told:?}");
        }
        Ok(Self { capacity: search.least, steps })
    }
}

/// What is known of the capacity.
#[derive(Debug, Default)]
struct Search {
    least: f64,
    most: Option<f64>,
    between: u32,
}

impl Search {
    /// The rate to be tried next; `None` = it is known well enough.
    fn next(&self) -> Option<f64> {
        match self.most {
            None if self.least == 0.0 => Some(FIRST_PER_SECOND),
            None => Some(self.least * 2.0),
            Some(_) if self.least == 0.0 || self.between == STEPS_BETWEEN => None,
            Some(most) => Some((self.least + most) / 2.0),
        }
    }

    fn tried(&mut self, per_second: f64, kept_up: bool) {
        if self.most.is_some() {
            self.between += 1;
        }
        if kept_up {
            self.least = per_second;
        } else {
            self.most = Some(per_second);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity_of(keeps_up: impl Fn(f64) -> bool) -> (f64, Vec<f64>) {
        let (mut search, mut tried) = (Search::default(), Vec::new());
        while let Some(per_second) = search.next() {
            search.tried(per_second, keeps_up(per_second));
            tried.push(per_second);
        }
        (search.least, tried)
    }

    #[test]
    fn the_capacity_is_found_between_two_doublings() {
        let (capacity, tried) = capacity_of(|per_second| per_second <= 1_310.0);
        assert_eq!(tried, [200.0, 400.0, 800.0, 1_600.0, 1_200.0, 1_400.0, 1_300.0, 1_350.0]);
        assert_eq!(capacity, 1_300.0);
    }

    #[test]
    fn a_door_that_takes_nothing_is_not_tried_for_ever() {
        assert_eq!(capacity_of(|_| false), (0.0, vec![200.0]));
    }
}
