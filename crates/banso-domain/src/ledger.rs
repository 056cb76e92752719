//! The entries of one stream in the log's order, and the rules about their envelopes: what may be corrected,
//! retracted or referred to by a date. The same for every stream.

use crate::entry::{Entry, StreamEvent};
use crate::history::{DateLost, History, resolve, span};
use crate::payload::Admission;
use crate::{FUTURE_SKEW, Refusal};
use banso_kernel::{EventId, Span, When};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a stream has recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ledger<E> {
    marks: BTreeMap<EventId, Mark>,
    /// What is taken back, and by which retraction.
    taken_back: BTreeMap<EventId, EventId>,
    /// All of it, as long as somebody may rewrite it.
    entries: Option<Vec<Entry<E>>>,
}

/// What the dates of later events look at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Mark {
    /// The first record of a fact, which happened then.
    Fact(Span),
    /// A correction of this event.
    CorrectionOf(EventId),
    Retraction,
}

impl<E> Default for Ledger<E> {
    fn default() -> Self {
        Self { marks: BTreeMap::new(), taken_back: BTreeMap::new(), entries: Some(Vec::new()) }
    }
}

impl<E: StreamEvent + PartialEq> Ledger<E> {
    pub(crate) fn len(&self) -> usize {
        self.marks.len()
    }

    pub(crate) fn keeps_entries(&self) -> bool {
        self.entries.is_some()
    }

    pub(crate) fn forget_entries(&mut self) {
        self.entries = None;
    }

