//! The table of growth: each figure, and its ratio to that of the smallest log.

use super::measure::{Among, Grown, PUBLISHERS};
use super::{LEFT_OUT, Row};
use crate::machine::Machine;
use crate::measured::Measured;
use crate::show::{Look, Report, in_look, mebibytes, milliseconds, points, rate, whole};
use comfy_table::Table;
use serde::Serialize;

/// By how much a figure may be worse than that of the smallest log.
const WITHIN: f64 = 1.3;

/// One run.
#[derive(Serialize)]
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

impl Report for GrowthReport {
    fn text(&self, look: Look) -> String {
        let wrong = self
            .rows
            .iter()
            .flat_map(|row| row.wrong.iter().map(move |wrong| format!("{}: {wrong}", name_of(row))));
        format!(
            "{}; each measured for {} ms\n\n{}\n\n{}\n{}\nLeft out:\n{}{}",
            self.machine,
            self.measured_ms,
            in_look(self.table(), 1.., look),
            self.judgement(),
            points(self.beyond()),
            points(LEFT_OUT.map(str::to_owned)),
            points(wrong)
        )
    }

    fn is_right(&self) -> bool {
        self.rows.iter().all(|row| row.wrong.is_empty())
    }
}

impl GrowthReport {
    /// Whether the longer logs do as well, in a sentence.
    fn judgement(&self) -> String {
        let judged = match (&self.rows[..], self.beyond().is_empty()) {
            ([] | [_], _) => "there is no other log to judge".to_owned(),
            (_, true) => format!("all goals are met, within {WITHIN} × of it"),
            (_, false) => format!("these are not within {WITHIN} × of it"),
        };
        format!("In brackets: the ratio to the smallest log; {judged}.")
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

fn figures() -> Vec<Figure> {
    fn few(grown: &Grown) -> &Among {
        &grown.appended[0]
    }
    fn many(grown: &Grown) -> &Among {
        &grown.appended[1]
    }
    fn per_second(measured: &Measured) -> Option<f64> {
        Some(measured.per_second)
    }
    fn p99(measured: &Measured) -> Option<f64> {
        measured.latency.map(|latency| latency.p99_us)
    }
    let [by_few, by_many] = PUBLISHERS;
    let goal = |name: String, kind, of| Figure { name, kind, has_goal: true, of };
    let told = |name: &str, kind, of| Figure { name: name.to_owned(), kind, has_goal: false, of };
    vec![
        goal(format!("append/s by {by_few}, recent"), Kind::Rate, |row| per_second(&few(&row.grown).recent)),
        goal(format!("append/s by {by_few}, any"), Kind::Rate, |row| per_second(&few(&row.grown).any)),
        goal(format!("append/s by {by_many}, recent"), Kind::Rate, |row| {
            per_second(&many(&row.grown).recent)
        }),
        goal(format!("append/s by {by_many}, any"), Kind::Rate, |row| per_second(&many(&row.grown).any)),
        goal("query p99, recent".to_owned(), Kind::Microseconds, |row| p99(&row.grown.asked.recent)),
        goal("query p99, any".to_owned(), Kind::Microseconds, |row| p99(&row.grown.asked.any)),
        goal("memory".to_owned(), Kind::Bytes, |row| Some(row.grown.resident_bytes_max as f64)),
        told("rebuild, events/s", Kind::Rate, |row| per_second(&row.rebuilt)),
        told("memory of the rebuild", Kind::Bytes, |row| {
            row.rebuilt.resident_bytes_max.map(|bytes| bytes as f64)
        }),
    ]
}

impl Kind {
    fn told(self, number: f64) -> String {
        match self {
            Self::Rate => rate(number),
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
