//! What the doors are to hold under overload, and whether they did.

use super::load::{Load, Tally};
use super::{BACK_WITHIN, ORDINARY_TIME, Sample};
use crate::show::{milliseconds, whole};
use serde::Serialize;
use std::time::Duration;

/// "At once": one refusal of a hundred may take longer.
const REFUSED_WITHIN: Duration = Duration::from_millis(100);
/// What is admitted waits no longer than this, however much comes.
const ADMITTED_WITHIN: Duration = Duration::from_secs(2);
/// From then on memory is to be flat …
const FLAT_FROM: Duration = Duration::from_secs(10);
/// … and the end no higher than so many times what it was.
const FLAT: f64 = 1.1;
/// As before: the median within so many times of what it was.
const AS_BEFORE: f64 = 2.0;
/// It is looked for in windows of this length.
const WINDOW: Duration = Duration::from_millis(250);

/// A goal, and what was found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Goal {
    pub(super) what: &'static str,
    pub(super) goal: String,
    pub(super) found: String,
    pub(super) is_met: bool,
}

/// All of them.
pub(super) fn judged(before: &Load, overload: &Load, after: &Load, samples: &[Sample]) -> Vec<Goal> {
    let all = overload.tally(|_, _| true);
    vec![refused(&all), admitted(&all), told(&all), flat(overload, samples), back(before, after)]
}

fn refused(all: &Tally) -> Goal {
    let (most, p99) = (us(REFUSED_WITHIN), all.refusal.map(|refusal| refusal.p99_us));
    Goal {
        what: "429, RESOURCE_EXHAUSTED at once",
        goal: format!("p99 ≤ {}", milliseconds(most)),
        found: p99.map_or("none refused".to_owned(), |p99| format!("p99 {}", milliseconds(p99))),
        is_met: p99.is_some_and(|p99| p99 <= most),
    }
}

fn admitted(all: &Tally) -> Goal {
    let (most, max) = (us(ADMITTED_WITHIN), all.latency.map(|latency| latency.max_us));
    Goal {
        what: "what is admitted waits for a bounded time",
        goal: format!("max ≤ {}", milliseconds(most)),
        found: max.map_or("none admitted".to_owned(), |max| format!("max {}", milliseconds(max))),
        is_met: max.is_some_and(|max| max <= most),
    }
}

fn told(all: &Tally) -> Goal {
    Goal {
        what: "everybody is told one or the other",
        goal: "0 others".to_owned(),
        found: format!("{} failed", whole(all.failures())),
        is_met: all.failures() == 0,
    }
}

fn flat(overload: &Load, samples: &[Sample]) -> Goal {
    let goal = |goal, found, is_met| Goal { what: "memory is flat", goal, found, is_met };
    let last = samples.last();
    let from = last.and_then(|last| {
        let from = FLAT_FROM.min(last.since / 2);
        samples.iter().find(|sample| sample.since >= from)
    });
    let Some((from, to)) = from.zip(last) else {
        return goal(format!("≤ {FLAT} ×"), "not looked at".to_owned(), false);
    };
    let begin = overload.schedule.begin;
    let recorded = overload.recorded_in(begin + from.since..begin + to.since).max(1);
    let (before, after) = (from.server.resident_bytes as f64, to.server.resident_bytes as f64);
    let each = (after - before) / recorded as f64;
    let ratio = after / before;
    let found = format!("{ratio:.2} ×, {each:.0} bytes for each event recorded since");
    goal(format!("≤ {FLAT} × second {}", from.since.as_secs()), found, ratio <= FLAT)
}

