//! What is shown of it.

use super::doors::Door;
use super::goals::{Goal, judged};
use super::load::{GRPC_EACH, Load, Tally, Visit};
use super::ramp::{Ramp, Step};
use super::{BACK_WITHIN, Sample, TIMES_THE_CAPACITY};
use crate::holds::Holds;
use crate::machine::Machine;
use crate::measured::Latency;
use crate::show::{Look, Report, in_look, mebibytes, milliseconds, points, rate, whole, yes_or_no};
use comfy_table::Table;
use serde::Serialize;
use std::time::Duration;

/// Times at which the server is shown, about.
const ROWS_OF_SAMPLES: usize = 12;

/// One run.
#[derive(Serialize)]
pub(crate) struct OverloadReport {
    machine: Machine,
    /// Events a second that the HTTP door takes.
    capacity: f64,
    steps: Vec<Tried>,
    /// Of those that came in the overload, a second.
    recorded_per_second: f64,
    goals: Vec<Goal>,
    loads: Vec<Part>,
    samples: Vec<Sample>,
    wrong: Vec<String>,
}

/// A step by which the capacity was found.
#[derive(Serialize)]
struct Tried {
    per_second: f64,
    kept_up: bool,
}

/// Some of those who came.
#[derive(Serialize)]
struct Part {
    load: &'static str,
    door: &'static str,
    /// Whether another part has the same ones too.
    #[serde(skip)]
    is_again: bool,
    #[serde(flatten)]
    tally: Tally,
}

impl OverloadReport {
    /// Of loads that have ended.
    pub(super) fn of(
        machine: Machine,
        ramp: &Ramp,
        [before, overload, after]: [&Load; 3],
        samples: Vec<Sample>,
        wrong: Vec<String>,
    ) -> Self {
        let tried =
            |step: &Step| Some(Tried { per_second: step.load.schedule.per_second, kept_up: step.kept_up? });
        Self {
            machine,
            capacity: ramp.capacity,
            steps: ramp.steps.iter().filter_map(tried).collect(),
            recorded_per_second: overload.recorded_per_second(),
            goals: judged(before, overload, after, &samples),
            loads: parts(before, overload, after),
            samples,
            wrong,
        }
    }

    fn capacity_line(&self) -> String {
        let tried = |step: &Tried| format!("{} {}", rate(step.per_second), yes_or_no(step.kept_up));
        let steps: Vec<String> = self.steps.iter().map(tried).collect();
        format!(
            "capacity of the HTTP door {} events/s (kept up: {}); then {TIMES_THE_CAPACITY} × that, 1 of {GRPC_EACH} over gRPC: {}/s were recorded",
            rate(self.capacity),
            steps.join(", "),
            rate(self.recorded_per_second)
        )
    }

    fn goals(&self) -> Table {
        let mut table = Table::new();
        table.set_header(["under overload", "goal", "found", "met"]);
        for Goal { what, goal, found, is_met } in &self.goals {
            table.add_row([what, goal.as_str(), found, yes_or_no(*is_met)]);
        }
        table
    }

    fn loads(&self) -> Table {
        let mut table = Table::new();
        table.set_header([
            "load",
            "door",
            "came",
            "recorded",
            "refused",
            "failed",
            "p50",
            "p99",
            "max",
            "refused p99",
            "refused max",
            "came late p99",
        ]);
        for Part { load, door, tally, .. } in &self.loads {
            let percent = |of: u64| format!("{:.1} %", tally.share(of) * 100.0);
            let p = |latency: Option<Latency>, of: fn(Latency) -> f64| {
                latency.map(of).map_or(String::new(), milliseconds)
            };
            table.add_row([
                (*load).to_owned(),
                (*door).to_owned(),
                whole(tally.came),
                percent(tally.recorded),
                percent(tally.refused),
                percent(tally.failures()),
                p(tally.latency, |latency| latency.p50_us),
                p(tally.latency, |latency| latency.p99_us),
                p(tally.latency, |latency| latency.max_us),
                p(tally.refusal, |latency| latency.p99_us),
                p(tally.refusal, |latency| latency.max_us),
                p(tally.late, |latency| latency.p99_us),
            ]);
        }
        table
    }

    /// The server, and the clients beside it.
    fn processes(&self) -> Table {
        let mut table = Table::new();
        table.set_header([
            "second",
            "memory of the server",
            "its files",
            "its processors",
            "processors of the clients",
            "their busy HTTP connections",
        ]);
        let each = (self.samples.len() / ROWS_OF_SAMPLES).max(1);
        for pair in self.samples.iter().step_by(each).collect::<Vec<_>>().windows(2) {
            let (before, sample) = (pair[0], pair[1]);
            let between = (sample.since - before.since).as_secs_f64();
            let processors = |of: fn(&Sample) -> Holds| {
                format!("{:.2}", (of(sample).processor_seconds - of(before).processor_seconds) / between)
            };
            table.add_row([
                format!("{:.0}", sample.since.as_secs_f64()),
                mebibytes(sample.server.resident_bytes as f64),
                whole(sample.server.files as u64),
                processors(|sample| sample.server),
                processors(|sample| sample.clients),
                whole(sample.busy as u64),
            ]);
        }
        table
    }
}

impl Report for OverloadReport {
    fn text(&self, look: Look) -> String {
        let failed = self.loads.iter().filter(|part| !part.is_again).flat_map(|part| {
            let told = move |(reason, times): (&String, &u64)| {
                format!("{}, {}: {} × {reason}", part.load, part.door, whole(*times))
            };
            part.tally.failed.iter().map(told)
        });
        format!(
            "{}\n\n{}\n\n{}\n\n{}\n\n{}\n{}{}",
            self.machine,
            self.capacity_line(),
            in_look(self.goals(), ..0, look),
            in_look(self.loads(), 2.., look),
            in_look(self.processes(), .., look),
            points(failed),
            points(self.wrong.iter().map(|wrong| format!("wrong: {wrong}")))
        )
    }

    fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }
}

/// The overload by door and by time, between the ordinary loads.
fn parts(before: &Load, overload: &Load, after: &Load) -> Vec<Part> {
    let third = overload.length() / 3;
    let of = |door: Door| move |visit: &Visit, _: Duration| visit.door == door;
    [
        ("ordinary, before", false, "both", before.tally(|_, _| true)),
        ("overload", false, "HTTP", overload.tally(of(Door::Http))),
        ("overload", false, "gRPC", overload.tally(of(Door::Grpc))),
        ("its first third", true, "both", overload.tally(|_, since| since < third)),
        ("its last third", true, "both", overload.tally(|_, since| since >= third * 2)),
        ("ordinary, until 2 s after", false, "both", after.tally(|_, since| since < BACK_WITHIN)),
        ("ordinary, from then on", false, "both", after.tally(|_, since| since >= BACK_WITHIN)),
    ]
    .map(|(load, is_again, door, tally)| Part { load, door, is_again, tally })
    .into()
}
