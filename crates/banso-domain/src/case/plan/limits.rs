//! How long the texts of a plan may be, and what no form may say.

use super::form::{PlanItem, WeeklySchedule};
use crate::Refusal;
use banso_kernel::PlanItemId;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Longest text of any field of a plan, in characters. The largest cell of the papers (生活の全体像) takes less than
/// half of it; what is longer belongs into a note.
pub const PLAN_TEXT_CHARS_MAX: usize = 2_000;

/// Refuses a payload with a text that is too long, and says where it stands.
pub(super) fn check_texts(said: &impl Serialize) -> Result<(), Refusal> {
    // A payload holds texts, numbers and times under fixed names: there is nothing that JSON cannot write.
    let value = serde_json::to_value(said).expect("a payload has a JSON form");
    match too_long(&value) {
        Some((pointer, chars)) => Err(Refusal::TooLong { pointer, chars, max: PLAN_TEXT_CHARS_MAX }),
        None => Ok(()),
    }
}

/// Where the first text that is too long stands, as a JSON pointer, and its characters. Names of fields have nothing
/// that a pointer escapes.
fn too_long(value: &Value) -> Option<(String, usize)> {
    let below = |key: &str, value| too_long(value).map(|(at, chars)| (format!("/{key}{at}"), chars));
    match value {
        Value::String(text) => {
            let chars = text.chars().count();
            (chars > PLAN_TEXT_CHARS_MAX).then_some((String::new(), chars))
        }
        Value::Array(list) => {
            list.iter().enumerate().find_map(|(place, value)| below(&place.to_string(), value))
        }
        Value::Object(fields) => fields.iter().find_map(|(key, value)| below(key, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Refuses rows of which two have one id or one priority, or one a priority that is none.
pub(super) fn check_items(items: &[PlanItem]) -> Result<(), Refusal> {
    let mut ids = BTreeSet::new();
    if let Some(twice) = items.iter().find(|row| !ids.insert(&row.item)) {
        return Err(Refusal::Twice(format!("item {}", twice.item)));
    }
    check_priorities(items.iter().map(|row| (&row.item, row.priority.value().copied())))
}

/// Refuses priorities of which two are one, or one is none.
pub(super) fn check_priorities<'a>(
    rows: impl Iterator<Item = (&'a PlanItemId, Option<u32>)>,
) -> Result<(), Refusal> {
    let mut priorities = BTreeSet::new();
    for (item, priority) in rows {
        match priority {
            Some(0) => return Err(Refusal::PriorityZero(item.to_string())),
            Some(priority) if !priorities.insert(priority) => {
                return Err(Refusal::Twice(format!("priority {priority}")));
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

/// Refuses an entry of the week that names a day twice. Entries may overlap (二人介護) and go on past midnight.
pub(super) fn check_week(week: Option<&WeeklySchedule>) -> Result<(), Refusal> {
    for slot in week.into_iter().flat_map(|week| &week.slots) {
        let mut days = BTreeSet::new();
        if let Some(twice) = slot.days.value().into_iter().flatten().find(|day| !days.insert(**day)) {
            return Err(Refusal::Twice(format!("the day {} of an entry of the week", twice.label())));
        }
    }
    Ok(())
}
