//! What is shown of it.

use super::doors::Door;
use super::load::{GRPC_EACH, Load, Tally, Visit};
use super::ramp::Step;
use super::{Sample, TIMES_THE_CAPACITY};
use crate::machine::Machine;
use crate::measured::Latency;
use crate::report::{Look, count, in_look};
use comfy_table::{CellAlignment, Table};
use std::time::Duration;

/// "At once": one refusal of a hundred may take longer.
const REFUSED_WITHIN: Duration = Duration::from_millis(100);
/// What is admitted waits no longer than this, however much comes.
const ADMITTED_WITHIN: Duration = Duration::from_secs(2);
/// From then on memory is to be flat …
const FLAT_FROM: Duration = Duration::from_secs(10);
/// … and the end no higher than so many times what it was.
const FLAT: f64 = 1.1;
/// How soon an ordinary load is to be answered again as before.
const BACK_WITHIN: Duration = Duration::from_secs(2);
/// As before: the median within so many times of what it was.
const AS_BEFORE: f64 = 2.0;
/// It is looked for in windows of this length.
const WINDOW: Duration = Duration::from_millis(250);

/// Times at which the server is shown, about.
const ROWS_OF_SAMPLES: usize = 12;
const MIB: f64 = 1024.0 * 1024.0;

/// One run.
pub(crate) struct Report {
    pub(super) machine: Machine,
    pub(super) capacity: f64,
    pub(super) steps: Vec<Step>,
    pub(super) before: Load,
    pub(super) overload: Load,
    pub(super) after: Load,
    pub(super) samples: Vec<Sample>,
    pub(super) wrong: Vec<String>,
}

impl Report {
    /// Everything that people read.
    pub(crate) fn text(&self, look: Look) -> String {
        let mut text = format!(
            "{}\n\n{}\n\n{}\n\n{}\n\n{}\n",
            self.machine,
            self.capacity_line(),
            in_look(self.goals(), look),
            in_look(self.loads(), look),
            in_look(self.memory(), look)
        );
        for (reason, times) in self.overload.tally(|_, _| true).failed {
            text.push_str(&format!("\n{times} × {reason}"));
        }
        for wrong in &self.wrong {
            text.push_str(&format!("\nwrong: {wrong}"));
        }
        text.push('\n');
        text
    }

