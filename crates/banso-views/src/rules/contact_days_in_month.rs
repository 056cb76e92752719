//! A month of 地域移行支援 with fewer days of contact than the rule says. Source: §3.1 地域移行支援 (月2日以上で算定).

use super::transition_support::all;
use super::{Found, Seen, subject};
use banso_domain::Thing;
use chrono::Datelike;

pub(crate) fn find(seen: &Seen<'_>, days: u32, unverified: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for support in all(seen) {
        for (first, last) in support.months() {
            let met = support.days_in((first, last));
            if met >= days as usize {
                continue;
            }
            let (year, month) = (first.year(), first.month());
            let recorded = match met {
                0 => format!("{year}年{month}月の面会の記録がありません。目安は月{days}日{unverified}です。"),
                met => format!(
                    "{year}年{month}月の面会の記録は{met}日です。月{days}日の目安{unverified}より少なくなっています。"
                ),
            };
            let undated = support.undated_between(first, last);
            let notes = support.days.range(first..=last).flat_map(|(_, notes)| notes.iter().copied());
            found.push(Found {
                subject: subject(Thing::Episode(&support.started.episode)),
                period: Some(first.format("%Y-%m").to_string()),
                basis: std::iter::once(support.started_by).chain(notes).collect(),
                sentence: format!("{recorded}{undated}"),
            });
        }
    }
    found
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::rules::spec::{
        discharged, found, met_again_on, met_on, met_unknown_when, sentences, transition_from,
    };

    fn twice(seen: &Seen<'_>) -> Vec<Found> {
        find(seen, 2, "")
    }

    #[test]
    fn each_whole_month_is_asked_about_for_itself() {
        let told = || {
            [transition_from("2024-05-01"), met_on("2024-05-15"), met_on("2024-07-01"), met_on("2024-07-02")]
        };
        let found = found(told(), "2024-07-31", twice);
        let periods: Vec<_> = found.iter().filter_map(|found| found.period.as_deref()).collect();
        assert_eq!(periods, ["2024-05", "2024-06"]);
        assert_eq!(found[0].basis.len(), 2);
        assert_eq!(
            sentences(told(), "2024-07-31", twice),
            [
                "2024年5月の面会の記録は1日です。月2日の目安より少なくなっています。",
                "2024年6月の面会の記録がありません。目安は月2日です。",
            ]
        );
    }

    #[test]
    fn two_days_are_enough_and_two_notes_of_one_day_are_one_day() {
        let told = [transition_from("2024-05-01"), met_on("2024-05-15"), met_on("2024-05-29")];
        assert!(sentences(told, "2024-05-31", twice).is_empty());
        let told = [transition_from("2024-05-01"), met_on("2024-05-15"), met_again_on("2024-05-15")];
        assert_eq!(sentences(told, "2024-05-31", twice).len(), 1);
    }

    #[test]
    fn months_in_part_are_not_asked_about() {
        let told = || [transition_from("2024-05-02"), discharged("2024-06-29")];
        for day in ["2024-05-31", "2024-06-30", "2024-12-31"] {
            assert!(sentences(told(), day, twice).is_empty());
        }
        assert!(sentences([transition_from("2024-05-01")], "2024-05-30", twice).is_empty());
    }

    #[test]
    fn a_meeting_on_an_unknown_day_is_mentioned() {
        let told = [transition_from("2024-05-01"), met_on("2024-05-15"), met_unknown_when("2024-05")];
        assert!(
            sentences(told, "2024-05-31", twice)[0]
                .ends_with("日付の分からない面会の記録がほかに1件あります。")
        );
    }
}
