//! The rounds: within a row all subjects work one after the other, in an order that turns around each round, so
//! that what the machine does meanwhile comes to everybody.

use crate::bench::Bench;
use crate::measured::{Measured, Quantity};
use crate::row::{Goal, Row};
use crate::show::Heard;
use anyhow::{Context, ensure};
use serde::Serialize;

/// What a row came to.
#[derive(Debug, Serialize)]
pub(crate) struct RowReport {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) subjects: Vec<SubjectReport>,
    pub(crate) goals: Vec<GoalReport>,
}

/// What a subject measured in each round.
#[derive(Debug, Serialize)]
pub(crate) struct SubjectReport {
    pub(crate) name: &'static str,
    pub(crate) rounds: Vec<Measured>,
}

/// A goal, and its ratio in each round.
#[derive(Debug, Serialize)]
pub(crate) struct GoalReport {
    #[serde(flatten)]
    pub(crate) goal: Goal,
    pub(crate) ratios: Vec<f64>,
    /// The median of them; `None` where no round could be compared.
    pub(crate) ratio: Option<f64>,
    pub(crate) is_met: bool,
}

/// A number over the rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Of these numbers; `None` of none.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (first, last) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median =
            if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Some(Self { median, least: first, most: last })
    }
}

impl SubjectReport {
    /// One of its numbers over the rounds.
    pub(crate) fn spread(&self, quantity: Quantity) -> Option<Spread> {
        Spread::of(self.rounds.iter().filter_map(|round| round.quantity(quantity)))
    }

    /// All that was lost or wrong.
    pub(crate) fn wrong(&self) -> impl Iterator<Item = &str> {
        self.rounds.iter().flat_map(|round| round.wrong.iter().map(String::as_str))
    }
}

/// Runs a row; `heard` is told before each round of each subject.
pub(crate) async fn run(
    row: Row,
    rounds: u32,
    bench: &Bench,
    heard: &Heard<'_>,
) -> anyhow::Result<RowReport> {
    let Row { id, title, unit, subjects, goals } = row;
    let mut measured: Vec<Vec<Measured>> = subjects.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..subjects.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for place in order {
            let subject = &subjects[place];
            heard(&format!("{id}: round {} of {rounds}, {}", round + 1, subject.name()));
            let one = subject.round(bench).await.with_context(|| format!("{id}: {}", subject.name()))?;
            measured[place].push(one);
        }
    }
    let subjects: Vec<SubjectReport> = subjects
        .iter()
        .zip(measured)
        .map(|(subject, rounds)| SubjectReport { name: subject.name(), rounds })
        .collect();
    let goals = goals.into_iter().map(|goal| judge(goal, &subjects)).collect::<Result<_, _>>()?;
    Ok(RowReport { id, title, unit, subjects, goals })
}

/// A round that went wrong before anything was measured compares nothing, and its goal is not met. What was
/// never to be measured ends the run.
fn judge(goal: Goal, subjects: &[SubjectReport]) -> anyhow::Result<GoalReport> {
    let rounds_of = |name: &str| {
        let subject = subjects.iter().find(|subject| subject.name == name);
        let subject = subject.with_context(|| format!("a goal names {name}, which is no subject of its row"));
        subject.map(|subject| subject.rounds.as_slice())
    };
    let (of, against) = (rounds_of(goal.of)?, rounds_of(goal.against)?);
    let mut ratios = Vec::new();
    for (of, against) in of.iter().zip(against) {
        let (one, other) = (of.quantity(goal.quantity), against.quantity(goal.against_quantity));
        let ratio = one.zip(other).map(|(one, other)| one / other).filter(|ratio| ratio.is_finite());
        ensure!(
            ratio.is_some() || !of.wrong.is_empty() || !against.wrong.is_empty(),
            "{} and {} did not measure {:?} and {:?}",
            goal.of,
            goal.against,
            goal.quantity,
            goal.against_quantity
        );
        ratios.extend(ratio);
    }
    let ratio = Spread::of(ratios.iter().copied()).map(|spread| spread.median);
    let is_met = ratios.len() == of.len() && ratio.is_some_and(|ratio| goal.bound.is_met_by(ratio));
    Ok(GoalReport { goal, ratios, ratio, is_met })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{BANSO, Subject};
    use async_trait::async_trait;
    use std::sync::Mutex;
    use std::time::Duration;

    struct Told {
        name: &'static str,
        rates: Vec<f64>,
        asked: Mutex<usize>,
    }

    fn told(name: &'static str, rates: &[f64]) -> Box<dyn Subject> {
        Box::new(Told { name, rates: rates.to_vec(), asked: Mutex::new(0) })
    }

    #[async_trait]
    impl Subject for Told {
        fn name(&self) -> &'static str {
            self.name
        }

        async fn round(&self, _: &Bench) -> anyhow::Result<Measured> {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            Ok(Measured { per_second: self.rates[*asked - 1], ..Measured::default() })
        }
    }

    fn row(goals: Vec<Goal>) -> Row {
        let subjects = vec![told("L1", &[100.0, 50.0, 10.0, 40.0]), told(BANSO, &[150.0, 150.0, 10.0, 60.0])];
        Row { id: "row", title: "a row", unit: "events", subjects, goals }
    }

    fn bench() -> Bench {
        Bench::new(Duration::from_millis(1)).unwrap()
    }

    #[tokio::test]
    async fn a_goal_is_judged_by_the_median_of_the_ratios_of_the_rounds() {
        let goals = vec![Goal::rate_at_least(1.5, "L1"), Goal::rate_at_least(1.6, "L1")];
        let report = run(row(goals), 4, &bench(), &|_| {}).await.unwrap();
        assert_eq!(report.goals[0].ratios, [1.5, 3.0, 1.0, 1.5]);
        assert_eq!((report.goals[0].ratio, report.goals[0].is_met), (Some(1.5), true));
        assert!(!report.goals[1].is_met);
    }

    #[tokio::test]
    async fn the_order_of_the_subjects_turns_around_each_round() {
        let order = Mutex::new(Vec::new());
        let heard = |what: &str| order.lock().unwrap().push(what.rsplit(' ').next().unwrap().to_owned());
        run(row(Vec::new()), 2, &bench(), &heard).await.unwrap();
        assert_eq!(*order.lock().unwrap(), ["L1", "banso", "banso", "L1"]);
    }

    #[test]
    fn a_round_that_went_wrong_compares_nothing_and_meets_no_goal() {
        let wrong = || Measured { wrong: vec!["nothing could be read".to_owned()], ..Measured::default() };
        let rate = |per_second| Measured { per_second, ..Measured::default() };
        let subjects = |limit, own| {
            let report = |name, rounds| SubjectReport { name, rounds };
            [report("L1", limit), report(BANSO, own)]
        };
        let goal = Goal::rate_at_least(1.0, "L1");
        let once = judge(goal, &subjects(vec![wrong(), rate(10.0)], vec![rate(20.0), rate(20.0)])).unwrap();
        assert_eq!((once.ratios, once.ratio, once.is_met), (vec![2.0], Some(2.0), false));
        let latency =
            judge(Goal::at_most(Quantity::P50, 1.0, "L1"), &subjects(vec![rate(10.0)], vec![wrong()]));
        let latency = latency.unwrap();
        assert_eq!((latency.ratio, latency.is_met), (None, false));
    }

    #[tokio::test]
    async fn a_goal_about_what_was_not_measured_ends_the_run() {
        let goals = vec![Goal::at_most(Quantity::P99, 1.0, "L1")];
        assert!(run(row(goals), 1, &bench(), &|_| {}).await.is_err());
    }
}
