//! The table of growth: each figure, and its ratio to that of the smallest log.

use super::measure::{Among, Grown, PUBLISHERS};
use super::{LEFT_OUT, Row};
use crate::machine::Machine;
use crate::measured::Measured;
use crate::report::{Look, count, in_look, mebibytes, milliseconds};
use comfy_table::{CellAlignment, Table};

/// By how much a figure may be worse than that of the smallest log.
const WITHIN: f64 = 1.3;

/// One run.
pub(crate) struct GrowthReport {
    pub(super) machine: Machine,
    pub(super) measured_ms: u64,
    /// The smallest log first.
    pub(super) rows: Vec<Row>,
}

/// A figure that is compared.
struct Figure {
    name: String,
    kind: Kind,
    /// Whether it is to stay within [`WITHIN`].
    has_goal: bool,
    of: fn(&Row) -> Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rate,
    Microseconds,
    Bytes,
}

impl GrowthReport {
    /// Everything that people read.
    pub(crate) fn text(&self, look: Look) -> String {
        let mut text = format!(
            "{}; each measured for {} ms\n\n{}\n\nIn brackets: the ratio to the smallest log.",
            self.machine,
            self.measured_ms,
            in_look(self.table(), look)
        );
        let beyond = self.beyond();
        if beyond.is_empty() {
            text.push_str(&format!(" All goals are met: within {WITHIN} × of it.\n"));
        } else {
            text.push_str(&format!(" Not within {WITHIN} × of it:\n"));
            beyond.iter().for_each(|beyond| text.push_str(&format!("- {beyond}\n")));
        }
        text.push_str("\nLeft out:\n");
        LEFT_OUT.iter().for_each(|left_out| text.push_str(&format!("- {left_out}\n")));
        for (row, wrong) in self.rows.iter().flat_map(|row| row.wrong.iter().map(move |wrong| (row, wrong))) {
            text.push_str(&format!("\n{}: {wrong}", name_of(row)));
        }
        text
    }

    /// Whether nothing was lost or wrong.
    pub(crate) fn is_right(&self) -> bool {
        self.rows.iter().all(|row| row.wrong.is_empty())
    }

    /// A column for each size.
    fn table(&self) -> Table {
        let mut table = Table::new();
        let of_all = |first: &str, cell: &dyn Fn(&Row) -> String| {
            [first.to_owned()].into_iter().chain(self.rows.iter().map(cell)).collect::<Vec<_>>()
        };
        table.set_header(of_all("", &|row| whole(row.size.events) + " events"));
        table.add_row(of_all("persons", &|row| whole(row.size.persons)));
        for figure in figures() {
            table.add_row(of_all(&figure.name, &|row| self.cell(&figure, row)));
        }
        table.add_row(of_all("wrong", &|row| row.wrong.len().to_string()));
        let sizes = table.column_iter_mut().skip(1);
        sizes.for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        table
    }

    fn cell(&self, figure: &Figure, row: &Row) -> String {
        let Some(number) = (figure.of)(row) else { return String::new() };
        let told = figure.kind.told(number);
        self.ratio(figure, row).map_or(told.clone(), |ratio| format!("{told} ({ratio:.2})"))
    }

    fn ratio(&self, figure: &Figure, row: &Row) -> Option<f64> {
        Some((figure.of)(row)? / (figure.of)(self.rows.first()?)?)
    }

    /// Figures that are worse than they may be.
    fn beyond(&self) -> Vec<String> {
        let mut beyond = Vec::new();
        for row in &self.rows {
            for figure in figures().iter().filter(|figure| figure.has_goal) {
                let ratio = self.ratio(figure, row);
                if !ratio.is_some_and(|ratio| figure.kind.is_within(ratio)) {
                    let ratio = ratio.map_or("not measured".to_owned(), |ratio| format!("{ratio:.2}"));
                    beyond.push(format!("{}: {}, {ratio}", name_of(row), figure.name));
                }
            }
        }
        beyond
    }
}

fn name_of(row: &Row) -> String {
    format!("{} events of {} persons", whole(row.size.events), whole(row.size.persons))
}

/// A number of things.
fn whole(number: u64) -> String {
    if number < 100 { number.to_string() } else { count(number as f64) }
}

fn figures() -> Vec<Figure> {
    fn few(grown: &Grown) -> &Among {
        &grown.appended[0]
    }
    fn many(grown: &Grown) -> &Among {
        &grown.appended[1]
    }
    fn rate(measured: &Measured) -> Option<f64> {
        Some(measured.per_second)
    }
    fn p99(measured: &Measured) -> Option<f64> {
        measured.latency.map(|latency| latency.p99_us)
    }
    let [by_few, by_many] = PUBLISHERS;
    let goal = |name: String, kind, of| Figure { name, kind, has_goal: true, of };
    let told = |name: &str, kind, of| Figure { name: name.to_owned(), kind, has_goal: false, of };
    vec![
        goal(format!("append/s by {by_few}, recent"), Kind::Rate, |row| rate(&few(&row.grown).recent)),
        goal(format!("append/s by {by_few}, any"), Kind::Rate, |row| rate(&few(&row.grown).any)),
        goal(format!("append/s by {by_many}, recent"), Kind::Rate, |row| rate(&many(&row.grown).recent)),
        goal(format!("append/s by {by_many}, any"), Kind::Rate, |row| rate(&many(&row.grown).any)),
        goal("query p99, recent".to_owned(), Kind::Microseconds, |row| p99(&row.grown.asked.recent)),
        goal("query p99, any".to_owned(), Kind::Microseconds, |row| p99(&row.grown.asked.any)),
        goal("memory".to_owned(), Kind::Bytes, |row| Some(row.grown.resident_bytes_max as f64)),
        told("rebuild, events/s", Kind::Rate, |row| rate(&row.rebuilt)),
        told("its memory", Kind::Bytes, |row| row.rebuilt.resident_bytes_max.map(|bytes| bytes as f64)),
    ]
}

impl Kind {
    fn told(self, number: f64) -> String {
        match self {
            Self::Rate => count(number),
            Self::Microseconds => milliseconds(number),
            Self::Bytes => mebibytes(number),
        }
    }

    fn is_within(self, ratio: f64) -> bool {
        match self {
            Self::Rate => ratio >= 1.0 / WITHIN,
            Self::Microseconds | Self::Bytes => ratio <= WITHIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_may_fall_and_time_and_memory_may_rise_by_the_same_factor() {
        assert!(Kind::Rate.is_within(0.78) && !Kind::Rate.is_within(0.76));
        assert!(Kind::Rate.is_within(9.0));
        for kind in [Kind::Microseconds, Kind::Bytes] {
            assert!(kind.is_within(1.29) && !kind.is_within(1.31) && kind.is_within(0.1));
        }
    }
}
