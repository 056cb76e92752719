//! What one round of one subject measured.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a subject measured in one round. Also what a child process prints, as JSON, on one line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// What was done a second, in the unit of the row.
    pub(crate) per_second: f64,
    /// How long one took, where each was timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) latency: Option<Latency>,
    /// How many were done while it was measured.
    pub(crate) done: u64,
    /// The most memory that the process held, where it was one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resident_bytes_max: Option<u64>,
    /// What was lost or wrong at the end.
    #[serde(default)]
    pub(crate) wrong: Vec<String>,
    /// What else is worth knowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// How long single operations took, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) max_us: f64,
}

/// The number of a round that a goal compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantity {
    /// What was done a second.
    Rate,
    /// The median latency.
    P50,
    /// The latency that one of a hundred exceeds.
    P99,
}

impl Measured {
    /// `done` things in `took`.
    pub(crate) fn rate(done: u64, took: Duration) -> Self {
        Self { per_second: done as f64 / took.as_secs_f64(), done, ..Self::default() }
    }

    /// The same counted in smaller things, of which there are `each` in one. How long one took stays.
    pub(crate) fn times(self, each: u64) -> Self {
        Self { per_second: self.per_second * each as f64, done: self.done * each, ..self }
    }

    /// The number of this kind, if it was measured.
    pub(crate) fn quantity(&self, quantity: Quantity) -> Option<f64> {
        match quantity {
            Quantity::Rate => Some(self.per_second),
            Quantity::P50 => self.latency.map(|latency| latency.p50_us),
            Quantity::P99 => self.latency.map(|latency| latency.p99_us),
        }
    }
}

impl Latency {
    /// Of these single durations; `None` of none.
    pub(crate) fn of(mut took: Vec<Duration>) -> Option<Self> {
        took.sort_unstable();
        let at = |share: f64| {
            let place = ((took.len() as f64 * share).ceil() as usize).clamp(1, took.len());
            took[place - 1].as_secs_f64() * 1e6
        };
        (!took.is_empty()).then(|| Self { p50_us: at(0.5), p99_us: at(0.99), max_us: at(1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_nearest_ranks() {
        let took: Vec<Duration> = (1..=200).rev().map(Duration::from_micros).collect();
        let latency = Latency::of(took).unwrap();
        let told = [latency.p50_us, latency.p99_us, latency.max_us].map(f64::round);
        assert_eq!(told, [100.0, 198.0, 200.0]);
        assert_eq!(Latency::of(Vec::new()), None);
    }

    #[test]
    fn a_batch_counts_as_what_is_in_it_and_takes_as_long_as_it_took() {
        let latency = Latency::of(vec![Duration::from_millis(5)]);
        let batches = Measured { latency, ..Measured::rate(20, Duration::from_secs(2)) };
        let events = batches.times(100);
        assert_eq!((events.per_second, events.done, events.latency), (1_000.0, 2_000, latency));
    }

    #[test]
    fn a_child_says_it_on_one_line_that_reads_the_same() {
        let measured = Measured {
            latency: Latency::of(vec![Duration::from_micros(7)]),
            wrong: vec!["an event is missing".to_owned()],
            ..Measured::rate(10, Duration::from_secs(2))
        };
        let line = serde_json::to_string(&measured).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Measured>(&line).unwrap(), measured);
    }
}
