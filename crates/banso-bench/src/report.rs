//! What is shown: a table on the terminal, the same in Markdown, everything in JSON.

use crate::machine::Machine;
use crate::measured::Quantity;
use crate::row::{BANSO, Bound};
use crate::run::{GoalReport, RowReport, Spread, SubjectReport};
use comfy_table::presets::{ASCII_MARKDOWN, UTF8_HORIZONTAL_ONLY};
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

/// One run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) rounds: u32,
    pub(crate) measured_ms: u64,
    pub(crate) rows: Vec<RowReport>,
}

/// For whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Terminal,
    Markdown,
}

impl Report {
    /// Everything that people read.
    pub(crate) fn text(&self, look: Look) -> String {
        let mut text = format!(
            "{}; {} rounds of {} ms\n\n{}\n\n{}\n",
            self.machine,
            self.rounds,
            self.measured_ms,
            in_look(self.goals(), look),
            in_look(self.subjects(), look)
        );
        for (row, subject, wrong) in self.all_wrong() {
            text.push_str(&format!("\n{row}, {subject}: {wrong}"));
        }
        text
    }

    /// Whether nothing of banso's was lost or wrong.
    pub(crate) fn is_right(&self) -> bool {
        self.all_wrong().all(|(_, subject, _)| subject != BANSO)
    }

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
                let met = if goal.is_met { "yes" } else { "no" };
                let reached = goal.ratio.map_or_else(|| "–".to_owned(), ratio);
                table.add_row([row.title.to_owned(), told(goal), reached, range, met.to_owned()]);
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
        for column in 2..=6 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in &self.rows {
            for subject in &row.subjects {
                let rate = subject.spread(Quantity::Rate);
                table.add_row([
                    row.title.to_owned(),
                    subject.name.to_owned(),
                    rate.map_or(String::new(), |rate| format!("{} {}", count(rate.median), row.unit)),
                    rate.map_or(String::new(), |rate| {
                        format!("{} – {}", count(rate.least), count(rate.most))
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

/// As it is read there.
pub(crate) fn in_look(mut table: Table, look: Look) -> String {
    table.load_style(match look {
        Look::Terminal => UTF8_HORIZONTAL_ONLY,
        Look::Markdown => ASCII_MARKDOWN,
    });
    table.trim_fmt()
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
    }
}

fn ratio(ratio: f64) -> String {
    if ratio < 0.095 { format!("{ratio:.3}") } else { format!("{ratio:.2}") }
}

/// Three digits are all that a noisy machine gives.
pub(crate) fn count(number: f64) -> String {
    let rounded = if number >= 1_000.0 {
        let digit = 10f64.powf(number.log10().floor() - 2.0);
        (number / digit).round() * digit
    } else {
        number
    };
    if number < 100.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{rounded:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

fn latency(subject: &SubjectReport, quantity: Quantity) -> String {
    subject.spread(quantity).map_or(String::new(), |spread| milliseconds(spread.median))
}

/// Of microseconds.
pub(crate) fn milliseconds(us: f64) -> String {
    if us < 10_000.0 { format!("{:.2} ms", us / 1e3) } else { format!("{:.0} ms", us / 1e3) }
}

fn memory(subject: &SubjectReport) -> String {
    let most = subject.rounds.iter().filter_map(|round| round.resident_bytes_max).max();
    most.map_or(String::new(), |bytes| mebibytes(bytes as f64))
}

/// Of bytes.
pub(crate) fn mebibytes(bytes: f64) -> String {
    format!("{:.0} MiB", bytes / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_groups() {
        let told = [3.12159, 99.96, 312.4, 2_154.0, 31_640.0, 668_123.0, 1_000_000.0].map(count);
        assert_eq!(told, ["3.1", "100.0", "312", "2,150", "31,600", "668,000", "1,000,000"]);
    }
}
