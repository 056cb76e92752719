//! The timeline on a terminal.

use super::{as_of, moment, names, plain};
use banso_kernel::JST;
use banso_views::timeline::{RowShown, TimelineShown};

pub(crate) fn text(shown: &TimelineShown) -> String {
    let mut out = format!("━━ 経過\n   {}", as_of(&shown.as_of));
    for track in &shown.tracks {
        out.push_str(&format!("\n■ {}\n", track.label));
        if track.intervals.is_empty() {
            out.push_str("   （記録なし）\n");
        }
        for interval in &track.intervals {
            let until = interval.until.as_ref().map(moment).unwrap_or_default();
            out.push_str(&format!("   {}  {} 〜 {until}\n", interval.label, moment(&interval.from)));
        }
    }
    out.push_str("\n■ できごと\n");
    for row in &shown.rows {
        write_row(&mut out, row);
    }
    out
}

fn write_row(out: &mut String, row: &RowShown) {
    let mut marks = String::new();
    for (marked, mark) in [
        (row.retracted, "［取り消し済み］"),
        (row.corrected, "［訂正あり］"),
        (row.repeats.is_some(), "［同じ内容の記録］"),
        (row.occurred.uncertain, "［この時点では不確か］"),
        (row.occurred.lost.is_some(), "［日付の手がかりが失われています］"),
    ] {
        if marked {
            marks.push_str(mark);
        }
    }
    out.push_str(&format!("   {}  {}{marks}\n", row.occurred.text, row.label));
    if let Some(detail) = &row.detail {
        out.push_str(&format!("        {}\n", plain(detail.reveal())));
    }
    if !row.missing.is_empty() {
        out.push_str(&format!("        まだ記録がありません: {}\n", row.missing.join("、")));
    }
    let doers = if row.doers.is_empty() { "記載なし".to_owned() } else { names(&row.doers) };
    let recorded = row.recorded_at.with_timezone(&JST).format("%Y-%m-%d %H:%M");
    let with = if row.counterparts.is_empty() {
        String::new()
    } else {
        format!(" ／ 相手: {}", names(&row.counterparts))
    };
    out.push_str(&format!("        行った人: {doers}{with} ／ 記録: {} {recorded}\n", row.recorder));
    for change in &row.changes {
        let detail =
            change.detail.as_ref().map(|detail| format!("・{}", plain(detail.reveal()))).unwrap_or_default();
        let undone = if change.retracted { "（取り消し済み）" } else { "" };
        out.push_str(&format!("        {}{undone}: {}{detail}\n", change.label, change.recorder));
    }
}
