//! When something happened, as a read model keeps and shows it.

use banso_domain::Fact;
use banso_kernel::{EventId, JST, Span, When};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// When a fact happened, and which event says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// The event that says so.
    pub event: EventId,
    /// The date as it stands.
    pub when: When,
    /// What it comes to.
    pub span: Span,
    /// Whether it refers to an event that was taken back or is not there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_lost: bool,
    /// Whether it is unsure that it had happened by the time asked about.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
}

/// A moment as people and programs read it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MomentShown {
    /// The event that says so.
    #[schema(value_type = String, format = "uuid")]
    pub event: EventId,
    /// In Japanese: 「2025-04-01」, 「2025-04-01以後」, 「日付不明」.
    pub text: String,
    /// The date as it was stated: the attribute `bansooccurred`.
    #[schema(value_type = String, example = "2025-04-01")]
    pub occurred: When,
    /// Not before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest: Option<DateTime<Utc>>,
    /// Not after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<DateTime<Utc>>,
    /// Whether it is unsure that it had happened by `valid_at`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
}

const UNKNOWN: &str = "日付不明";

impl Moment {
    /// The moment of a fact, seen from `valid_at`; `None` = from now.
    pub fn of<E>(fact: &Fact<'_, E>, valid_at: Option<DateTime<Utc>>) -> Self {
        Self {
            event: fact.id,
            when: fact.when,
            span: fact.span,
            is_lost: fact.date_lost.is_some(),
            uncertain: valid_at.is_some_and(|at| fact.is_uncertain_at(at)),
        }
    }

    /// As people and programs read it.
    pub fn show(&self) -> MomentShown {
        MomentShown {
            event: self.event,
            text: self.text(),
            occurred: self.when,
            earliest: self.span.earliest,
            latest: self.span.latest,
            uncertain: self.uncertain,
        }
    }

    /// In Japanese, never more exact than it is known.
    pub fn text(&self) -> String {
        let day = |at: DateTime<Utc>| at.with_timezone(&JST).format("%Y-%m-%d").to_string();
        if self.is_lost {
            return UNKNOWN.to_owned();
        }
        match (self.when, self.span.earliest, self.span.latest) {
            (When::Instant(at), _, _) => at.with_timezone(&JST).format("%Y-%m-%d %H:%M").to_string(),
            (When::Day(day), _, _) => day.to_string(),
            (When::Month(first), _, _) => first.format("%Y-%m").to_string(),
            (When::Offset(..), Some(from), Some(to)) if day(from) == day(to) => day(from),
            (When::Offset(..), Some(from), Some(to)) => format!("{}〜{}", day(from), day(to)),
            (When::After(_), Some(from), _) => format!("{}以後", day(from)),
            (When::Before(_), None, Some(to)) => format!("{}以前", day(to)),
            (When::Unknown | When::Offset(..) | When::After(_) | When::Before(_), _, _) => UNKNOWN.to_owned(),
        }
    }
}

#[cfg(test)]
mod specs;
