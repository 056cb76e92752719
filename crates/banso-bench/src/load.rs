//! Publishers that work while a clock runs.

use crate::measured::{Latency, Measured};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Somebody who does one thing after the other, each when the one before is done.
pub(crate) trait Worker: Send + 'static {
    /// Does it once. An error is counted as wrong and ends this worker.
    fn once(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// How long it is worked, first unmeasured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// Lets all work at the same time; returns the workers too. What is counted came to its end while it was measured.
pub(crate) async fn closed_loop<W: Worker>(workers: Vec<W>, period: Period) -> (Measured, Vec<W>) {
    let begin = Instant::now() + period.warm_up;
    let end = begin + period.measured;
    let mut running = JoinSet::new();
    for mut worker in workers {
        running.spawn(async move {
            let mut took = Vec::new();
            let mut wrong = None;
            loop {
                let started = Instant::now();
                if started >= end {
                    break;
                }
                if let Err(error) = worker.once().await {
                    wrong = Some(format!("{error:#}"));
                    break;
                }
                let ended = Instant::now();
                if ended >= begin && ended < end {
                    took.push(ended - started);
                }
            }
            (worker, took, wrong)
        });
    }
    let (mut workers, mut took, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(joined) = running.join_next().await {
        match joined {
            Ok((worker, own, failed)) => {
                workers.push(worker);
                took.extend(own);
                wrong.extend(failed);
            }
            Err(panicked) => wrong.push(panicked.to_string()),
        }
    }
    let measured = Measured::rate(took.len() as u64, period.measured);
    (Measured { latency: Latency::of(took), wrong, ..measured }, workers)
}
