//! What a review would ask (記録から確かめたいこと): the rules in force looked at a person's history. Computed when it is
//! read, from what was known then and by the packs in force then; nothing of it is stored, so no finding outlives what
//! satisfies it.

use crate::AsOf;
use crate::rules::{self, Seen};
use banso_domain::registry::{Rule, Severity};
use banso_domain::{CaseEvent, History, Reference};
use banso_kernel::{EventId, JST, Personal};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The heading of the list. Questions, no judgement: no record is not no action.
pub const HEADING: &str = "記録から確かめたいこと";

/// The answer: what the record leaves to be asked, what is to be confirmed before what is for information.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FindingsShown {
    /// Which state of the world.
    pub as_of: AsOf,
    /// The day in Asia/Tokyo as of which it was asked what has passed.
    pub day: NaiveDate,
    /// 「記録から確かめたいこと」.
    pub heading: &'static str,
    /// One for each rule, subject and period.
    pub findings: Vec<FindingShown>,
}

/// A fact, what it rests on, and a question to people.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FindingShown {
    /// The rule: `R29`.
    pub rule: String,
    /// What the rule is about, in Japanese.
    pub title: String,
    /// 「確かめたいこと」 or 「参考」.
    pub severity: &'static str,
    /// What it is about: 「協力依頼 haru:r2」.
    #[schema(value_type = String)]
    pub subject: Personal<String>,
    /// The stretch of time that it is about, where there may be several: 「2025-05」.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// What people read.
    #[schema(value_type = String)]
    pub sentence: Personal<String>,
    /// Where the rule stands written.
    pub source: String,
    /// Whether somebody compared the rule with the text of the law.
    pub verified: bool,
    /// The events that it rests on.
    #[schema(value_type = Vec<String>)]
    pub basis: Vec<EventId>,
}

/// What the packs in force find in a history at `at`: the time asked about, or now.
pub fn show(
    history: &History<'_, CaseEvent>,
    as_of: AsOf,
    at: DateTime<Utc>,
    reference: &Reference,
) -> FindingsShown {
    let day = at.with_timezone(&JST).date_naive();
    let packs = reference.rule_packs();
    let holds = |rule: &&Rule| rule.holds_on(day);
    let mut rules: Vec<&Rule> = packs.iter().flat_map(|pack| &pack.rules).filter(holds).collect();
    let seen = Seen::of(history, at, reference);
    let severity = |rule: &Rule| rule.severity_in(seen.municipality());
    // Stable: of a rule that two packs have, the first pack's.
    rules.sort_by_key(|rule| (Reverse(severity(rule)), rule.id.clone()));
    let mut asked = BTreeSet::new();
    let mut findings = Vec::new();
    for rule in &rules {
        for found in rules::find(rule, &rules, &seen) {
            if asked.insert((&rule.id, found.subject.clone(), found.period.clone())) {
                findings.push(FindingShown {
                    rule: rule.id.clone(),
                    title: rule.title.clone(),
                    severity: Severity::label(severity(rule)),
                    subject: found.subject.into(),
                    period: found.period,
                    sentence: found.sentence.into(),
                    source: rule.source.clone(),
                    verified: rule.verified,
                    basis: found.basis,
                });
            }
        }
    }
    FindingsShown { as_of, day, heading: HEADING, findings }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod specs;