    /// Whether nothing was lost or wrong.
    pub(crate) fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }

    fn capacity_line(&self) -> String {
        let steps = self.steps.iter().filter_map(|step| {
            let kept_up = if step.kept_up? { "yes" } else { "no" };
            Some(format!("{} {kept_up}", count(step.load.schedule.per_second)))
        });
        let steps: Vec<String> = steps.collect();
        format!(
            "capacity of the HTTP door {} events/s (kept up: {}); then {TIMES_THE_CAPACITY} × that, 1 of {GRPC_EACH} over gRPC: {}/s were recorded",
            count(self.capacity),
            steps.join(", "),
            count(self.overload.recorded_per_second())
        )
    }

    fn goals(&self) -> Table {
        let all = self.overload.tally(|_, _| true);
        let mut table = Table::new();
        table.set_header(["under overload", "goal", "found", "met"]);
        let mut goal = |what: &str, goal: String, found: String, met: bool| {
            table.add_row([what.to_owned(), goal, found, if met { "yes" } else { "no" }.to_owned()]);
        };
        let refused = all.refusal.map(|refusal| refusal.p99_us);
        goal(
            "429, RESOURCE_EXHAUSTED at once",
            format!("p99 ≤ {}", ms(Some(REFUSED_WITHIN.as_secs_f64() * 1e6))),
            refused.map_or("none refused".to_owned(), |p99| format!("p99 {}", ms(Some(p99)))),
            refused.is_some_and(|p99| p99 <= REFUSED_WITHIN.as_secs_f64() * 1e6),
        );
        let admitted = all.latency.map(|latency| latency.max_us);
        goal(
            "what is admitted waits for a bounded time",
            format!("max ≤ {}", ms(Some(ADMITTED_WITHIN.as_secs_f64() * 1e6))),
            format!("max {}", ms(admitted)),
            admitted.is_some_and(|max| max <= ADMITTED_WITHIN.as_secs_f64() * 1e6),
        );
        goal(
            "everybody is told one or the other",
            "0 others".to_owned(),
            format!("{} failed", count(all.failures() as f64)),
            all.failures() == 0,
        );
        if let Some((from, to)) = self.flat() {
            let ratio = to.holds.resident_bytes as f64 / from.holds.resident_bytes as f64;
            goal(
                "memory is flat",
                format!("≤ {FLAT} × second {}", from.since.as_secs()),
                format!("{ratio:.2} ×, {:.0} bytes for each event recorded since", self.grown_each(from, to)),
                ratio <= FLAT,
            );
        }
        let late = self.after.tally(|_, since| since >= BACK_WITHIN);
        let median = |tally: &Tally| tally.latency.map_or(f64::INFINITY, |latency| latency.p50_us);
        let before = median(&self.before.tally(|_, _| true));
        let as_before = |tally: &Tally| tally.recorded == tally.came && median(tally) <= AS_BEFORE * before;
        let back = self.back(&as_before);
        goal(
            "an ordinary load is answered as before",
            format!("within {} s: all recorded, p50 ≤ {AS_BEFORE} × before", BACK_WITHIN.as_secs()),
            match back {
                Some(after) => format!(
                    "after {:.2} s; behind 2 s {} of {} not recorded",
                    after.as_secs_f64(),
                    late.came - late.recorded,
                    count(late.came as f64)
                ),
                None => "not".to_owned(),
            },
            // From some window on, and also all of those that came later.
            back.is_some_and(|after| after <= BACK_WITHIN) && as_before(&late),
        );
        table
    }

    /// When it was flat from, and to.
    fn flat(&self) -> Option<(Sample, Sample)> {
        let last = *self.samples.last()?;
        let from = FLAT_FROM.min(last.since / 2);
        Some((*self.samples.iter().find(|sample| sample.since >= from)?, last))
    }

    fn grown_each(&self, from: Sample, to: Sample) -> f64 {
        let between = self.overload.schedule.begin + from.since..self.overload.schedule.begin + to.since;
        let recorded = self.overload.recorded_in(between).max(1);
        (to.holds.resident_bytes as f64 - from.holds.resident_bytes as f64) / recorded as f64
    }

    /// The first window after the load in which all is as before.
    fn back(&self, as_before: &dyn Fn(&Tally) -> bool) -> Option<Duration> {
        let windows = (0..).map(|window| WINDOW * window).take_while(|from| *from < super::ORDINARY_TIME);
        windows
            .into_iter()
            .find(|from| as_before(&self.after.tally(|_, since| since >= *from && since < *from + WINDOW)))
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
        for column in 2..=11 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let third = self.overload.length() / 3;
        let of = |door: Door| move |visit: &Visit, _: Duration| visit.door == door;
        for (what, through, tally) in [
            ("ordinary, before", "both", self.before.tally(|_, _| true)),
            ("overload", "HTTP", self.overload.tally(of(Door::Http))),
            ("overload", "gRPC", self.overload.tally(of(Door::Grpc))),
            ("its first third", "both", self.overload.tally(|_, since| since < third)),
            ("its last third", "both", self.overload.tally(|_, since| since >= third * 2)),
            ("ordinary, until 2 s after", "both", self.after.tally(|_, since| since < BACK_WITHIN)),
            ("ordinary, from then on", "both", self.after.tally(|_, since| since >= BACK_WITHIN)),
        ] {
            let percent = |of: u64| format!("{:.1} %", tally.share(of) * 100.0);
            let p = |latency: Option<Latency>, of: fn(Latency) -> f64| ms(latency.map(of));
            table.add_row([
                what.to_owned(),
                through.to_owned(),
                count(tally.came as f64),
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

    fn memory(&self) -> Table {
        let mut table = Table::new();
        let processors = ["processors of the server", "of the clients"];
        table.set_header(
            ["second", "resident", "files of the server", "HTTP connections busy"].iter().chain(&processors),
        );
        let each = (self.samples.len() / ROWS_OF_SAMPLES).max(1);
        for pair in self.samples.iter().step_by(each).collect::<Vec<_>>().windows(2) {
            let (before, sample) = (pair[0], pair[1]);
            let between = (sample.since - before.since).as_secs_f64();
            let processors = |of: fn(&Sample) -> Duration| {
                format!("{:.2}", of(sample).saturating_sub(of(before)).as_secs_f64() / between)
            };
            table.add_row([
                format!("{:.0}", sample.since.as_secs_f64()),
                format!("{:.0} MiB", sample.holds.resident_bytes as f64 / MIB),
                sample.holds.files.to_string(),
                sample.busy.to_string(),
                processors(|sample| sample.holds.processor_time),
                processors(|sample| sample.clients.processor_time),
            ]);
        }
        table
    }
}

fn ms(us: Option<f64>) -> String {
    us.map_or(String::new(), |us| {
        if us < 10_000.0 { format!("{:.2} ms", us / 1e3) } else { format!("{:.0} ms", us / 1e3) }
    })
}
