//! 地域移行支援 in which the person is met less often than the rule says. Source: §3.1 地域移行支援 (おおむね週1回以上の対面).

use super::transition_support::{TransitionSupport, all};
use super::{Found, Seen, short, subject};
use banso_domain::Thing;
use chrono::NaiveDate;

/// How often the person is to be met.
#[derive(Clone, Copy)]
pub(crate) struct Cadence {
    pub(crate) every_days: u32,
    /// So many days later are still as often.
    pub(crate) tolerance_days: u32,
}

/// `days_in_month` is the floor of another rule in force, which may be met all the same.
pub(crate) fn find(
    seen: &Seen<'_>,
    cadence: Cadence,
    days_in_month: Option<u32>,
    unverified: &str,
) -> Vec<Found> {
    let Cadence { every_days, tolerance_days } = cadence;
    let is_too_long = |days: i64| days > i64::from(every_days) + i64::from(tolerance_days);
    let found = all(seen).into_iter().filter_map(|support| {
        let met: Vec<NaiveDate> = support.days.keys().copied().collect();
        let waits = Waits::of(&support, &met);
        if !is_too_long(waits.longest()) {
            return None;
        }
        let usual = often(every_days.into());
        let less = if met.is_empty() {
            // Nothing is recorded: that it was less often than usual would be a judgement.
            format!("目安は{usual}{unverified}です。")
        } else if waits.between.iter().all(|days| is_too_long(*days)) {
            format!("{usual}の目安{unverified}より少なくなっています。")
        } else {
            format!("{usual}の目安{unverified}より間隔の開いたところがあります。")
        };
        let floor = days_in_month.filter(|days| is_met(*days, &support));
        let floor = floor.map(|days| format!("月{days}日の目安は満たしますが、")).unwrap_or_default();
        let undated = support.undated_between(support.from, support.to);
        let notes = support.days.values().flatten().copied();
        Some(Found {
            subject: subject(Thing::Episode(&support.started.episode)),
            period: None,
            basis: std::iter::once(support.started_by).chain(notes).collect(),
            sentence: format!(
                "{}{floor}{less}{undated}",
                waits.told(&met, is_too_long, &support, seen.today)
            ),
        })
    });
    found.collect()
}

/// The days without a meeting: before the first, between them, and since the last.
struct Waits {
    before: i64,
    between: Vec<i64>,
    since: i64,
}

impl Waits {
    fn of(support: &TransitionSupport<'_>, met: &[NaiveDate]) -> Self {
        let days = |from: NaiveDate, to: NaiveDate| (to - from).num_days();
        let first = met.first().copied().unwrap_or(support.to);
        let last = met.last().copied().unwrap_or(support.from);
        Self {
            before: days(support.from, first),
            between: met.windows(2).map(|pair| days(pair[0], pair[1])).collect(),
            since: days(last, support.to),
        }
    }

    fn longest(&self) -> i64 {
        self.between.iter().copied().fold(self.before.max(self.since), i64::max)
    }

    fn told(
        &self,
        met: &[NaiveDate],
        is_too_long: impl Fn(i64) -> bool,
        support: &TransitionSupport<'_>,
        today: NaiveDate,
    ) -> String {
        let (Some(least), Some(most)) = (self.between.iter().min(), self.between.iter().max()) else {
            return match met.first() {
                None => format!("開始（{}）から面会の記録がありません。", short(support.from, today)),
                Some(day) => format!("面会の記録は{}の1回です。", short(*day, today)),
            };
        };
        let mut told = if least == most {
            format!("面会は{}です。", often(*most))
        } else {
            format!("面会の間隔は{least}日から{most}日です。")
        };
        for (wait, day, which) in [(self.before, met.first(), "最初"), (self.since, met.last(), "最後")] {
            if let Some(day) = day.filter(|_| is_too_long(wait) && wait > *most) {
                told += &format!("{which}の面会の記録は{}です。", short(*day, today));
            }
        }
        told
    }
}

/// 「週1回」, 「2週に1回」, 「10日に1回」.
fn often(days: i64) -> String {
    match (days / 7, days % 7) {
        (1, 0) => "週1回".to_owned(),
        (weeks, 0) if weeks > 0 => format!("{weeks}週に1回"),
        _ => format!("{days}日に1回"),
    }
}

