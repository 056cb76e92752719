//! Arrivals on a fixed schedule, whether or not the earlier ones are done. Latency counts from when an arrival was
//! due: a stall is felt by everybody who came meanwhile, and no slow answer keeps the next one from coming.

use crate::load::Period;
use anyhow::{Context, ensure};
use std::ops::Range;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// When whoever comes is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) begin: Instant,
    pub(crate) per_second: f64,
}

/// What became of an arrival.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrived<T> {
    /// From 0.
    pub(crate) arrival: u64,
    pub(crate) due: Instant,
    /// When it really came: later where whoever sends is short of processors.
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    pub(crate) outcome: T,
}

impl<T> Arrived<T> {
    /// From when it was due.
    pub(crate) fn took(&self) -> Duration {
        self.ended - self.due
    }
}

impl Schedule {
    /// From now on.
    pub(crate) fn at(per_second: f64) -> Self {
        Self { begin: Instant::now(), per_second }
    }

    /// When this one comes.
    pub(crate) fn due(self, arrival: u64) -> Instant {
        self.begin + Duration::from_secs_f64(arrival as f64 / self.per_second)
    }

    /// How many come within so long.
    pub(crate) fn within(self, time: Duration) -> u64 {
        (time.as_secs_f64() * self.per_second).round() as u64
    }

    /// Who comes while it is measured.
    pub(crate) fn measured(self, period: Period) -> Range<u64> {
        self.within(period.warm_up)..self.within(period.warm_up + period.measured)
    }
}

/// Lets so many come, each when it is due; returns when all of them are done, in the order in which they were.
/// `arrive` says what one does, and is asked in order, when it is due.
pub(crate) async fn open_loop<T, F, W>(
    schedule: Schedule,
    arrivals: u64,
    mut arrive: F,
) -> anyhow::Result<Vec<Arrived<T>>>
where
    T: Send + 'static,
    F: FnMut(u64) -> W + Send + 'static,
    W: Future<Output = T> + Send + 'static,
{
    let (done, mut arrived) = mpsc::unbounded_channel();
    let runtime = Handle::current();
    // A thread of its own: timers of the runtime are only good for whole milliseconds.
    let sends = move || {
        for arrival in 0..arrivals {
            let due = schedule.due(arrival);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let (work, done) = (arrive(arrival), done.clone());
            runtime.spawn(async move {
                let began = Instant::now();
                let outcome = work.await;
                // Whoever waits for all of them waits for this one.
                drop(done.send(Arrived { arrival, due, began, ended: Instant::now(), outcome }));
            });
        }
    };
    let clock = std::thread::Builder::new().name("arrivals".to_owned()).spawn(sends)?;
    let mut all = Vec::new();
    while let Some(one) = arrived.recv().await {
        all.push(one);
    }
    clock.join().ok().context("the thread of the arrivals panicked")?;
    ensure!(
        all.len() as u64 == arrivals,
        "{} of {arrivals} arrivals came to no end",
        arrivals - all.len() as u64
    );
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Notify;

    #[test]
    fn arrivals_are_due_at_equal_distances() {
        let schedule = Schedule::at(500.0);
        assert_eq!(schedule.due(0), schedule.begin);
        assert_eq!(schedule.due(1_000) - schedule.begin, Duration::from_secs(2));
        let period = Period { warm_up: Duration::from_millis(500), measured: Duration::from_secs(1) };
        assert_eq!(schedule.measured(period), 250..750);
    }

    #[tokio::test]
    async fn who_comes_does_not_wait_for_those_before_and_their_latency_counts_from_when_they_were_due() {
        let last = Arc::new(Notify::new());
        let schedule = Schedule::at(1_000.0);
        let all = open_loop(schedule, 10, move |arrival| {
            let last = last.clone();
            async move {
                // Nobody is done before the last one came.
                if arrival == 9 {
                    last.notify_waiters()
                } else {
                    last.notified().await
                }
                arrival
            }
        });
        let all = all.await.unwrap();
        let mut arrivals: Vec<u64> = all.iter().map(|one| one.outcome).collect();
        arrivals.sort_unstable();
        assert_eq!(arrivals, (0..10).collect::<Vec<_>>());
        let first = all.iter().find(|one| one.arrival == 0).unwrap();
        assert_eq!(first.due, schedule.begin);
        assert!(first.took() >= schedule.due(9) - schedule.begin);
    }

    #[tokio::test]
    async fn one_that_comes_to_no_end_is_not_left_out_in_silence() {
        let all = open_loop(Schedule::at(10_000.0), 3, |arrival| async move {
            assert_ne!(arrival, 1, "as the test wants it");
        });
        assert!(all.await.is_err());
    }
}
