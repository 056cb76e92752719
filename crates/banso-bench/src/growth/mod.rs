//! How banso does as its log grows: the same work on logs of up to ten million events, each copied in, beside the
//! same work on the smallest. A long run, one pass.

pub(crate) mod measure;
mod table;

use crate::bench::Bench;
use crate::child::{measured_by, on_store, printed_by};
use crate::copied_log::CopiedLog;
use crate::load::Period;
use crate::machine::Machine;
use crate::measured::Measured;
use crate::postgres::settle;
use crate::show::{Files, Heard};
use crate::story::Dates;
use measure::Grown;
use serde::Serialize;
use std::time::Duration;
pub(crate) use table::GrowthReport;

/// How long a log is, and about how many persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Size {
    events: u64,
    persons: u64,
}

/// The smallest first: the others are compared with it.
const SIZES: [Size; 4] = [
    Size { events: 100_000, persons: 1_000 },
    Size { events: 1_000_000, persons: 1_000 },
    Size { events: 1_000_000, persons: 100_000 },
    Size { events: 10_000_000, persons: 100_000 },
];

/// Sizes that are left out, and why.
const LEFT_OUT: [&str; 2] = [
    "100,000 events of 100,000 persons: one event is no case",
    "10,000,000 events of 1,000 persons: 10,000 events each, three a day for ten years, are nobody's case",
];

/// By how much every size is smaller where none is small enough.
const QUICK: u64 = 1_000;

/// What is done with each size.
const STEPS: [&str; 4] = ["write the log", "rebuild the read models", "append and ask", "verify"];

#[derive(clap::Args)]
pub(crate) struct Growth {
    /// Only logs with at most so many events. With fewer than the smallest log has, all are a thousandth as
    /// long: for work on the benchmark itself.
    #[arg(long, value_name = "EVENTS", default_value_t = 10_000_000)]
    max_events: u64,
    /// How long each kind of work is measured.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 5_000)]
    measure: u64,
    #[command(flatten)]
    pub(crate) files: Files,
}

/// What one size came to.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    size: Size,
    rebuilt: Measured,
    grown: Grown,
    wrong: Vec<String>,
}

impl Growth {
    /// How often `run` tells how far it is.
    pub(crate) fn steps(&self) -> u64 {
        (sizes(self.max_events).len() * STEPS.len()) as u64
    }

    /// Measures one size after the other.
    pub(crate) async fn run(&self, heard: &Heard<'_>) -> anyhow::Result<GrowthReport> {
        let machine = Machine::look(Bench::new(Duration::ZERO)?.scratch())?;
        let mut rows = Vec::new();
        for size in sizes(self.max_events) {
            rows.push(self.measured(size, heard).await?);
        }
        Ok(GrowthReport { machine, measured_ms: self.measure, rows })
    }

    async fn measured(&self, size: Size, heard: &Heard<'_>) -> anyhow::Result<Row> {
        let mut steps = STEPS
            .map(|step| format!("{} events of {} persons: {step}", size.events, size.persons))
            .into_iter();
        let mut next = || steps.next().iter().for_each(|step| heard(step));
        next();
        let log = CopiedLog::write(size.events, size.persons, Dates::InOrder).await?;
        next();
        let rebuilt = measured_by(on_store("rebuild", &log.schema)?).await?;
        settle().await?;
        next();
        let mut command = on_store("growth", &log.schema)?;
        command.args(["--persons", &log.persons.to_string()]);
        let measured = Duration::from_millis(self.measure);
        // As long again, so that who is asked about often is in memory, wherever that is.
        command.args(Period { warm_up: measured, measured }.arguments());
        let grown: Grown = printed_by(command).await?;
        next();
        let mut wrong = log.log_wrong().await?;
        wrong.extend(log.models_wrong().await?);
        wrong.extend(rebuilt.wrong.iter().chain(&grown.wrong).cloned());
        Ok(Row { size, rebuilt, grown, wrong })
    }
}

fn sizes(max_events: u64) -> Vec<Size> {
    let few: Vec<Size> = SIZES.into_iter().filter(|size| size.events <= max_events).collect();
    if few.is_empty() {
        return SIZES
            .map(|Size { events, persons }| Size { events: events / QUICK, persons: persons / QUICK })
            .into();
    }
    few
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_log_is_longer_than_asked_for_and_a_quick_run_has_all_of_them_small() {
        assert_eq!(sizes(u64::MAX), SIZES);
        assert_eq!(sizes(1_000_000), SIZES[..3]);
        let quick = sizes(10_000);
        assert_eq!(quick.len(), SIZES.len());
        assert!(quick.iter().all(|size| size.events <= 10_000 && size.persons > 0));
    }
}
