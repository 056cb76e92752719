//! What is wrong with a store or a bus, as a report tells it: the first breaches, and how many there are.

use banso_app::audit::Findings;
use banso_log::Log;
use banso_log::verify::verify;

/// Breaches of one kind that are told of one store or bus.
const TOLD_MAX: usize = 5;

/// Whether the log's chains, order and positions hold.
pub(crate) async fn in_log(log: &dyn Log) -> anyhow::Result<Vec<String>> {
    let report = verify(log, 0, None, &mut |_| {}).await?;
    let breaches = report
        .breaches
        .iter()
        .map(|breach| format!("{} at {}: {}", breach.invariant, breach.seq, breach.found));
    Ok(first("the log", breaches, report.broken.values().sum()))
}

/// What an audit found in `of`.
pub(crate) fn in_findings(of: &str, found: &Findings) -> Vec<String> {
    let breaches = found
        .listed
        .iter()
        .map(|breach| format!("{} {}: {}", breach.invariant, breach.subject, breach.found));
    first(of, breaches, found.breaches)
}

/// The first of `all` breaches of something; and how many there are, where those are not all.
pub(crate) fn first(of: &str, breaches: impl Iterator<Item = String>, all: u64) -> Vec<String> {
    let mut told: Vec<String> = breaches.take(TOLD_MAX).collect();
    if all > told.len() as u64 {
        told.push(format!("{all} breaches of {of} in all"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaches_that_are_not_told_are_counted() {
        let told = |count: u64| first("the log", (1..=count).map(|seq| format!("at {seq}")), count);
        assert_eq!(told(2), ["at 1", "at 2"]);
        assert_eq!(told(7), ["at 1", "at 2", "at 3", "at 4", "at 5", "7 breaches of the log in all"]);
        // A report lists fewer than there are.
        assert_eq!(
            first("the log", ["at 1".to_owned()].into_iter(), 3),
            ["at 1", "3 breaches of the log in all"]
        );
    }
}
