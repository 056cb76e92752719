//! Publishers that work while a clock runs.

use crate::measured::{Latency, Measured};
use std::num::ParseIntError;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Somebody who does one thing after the other, each when the one before is done.
pub(crate) trait Worker: Send + 'static {
    /// Does it once. An error is counted as wrong and ends this worker.
    fn once(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// How long it is worked, first unmeasured. Also what a child process is told, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Period {
    #[arg(long = "warm-up-ms", value_parser = milliseconds)]
    pub(crate) warm_up: Duration,
    #[arg(long = "measure-ms", value_parser = milliseconds)]
    pub(crate) measured: Duration,
}

impl Period {
    /// What a child process is told, so that it works as long.
    pub(crate) fn arguments(self) -> [String; 4] {
        let told = |time: Duration| time.as_millis().to_string();
        ["--warm-up-ms".to_owned(), told(self.warm_up), "--measure-ms".to_owned(), told(self.measured)]
    }
}

fn milliseconds(text: &str) -> Result<Duration, ParseIntError> {
    text.parse().map(Duration::from_millis)
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
    if took.is_empty() && wrong.is_empty() {
        // A machine that stood still, for one; the figure would be that of nobody.
        wrong.push("nothing came to its end while it was measured".to_owned());
    }
    let measured = Measured::rate(took.len() as u64, period.measured);
    (Measured { latency: Latency::of(took), wrong, ..measured }, workers)
}

/// Lets one do its work from beginning to end again and again: at least once unmeasured, then at least once until
/// the time is over. The last time is measured to its end, however long it takes.
pub(crate) async fn passes<W: Worker>(mut worker: W, period: Period) -> (Measured, W) {
    let (_, failed) = work_for(&mut worker, period.warm_up).await;
    if let Some(wrong) = failed {
        return (Measured { wrong: vec![wrong], ..Measured::default() }, worker);
    }
    let began = Instant::now();
    let (done, failed) = work_for(&mut worker, period.measured).await;
    let measured = Measured::rate(done, began.elapsed());
    (Measured { wrong: failed.into_iter().collect(), ..measured }, worker)
}

/// How often it was done, and what ended it early.
async fn work_for<W: Worker>(worker: &mut W, time: Duration) -> (u64, Option<String>) {
    let (began, mut done) = (Instant::now(), 0);
    loop {
        if let Err(error) = worker.once().await {
            return (done, Some(format!("{error:#}")));
        }
        done += 1;
        if began.elapsed() >= time {
            return (done, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::ensure;
    use clap::Parser;

    struct Counts {
        done: u64,
        fails_at: u64,
    }

    impl Worker for Counts {
        async fn once(&mut self) -> anyhow::Result<()> {
            self.done += 1;
            ensure!(self.done < self.fails_at, "failed at {}", self.done);
            Ok(())
        }
    }

    #[test]
    fn a_child_works_as_long_as_it_is_told() {
        #[derive(clap::Parser)]
        struct Told {
            #[command(flatten)]
            period: Period,
        }
        let period = Period { warm_up: Duration::from_millis(500), measured: Duration::from_secs(3) };
        let arguments = ["child".to_owned()].into_iter().chain(period.arguments());
        assert_eq!(Told::try_parse_from(arguments).unwrap().period, period);
    }

    const NO_TIME: Period = Period { warm_up: Duration::ZERO, measured: Duration::ZERO };

    #[tokio::test]
    async fn a_pass_is_done_once_unmeasured_and_measured_to_its_end_however_short_the_time() {
        let (measured, worker) = passes(Counts { done: 0, fails_at: 10 }, NO_TIME).await;
        assert_eq!((measured.done, worker.done), (1, 2));
        assert!(measured.wrong.is_empty() && measured.per_second > 0.0);
    }

    #[tokio::test]
    async fn a_pass_that_fails_is_told_whether_it_is_measured_or_not() {
        for fails_at in [1, 2] {
            let (measured, worker) = passes(Counts { done: 0, fails_at }, NO_TIME).await;
            assert_eq!((measured.done, worker.done), (0, fails_at));
            assert_eq!(measured.wrong, [format!("failed at {fails_at}")]);
        }
    }

    #[tokio::test]
    async fn a_round_in_which_nothing_was_done_is_told() {
        let (measured, _) = closed_loop(vec![Counts { done: 0, fails_at: u64::MAX }], NO_TIME).await;
        assert_eq!(measured.wrong, ["nothing came to its end while it was measured"]);
    }

    #[tokio::test]
    async fn a_worker_that_fails_ends_and_is_told_and_the_others_go_on() {
        let workers = vec![Counts { done: 0, fails_at: 3 }, Counts { done: 0, fails_at: u64::MAX }];
        let period = Period { warm_up: Duration::ZERO, measured: Duration::from_millis(5) };
        let (measured, workers) = closed_loop(workers, period).await;
        assert_eq!(measured.wrong, ["failed at 3"]);
        assert!(workers.iter().any(|worker| worker.fails_at == 3 && worker.done == 3));
        assert_eq!(workers.len(), 2);
    }
}
