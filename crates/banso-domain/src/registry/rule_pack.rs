//! Regulation as data (制度ルール, design D20): which rules hold from when to when, on what source, how firmly, and with
//! which numbers. What a rule looks at is a predicate of the read models, named here with its parameters.

use banso_kernel::OrgId;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A set of rules that are activated together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulePack {
    /// What it is about.
    pub title: String,
    /// The rules.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id, once in all packs: `R29`.
    pub id: String,
    /// What it is about, in Japanese.
    pub title: String,
    /// Where it stands written.
    pub source: String,
    /// Whether somebody compared it with the text of the law: otherwise a finding shows that nobody did, and beside
    /// the number it names says 「要確認の基準」.
    pub verified: bool,
    /// From which day it holds.
    #[serde(default)]
    pub effective_from: Option<NaiveDate>,
    /// Until which day it holds.
    #[serde(default)]
    pub effective_to: Option<NaiveDate>,
    /// How firmly it asks.
    pub severity: Severity,
    /// What it looks at.
    pub check: Check,
    /// Municipalities with numbers of their own.
    #[serde(default, rename = "override", skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
}

/// Another number, or another severity, in one municipality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Which municipality.
    pub municipality: OrgId,
    /// How firmly it asks there.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// What it looks at there: the same with other numbers.
    #[serde(default)]
    pub check: Option<Check>,
}

/// How firmly a finding asks. What is refused stands in the rules of the events, not in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 参考
    Info,
    /// 確かめたいこと
    Confirm,
}

impl Severity {
    /// The label people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Info => "参考",
            Self::Confirm => "確かめたいこと",
        }
    }
}

// ADDING A KIND OF RULE: its variant here, its predicate in `banso-views/src/rules/`.
/// What a rule looks at, with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// A meeting about the person without them, and no reason recorded.
    MeetingWithoutPerson,
    /// A row of a plan that states no goal.
    GoalMissing,
    /// A plan in force whose revision nobody agreed to on record.
    ConsentOfRevision,
    /// A key person was lost, and nobody looked at the situation anew.
    ReassessmentAfterLoss {
        /// Within so many days.
        within_days: u32,
    },
    /// During 地域移行支援 the person is met less often than so.
    ContactCadence {
        /// Once in so many days.
        every_days: u32,
        /// So many days later are still as often: what the law calls 「おおむね」.
        #[serde(default)]
        tolerance_days: u32,
    },
    /// During 地域移行支援 a month has fewer days of contact than so.
    ContactDaysInMonth {
        /// So many days.
        days: u32,
    },
    /// A request without an answer beyond the day by which it was asked for.
    RequestUnanswered,
    /// A request was accepted and no contact of that party is recorded.
    AcceptedWithoutContact {
        /// Within so many days.
        within_days: u32,
    },
    /// A fact about health that rests on hearsay alone.
    HearsayAlone,
}

/// Why a text is not a rule pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulePackError {
    /// It is not of a pack's form.
    #[error("not a rule pack: {0}")]
    Form(String),
    /// A rule stands twice.
    #[error("rule {0} stands twice")]
    Twice(String),
    /// A rule ends before it begins.
    #[error("rule {0} ends before it begins")]
    EndsBeforeItBegins(String),
    /// A municipality's check is of another kind than the rule's.
    #[error("rule {0} checks something else in one municipality")]
    OtherCheck(String),
}

impl RulePack {
    /// Reads a pack: TOML, every field known.
    pub fn read(text: &str) -> Result<Self, RulePackError> {
        let pack: Self = toml::from_str(text).map_err(|e| RulePackError::Form(e.message().to_owned()))?;
        let mut ids = BTreeSet::new();
        for rule in &pack.rules {
            if !ids.insert(&rule.id) {
                return Err(RulePackError::Twice(rule.id.clone()));
            }
            if let (Some(from), Some(to)) = (rule.effective_from, rule.effective_to)
                && to < from
            {
                return Err(RulePackError::EndsBeforeItBegins(rule.id.clone()));
            }
            let kind = std::mem::discriminant(&rule.check);
            let other = |check: &Check| std::mem::discriminant(check) != kind;
            if rule.overrides.iter().filter_map(|there| there.check.as_ref()).any(other) {
                return Err(RulePackError::OtherCheck(rule.id.clone()));
            }
        }
        Ok(pack)
    }
}

