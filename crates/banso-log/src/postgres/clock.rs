//! The database's clock as this process sees it: what several processes have in common.
//!
//! A reading anchors it; from there this process's monotonic clock carries it on, and it never goes back. A
//! reading that is more than [`DRIFT_MAX`] off says that one of the two clocks was set, or stood still: then
//! nothing is appended until two readings, [`SETTLED_AFTER`] apart, agree with one another; from the second of
//! them on it goes by them.

use crate::port::LogError;
use banso_kernel::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How far a reading may be off.
const DRIFT_MAX: TimeDelta = TimeDelta::seconds(1);
/// How far apart two readings must be that agree on another time.
const SETTLED_AFTER: Duration = Duration::from_secs(1);
/// How old the last reading is at most when a batch is stored without the lock: so long a clock that was set goes
/// unnoticed.
pub(super) const READ_EVERY: Duration = Duration::from_millis(250);
/// A reading that took longer says too little of when it was taken to be gone by.
const READING_MAX: Duration = Duration::from_millis(100);

/// What the database's clock said, between two moments of this process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) asked: Instant,
    pub(super) answered: Instant,
    pub(super) said: DateTime<Utc>,
}

/// The database's clock, carried on by this process.
#[derive(Debug)]
pub(super) struct DatabaseClock(Mutex<State>);

#[derive(Debug)]
struct State {
    anchor: Anchor,
    /// Where the clock would stand by a reading that contradicts the anchor.
    other: Option<Anchor>,
    /// When the last reading was answered.
    read_at: Instant,
    /// What was shown last.
    shown: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    at: Instant,
    said: DateTime<Utc>,
}

impl DatabaseClock {
    pub(super) fn anchored(reading: Reading) -> Self {
        let anchor = Anchor::of(reading);
        Self(Mutex::new(State { anchor, other: None, read_at: reading.answered, shown: anchor.said }))
    }

    /// Takes in a reading. Fails where the clock cannot be gone by.
    pub(super) fn read(&self, reading: Reading) -> Result<(), LogError> {
        let Some(off) = self.take_in(reading) else { return Ok(()) };
        Err(LogError::Unavailable {
            attempt: "keep the database's time",
            source: format!(
                "its clock is {} ms from where it was expected; appending goes on once it keeps its pace",
                off.num_milliseconds()
            )
            .into(),
        })
    }

    /// Takes in a reading; how far off it was if the clock cannot be gone by.
    pub(super) fn take_in(&self, reading: Reading) -> Option<TimeDelta> {
        let mut state = self.state();
        state.read_at = reading.answered;
        if state.anchor.agrees(reading) {
            if reading.answered - reading.asked <= READING_MAX {
                state.anchor = Anchor::of(reading);
            }
            state.other = None;
            return None;
        }
        let off = reading.said - state.anchor.at(reading.answered);
        match state.other {
            Some(other) if other.agrees(reading) => {
                if reading.answered - other.at >= SETTLED_AFTER {
                    let off_ms = off.num_milliseconds();
                    tracing::warn!(off_ms, "the database's clock was set; it is gone by again");
                    (state.anchor, state.other) = (Anchor::of(reading), None);
                    return None;
                }
            }
            Some(_) | None => state.other = Some(Anchor::of(reading)),
        }
        Some(off)
    }

    /// Whether the clock should be read again.
    pub(super) fn is_due(&self) -> bool {
        self.state().read_at.elapsed() >= READ_EVERY
    }

    /// Whether the last reading contradicted what was shown.
    pub(super) fn is_contradicted(&self) -> bool {
        self.state().other.is_some()
    }

    /// Shows another time from now on, as if the database's had been set.
    #[cfg(test)]
    pub(super) fn put_off(&self, by: TimeDelta) {
        self.state().anchor.said += by;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of it is a single assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> DateTime<Utc> {
        let mut state = self.state();
        state.shown = state.shown.max(state.anchor.at(Instant::now()));
        state.shown
    }
}

impl Anchor {
    /// By the end of the reading: the clock is then behind the database's by the way of the answer, never ahead.
    fn of(reading: Reading) -> Self {
        Self { at: reading.answered, said: reading.said }
    }

