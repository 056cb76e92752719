//! How the week of a plan reads.

use super::*;
use banso_domain::case::plan::{Day, WeeklySlot};

fn slot(days: Option<&[Day]>, frequency: Option<&str>, start: Option<&str>, end: Option<&str>) -> WeeklySlot {
    let hour = |at: Option<&str>| at.map_or(Stated::NotRecorded, |at| Stated::Value(id(at)));
    WeeklySlot {
        days: days.map_or(Stated::NotRecorded, |days| Stated::Value(days.to_vec())),
        frequency: frequency.map_or(Stated::NotRecorded, |words| Stated::Value(words.into())),
        start: hour(start),
        end: hour(end),
        activity: "デイケア".into(),
        item: None,
    }
}

/// Whether an entry stands in the grid, and how it reads.
fn read(slot: WeeklySlot) -> (bool, String) {
    let Stated::Value(mut week) = sample::<PlanDrafted>().weekly else { panic!("the sample has a week") };
    week.slots = vec![slot];
    let plan = only([told(PlanDrafted { weekly: Stated::Value(week), ..sample() })]);
    let week = plan.weekly.unwrap();
    assert_eq!(week.grid.len() + week.unplaced.len(), 1);
    let text = |slots: &[crate::current_plan::SlotShown]| slots.first().map(|slot| slot.text.clone());
    (!week.grid.is_empty(), text(&week.grid).or(text(&week.unplaced)).unwrap())
}

#[test]
fn an_entry_with_day_and_hour_stands_in_the_grid() {
    let days = [Day::Mon, Day::Thu];
    assert_eq!(
        read(slot(Some(&days), None, Some("10:00:00"), Some("15:30:00"))),
        (true, "月・木 10:00〜15:30".to_owned())
    );
    assert_eq!(read(slot(Some(&days), None, Some("10:00:00"), None)), (true, "月・木 10:00〜".to_owned()));
}

#[test]
fn an_entry_without_day_or_hour_stands_below_the_grid() {
    let days = [Day::Sun];
    assert_eq!(
        read(slot(None, Some("週3回"), None, None)),
        (false, "週3回（曜日・時間の記載なし）".to_owned())
    );
    assert_eq!(
        read(slot(None, Some("週3回"), Some("10:00:00"), None)),
        (false, "週3回 10:00〜（曜日の記載なし）".to_owned())
    );
    assert_eq!(read(slot(Some(&days), None, None, None)), (false, "日・祝（時間の記載なし）".to_owned()));
    assert_eq!(read(slot(None, None, None, None)), (false, "（曜日・時間の記載なし）".to_owned()));
}

#[test]
fn a_night_ends_on_the_next_day() {
    let night = |start, end| read(slot(Some(&[Day::Sat]), None, Some(start), Some(end)));
    assert_eq!(night("22:00:00", "06:00:00"), (true, "土 22:00〜翌06:00".to_owned()));
    assert_eq!(night("09:00:00", "09:00:00"), (true, "土 09:00〜翌09:00".to_owned()));
}

#[test]
fn two_helpers_at_once_are_two_entries() {
    let helper = || slot(Some(&[Day::Mon]), None, Some("10:00:00"), Some("11:00:00"));
    let Stated::Value(mut week) = sample::<PlanDrafted>().weekly else { panic!("the sample has a week") };
    week.slots = vec![helper(), helper()];
    let plan = only([told(PlanDrafted { weekly: Stated::Value(week), ..sample() })]);
    assert_eq!(plan.weekly.unwrap().grid.len(), 2);
}

#[test]
fn all_days_of_the_week_are_every_day() {
    let all = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
    assert_eq!(read(slot(Some(&all), None, None, None)), (false, "毎日（時間の記載なし）".to_owned()));
}

#[test]
fn a_plan_without_a_week_shows_none() {
    assert_eq!(only([told(PlanDrafted { weekly: Stated::NotRecorded, ..sample() })]).weekly, None);
}
