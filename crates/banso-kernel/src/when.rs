//! When something happened, as exactly as somebody knows it (design D11).

use crate::{Duration, EventId};
use chrono::{DateTime, Datelike, FixedOffset, Months, NaiveDate, NaiveTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Asia/Tokyo: nine hours ahead of UTC, without summer time since 1951. Every day, month and year of banso
/// is one of this zone.
pub const JST: FixedOffset = match FixedOffset::east_opt(9 * 3600) {
    Some(offset) => offset,
    None => panic!("nine hours are a valid offset"),
};

/// The date of a thing, on the wire the attribute `bansooccurred`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// To the second or finer: `2025-04-01T10:00:00+09:00`.
    Instant(DateTime<Utc>),
    /// A day in Asia/Tokyo: `2025-04-01`.
    Day(NaiveDate),
    /// A month in Asia/Tokyo, kept as its first day: `2025-04`.
    Month(NaiveDate),
    /// Nobody knows or nobody wrote it down: `unknown`.
    Unknown,
    /// So long after another event of the same person: `<event>+P14D`.
    Offset(EventId, Duration),
    /// Some time after another event: `after:<event>`.
    After(EventId),
    /// Some time before another event: `before:<event>`.
    Before(EventId),
}

/// Why a text is not a date of a thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a date is an RFC 3339 instant, YYYY-MM-DD, YYYY-MM, unknown, <event>+P14D, after:<event> or before:<event>"
)]
pub struct WhenError;

/// The stretch of time in which a thing happened; both bounds inclusive, `None` = not bounded on that side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Not before this.
    pub earliest: Option<DateTime<Utc>>,
    /// Not after this.
    pub latest: Option<DateTime<Utc>>,
}

impl Span {
    /// Whether two things may have happened at the same time.
    pub fn may_coincide(&self, other: &Self) -> bool {
        let begins_in_time = |a: &Self, b: &Self| match (a.earliest, b.latest) {
            (Some(earliest), Some(latest)) => earliest <= latest,
            (None, _) | (_, None) => true,
        };
        begins_in_time(self, other) && begins_in_time(other, self)
    }
}

impl When {
    /// The event this date is relative to.
    pub fn anchor(&self) -> Option<EventId> {
        match self {
            Self::Offset(anchor, _) | Self::After(anchor) | Self::Before(anchor) => Some(*anchor),
            Self::Instant(_) | Self::Day(_) | Self::Month(_) | Self::Unknown => None,
        }
    }

    /// The span of a date that stands by itself; `None` for a date that needs its anchor.
    pub fn absolute(&self) -> Option<Span> {
        match self {
            Self::Instant(at) => Some(Span { earliest: Some(*at), latest: Some(*at) }),
            Self::Day(day) => Some(Span { earliest: Some(day_start(*day)), latest: Some(day_end(*day)) }),
            Self::Month(first) => {
                let last = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt());
                Some(Span { earliest: Some(day_start(*first)), latest: last.map(day_end) })
            }
            Self::Unknown => Some(Span { earliest: None, latest: None }),
            Self::Offset(..) | Self::After(_) | Self::Before(_) => None,
        }
    }
}

/// The first moment of a day in Asia/Tokyo.
pub fn day_start(day: NaiveDate) -> DateTime<Utc> {
    (day.and_time(NaiveTime::MIN) - JST).and_utc()
}

/// The last microsecond of a day in Asia/Tokyo.
pub fn day_end(day: NaiveDate) -> DateTime<Utc> {
    day_start(day) + chrono::Duration::days(1) - chrono::Duration::microseconds(1)
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Day(day) => write!(f, "{day}"),
            Self::Month(first) => f.write_str(&first.format("%Y-%m").to_string()),
            Self::Unknown => f.write_str("unknown"),
            Self::Offset(anchor, duration) => write!(f, "{anchor}+{duration}"),
            Self::After(anchor) => write!(f, "after:{anchor}"),
            Self::Before(anchor) => write!(f, "before:{anchor}"),
        }
    }
}

impl FromStr for When {
    type Err = WhenError;
    fn from_str(text: &str) -> Result<Self, WhenError> {
        if text == "unknown" {
            return Ok(Self::Unknown);
        }
        if let Some(anchor) = text.strip_prefix("after:") {
            return anchor.parse().map(Self::After).map_err(|_| WhenError);
        }
        if let Some(anchor) = text.strip_prefix("before:") {
            return anchor.parse().map(Self::Before).map_err(|_| WhenError);
        }
        if let Some((anchor, duration)) = text.split_once("+P") {
            let anchor = anchor.parse().map_err(|_| WhenError)?;
            let duration = format!("P{duration}").parse().map_err(|_| WhenError)?;
            return Ok(Self::Offset(anchor, duration));
        }
        match text.len() {
            7 => day(&format!("{text}-01")).map(Self::Month),
            10 => day(text).map(Self::Day),
            _ => instant(text).map(Self::Instant),
        }
    }
}

