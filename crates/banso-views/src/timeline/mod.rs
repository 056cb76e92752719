//! The timeline (経過): every event of the person in the order in which things happened, what was corrected or
//! taken back marked as such, and three tracks beside it. It grows with the history, so it is folded when it
//! is read and never stored.

mod row;
mod tracks;

pub use row::{ChangeKind, ChangeShown, RepeatShown, RowShown, ShownOccurred};
pub use tracks::{IntervalShown, TrackShown};

use crate::AsOf;
use banso_domain::{CaseEvent, Fact, History, Reference};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// The answer: all rows and the three tracks.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TimelineShown {
    /// Which state of the world.
    pub as_of: AsOf,
    /// 暮らしの場, 支援の段階, 利用中の制度; in this order.
    pub tracks: Vec<TrackShown>,
    /// Every fact: unknown dates first, then by date.
    pub rows: Vec<RowShown>,
}

/// A history as people and programs read it.
pub fn show(history: &History<'_, CaseEvent>, as_of: AsOf, reference: &Reference) -> TimelineShown {
    let included = |fact: &&Fact<'_, CaseEvent>| as_of.valid_at.is_none_or(|at| fact.is_included_at(at));
    let facts: Vec<&Fact<'_, CaseEvent>> = history.facts.iter().filter(included).collect();
    let standing = facts.iter().filter(|fact| fact.retracted.is_none());
    let brought = standing.filter_map(|fact| fact.current.event.brings()).collect();
    let mut by_event = HashMap::with_capacity(history.facts.len());
    for fact in &history.facts {
        by_event.insert(fact.id, fact);
        by_event.extend(fact.corrections.iter().map(|correction| (correction.event_id, fact)));
    }
    let around = row::Around { history, by_event, brought, valid_at: as_of.valid_at, reference };
    let row = |fact: &&Fact<'_, CaseEvent>| row::show(fact, &around);
    let rows = facts.iter().map(row).collect();
    let tracks = tracks::show(&facts, as_of.valid_at);
    TimelineShown { as_of, tracks, rows }
}

#[cfg(test)]
mod specs;
