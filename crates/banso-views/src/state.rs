//! The compact state of one person's read models, and how it takes in one more event.

use crate::current_plan::CurrentPlan;
use crate::moment::Moment;
use crate::team_roster::TeamRoster;
use crate::unanswered_referrals::OpenReferrals;
use banso_domain::{CaseEvent, Entry, Fact, History, StreamEvent};
use banso_kernel::{EventId, Span, StreamSeq, When};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The version of every fold here. Stored states of another version are not read; raise it with any change of
/// what a fold makes of the same events (the fingerprint test tells).
pub const VERSION: u32 = 1;

/// What a fold sees of a fact.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What happened.
    pub event: &'a CaseEvent,
    /// When, and which event says so.
    pub moment: &'a Moment,
    /// Position of its first record in the log.
    pub seq: u64,
}

/// What is kept of one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PersonState {
    /// The person's last event that is in it.
    pub stream_seq: StreamSeq,
    order: Frontier,
    /// The plans in force and in preparation.
    pub plan: CurrentPlan,
    /// Who supports.
    pub team: TeamRoster,
    /// Requests and their answers.
    pub referrals: OpenReferrals,
}

/// Whether a state could take in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// It did.
    Done,
    /// The event changes what came before it, or belongs before it: fold the person anew.
    Refold,
}

impl PersonState {
    /// The state that a whole history comes to, up to `stream_seq`.
    pub fn fold(history: &History<'_, CaseEvent>, stream_seq: StreamSeq) -> Self {
        Self::fold_at(history, stream_seq, None)
    }

    /// The same, of what had happened by `valid_at`; `None` = everything.
    pub fn fold_at(
        history: &History<'_, CaseEvent>,
        stream_seq: StreamSeq,
        valid_at: Option<DateTime<Utc>>,
    ) -> Self {
        let mut state = Self { stream_seq, order: Frontier::of(history), ..Self::default() };
        let included =
            |fact: &&Fact<'_, CaseEvent>| fact.stands() && valid_at.is_none_or(|at| fact.is_included_at(at));
        for fact in history.facts.iter().filter(included) {
            let moment = Moment::of(fact, valid_at);
            state.apply(Step { event: &fact.current.event, moment: &moment, seq: fact.first.seq });
        }
        state
    }

    /// Takes in the person's next event, if that comes last in the total order too.
    pub fn advance(&mut self, entry: &Entry<CaseEvent>) -> Advance {
        if entry.stream_seq != self.stream_seq + 1
            || entry.corrects.is_some()
            || entry.event.retraction().is_some()
        {
            return Advance::Refold;
        }
        // Something said again changes no state. Where it was said first may have been taken back, and then
        // it does: only the whole history tells.
        if entry.repeats.is_none() {
            let Some(span) = self.order.admit(entry) else { return Advance::Refold };
            let when = entry.occurred.unwrap_or(When::Unknown);
            let moment = Moment { event: entry.event_id, when, span, uncertain: false };
            self.apply(Step { event: &entry.event, moment: &moment, seq: entry.seq });
        }
        self.stream_seq = entry.stream_seq;
        Advance::Done
    }

    fn apply(&mut self, step: Step<'_>) {
        self.plan.apply(step);
        self.team.apply(step);
        self.referrals.apply(step);
    }
}

/// The end of the total order: enough to tell whether a new event comes behind everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Frontier {
    /// Whether there is any fact yet.
    begun: bool,
    /// The earliest time of the last fact that is not placed by "after" or "before".
    last: Option<DateTime<Utc>>,
    /// From that fact down to the very last one, each "after" the one before; empty if that is too long.
    path: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Node {
    fact: EventId,
    span: Span,
}

/// The longest path that is kept. Events hang on each other a few steps deep.
const FRONTIER_PATH_MAX: usize = 16;

impl Frontier {
    fn of(history: &History<'_, CaseEvent>) -> Self {
        let Some(last) = history.facts.iter().rfind(|fact| fact.stands()) else { return Self::default() };
        // The parent of a fact placed by "after" stands ahead of it.
        let mut path = vec![last];
        let mut ahead = history.facts.iter().rev().skip_while(|fact| fact.id != last.id);
        while let Some(fact) = path.last()
            && let (When::After(anchor) | When::Before(anchor), None) = (fact.when, fact.date_lost)
        {
            let is_anchor = |other: &&Fact<'_, CaseEvent>| {
                other.id == anchor || other.corrections.iter().any(|correction| correction.event_id == anchor)
            };
            // Behind it, where it is placed by "before": then the order ends with a fact whose parent is
            // taken back or said again, and only a refold can go on.
            let Some(parent) = ahead.find(is_anchor) else {
                return Self { begun: true, last: DateTime::<Utc>::MAX_UTC.into(), path: Vec::new() };
            };
            path.push(parent);
        }
        let root = path.last().map_or(last, |root| root);
        let kept = if path.len() <= FRONTIER_PATH_MAX { path.as_slice() } else { &[] };
        let node = |fact: &&Fact<'_, CaseEvent>| Node { fact: fact.id, span: fact.span };
        Self { begun: true, last: root.span.earliest, path: kept.iter().rev().map(node).collect() }
    }

    /// The span of an event that comes last, which it then does; `None` if it does not, or cannot be told.
    fn admit(&mut self, entry: &Entry<CaseEvent>) -> Option<Span> {
        let when = entry.occurred.unwrap_or(When::Unknown);
        let anchor = match when.anchor() {
            None => None,
            Some(id) => Some(self.path.iter().position(|node| node.fact == id)?),
        };
        let anchor_span = anchor.map(|at| self.path[at].span);
        let span = banso_domain::span(when, anchor_span, entry.recorded_at);
        let node = Node { fact: entry.event_id, span };
        match (when, anchor) {
            (When::Before(_), _) => None,
            (When::After(_), Some(at)) => {
                self.path.truncate(at + 1);
                self.path.push(node);
                if self.path.len() > FRONTIER_PATH_MAX {
                    self.path.clear();
                }
                Some(span)
            }
            _ => {
                if self.begun && span.earliest < self.last {
                    return None;
                }
                *self = Self { begun: true, last: span.earliest, path: vec![node] };
                Some(span)
            }
        }
    }
}