impl Rule {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.effective_from.is_none_or(|from| from <= day) && self.effective_to.is_none_or(|to| day <= to)
    }

    /// How firmly it asks in a municipality.
    pub fn severity_in(&self, municipality: Option<&OrgId>) -> Severity {
        self.overridden(municipality).and_then(|there| there.severity).unwrap_or(self.severity)
    }

    /// What it looks at in a municipality.
    pub fn check_in(&self, municipality: Option<&OrgId>) -> &Check {
        self.overridden(municipality).and_then(|there| there.check.as_ref()).unwrap_or(&self.check)
    }

    fn overridden(&self, municipality: Option<&OrgId>) -> Option<&Override> {
        let municipality = municipality?;
        self.overrides.iter().find(|there| there.municipality == *municipality)
    }
}

#[cfg(test)]
mod specs {
    use super::*;

    const PACK: &str = r#"
title = "見本"

[[rule]]
id = "R13"
title = "地域移行支援の対面"
source = "hatenablog 35582200"
verified = true
effective_from = "2012-04-01"
severity = "confirm"
check = { kind = "contact_days_in_month", days = 2 }

[[rule.override]]
municipality = "city"
severity = "info"
check = { kind = "contact_days_in_month", days = 3 }
"#;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_municipality_has_numbers_of_its_own() {
        let pack = RulePack::read(PACK).unwrap();
        let (rule, city, other) = (&pack.rules[0], "city".parse().unwrap(), "town".parse().unwrap());
        assert_eq!(rule.check_in(Some(&city)), &Check::ContactDaysInMonth { days: 3 });
        assert_eq!(rule.severity_in(Some(&city)), Severity::Info);
        for elsewhere in [Some(&other), None] {
            assert_eq!(rule.check_in(elsewhere), &Check::ContactDaysInMonth { days: 2 });
            assert_eq!(rule.severity_in(elsewhere), Severity::Confirm);
        }
    }

    #[test]
    fn a_rule_holds_from_its_day_to_its_last() {
        let mut rule = RulePack::read(PACK).unwrap().rules.remove(0);
        assert!(!rule.holds_on(day("2012-03-31")) && rule.holds_on(day("2012-04-01")));
        rule.effective_to = Some(day("2024-03-31"));
        assert!(rule.holds_on(day("2024-03-31")) && !rule.holds_on(day("2024-04-01")));
    }

    #[test]
    fn what_is_no_pack_says_why() {
        let wrong = [
            (PACK.replace("days = 2", "day = 2"), "not a rule pack"),
            (PACK.replace("contact_days_in_month\", days = 2", "weather\""), "not a rule pack"),
            (PACK.replace("verified = true\n", ""), "not a rule pack"),
            (PACK.replace("severity = \"confirm\"", "severity = \"block\""), "not a rule pack"),
            (PACK.replace("days = 2", "days = -1"), "not a rule pack"),
            (format!("{PACK}{}", PACK.replace("title = \"見本\"", "")), "stands twice"),
            (
                PACK.replace(
                    "severity = \"confirm\"",
                    "severity = \"confirm\"\neffective_to = \"2000-01-01\"",
                ),
                "ends before",
            ),
            (
                PACK.replace("{ kind = \"contact_days_in_month\", days = 3 }", "{ kind = \"goal_missing\" }"),
                "something else",
            ),
            ("x".to_owned(), "not a rule pack"),
            (String::new(), "not a rule pack"),
        ];
        for (text, why) in wrong {
            let error = RulePack::read(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}: {text}");
        }
    }
}
