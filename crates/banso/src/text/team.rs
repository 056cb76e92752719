//! The team on a terminal.

use super::{as_of, moment, plain};
use banso_views::MomentShown;
use banso_views::team_roster::{MemberShown, TeamRosterShown};

pub(crate) fn text(shown: &TeamRosterShown) -> String {
    let mut out = format!("━━ 支援チーム\n   {}", as_of(&shown.as_of));
    for layer in &shown.layers {
        out.push_str(&format!("\n■ {}\n", layer.label));
        if layer.members.is_empty() {
            out.push_str("   （記録なし）\n");
        }
        for member in &layer.members {
            out.push_str(&line(member));
        }
    }
    if !shown.former.is_empty() {
        out.push_str("\n■ これまでに関わった人・機関\n");
        for member in &shown.former {
            out.push_str(&line(member));
        }
    }
    out
}

fn line(member: &MemberShown) -> String {
    let mut line = format!("   {}", plain(member.who.name.reveal()));
    if let Some(since) = &member.since {
        line.push_str(&format!("  {}〜", moment(since)));
    }
    if let Some(until) = &member.until {
        line.push_str(&format!(" {}まで", moment(until)));
    }
    let ended_alone = |until: &MomentShown| match member.until {
        // The line says so already.
        Some(_) => String::new(),
        None => format!("（{}まで）", moment(until)),
    };
    let basis: Vec<String> = member
        .basis
        .iter()
        .map(|basis| {
            format!("{}{}", plain(&basis.label), basis.until.as_ref().map(ended_alone).unwrap_or_default())
        })
        .collect();
    if !basis.is_empty() {
        line.push_str(&format!("  ［{}］", basis.join("・")));
    }
    if let Some(duties) = &member.duties {
        line.push_str(&format!("  {}", plain(duties.reveal())));
    }
    line.push('\n');
    line
}
