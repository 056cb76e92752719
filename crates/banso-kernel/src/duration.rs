//! Calendar durations (3ケ月, 1年, P14D): a number, a unit and, where a person wrote it, the words.

use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Largest number of a duration's units. 1,200 years of months are enough for any life.
const DURATION_VALUE_MAX: u32 = 36_500;

/// The unit of a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DurationUnit {
    /// 日
    Days,
    /// 週
    Weeks,
    /// か月
    Months,
    /// 年
    Years,
}

/// A calendar duration of one unit, on the wire `P14D`, `P2W`, `P3M`, `P1Y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    /// How many.
    pub value: u32,
    /// Of what.
    pub unit: DurationUnit,
}

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a duration is written P14D, P2W, P3M or P1Y, at most {DURATION_VALUE_MAX} units")]
pub struct DurationError;

impl Duration {
    /// The day that lies this long after `day`. A month's end stays a month's end: 31 January + 1 month is
    /// the last day of February. `None` beyond the calendar's end.
    pub fn after(self, day: NaiveDate) -> Option<NaiveDate> {
        match self.unit {
            DurationUnit::Days => day.checked_add_days(Days::new(u64::from(self.value))),
            DurationUnit::Weeks => day.checked_add_days(Days::new(u64::from(self.value) * 7)),
            DurationUnit::Months => day.checked_add_months(Months::new(self.value)),
            DurationUnit::Years => day.checked_add_months(Months::new(self.value * 12)),
        }
    }

    /// The instant that lies this long after `at`, by the calendar of Asia/Tokyo.
    pub fn after_instant(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = at.with_timezone(&crate::JST).naive_local();
        let moved = self.after(local.date())?.and_time(local.time());
        Some(moved.and_local_timezone(crate::JST).single()?.with_timezone(&Utc))
    }

    /// In Japanese: 14日, 2週, 3か月, 1年.
    pub fn label(self) -> String {
        let unit = match self.unit {
            DurationUnit::Days => "日",
            DurationUnit::Weeks => "週",
            DurationUnit::Months => "か月",
            DurationUnit::Years => "年",
        };
        format!("{}{unit}", self.value)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            DurationUnit::Days => 'D',
            DurationUnit::Weeks => 'W',
            DurationUnit::Months => 'M',
            DurationUnit::Years => 'Y',
        };
        write!(f, "P{}{unit}", self.value)
    }
}

impl FromStr for Duration {
    type Err = DurationError;
    fn from_str(text: &str) -> Result<Self, DurationError> {
        let rest = text.strip_prefix('P').ok_or(DurationError)?;
        let unit = match rest.chars().last() {
            Some('D') => DurationUnit::Days,
            Some('W') => DurationUnit::Weeks,
            Some('M') => DurationUnit::Months,
            Some('Y') => DurationUnit::Years,
            Some(_) | None => return Err(DurationError),
        };
        let digits = &rest[..rest.len() - 1];
        if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DurationError);
        }
        match digits.parse() {
            Ok(value) if value <= DURATION_VALUE_MAX => Ok(Self { value, unit }),
            Ok(_) | Err(_) => Err(DurationError),
        }
    }
}

impl Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_after_the_end_of_january_is_the_end_of_february() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let month: Duration = "P1M".parse().unwrap();
        assert_eq!(month.after(day(2025, 1, 31)), Some(day(2025, 2, 28)));
        assert_eq!(month.after(day(2024, 1, 31)), Some(day(2024, 2, 29)));
        assert_eq!("P1Y".parse::<Duration>().unwrap().after(day(2024, 2, 29)), Some(day(2025, 2, 28)));
        assert_eq!("P2W".parse::<Duration>().unwrap().after(day(2024, 12, 25)), Some(day(2025, 1, 8)));
    }

    #[test]
    fn only_the_one_spelling_is_a_duration() {
        for bad in ["", "P", "PD", "P0D", "P014D", "P14", "14D", "P1Y2M", "P-1D", "P99999D", "P1.5M", "PT1H"]
        {
            assert!(bad.parse::<Duration>().is_err(), "{bad}");
        }
        assert_eq!("P14D".parse::<Duration>().unwrap().to_string(), "P14D");
    }
}
