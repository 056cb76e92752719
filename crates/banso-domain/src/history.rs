//! From what was recorded to what is held to have happened: corrections and retractions are applied, dates
//! are resolved, and all facts stand in one total order (design D11, D12). Total for any subset of a stream.

use crate::entry::{Entry, StreamEvent};
use banso_kernel::{EventId, Personal, Span, When};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};

/// What a stream says, as far as these entries know.
#[derive(Debug)]
pub struct History<'a, E> {
    /// Every fact, in the total order: unknown dates first, then by earliest possible time; what happened
    /// "after" or "before" an event stands directly behind or ahead of it; the log's order decides between
    /// equals.
    pub facts: Vec<Fact<'a, E>>,
    /// Every event that is taken back by a retraction that itself stands.
    pub taken_back: BTreeMap<EventId, Retraction>,
}

/// One thing that happened, through all its corrections.
#[derive(Debug)]
pub struct Fact<'a, E> {
    /// The id under which it was first recorded.
    pub id: EventId,
    /// The first record of it, which gives it its place among equals. (A correction, where the original is
    /// not among the entries.)
    pub first: &'a Entry<E>,
    /// The record that stands: the last live correction, or the first.
    pub current: &'a Entry<E>,
    /// The date as it stands.
    pub when: When,
    /// When it happened: what the date comes to.
    pub span: Span,
    /// Why the date could not be resolved.
    pub date_lost: Option<DateLost>,
    /// All its corrections, live or not, in the log's order.
    pub corrections: Vec<&'a Entry<E>>,
    /// All retractions of its records, live or not, in the log's order.
    pub retractions: Vec<&'a Entry<E>>,
    /// The event that already said the same, if that still stands.
    pub repeats: Option<EventId>,
    /// Who took it back.
    pub retracted: Option<Retraction>,
}

/// That a fact was taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Retraction {
    /// The retraction.
    pub by: EventId,
    /// Why.
    pub reason: Personal<String>,
}

/// Why a relative date came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateLost {
    /// The event it refers to was retracted.
    AnchorRetracted,
    /// The event it refers to is not among the entries.
    AnchorMissing,
    /// The dates refer to each other in a circle.
    Cycle,
}

impl<E> Fact<'_, E> {
    /// Whether it counts for states: neither taken back nor merely said again.
    pub fn stands(&self) -> bool {
        self.retracted.is_none() && self.repeats.is_none()
    }

    /// Whether it had, or may have, happened by `at`.
    pub fn is_included_at(&self, at: DateTime<Utc>) -> bool {
        self.span.earliest.is_none_or(|earliest| earliest <= at)
    }

    /// Whether it is unsure that it had happened by `at`.
    pub fn is_uncertain_at(&self, at: DateTime<Utc>) -> bool {
        self.is_included_at(at) && self.span.latest.is_none_or(|latest| at < latest)
    }
}

/// Resolves the entries of one stream, given in the log's order.
pub fn resolve<'a, E: StreamEvent + PartialEq>(
    entries: impl IntoIterator<Item = &'a Entry<E>>,
) -> History<'a, E> {
    let entries: Vec<&Entry<E>> = entries.into_iter().collect();
    let taken_back = live_retractions(&entries);
    let mut draft = Draft::collect(&entries, &taken_back);
    draft.resolve_spans();
    let order = draft.order();
    let mut facts: Vec<Option<Fact<'a, E>>> = draft.facts.into_iter().map(Some).collect();
    History { facts: order.into_iter().filter_map(|at| facts[at].take()).collect(), taken_back }
}

/// The facts in the order of their first records, before they are put in the total order.
struct Draft<'a, E> {
    facts: Vec<Fact<'a, E>>,
    /// The fact to which an event belongs, as its first record or as a correction.
    by_event: HashMap<EventId, usize>,
    /// The fact that a fact's date hangs on, if it is there and stands.
    anchors: Vec<Option<usize>>,
}