/// From some window on, and also all of those that came later.
fn back(before: &Load, after: &Load) -> Goal {
    let median = |tally: &Tally| tally.latency.map_or(f64::INFINITY, |latency| latency.p50_us);
    let most = AS_BEFORE * median(&before.tally(|_, _| true));
    let as_before = |tally: &Tally| tally.recorded == tally.came && median(tally) <= most;
    let late = after.tally(|_, since| since >= BACK_WITHIN);
    let mut windows = (0..).map(|window| WINDOW * window).take_while(|from| *from < ORDINARY_TIME);
    let back =
        windows.find(|from| as_before(&after.tally(|_, since| since >= *from && since < *from + WINDOW)));
    let within = BACK_WITHIN.as_secs();
    Goal {
        what: "an ordinary load is answered as before",
        goal: format!("within {within} s: all recorded, p50 ≤ {AS_BEFORE} × before"),
        found: match back {
            Some(after) => format!(
                "after {:.2} s; from second {within} on {} of {} not recorded",
                after.as_secs_f64(),
                whole(late.came - late.recorded),
                whole(late.came)
            ),
            None => "never".to_owned(),
        },
        is_met: back.is_some_and(|after| after <= BACK_WITHIN) && as_before(&late),
    }
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holds::Holds;
    use crate::overload::doors::Told;

    const RECORDED: (Told, u64) = (Told::Recorded(1), 5);
    const REFUSED: (Told, u64) = (Told::Refused, 1);

    /// An ordinary load: one comes each 10 ms for 6 s. From `from` to `to` it is told this instead.
    fn ordinary(from: usize, to: usize, instead: &(Told, u64)) -> Load {
        let mut told = vec![RECORDED; 600];
        told[from..to].fill(instead.clone());
        Load::of_told(&told)
    }

    fn samples(mib: &[u64]) -> Vec<Sample> {
        let holds = |mib| Holds { resident_bytes: mib << 20, ..Holds::default() };
        let sample = |(second, mib): (u64, &u64)| Sample {
            since: Duration::from_secs(second),
            server: holds(*mib),
            clients: Holds::default(),
            busy: 0,
        };
        (0..).zip(mib).map(sample).collect()
    }

    /// What is not met.
    fn missed(overload: &[(Told, u64)], after: &Load, mib: &[u64]) -> Vec<&'static str> {
        let goals = judged(&ordinary(0, 0, &REFUSED), &Load::of_told(overload), after, &samples(mib));
        assert_eq!(goals.len(), 5);
        goals.into_iter().filter(|goal| !goal.is_met).map(|goal| goal.what).collect()
    }

    #[test]
    fn each_goal_is_missed_by_what_breaks_it_and_by_nothing_else() {
        let (held, steady) = (ordinary(0, 20, &REFUSED), [90, 100, 101, 102]);
        let with = |more: (Told, u64)| [RECORDED, REFUSED, more];
        assert_eq!(missed(&with(RECORDED), &held, &steady), Vec::<&str>::new());
        assert_eq!(missed(&[RECORDED], &held, &steady), ["429, RESOURCE_EXHAUSTED at once"]);
        let late = (Told::Refused, 101);
        assert_eq!(missed(&with(late), &held, &steady), ["429, RESOURCE_EXHAUSTED at once"]);
        let late = (Told::Recorded(2), 2_001);
        assert_eq!(missed(&with(late), &held, &steady), ["what is admitted waits for a bounded time"]);
        let failed = (Told::Failed("503".to_owned()), 1);
        assert_eq!(missed(&with(failed), &held, &steady), ["everybody is told one or the other"]);
        assert_eq!(missed(&with(RECORDED), &held, &[90, 100, 105, 120]), ["memory is flat"]);
        assert_eq!(missed(&with(RECORDED), &held, &[]), ["memory is flat"]);
    }

    #[test]
    fn the_way_back_ends_in_time_and_for_good() {
        let missed = |after: Load| missed(&[RECORDED, REFUSED], &after, &[100, 100]);
        let slow = (Told::Recorded(1), 50);
        assert_eq!(missed(ordinary(0, 190, &slow)), Vec::<&str>::new());
        // Too late; again later; never.
        let way_back = ["an ordinary load is answered as before"];
        assert_eq!(missed(ordinary(0, 230, &REFUSED)), way_back);
        assert_eq!(missed(ordinary(400, 401, &REFUSED)), way_back);
        assert_eq!(missed(ordinary(0, 600, &slow)), way_back);
    }
}
