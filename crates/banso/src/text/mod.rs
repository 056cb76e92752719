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

/// A publisher's text in one line, without anything that moves the cursor or turns the writing around: what
/// somebody wrote in a note must not look like a row of its own.
fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' => '／',
        '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.replace("\r\n", "\n").chars().map(shown).collect()
}

fn display<T: Display>(value: &Stated<T>) -> String {
    stated(value, |value| plain(&value.to_string()))
}

fn names(parties: &[PartyShown]) -> String {
    let names: Vec<String> = parties.iter().map(|party| plain(party.name.reveal())).collect();
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

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_note_cannot_forge_a_row_or_move_the_cursor() {
        let forged = plain("平穏\r\n   2026-11-01  退院\u{1b}[2J\u{7}\r上書き\u{202e}逆");
        assert_eq!(forged, "平穏／   2026-11-01  退院\u{fffd}[2J\u{fffd}\u{fffd}上書き\u{fffd}逆");
    }
}