/// Whether every whole month has so many days of contact; without a whole month nothing is said of it.
fn is_met(days_in_month: u32, support: &TransitionSupport<'_>) -> bool {
    let months = support.months();
    let enough = |month: &(NaiveDate, NaiveDate)| support.days_in(*month) >= days_in_month as usize;
    !months.is_empty() && months.iter().all(enough)
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::{discharged, met_on, met_unknown_when, sentences, transition_from};

    const WEEKLY: Cadence = Cadence { every_days: 7, tolerance_days: 0 };

    fn weekly(seen: &Seen<'_>) -> Vec<Found> {
        find(seen, WEEKLY, Some(2), "（要確認の基準）")
    }

    const EVERY_TWO_WEEKS: &str =
        "面会は2週に1回です。月2日の目安は満たしますが、週1回の目安（要確認の基準）より少なくなっています。";

    #[test]
    fn every_two_weeks_is_enough_for_the_month_and_not_for_the_week() {
        let told = [
            transition_from("2024-05-01"),
            met_on("2024-05-15"),
            met_on("2024-05-29"),
            met_on("2024-06-12"),
            met_on("2024-06-26"),
        ];
        assert_eq!(sentences(told, "2024-06-30", weekly), [EVERY_TWO_WEEKS]);
    }

    #[test]
    fn the_months_are_spoken_of_only_where_they_have_enough() {
        let told = || {
            [transition_from("2024-05-01"), met_on("2024-05-10"), met_on("2024-05-31"), met_on("2024-06-21")]
        };
        assert_eq!(
            sentences(told(), "2024-06-30", weekly),
            ["面会は3週に1回です。週1回の目安（要確認の基準）より少なくなっています。"]
        );
        let silent_of_months = |seen: &Seen<'_>| find(seen, WEEKLY, None, "");
        assert_eq!(
            sentences(
                [transition_from("2024-05-01"), met_on("2024-05-15"), met_on("2024-05-29")],
                "2024-05-31",
                silent_of_months
            ),
            ["面会は2週に1回です。週1回の目安より少なくなっています。"]
        );
    }

    #[test]
    fn every_week_is_enough() {
        let told = [
            transition_from("2024-05-01"),
            met_on("2024-05-08"),
            met_on("2024-05-15"),
            discharged("2024-05-20"),
        ];
        assert!(sentences(told, "2024-08-31", weekly).is_empty());
    }

    #[test]
    fn nothing_is_asked_beyond_the_discharge() {
        let told = || [transition_from("2024-05-01"), met_on("2024-05-07"), discharged("2024-05-12")];
        assert!(sentences(told(), "2024-12-31", weekly).is_empty());
    }

    #[test]
    fn what_is_missing_or_not_known_is_said() {
        assert_eq!(
            sentences([transition_from("2024-05-01")], "2024-05-20", weekly),
            ["開始（5/1）から面会の記録がありません。目安は週1回（要確認の基準）です。"]
        );
        assert_eq!(
            sentences(
                [transition_from("2024-05-01"), met_on("2024-05-02"), met_unknown_when("after:#2")],
                "2024-05-20",
                weekly
            ),
            [
                "面会の記録は5/2の1回です。週1回の目安（要確認の基準）より少なくなっています。日付の分からない面会の記録がほかに1件あります。"
            ]
        );
    }

    #[test]
    fn one_long_gap_among_short_ones_is_told_as_such() {
        let told =
            [transition_from("2024-05-01"), met_on("2024-05-03"), met_on("2024-05-08"), met_on("2024-05-22")];
        assert_eq!(
            sentences(told, "2024-05-25", weekly),
            ["面会の間隔は5日から14日です。週1回の目安（要確認の基準）より間隔の開いたところがあります。"]
        );
    }

    #[test]
    fn a_late_beginning_is_told_as_such() {
        let told =
            [transition_from("2024-05-01"), met_on("2024-05-20"), met_on("2024-05-27"), met_on("2024-06-03")];
        assert_eq!(
            sentences(told, "2024-06-05", weekly),
            [
                "面会は週1回です。最初の面会の記録は5/20です。月2日の目安は満たしますが、週1回の目安（要確認の基準）より間隔の開いたところがあります。"
            ]
        );
    }

    #[test]
    fn about_once_a_week_may_be_some_days_later() {
        let about = |seen: &Seen<'_>| find(seen, Cadence { tolerance_days: 3, ..WEEKLY }, None, "");
        let told = |last: &str| [transition_from("2024-05-01"), met_on("2024-05-11"), met_on(last)];
        assert!(sentences(told("2024-05-21"), "2024-05-31", about).is_empty());
        assert_eq!(
            sentences(told("2024-05-22"), "2024-05-31", about),
            ["面会は11日に1回です。週1回の目安より少なくなっています。"]
        );
    }
}
