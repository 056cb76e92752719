//! Amounts of time as people write them in forms (3ケ月, 1年, 週2回, 適宜): the words are kept, and read where
//! they can be.

use banso_kernel::{Duration, DurationUnit};
use serde::{Deserialize, Serialize};

/// A length of time in a form (達成時期, 評価時期): 「3ケ月」, 「1年」.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Term(String);

impl Term {
    /// The words of the form.
    pub fn verbatim(&self) -> &str {
        &self.0
    }

    /// What the words come to; `None` for 適宜 and the like.
    pub fn duration(&self) -> Option<Duration> {
        let (value, rest) = number(&self.0)?;
        Some(Duration { value, unit: unit(rest)? })
    }
}

impl From<&str> for Term {
    fn from(words: &str) -> Self {
        Self(words.to_owned())
    }
}

/// How often (頻度): 「週2回」, 「月1回」, 「2週に1回」, 「適宜」.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Frequency(String);

impl Frequency {
    /// The words of the form.
    pub fn verbatim(&self) -> &str {
        &self.0
    }

    /// How many times in which length of time; `None` where the words name no number.
    pub fn times_per(&self) -> Option<(u32, Duration)> {
        let words = self.0.trim();
        let (period, rest) = match number(words) {
            // 2週に1回
            Some((value, rest)) => {
                let (unit_words, rest) = rest.split_once('に')?;
                (Duration { value, unit: unit(unit_words)? }, rest)
            }
            // 週2回
            None => {
                let first = words.chars().next()?;
                let rest = &words[first.len_utf8()..];
                (Duration { value: 1, unit: unit(&words[..first.len_utf8()])? }, rest)
            }
        };
        let (times, rest) = number(rest)?;
        rest.starts_with('回').then_some((times, period))
    }
}

impl From<&str> for Frequency {
    fn from(words: &str) -> Self {
        Self(words.to_owned())
    }
}

/// A leading number in ASCII or full-width digits, and what follows.
fn number(words: &str) -> Option<(u32, &str)> {
    let mut value: Option<u32> = None;
    let mut rest = words.trim_start();
    while let Some(c) = rest.chars().next() {
        let digit = match c {
            '0'..='9' => u32::from(c) - u32::from('0'),
            '０'..='９' => u32::from(c) - u32::from('０'),
            _ => break,
        };
        value = Some(value.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
        rest = &rest[c.len_utf8()..];
    }
    Some((value.filter(|value| *value > 0)?, rest))
}

fn unit(words: &str) -> Option<DurationUnit> {
    match words.trim_end() {
        "日" | "日間" => Some(DurationUnit::Days),
        "週" | "週間" => Some(DurationUnit::Weeks),
        "月" | "か月" | "ヶ月" | "ケ月" | "ヵ月" | "カ月" | "か月間" | "ヶ月間" | "ケ月間" => {
            Some(DurationUnit::Months)
        }
        "年" | "年間" => Some(DurationUnit::Years),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_in_every_spelling_of_the_sources() {
        for (words, wire) in
            [("3ケ月", "P3M"), ("3ヶ月", "P3M"), ("６か月", "P6M"), ("1年", "P1Y"), ("2週間", "P2W")]
        {
            assert_eq!(Term::from(words).duration().map(|d| d.to_string()).as_deref(), Some(wire), "{words}");
        }
        for words in ["適宜", "", "0年", "年", "3", "99999999999年"] {
            assert_eq!(Term::from(words).duration(), None, "{words}");
        }
    }

    #[test]
    fn frequencies_are_read_and_their_words_kept() {
        let read =
            |words: &str| Frequency::from(words).times_per().map(|(times, per)| format!("{times} in {per}"));
        assert_eq!(read("週2回 1時間").as_deref(), Some("2 in P1W"));
        assert_eq!(read("月1回").as_deref(), Some("1 in P1M"));
        assert_eq!(read("2週に1回").as_deref(), Some("1 in P2W"));
        assert_eq!(read("週３回").as_deref(), Some("3 in P1W"));
        assert_eq!(read("適宜"), None);
        assert_eq!(read("毎日"), None);
        assert_eq!(Frequency::from("週2回 1時間").verbatim(), "週2回 1時間");
    }
}
