//! A row of the table: the same work done by several subjects, and what banso's is to reach against the others.

use crate::bench::Bench;
use crate::measured::{Measured, Quantity};
use async_trait::async_trait;
use serde::Serialize;

/// The name of banso's own subject in each row.
pub(crate) const BANSO: &str = "banso";

/// Somebody who does the work of a row: a limit, a peer, or banso.
#[async_trait]
pub(crate) trait Subject: Send + Sync {
    /// How it stands in the table.
    fn name(&self) -> &'static str;

    /// Does the work once, on a store of its own that holds nothing of earlier rounds, and looks at what was
    /// lost or wrong at the end. An error is one of the set-up: it ends the whole run.
    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured>;
}

/// The same work, done by several.
pub(crate) struct Row {
    /// How it is chosen on the command line.
    pub(crate) id: &'static str,
    /// What the work is.
    pub(crate) title: &'static str,
    /// Of what it is so many a second.
    pub(crate) unit: &'static str,
    pub(crate) subjects: Vec<Box<dyn Subject>>,
    pub(crate) goals: Vec<Goal>,
}

/// What banso is to reach: a ratio of two numbers of the same round.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Goal {
    pub(crate) quantity: Quantity,
    /// Usually [`BANSO`].
    pub(crate) of: &'static str,
    pub(crate) against: &'static str,
    /// The number of `against` that is meant, where it is another one than that of `of`.
    pub(crate) against_quantity: Quantity,
    pub(crate) bound: Bound,
}

/// Where a ratio is to lie.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    /// banso's rate is at least `ratio` times that of `against`.
    pub(crate) fn rate_at_least(ratio: f64, against: &'static str) -> Self {
        Self::banso(Quantity::Rate, Bound::AtLeast(ratio), against)
    }

    /// banso's latency is at most `ratio` times that of `against`.
    pub(crate) fn at_most(quantity: Quantity, ratio: f64, against: &'static str) -> Self {
        Self::banso(quantity, Bound::AtMost(ratio), against)
    }

    fn banso(quantity: Quantity, bound: Bound, against: &'static str) -> Self {
        Self { quantity, of: BANSO, against, against_quantity: quantity, bound }
    }
}

impl Bound {
    /// Whether this ratio is good enough.
    pub(crate) fn is_met_by(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(least) => ratio >= least,
            Self::AtMost(most) => ratio <= most,
        }
    }
}