impl<'a, E: StreamEvent + PartialEq> Draft<'a, E> {
    fn collect(entries: &[&'a Entry<E>], taken_back: &BTreeMap<EventId, Retraction>) -> Self {
        let mut draft = Draft {
            facts: Vec::with_capacity(entries.len()),
            by_event: HashMap::with_capacity(entries.len()),
            anchors: Vec::new(),
        };
        for entry in entries {
            if let Some(retraction) = entry.event.retraction() {
                // A retraction of what these entries do not have says nothing about them.
                if let Some(&at) = draft.by_event.get(&retraction.event) {
                    draft.by_event.insert(entry.event_id, at);
                    draft.facts[at].retractions.push(entry);
                }
                continue;
            }
            let root = entry.corrects.unwrap_or(entry.event_id);
            let next = draft.facts.len();
            let at = *draft.by_event.entry(root).or_insert(next);
            if at == next {
                draft.facts.push(Fact::said_first(root, entry));
            }
            draft.by_event.insert(entry.event_id, at);
            if entry.corrects.is_some() {
                draft.facts[at].corrections.push(entry);
            }
        }
        for fact in &mut draft.facts {
            fact.settle(taken_back);
        }
        draft.settle_repeats();
        draft.settle_anchors();
        draft
    }

    /// A repetition of something that no longer stands, or was corrected into something else since, is itself
    /// what stands: the first of several for all of them.
    fn settle_repeats(&mut self) {
        let mut said_by: Vec<Option<usize>> = Vec::with_capacity(self.facts.len());
        let mut heirs: HashMap<usize, usize> = HashMap::new();
        for (at, fact) in self.facts.iter().enumerate() {
            let said = fact.repeats.and_then(|of| self.by_event.get(&of).copied());
            let heir = said.filter(|of| !self.still_says(*of, fact)).map(|of| match fact.retracted {
                Some(_) => heirs.get(&of).copied().unwrap_or(at),
                None => *heirs.entry(of).or_insert(at),
            });
            said_by.push(heir.or(said).filter(|of| *of != at));
        }
        // Corrected and retracted crosswise, facts can repeat each other in a circle: then one of them stands.
        let mut reached_from = vec![None; self.facts.len()];
        for start in 0..self.facts.len() {
            let mut next = Some(start);
            while let Some(at) = next {
                if reached_from[at] == Some(start) {
                    said_by[at] = None;
                }
                next = if reached_from[at].is_none() { said_by[at] } else { None };
                reached_from[at].get_or_insert(start);
            }
        }
        let ids: Vec<EventId> = self.facts.iter().map(|fact| fact.id).collect();
        for (fact, said_by) in self.facts.iter_mut().zip(said_by) {
            fact.repeats = said_by.map(|of| ids[of]);
        }
    }

    /// Whether a fact still says what `repetition` found it to say.
    fn still_says(&self, of: usize, repetition: &Fact<'a, E>) -> bool {
        let of = &self.facts[of];
        let unchanged = of.current.seq < repetition.current.seq;
        of.retracted.is_none() && (unchanged || of.current.event == repetition.current.event)
    }

    fn settle_anchors(&mut self) {
        for at in 0..self.facts.len() {
            let anchor = self.facts[at].when.anchor().map(|id| self.by_event.get(&id).copied());
            self.anchors.push(None);
            match anchor {
                None => {}
                Some(None) => self.facts[at].date_lost = Some(DateLost::AnchorMissing),
                Some(Some(anchor)) if self.facts[anchor].retracted.is_some() && anchor != at => {
                    self.facts[at].date_lost = Some(DateLost::AnchorRetracted);
                }
                Some(Some(anchor)) => self.anchors[at] = Some(anchor),
            }
        }
    }

    /// Gives every fact its span; the anchor's first. Iterative, because chains may be long.
    fn resolve_spans(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum Visit {
            Not,
            OnPath,
            Done,
        }
        let mut visits = vec![Visit::Not; self.facts.len()];
        let mut path: Vec<usize> = Vec::new();
        for start in 0..self.facts.len() {
            let mut next = Some(start);
            while let Some(at) = next {
                match visits[at] {
                    Visit::Done => break,
                    Visit::OnPath => {
                        let circle = path.iter().position(|&on| on == at).unwrap_or(0);
                        for &member in &path[circle..] {
                            self.facts[member].date_lost = Some(DateLost::Cycle);
                            self.anchors[member] = None;
                        }
                        break;
                    }
                    Visit::Not => {
                        visits[at] = Visit::OnPath;
                        path.push(at);
                        next = self.anchors[at];
                    }
                }
            }
            while let Some(at) = path.pop() {
                self.facts[at].span = self.span_of(at);
                visits[at] = Visit::Done;
            }
        }
    }

    fn span_of(&self, at: usize) -> Span {
        let fact = &self.facts[at];
        let anchor = self.anchors[at].map(|anchor| self.facts[anchor].span);
        span(fact.when, anchor, fact.first.recorded_at)
    }

    /// The positions of the facts in the total order.
    fn order(&self) -> Vec<usize> {
        let mut roots = Vec::new();
        let mut before: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut after: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, fact) in self.facts.iter().enumerate() {
            match (fact.when, self.anchors[at]) {
                (When::After(_), Some(anchor)) => after.entry(anchor).or_default().push(at),
                (When::Before(_), Some(anchor)) => before.entry(anchor).or_default().push(at),
                (When::After(_) | When::Before(_), None)
                | (When::Instant(_) | When::Day(_) | When::Month(_) | When::Unknown | When::Offset(..), _) => {
                    roots.push(at);
                }
            }
        }
        let place = |at: &usize| self.facts[*at].first.seq;
        for children in before.values_mut().chain(after.values_mut()) {
            children.sort_by_key(place);
        }
        roots.sort_by_key(|at| (self.facts[*at].span.earliest, place(at)));

        enum Step {
            Enter(usize),
            Emit(usize),
        }
        let mut order = Vec::with_capacity(self.facts.len());
        let mut steps: Vec<Step> = roots.into_iter().rev().map(Step::Enter).collect();
        while let Some(step) = steps.pop() {
            match step {
                Step::Emit(at) => order.push(at),
                Step::Enter(at) => {
                    let children =
                        |of: &BTreeMap<usize, Vec<usize>>| of.get(&at).cloned().unwrap_or_default();
                    steps.extend(children(&after).into_iter().rev().map(Step::Enter));
                    steps.push(Step::Emit(at));
                    steps.extend(children(&before).into_iter().rev().map(Step::Enter));
                }
            }
        }
        order
    }
}

