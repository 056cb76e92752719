//! What a meeting decided, to be done by somebody: the next steps of people, one by one.

use crate::Refusal;
use banso_kernel::{DecisionId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something decided at a meeting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Its number in the minutes, by which it is said to be done; minutes need not number what they decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DecisionId>,
    /// What.
    pub text: Personal<String>,
    /// Who does it.
    pub owner: Party,
    /// By when.
    #[serde(default)]
    pub due: Stated<NaiveDate>,
}

/// Refuses a number that stands for two decisions.
pub(super) fn distinct(decisions: &[Decision]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    match decisions.iter().filter_map(|decision| decision.id.as_ref()).find(|id| !seen.insert(*id)) {
        Some(twice) => Err(Refusal::Twice(format!("decision {twice}"))),
        None => Ok(()),
    }
}
