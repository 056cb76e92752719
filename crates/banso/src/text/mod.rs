//! Read models as people read them on a terminal, in Japanese.

pub(crate) mod plan;
pub(crate) mod team;
pub(crate) mod timeline;

use banso_kernel::{JST, Stated};
use banso_views::{AsOf, MomentShown, PartyShown};
use std::fmt::Display;

/// What stands where a form is not filled in.
const NOT_RECORDED: &str = "（記載なし）";

fn stated<T>(stated: &Stated<T>, text: impl FnOnce(&T) -> String) -> String {
    stated.value().map_or_else(|| NOT_RECORDED.to_owned(), text)
}

fn display<T: Display>(value: &Stated<T>) -> String {
    stated(value, ToString::to_string)
}

fn names(parties: &[PartyShown]) -> String {
    let names: Vec<&str> = parties.iter().map(|party| party.name.reveal().as_str()).collect();
    names.join("、")
}

fn moment(at: &MomentShown) -> String {
    if at.uncertain { format!("{}（この時点では不確か）", at.text) } else { at.text.clone() }
}

/// The line under a title: whose, and which state of the world.
fn as_of(as_of: &AsOf) -> String {
    let time =
        |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&JST).format("%Y-%m-%d %H:%M").to_string();
    let valid = as_of.valid_at.map_or_else(String::new, |at| format!("・{} の時点", time(at)));
    format!(
        "{}{valid}・記録位置 {} まで（本人の記録 {} 件目まで）\n",
        as_of.person, as_of.known_seq, as_of.stream_seq
    )
}
