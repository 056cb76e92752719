//! The week of a plan as people and programs read it (週間計画表, form F2).

use super::shown::map;
use banso_domain::case::plan::{WeeklySchedule, WeeklySlot};
use banso_kernel::{Personal, PlanItemId, Stated};
use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;
use utoipa::ToSchema;

/// The form F2.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WeekShown {
    /// 計画開始年月
    #[schema(value_type = String, format = Date)]
    pub starts_on: Stated<NaiveDate>,
    /// Entries of which both day and hour are recorded.
    pub grid: Vec<SlotShown>,
    /// Entries whose day or hour is not recorded: they stand below the grid.
    pub unplaced: Vec<SlotShown>,
    /// 主な日常生活上の活動
    #[schema(value_type = Vec<String>)]
    pub main_activities: Vec<Personal<String>>,
    /// 週単位以外のサービス
    pub non_weekly: Vec<NonWeeklyShown>,
    /// サービス提供によって実現する生活の全体像
    #[schema(value_type = String)]
    pub whole_picture: Stated<Personal<String>>,
}

/// An entry of the form F2.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SlotShown {
    /// 「月」 to 「日・祝」.
    #[schema(value_type = Vec<String>)]
    pub days: Stated<Vec<String>>,
    /// How often, where the days are not recorded.
    #[schema(value_type = String)]
    pub frequency: Stated<String>,
    /// From when.
    #[schema(value_type = String)]
    pub start: Stated<String>,
    /// Until when; not after `start` = on the next day.
    #[schema(value_type = String)]
    pub end: Stated<String>,
    /// What.
    #[schema(value_type = String)]
    pub activity: Personal<String>,
    /// The row it belongs to.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<PlanItemId>,
    /// In Japanese, how sure the place in the week is: 「週3回（曜日・時間の記載なし）」.
    pub text: String,
}

/// A service that does not come every week.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NonWeeklyShown {
    /// What.
    #[schema(value_type = String)]
    pub activity: Personal<String>,
    /// How often.
    #[schema(value_type = String)]
    pub frequency: Stated<String>,
}

pub(super) fn show_week(week: &WeeklySchedule) -> WeekShown {
    let placed = |slot: &&WeeklySlot| slot.days.value().is_some() && slot.start.value().is_some();
    WeekShown {
        starts_on: week.starts_on.clone(),
        grid: week.slots.iter().filter(placed).map(show_slot).collect(),
        unplaced: week.slots.iter().filter(|slot| !placed(slot)).map(show_slot).collect(),
        main_activities: week.main_activities.clone(),
        non_weekly: week
            .non_weekly
            .iter()
            .map(|service| NonWeeklyShown {
                activity: service.activity.clone(),
                frequency: map(&service.frequency, |frequency| frequency.verbatim().to_owned()),
            })
            .collect(),
        whole_picture: week.whole_picture.clone(),
    }
}

pub(super) fn show_slot(slot: &WeeklySlot) -> SlotShown {
    let days = map(&slot.days, |days| days.iter().map(|day| day.label().to_owned()).collect::<Vec<_>>());
    let hour = |at: &Stated<NaiveTime>| map(at, |at| at.format("%H:%M").to_string());
    let (start, end) = (hour(&slot.start), hour(&slot.end));
    let next_day = match (slot.start.value(), slot.end.value()) {
        (Some(start), Some(end)) if end <= start => "翌",
        (Some(_) | None, _) => "",
    };
    let often = match (&days, slot.frequency.value()) {
        (Stated::Value(days), _) if days.len() == 7 => "毎日".to_owned(),
        (Stated::Value(days), _) => days.join("・"),
        (Stated::NotRecorded, Some(frequency)) => frequency.verbatim().to_owned(),
        (Stated::NotRecorded, None) => String::new(),
    };
    let place = match (&days, &start, &end) {
        (Stated::Value(_), Stated::Value(from), Stated::Value(to)) => format!(" {from}〜{next_day}{to}"),
        (Stated::Value(_), Stated::Value(from), Stated::NotRecorded) => format!(" {from}〜"),
        (Stated::Value(_), Stated::NotRecorded, _) => "（時間の記載なし）".to_owned(),
        (Stated::NotRecorded, Stated::Value(from), _) => format!(" {from}〜（曜日の記載なし）"),
        (Stated::NotRecorded, Stated::NotRecorded, _) => "（曜日・時間の記載なし）".to_owned(),
    };
    SlotShown {
        days,
        frequency: map(&slot.frequency, |frequency| frequency.verbatim().to_owned()),
        start,
        end,
        activity: slot.activity.clone(),
        item: slot.item.clone(),
        text: format!("{often}{place}"),
    }
}