    pub(crate) fn history(&self) -> History<'_, E> {
        resolve(self.entries())
    }

    fn entries(&self) -> &[Entry<E>] {
        match &self.entries {
            Some(entries) => entries,
            None => unreachable!("who rewrites a history brings it along"),
        }
    }

    /// Whether the envelope may stand. A retraction is decided here; `None` leaves the answer to the payload.
    pub(crate) fn check(&self, proposed: &Entry<E>) -> Result<Option<Admission>, Refusal> {
        let retraction = match proposed.event.retraction() {
            Some(_) if proposed.corrects.is_some() => return Err(Refusal::CorrectsRetraction),
            Some(retraction) => {
                self.mark(&retraction.event).ok_or(Refusal::UnknownEvent(retraction.event))?;
                match self.taken_back.get(&retraction.event) {
                    Some(by) => Some(Admission::Repeats(*by)),
                    None => Some(Admission::New),
                }
            }
            None => None,
        };
        if let Some(original) = proposed.corrects {
            self.check_original(original, proposed)?;
        }
        self.check_date(proposed)?;
        Ok(retraction)
    }

    /// All entries of a stream at once, and what `see` makes of their history: what the later ones change is
    /// looked at once, at the end.
    pub(crate) fn of<T>(entries: Vec<Entry<E>>, see: impl FnOnce(&History<'_, E>) -> T) -> (Self, T) {
        let mut ledger = Self::default();
        for entry in entries {
            ledger.take_in(entry);
        }
        let seen = ledger.look_again(see);
        (ledger, seen)
    }

    /// Takes an entry in. Where it changes what earlier ones say: what `see` makes of the history.
    pub(crate) fn push<T>(&mut self, entry: Entry<E>, see: impl FnOnce(&History<'_, E>) -> T) -> Option<T> {
        self.take_in(entry).then(|| self.look_again(see))
    }

    fn take_in(&mut self, entry: Entry<E>) -> bool {
        let mark = match entry.corrects {
            _ if entry.event.retraction().is_some() => Mark::Retraction,
            Some(original) => Mark::CorrectionOf(original),
            None => Mark::Fact(self.span_of(&entry)),
        };
        self.marks.insert(entry.event_id, mark);
        if let Some(entries) = &mut self.entries {
            entries.push(entry);
        }
        !matches!(mark, Mark::Fact(_))
    }

    fn look_again<T>(&mut self, see: impl FnOnce(&History<'_, E>) -> T) -> T {
        let history = resolve(self.entries());
        let seen = see(&history);
        let spans: Vec<_> = history.facts.iter().map(|fact| (fact.id, fact.span)).collect();
        self.taken_back = history.taken_back.iter().map(|(id, retraction)| (*id, retraction.by)).collect();
        self.marks.extend(spans.into_iter().map(|(fact, span)| (fact, Mark::Fact(span))));
        seen
    }

    fn mark(&self, id: &EventId) -> Option<&Mark> {
        self.marks.get(id)
    }

    fn entry(&self, id: &EventId) -> Option<&Entry<E>> {
        self.entries().iter().find(|entry| entry.event_id == *id)
    }

    fn check_original(&self, id: EventId, proposed: &Entry<E>) -> Result<(), Refusal> {
        let original = self.entry(&id).ok_or(Refusal::UnknownEvent(id))?;
        if original.event.retraction().is_some() {
            return Err(Refusal::CorrectsRetraction);
        }
        if let Some(original) = original.corrects {
            return Err(Refusal::CorrectsCorrection { correction: id, original });
        }
        let (of, by) = (original.event.event_type(), proposed.event.event_type());
        if of.name != by.name {
            return Err(Refusal::OtherType(of.to_string()));
        }
        Ok(())
    }

    fn check_date(&self, proposed: &Entry<E>) -> Result<(), Refusal> {
        let limit = proposed.recorded_at + FUTURE_SKEW;
        if let Some(anchor) = proposed.occurred.and_then(|when| when.anchor()) {
            match self.mark(&anchor) {
                Some(Mark::Fact(_) | Mark::CorrectionOf(_)) => {}
                Some(Mark::Retraction) | None => return Err(Refusal::UnknownAnchor(anchor)),
            }
        }
        if self.span_of(proposed).earliest.is_some_and(|earliest| earliest > limit) {
            return Err(Refusal::FutureDate);
        }
        if rewrites(&*proposed.event, proposed.corrects) {
            // The dates of others hang on it: look at all of them as they would be.
            let after = resolve(self.entries().iter().chain(std::iter::once(proposed)));
            if after.facts.iter().any(|fact| fact.date_lost == Some(DateLost::Cycle)) {
                return Err(Refusal::DateCycle);
            }
            let mut standing = after.facts.iter().filter(|fact| fact.retracted.is_none());
            if standing.any(|fact| fact.span.earliest.is_some_and(|earliest| earliest > limit)) {
                return Err(Refusal::FutureDate);
            }
        }
        Ok(())
    }

    /// When the fact happened that this event first said.
    pub(crate) fn span(&self, fact: &EventId) -> Option<Span> {
        match self.mark(fact)? {
            Mark::Fact(span) => Some(*span),
            Mark::CorrectionOf(_) | Mark::Retraction => None,
        }
    }

    /// When the entry happened, by its own date and its anchor's.
    pub(crate) fn span_of(&self, entry: &Entry<E>) -> Span {
        // A correction without a date keeps that of its original.
        let original =
            || entry.corrects.and_then(|id| self.entry(&id)).and_then(|original| original.occurred);
        let when = entry.occurred.or_else(original).unwrap_or(When::Unknown);
        let anchor = when.anchor().and_then(|id| {
            let root = match self.mark(&id) {
                Some(Mark::CorrectionOf(root)) => *root,
                Some(Mark::Fact(_) | Mark::Retraction) | None => id,
            };
            self.span(&root).filter(|_| !self.taken_back.contains_key(&root))
        });
        span(when, anchor, entry.recorded_at)
    }
}

/// Whether an event changes what earlier ones of its stream say: a correction or a retraction.
pub fn rewrites(event: &impl StreamEvent, corrects: Option<EventId>) -> bool {
    corrects.is_some() || event.retraction().is_some()
}

#[cfg(test)]
mod specs;
