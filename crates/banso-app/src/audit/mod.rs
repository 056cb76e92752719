//! Whether what is stored is what it should be: the read models against the log (I3), and a publisher's own
//! record of its attempts against the log (I1, I8). The log's own chains are [`banso_log::verify`]'s part.

mod history;
mod read_models;

pub use history::{Attempt, AttemptOutcome, history};
pub use read_models::read_models;

use serde::Serialize;

/// Breaches that a report lists; all of them are counted.
const BREACHES_MAX: usize = 100;

/// A place where something stored is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Which promise is broken: `I1`, `I3`, ….
    pub invariant: String,
    /// Where: a stream, or an event id.
    pub subject: String,
    /// What was found.
    pub found: String,
}

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// What was looked at: persons, or attempts.
    pub looked_at: u64,
    /// Persons set aside, which are not compared.
    pub parked: u64,
    /// How many breaches there are.
    pub breaches: u64,
    /// The first of them.
    pub listed: Vec<Breach>,
}

impl Findings {
    fn breach(&mut self, invariant: &'static str, subject: impl ToString, found: impl Into<String>) {
        self.breaches += 1;
        if self.listed.len() < BREACHES_MAX {
            self.listed.push(Breach {
                invariant: invariant.to_owned(),
                subject: subject.to_string(),
                found: found.into(),
            });
        }
    }
}