/// Years outside these are typing errors; inside them every offset stays within the calendar.
const YEARS: std::ops::RangeInclusive<i32> = 1850..=2999;

fn day(text: &str) -> Result<NaiveDate, WhenError> {
    crate::instant::day(text).filter(|day| YEARS.contains(&day.year())).ok_or(WhenError)
}

fn instant(text: &str) -> Result<DateTime<Utc>, WhenError> {
    // The year is that of UTC, in which the instant is kept and read again.
    let at = match crate::instant::utc(text) {
        Some(at) => at,
        None => DateTime::parse_from_rfc3339(text).map_err(|_| WhenError)?.with_timezone(&Utc),
    };
    if YEARS.contains(&at.year()) { Ok(at) } else { Err(WhenError) }
}

impl Serialize for When {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::parsed::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_in_tokyo_begins_at_fifteen_hours_utc_of_the_day_before() {
        let span = "2025-04-01".parse::<When>().unwrap().absolute().unwrap();
        assert_eq!(span.earliest.unwrap().to_rfc3339(), "2025-03-31T15:00:00+00:00");
        assert_eq!(span.latest.unwrap().to_rfc3339(), "2025-04-01T14:59:59.999999+00:00");
    }

    #[test]
    fn an_instant_counts_to_the_year_of_utc() {
        assert_eq!("1850-01-01T00:00:00+09:00".parse::<When>(), Err(WhenError));
        assert!("1850-01-01T09:00:00+09:00".parse::<When>().is_ok());
        assert_eq!("2999-12-31T23:00:00-02:00".parse::<When>(), Err(WhenError));
        assert!("3000-01-01T05:00:00+09:00".parse::<When>().is_ok());
    }

    #[test]
    fn a_month_spans_its_days() {
        let span = "2024-02".parse::<When>().unwrap().absolute().unwrap();
        assert_eq!(span.earliest, Some(day_start(NaiveDate::from_ymd_opt(2024, 2, 1).unwrap())));
        assert_eq!(span.latest, Some(day_end(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap())));
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        let event = EventId::of("s", "1");
        for bad in [
            "",
            "soon",
            "2025-13",
            "2025-02-30",
            "2025-4-1",
            "25-04-01",
            "2025-04-01 10:00",
            "2025-04-01T10:00:00",
            "after:",
            "after:x",
            "+P14D",
            "x+P14D",
            "9999-01-01",
            "0001-01-01",
            "+2025-04-1",
            &format!("{event}+P0D"),
            &format!("{event}-P14D"),
            &format!("after:{event}+P14D"),
        ] {
            assert_eq!(bad.parse::<When>(), Err(WhenError), "{bad}");
        }
    }

    fn any_when() -> impl Strategy<Value = When> {
        let event = any::<u8>().prop_map(|n| EventId::of("s", &n.to_string()));
        let day = (1900i32..2100, 1u32..=12, 1u32..=28)
            .prop_map(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d).unwrap());
        prop_oneof![
            (-1_000_000_000i64..4_000_000_000, 0u32..1_000_000)
                .prop_map(|(s, us)| When::Instant(DateTime::from_timestamp(s, us * 1000).unwrap())),
            day.clone().prop_map(When::Day),
            day.prop_map(|d| When::Month(d.with_day(1).unwrap())),
            Just(When::Unknown),
            (event.clone(), 1u32..400)
                .prop_map(|(e, n)| When::Offset(e, Duration { value: n, unit: crate::DurationUnit::Days })),
            event.clone().prop_map(When::After),
            event.prop_map(When::Before),
        ]
    }

    proptest! {
        /// What is kept must be readable for ever, also at the ends of the range and far from UTC.
        #[test]
        fn whatever_date_is_taken_reads_back_as_it_is_kept(
            year in prop_oneof![1848i32..1853, 2997i32..3002, 1900i32..2100],
            month in prop_oneof![Just(1u32), Just(12), 1u32..=12],
            day in prop_oneof![Just(1u32), Just(31), 1u32..=31],
            hour in prop_oneof![Just(0u32), Just(23), 0u32..24], second in 0u32..=60,
            offset in -23i32..=23, fraction in prop_oneof![Just(""), Just(".5"), Just(".123456789")],
        ) {
            let date = format!("{year:04}-{month:02}-{day:02}");
            let zone = if offset == 0 { "Z".to_owned() } else { format!("{offset:+03}:30") };
            for text in [date[..7].to_owned(), date.clone(), format!("{date}T{hour:02}:59:{second:02}{fraction}{zone}")] {
                if let Ok(when) = text.parse::<When>() {
                    prop_assert_eq!(when.to_string().parse::<When>(), Ok(when), "{}", text);
                }
            }
        }

        #[test]
        fn every_date_reads_back_as_it_was_written(when in any_when()) {
            prop_assert_eq!(when.to_string().parse::<When>(), Ok(when));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
            drop(text.parse::<When>());
        }
    }
}