    /// What the clock shows then.
    fn at(&self, moment: Instant) -> DateTime<Utc> {
        let micros =
            |span: Duration| TimeDelta::microseconds(i64::try_from(span.as_micros()).unwrap_or(i64::MAX));
        match moment.checked_duration_since(self.at) {
            Some(since) => self.said + micros(since),
            None => self.said - micros(self.at - moment),
        }
    }

    /// Whether the reading can have been taken at some moment between question and answer.
    fn agrees(&self, reading: Reading) -> bool {
        let (earliest, latest) = (self.at(reading.asked) - DRIFT_MAX, self.at(reading.answered) + DRIFT_MAX);
        (earliest..=latest).contains(&reading.said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A reading that was asked for `asked` and answered `answered` after the beginning of the test, when the
    /// database showed `said` ms after its beginning.
    fn reading(start: Instant, asked: u32, answered: u32, said: i64) -> Reading {
        Reading {
            asked: start + MS * asked,
            answered: start + MS * answered,
            said: DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::milliseconds(said),
        }
    }

    fn shown(clock: &DatabaseClock, start: Instant, at: u32) -> i64 {
        let anchor = clock.state().anchor;
        let begun = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        (anchor.at(start + MS * at) - begun).num_milliseconds()
    }

    #[test]
    fn a_reading_within_a_second_is_gone_by() {
        let start = Instant::now();
        let clock = DatabaseClock::anchored(reading(start, 0, 2, 0));
        assert_eq!(shown(&clock, start, 1_002), 1_000);
        clock.read(reading(start, 60_000, 60_001, 60_900)).unwrap();
        assert_eq!(shown(&clock, start, 60_001), 60_900);
        clock.read(reading(start, 120_000, 120_001, 120_000)).unwrap();
        assert_eq!(shown(&clock, start, 120_001), 120_000);
    }

    #[test]
    fn a_slow_reading_is_no_drift_and_moves_nothing() {
        let start = Instant::now();
        let clock = DatabaseClock::anchored(reading(start, 0, 0, 0));
        // The process stood still for a minute between question and answer.
        clock.read(reading(start, 1_000, 61_000, 1_500)).unwrap();
        assert_eq!(shown(&clock, start, 61_000), 61_000);
    }

    #[test]
    fn a_clock_that_was_set_is_gone_by_once_two_readings_agree() {
        for step in [-3_600_000, 3_600_000] {
            let start = Instant::now();
            let clock = DatabaseClock::anchored(reading(start, 0, 0, 0));
            assert!(clock.read(reading(start, 10_000, 10_000, 10_000 + step)).is_err());
            assert!(clock.read(reading(start, 10_500, 10_500, 10_500 + step)).is_err(), "too soon to tell");
            clock.read(reading(start, 11_100, 11_100, 11_100 + step)).unwrap();
            assert_eq!(shown(&clock, start, 11_100), 11_100 + step);
            clock.read(reading(start, 12_000, 12_000, 12_000 + step)).unwrap();
        }
    }

    #[test]
    fn a_clock_that_jumps_about_is_never_gone_by() {
        let start = Instant::now();
        let clock = DatabaseClock::anchored(reading(start, 0, 0, 0));
        for n in 1..10 {
            let refused = clock.read(reading(start, n * 5_000, n * 5_000, i64::from(n) * 10_000));
            let text = format!("{:?}", refused.unwrap_err());
            assert!(text.contains("keep the database's time"), "{text}");
        }
        // One that comes back to where it was expected was only misread.
        clock.read(reading(start, 50_000, 50_000, 50_000)).unwrap();
    }

    #[test]
    fn it_never_goes_back() {
        let start = Instant::now();
        let clock = DatabaseClock::anchored(reading(start, 0, 0, 0));
        let before = clock.now();
        clock.read(reading(start, 10, 10, -900)).unwrap();
        assert!(clock.now() >= before);
    }
}
