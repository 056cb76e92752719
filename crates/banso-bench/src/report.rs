//! What the engine came to: the goals, and the numbers behind them.

use crate::machine::Machine;
use crate::measured::Quantity;
use crate::row::{BANSO, Bound};
use crate::run::{GoalReport, RowReport, Spread, SubjectReport};
use crate::show::{Look, Report, in_look, mebibytes, milliseconds, points, rate, yes_or_no};
use comfy_table::Table;
use serde::Serialize;

/// One run.
#[derive(Debug, Serialize)]
pub(crate) struct EngineReport {
    pub(crate) machine: Machine,
    pub(crate) rounds: u32,
    pub(crate) measured_ms: u64,
    pub(crate) rows: Vec<RowReport>,
}

impl Report for EngineReport {
    fn text(&self, look: Look) -> String {
        let wrong = self.all_wrong().map(|(row, subject, wrong)| format!("{row}, {subject}: {wrong}"));
        // None where somebody works alone.
        let goals = match self.rows.iter().all(|row| row.goals.is_empty()) {
            true => String::new(),
            false => in_look(self.goals(), 2..3, look) + "\n\n",
        };
        format!(
            "{}; {} rounds of {} ms\n\n{}{}\n{}",
            self.machine,
            self.rounds,
            self.measured_ms,
            goals,
            in_look(self.subjects(), 2..8, look),
            points(wrong)
        )
    }

    fn is_right(&self) -> bool {
        self.all_wrong().all(|(_, subject, _)| subject != BANSO)
    }
}

impl EngineReport {
    fn all_wrong(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.rows.iter().flat_map(|row| {
            let subjects = row.subjects.iter();
            subjects.flat_map(move |subject| subject.wrong().map(move |wrong| (row.id, subject.name, wrong)))
        })
    }

    /// What was to be reached, and what was.
    fn goals(&self) -> Table {
        let mut table = Table::new();
        table.set_header(["work", "goal", "ratio", "least – most", "met"]);
        for row in &self.rows {
            for goal in &row.goals {
                let spread = Spread::of(goal.ratios.iter().copied());
                let range = spread.map_or(String::new(), |Spread { least, most, .. }| {
                    format!("{} – {}", ratio(least), ratio(most))
                });
                let reached = goal.ratio.map_or_else(|| "–".to_owned(), ratio);
                table.add_row([
                    row.title.to_owned(),
                    told(goal),
                    reached,
                    range,
                    yes_or_no(goal.is_met).to_owned(),
                ]);
            }
        }
        table
    }

    /// The numbers behind it.
    fn subjects(&self) -> Table {
        let mut table = Table::new();
        table.set_header([
            "work",
            "who",
            "a second",
            "least – most",
            "p50",
            "p99",
            "memory",
            "wrong",
            "note",
        ]);
        for row in &self.rows {
            for subject in &row.subjects {
                let spread = subject.spread(Quantity::Rate);
                table.add_row([
                    row.title.to_owned(),
                    subject.name.to_owned(),
                    spread.map_or(String::new(), |spread| format!("{} {}", rate(spread.median), row.unit)),
                    spread.map_or(String::new(), |spread| {
                        format!("{} – {}", rate(spread.least), rate(spread.most))
                    }),
                    latency(subject, Quantity::P50),
                    latency(subject, Quantity::P99),
                    memory(subject),
                    subject.wrong().count().to_string(),
                    subject.rounds.last().and_then(|round| round.note.clone()).unwrap_or_default(),
                ]);
            }
        }
        table
    }
}

/// `rate ≥ 1.5 × L1`
fn told(report: &GoalReport) -> String {
    let goal = &report.goal;
    let (sign, bound) = match goal.bound {
        Bound::AtLeast(least) => ('≥', least),
        Bound::AtMost(most) => ('≤', most),
    };
    let of = if goal.of == BANSO { String::new() } else { format!("{} ", goal.of) };
    let quantity = name_of(goal.quantity);
    let other = if goal.against_quantity == goal.quantity {
        ""
    } else {
        &format!(" {}", name_of(goal.against_quantity))
    };
    format!("{of}{quantity} {sign} {bound} × {}{other}", goal.against)
}

fn name_of(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Rate => "rate",
        Quantity::P50 => "p50",
        Quantity::P99 => "p99",
        Quantity::SlowestProcess => "slowest process",
        Quantity::FastestProcess => "fastest process",
    }
}

fn ratio(ratio: f64) -> String {
    if ratio < 0.095 { format!("{ratio:.3}") } else { format!("{ratio:.2}") }
}

fn latency(subject: &SubjectReport, quantity: Quantity) -> String {
    subject.spread(quantity).map_or(String::new(), |spread| milliseconds(spread.median))
}

fn memory(subject: &SubjectReport) -> String {
    let most = subject.rounds.iter().filter_map(|round| round.resident_bytes_max).max();
    most.map_or(String::new(), |bytes| mebibytes(bytes as f64))
}
