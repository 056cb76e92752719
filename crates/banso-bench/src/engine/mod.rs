//! The engine, row by row, and which of its rows are run.

mod append;
mod batch;
mod bus;
mod http;
mod late;
mod person;
pub(crate) mod processes;
pub(crate) mod rebuild;
mod relay;
mod replay;
mod sqlite;
mod visible;

use crate::bench::{Bench, HISTORY_EVENTS};
use crate::machine::Machine;
use crate::report::EngineReport;
use crate::row::Row;
use crate::run;
use crate::show::{Files, Heard};
use anyhow::{bail, ensure};
use std::time::Duration;

/// Fewer rounds say nothing on a noisy machine.
const ROUNDS_MIN: u32 = 4;

#[derive(clap::Args)]
pub(crate) struct Engine {
    /// Only rows whose id begins so; may be given several times.
    #[arg(long, value_name = "ROW")]
    only: Vec<String>,
    /// Only this subject, in the rows that have it; goals are then not judged. For a profiler.
    #[arg(long, value_name = "SUBJECT", requires = "quick")]
    who: Option<String>,
    /// How often every subject works; at least 4, unless --quick.
    #[arg(long, default_value_t = ROUNDS_MIN)]
    rounds: u32,
    /// How long a subject is measured in a round.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 3_000)]
    measure: u64,
    /// Events of the longest log that a row reads; others are shorter in proportion.
    #[arg(long, value_name = "EVENTS", default_value_t = HISTORY_EVENTS)]
    history: u64,
    /// Allows fewer rounds, for work on the benchmark itself. Its figures say nothing.
    #[arg(long)]
    quick: bool,
    /// Only lists the rows.
    #[arg(long)]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) files: Files,
}

impl Engine {
    /// The rows that were asked for.
    pub(crate) fn rows(&self) -> anyhow::Result<Vec<Row>> {
        let Self { rounds, quick, .. } = *self;
        ensure!(
            quick || rounds >= ROUNDS_MIN,
            "fewer than {ROUNDS_MIN} rounds say nothing on a noisy machine"
        );
        ensure!(rounds > 0, "nothing is measured in no round");
        chosen(rows(), &self.only, self.who.as_deref())
    }

    /// How often `run` tells how far it is.
    pub(crate) fn steps(&self, rows: &[Row]) -> u64 {
        let subjects: usize = rows.iter().map(|row| row.subjects.len()).sum();
        subjects as u64 * u64::from(self.rounds)
    }

    /// Measures one row after the other.
    pub(crate) async fn run(&self, rows: Vec<Row>, heard: &Heard<'_>) -> anyhow::Result<EngineReport> {
        let bench = Bench::new(Duration::from_millis(self.measure))?.with_history(self.history);
        let machine = Machine::look(bench.scratch())?;
        let mut done = Vec::new();
        for row in rows {
            done.push(run::run(row, self.rounds, &bench, heard).await?);
        }
        Ok(EngineReport { machine, rounds: self.rounds, measured_ms: self.measure, rows: done })
    }
}

/// Those whose ids begin with one of `only`, if it names any; with `who` alone, if somebody is named.
fn chosen(mut rows: Vec<Row>, only: &[String], who: Option<&str>) -> anyhow::Result<Vec<Row>> {
    if let Some(unknown) = only.iter().find(|only| !rows.iter().any(|row| row.id.starts_with(only.as_str())))
    {
        bail!("no row begins with {unknown}: see --list");
    }
    rows.retain(|row| only.is_empty() || only.iter().any(|only| row.id.starts_with(only.as_str())));
    let Some(who) = who else { return Ok(rows) };
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().flat_map(|row| &row.subjects).map(|subject| subject.name()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    ensure!(names.contains(&who), "nobody is called {who}: the subjects are {}", names.join(", "));
    for row in &mut rows {
        row.subjects.retain(|subject| subject.name() == who);
        row.goals.clear();
    }
    rows.retain(|row| !row.subjects.is_empty());
    Ok(rows)
}

/// All of them, in the table's order.
fn rows() -> Vec<Row> {
    vec![
        append::by_one(),
        append::by_eight(),
        append::by_thirty_two(),
        processes::four(),
        batch::by_one(),
        batch::by_eight(),
        person::by_one(),
        replay::of_the_log(),
        rebuild::row(),
        late::row(),
        sqlite::by_one(),
        sqlite::by_thirty_two(),
        visible::to_one(),
        visible::to_eight(),
        bus::latency(),
        bus::under_load(),
        relay::into_jetstream(),
        http::single_events(),
    ]
}

/// Their ids and titles, one a line.
pub(crate) fn listed() -> String {
    rows().iter().map(|row| format!("{:<16} {}\n", row.id, row.title)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn ids(only: &[&str], who: Option<&str>) -> anyhow::Result<Vec<&'static str>> {
        let only: Vec<String> = only.iter().map(|only| (*only).to_owned()).collect();
        Ok(chosen(rows(), &only, who)?.iter().map(|row| row.id).collect())
    }

    #[test]
    fn no_two_rows_have_one_id_and_every_goal_names_subjects_of_its_row() {
        let rows = rows();
        assert_eq!(rows.iter().map(|row| row.id).collect::<BTreeSet<_>>().len(), rows.len());
        for row in rows {
            let names: Vec<&str> = row.subjects.iter().map(|subject| subject.name()).collect();
            for goal in row.goals {
                assert!(names.contains(&goal.of) && names.contains(&goal.against), "{}: {goal:?}", row.id);
            }
        }
    }

    #[test]
    fn rows_are_chosen_by_how_their_ids_begin() {
        assert_eq!(ids(&["append-3", "sqlite"], None).unwrap(), ["append-32", "sqlite-1", "sqlite-32"]);
        assert_eq!(ids(&[], None).unwrap().len(), rows().len());
        assert_eq!(
            ids(&["append", "none"], None).unwrap_err().to_string(),
            "no row begins with none: see --list"
        );
    }

    #[test]
    fn somebody_alone_works_in_the_rows_that_have_them() {
        assert_eq!(
            ids(&["append-32", "replay", "processes"], Some("L1")).unwrap(),
            ["append-32", "processes"]
        );
        let rows = chosen(rows(), &["append-1".to_owned()], Some("CMD")).unwrap();
        assert_eq!(rows[0].subjects.len(), 1);
        assert!(rows[0].goals.is_empty());
    }

    #[test]
    fn nobody_is_no_row_without_subjects_but_an_error_that_names_those_there_are() {
        let nobody = ids(&["append-1", "replay"], Some("bansou")).unwrap_err().to_string();
        assert_eq!(nobody, "nobody is called bansou: the subjects are L1, CMD, postgres-es, banso, STREAM");
        // Of another row.
        assert!(ids(&["append-1"], Some("STREAM")).is_err());
    }
}
