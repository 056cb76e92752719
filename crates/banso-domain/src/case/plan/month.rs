//! A calendar month (年月), as reports and certificates name it.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A calendar month: `2025-06`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i32,
    month: u32,
}

/// Why a text is not a month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a month is written YYYY-MM")]
pub struct MonthError;

impl Month {
    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self { year: day.year(), month: day.month() }
    }
}

impl FromStr for Month {
    type Err = MonthError;
    fn from_str(text: &str) -> Result<Self, MonthError> {
        // One spelling only.
        if text.len() != 7 {
            return Err(MonthError);
        }
        let first: NaiveDate = format!("{text}-01").parse().map_err(|_| MonthError)?;
        let month = Self::of(first);
        if month.to_string() == text { Ok(month) } else { Err(MonthError) }
    }
}

impl TryFrom<String> for Month {
    type Error = MonthError;
    fn try_from(text: String) -> Result<Self, MonthError> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_one_spelling() {
        assert_eq!("2025-06".parse::<Month>().map(|month| month.to_string()).as_deref(), Ok("2025-06"));
        for bad in ["2025-6", "2025-13", "2025-00", "2025-06-01", "25-06", "", "+025-06", "2025 06"] {
            assert_eq!(bad.parse::<Month>(), Err(MonthError), "{bad}");
        }
    }

    #[test]
    fn months_stand_in_the_order_of_time() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        assert!(month("2024-12") < month("2025-01"));
        assert!(month("2025-01") < month("2025-02"));
    }
}