/// The span of a date, given its anchor's where it has one that stands. What is open towards the future ends
/// with the moment it was recorded: nobody records what has not happened.
pub fn span(when: When, anchor: Option<Span>, recorded_at: DateTime<Utc>) -> Span {
    let recorded = Some(recorded_at);
    let unknown = Span { earliest: None, latest: recorded };
    match (when, anchor) {
        (When::Unknown, _) | (When::Offset(..) | When::After(_) | When::Before(_), None) => unknown,
        (When::Instant(_) | When::Day(_) | When::Month(_), _) => when.absolute().unwrap_or(unknown),
        (When::Offset(_, duration), Some(anchor)) => {
            let moved = |bound: Option<DateTime<Utc>>| bound.and_then(|at| duration.after_instant(at));
            Span { earliest: moved(anchor.earliest), latest: moved(anchor.latest).or(recorded) }
        }
        (When::After(_), Some(anchor)) => {
            Span { earliest: anchor.earliest, latest: anchor.earliest.max(recorded) }
        }
        (When::Before(_), Some(anchor)) => Span { earliest: None, latest: anchor.latest.or(recorded) },
    }
}

impl<'a, E> Fact<'a, E> {
    fn said_first(id: EventId, first: &'a Entry<E>) -> Self {
        Fact {
            id,
            first,
            current: first,
            when: When::Unknown,
            span: Span { earliest: None, latest: None },
            date_lost: None,
            corrections: Vec::new(),
            retractions: Vec::new(),
            repeats: None,
            retracted: None,
        }
    }

    /// Which record stands, under which date, and whether the whole was taken back.
    fn settle(&mut self, taken_back: &BTreeMap<EventId, Retraction>) {
        let live = |entry: &&&Entry<E>| !taken_back.contains_key(&entry.event_id);
        let original = (self.first.event_id == self.id).then_some(self.first);
        let last_live = self.corrections.iter().rfind(live).copied();
        self.current = last_live.or(original).unwrap_or(self.first);
        let dated = self.current.occurred.or(original.and_then(|original| original.occurred));
        self.when = dated.unwrap_or(When::Unknown);
        self.repeats = self.current.repeats;
        self.retracted = match (taken_back.get(&self.id), original, last_live) {
            (Some(retraction), _, _) => Some(retraction.clone()),
            (None, Some(_), _) | (None, None, Some(_)) => None,
            (None, None, None) => taken_back.get(&self.first.event_id).cloned(),
        };
    }
}

/// What is taken back by a retraction that itself stands; where there are several, by the first of them.
/// Retractions refer to earlier events only, so going from the last to the first settles each before it is
/// needed.
fn live_retractions<E: StreamEvent + PartialEq>(entries: &[&Entry<E>]) -> BTreeMap<EventId, Retraction> {
    let mut taken_back: BTreeMap<EventId, Retraction> = BTreeMap::new();
    for entry in entries.iter().rev() {
        let Some(retraction) = entry.event.retraction() else { continue };
        if !taken_back.contains_key(&entry.event_id) {
            let by = Retraction { by: entry.event_id, reason: retraction.reason.clone() };
            taken_back.insert(retraction.event, by);
        }
    }
    taken_back
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod specs;
