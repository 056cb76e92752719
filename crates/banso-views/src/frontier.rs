//! The end of the total order of a person's facts: enough to tell whether a new event comes behind everything
//! that counts, and when it then happened.

use banso_domain::{CaseEvent, Entry, Fact, History};
use banso_kernel::{EventId, Span, When};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How far the order reaches. The same, byte for byte, whether it was folded or came event by event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Frontier {
    /// Whether there is any fact yet.
    begun: bool,
    /// The earliest time of the last fact that is not placed by "after" or "before".
    last: Option<DateTime<Utc>>,
    /// From that fact down to the very last one, each "after" the one before; of a long path its end.
    path: Vec<Node>,
    /// Whether that is the end of a longer path.
    is_cut: bool,
    /// The last facts that count, in their order: what new events mostly refer to.
    recent: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Node {
    fact: EventId,
    span: Span,
}

/// How much of a path is kept. Mostly an event hangs on the last one or a few steps further up.
const PATH_FACTS_MAX: usize = 16;

/// How many of the last facts are kept. Visits every two weeks "since the support began" stay within it, and
/// so do the reports of one event by several organisations.
const RECENT_FACTS_MAX: usize = 8;

impl Frontier {
    pub(crate) fn of(history: &History<'_, CaseEvent>) -> Self {
        let standing = || history.facts.iter().rev().filter(|fact| fact.stands());
        let Some(last) = standing().next() else { return Self::default() };
        let mut recent: Vec<Node> = standing().take(RECENT_FACTS_MAX).map(Node::of).collect();
        recent.reverse();
        let Some(mut path) = path_to(last, history) else {
            let last = Some(DateTime::<Utc>::MAX_UTC);
            return Self { begun: true, last, path: Vec::new(), is_cut: false, recent };
        };
        let last = path.first().and_then(|root| root.span.earliest);
        let cut = path.len().saturating_sub(PATH_FACTS_MAX);
        Self { begun: true, last, path: path.split_off(cut), is_cut: cut > 0, recent }
    }

    /// Whether it is sure that this fact is there and was not taken back.
    pub(crate) fn knows(&self, fact: EventId) -> bool {
        self.span_of(fact).is_some()
    }

    /// The span of an event that comes last, which it then does; `None` if it does not, or cannot be told.
    pub(crate) fn admit(&mut self, entry: &Entry<CaseEvent>) -> Option<Span> {
        let when = entry.occurred.unwrap_or(When::Unknown);
        let anchor = match when.anchor() {
            None => None,
            Some(anchor) => Some(self.span_of(anchor)?),
        };
        let span = banso_domain::span(when, anchor, entry.recorded_at);
        let node = Node { fact: entry.event_id, span };
        match when {
            When::Before(_) => return None,
            // Behind everything that hangs on its anchor, and so behind the last fact, if that does too.
            When::After(anchor) => {
                let kept = self.path.iter().position(|node| node.fact == anchor)? + 1;
                if self.is_cut && kept + 1 < PATH_FACTS_MAX {
                    // What was cut off would be part of what is kept again.
                    return None;
                }
                self.path.truncate(kept);
                self.path.push(node.clone());
                if self.path.len() > PATH_FACTS_MAX {
                    self.path.remove(0);
                    self.is_cut = true;
                }
            }
            When::Instant(_) | When::Day(_) | When::Month(_) | When::Unknown | When::Offset(..) => {
                if self.begun && span.earliest < self.last {
                    return None;
                }
                self.begun = true;
                self.last = span.earliest;
                self.path = vec![node.clone()];
                self.is_cut = false;
            }
        }
        self.recent.push(node);
        if self.recent.len() > RECENT_FACTS_MAX {
            self.recent.remove(0);
        }
        Some(span)
    }

    fn span_of(&self, fact: EventId) -> Option<Span> {
        self.path.iter().chain(&self.recent).find(|node| node.fact == fact).map(|node| node.span)
    }
}

impl Node {
    fn of(fact: &Fact<'_, CaseEvent>) -> Self {
        Self { fact: fact.id, span: fact.span }
    }
}

/// From a fact that hangs on nothing down to this one, each placed by the one before. `None` where one of them
/// stands ahead of its anchor: then the order ends with anchors that are said again and do not count, and
/// only the whole history tells what comes last.
fn path_to(last: &Fact<'_, CaseEvent>, history: &History<'_, CaseEvent>) -> Option<Vec<Node>> {
    let mut path = vec![Node::of(last)];
    // What a fact is "after" stands ahead of it.
    let mut ahead = history.facts.iter().rev().skip_while(|fact| fact.id != last.id);
    let mut fact = last;
    while let (When::After(anchor) | When::Before(anchor), None) = (fact.when, fact.date_lost) {
        let is_anchor = |other: &&Fact<'_, CaseEvent>| {
            other.id == anchor || other.corrections.iter().any(|correction| correction.event_id == anchor)
        };
        fact = ahead.find(is_anchor)?;
        path.push(Node::of(fact));
    }
    path.reverse();
    Some(path)
}
