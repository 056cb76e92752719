//! 256 publishers at four processes that share one log, and this machine's cores.

use crate::bench::{Bench, EVENTS_BEFORE, PERSONS};
use crate::child::{Working, on_store};
use crate::limits::insert::Insert;
use crate::load::{Period, closed_loop};
use crate::measured::{Latency, Measured, Quantity};
use crate::publisher::Publisher;
use crate::row::{BANSO, Bound, Goal, Row, Subject};
use crate::stores::{Place, process};
use anyhow::{Context, ensure};
use async_trait::async_trait;
use banso_app::App;
use banso_app::audit::Attempt;
use banso_log::PgConfig;
use std::io::{BufRead, BufWriter, Write};
use std::path::PathBuf;

const PROCESSES: u64 = 4;
const PUBLISHERS_EACH: u64 = 64;

pub(super) fn four() -> Row {
    let publishers = PROCESSES * PUBLISHERS_EACH;
    let subjects: Vec<Box<dyn Subject>> = vec![Box::new(Insert { publishers }), Box::new(Processes)];
    let even = Goal {
        quantity: Quantity::SlowestProcess,
        of: BANSO,
        against: BANSO,
        against_quantity: Quantity::FastestProcess,
        bound: Bound::AtLeast(0.5),
    };
    let goals = vec![Goal::rate_at_least(1.5, "L1"), even];
    Row { id: "processes", title: "append, 256 publishers at 4 processes", unit: "events", subjects, goals }
}

/// banso: every process has a writer of its own.
struct Processes;

#[async_trait]
impl Subject for Processes {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = Place::in_postgres().await;
        place.filled_app().await?.stop().await;
        let folder = bench.folder()?;
        let mut children = Vec::new();
        for number in 1..=PROCESSES {
            let attempts = folder.join(format!("{number}.jsonl"));
            let mut command = on_store("append", place.schema()?)?;
            command.arg("--name").arg(number.to_string()).arg("--attempts").arg(&attempts);
            command.args(bench.period.arguments());
            children.push((Working::start(command).await?, attempts));
        }
        for (child, _) in &mut children {
            child.go().await?;
        }
        let (mut all, mut attempts) = (Vec::new(), Vec::new());
        for (child, file) in children {
            all.push(child.measured().await?);
            let file = std::fs::File::open(&file).context("open a record of attempts")?;
            for line in std::io::BufReader::new(file).lines() {
                attempts.push(serde_json::from_str(&line?).context("read an attempt")?);
            }
        }
        let mut measured = together(&all);
        let recorded: u64 = place.open().await?.head().await?;
        let expected = attempts.len() as u64 + PERSONS * EVENTS_BEFORE;
        if recorded != expected {
            measured.wrong.push(format!("{recorded} events of {expected}"));
        }
        measured.wrong.extend(place.wrong(&attempts).await?);
        Ok(measured)
    }
}

/// What they did together. Latencies are those of the process with the worst.
fn together(all: &[Measured]) -> Measured {
    let worst = |of: fn(&Latency) -> f64| {
        all.iter().filter_map(|one| one.latency.as_ref()).map(of).max_by(f64::total_cmp)
    };
    let latency = || {
        Some(Latency {
            p50_us: worst(|latency| latency.p50_us)?,
            p99_us: worst(|latency| latency.p99_us)?,
            max_us: worst(|latency| latency.max_us)?,
        })
    };
    Measured {
        per_second: all.iter().map(|one| one.per_second).sum(),
        latency: latency(),
        done: all.iter().map(|one| one.done).sum(),
        processes: all.iter().map(|one| one.per_second).collect(),
        wrong: all.iter().flat_map(|one| one.wrong.clone()).collect(),
        ..Measured::default()
    }
}

/// How one of the processes appends.
#[derive(clap::Args)]
pub(crate) struct Appending {
    /// Its publishers' names begin with it.
    #[arg(long)]
    name: String,
    /// Where it writes what its publishers were told.
    #[arg(long)]
    attempts: PathBuf,
    #[command(flatten)]
    period: Period,
}

impl Appending {
    /// Appends, once `begin` returns.
    pub(crate) async fn in_this_process(
        self,
        store: &PgConfig,
        begin: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<Measured> {
        let app: App = process(store).await?;
        let publishers: Vec<Publisher> = (1..=PUBLISHERS_EACH)
            .map(|number| Publisher::of(&app.door, format!("banso-{}-{number}", self.name)))
            .collect();
        begin.await?;
        let (measured, publishers) = closed_loop(publishers, self.period).await;
        app.stop().await;
        let attempts: Vec<Attempt> = publishers.into_iter().flat_map(|own| own.attempts).collect();
        ensure!(!attempts.is_empty(), "nobody came to append anything");
        let mut file = BufWriter::new(std::fs::File::create(&self.attempts).context("record attempts")?);
        for attempt in &attempts {
            serde_json::to_writer(&mut file, attempt)?;
            file.write_all(b"\n")?;
        }
        file.flush()?;
        Ok(measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_add_up_and_the_worst_latency_counts() {
        let one = |per_second, p99_us| Measured {
            per_second,
            latency: Some(Latency { p50_us: 1.0, p99_us, max_us: p99_us }),
            ..Measured::default()
        };
        let all = together(&[one(10.0, 5.0), one(30.0, 2.0)]);
        assert_eq!((all.per_second, all.latency.unwrap().p99_us), (40.0, 5.0));
        assert_eq!(all.quantity(Quantity::SlowestProcess), Some(10.0));
        assert_eq!(all.quantity(Quantity::FastestProcess), Some(30.0));
    }
}
