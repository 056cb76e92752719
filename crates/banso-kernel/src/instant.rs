//! Days and instants in the one spelling in which banso writes them. chrono's parsers take many spellings, and
//! ten times as long; every event that is read has two instants.

use chrono::{DateTime, NaiveDate, ParseError, Utc};
use serde::Deserializer;
use std::str::FromStr;

/// `2025-06-01T10:00:00.123456Z`, the fraction of 0 to 9 digits. `None` for any other spelling.
pub(crate) fn utc(text: &str) -> Option<DateTime<Utc>> {
    let (date, time) = text.split_at_checked(10)?;
    let &[b'T', ref hour @ .., b':', m1, m2, b':', s1, s2] = time.as_bytes().get(..9)? else { return None };
    let nanos = match time.as_bytes().get(9..)? {
        [b'Z'] => 0,
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) => {
            number(digits)? * 10u32.pow(9 - digits.len() as u32)
        }
        _ => return None,
    };
    let (hour, minute, second) = (number(hour)?, number(&[m1, m2])?, number(&[s1, s2])?);
    Some(day(date)?.and_hms_nano_opt(hour, minute, second, nanos)?.and_utc())
}

/// `2025-06-01`. `None` for any other spelling, and where there is no such day.
pub(crate) fn day(text: &str) -> Option<NaiveDate> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)
}

/// At most nine digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

/// Reads an instant of a header, whoever wrote it.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    crate::parsed::parsed(deserializer).map(|Instant(at)| at)
}

struct Instant(DateTime<Utc>);

impl FromStr for Instant {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        utc(text).map_or_else(|| text.parse(), Ok).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_spellings_are_left_to_others() {
        for other in [
            "",
            "2025-06-01",
            "2025-06-01T10:00:00",
            "2025-06-01T10:00:00+09:00",
            "2025-06-01t10:00:00Z",
            "2025-06-01 10:00:00Z",
            "2025-06-01T10:00:60Z",
            "2025-06-01T10:00:00.Z",
            "2025-06-01T10:00:00.1234567890Z",
            "2025-02-29T10:00:00Z",
            "+2025-06-01T10:00:00Z",
        ] {
            assert_eq!(utc(other), None, "{other}");
        }
        assert_eq!(day("2025-6-01"), None);
    }

    #[test]
    fn a_header_takes_whatever_chrono_takes() {
        let read = |json: &str| deserialize(&mut serde_json::Deserializer::from_str(json)).ok();
        let at = "2025-06-01T01:00:00Z".parse().ok();
        assert!(at.is_some());
        assert_eq!(read(r#""2025-06-01T01:00:00Z""#), at);
        assert_eq!(read(r#""2025-06-01T10:00:00+09:00""#), at);
        assert_eq!(read(r#""2025-06-01""#), None);
    }

    proptest! {
        #[test]
        fn every_instant_reads_back_as_a_header_has_it(
            second in -62_167_219_200i64..253_402_300_800,
            nanos in prop_oneof![Just(0u32), 0u32..1_000_000_000, (0u32..1_000_000).prop_map(|us| us * 1_000)],
        ) {
            let at = DateTime::from_timestamp(second, nanos).unwrap();
            let json = serde_json::to_string(&at).unwrap();
            prop_assert_eq!(utc(json.trim_matches('"')), Some(at));
        }

        #[test]
        fn what_is_read_is_what_chrono_reads(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,9})?Z") {
            if let Some(at) = utc(&text) {
                prop_assert_eq!(text.parse::<DateTime<Utc>>(), Ok(at));
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
            let _ = (utc(&text), day(&text));
        }
    }
}
