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
    entries: Vec<Entry<E>>,
    by_id: BTreeMap<EventId, usize>,
    /// When each fact happened, by the id of its first record.
    spans: BTreeMap<EventId, Span>,
    /// What is taken back, and by which retraction.
    taken_back: BTreeMap<EventId, EventId>,
}

impl<E> Default for Ledger<E> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            by_id: BTreeMap::new(),
            spans: BTreeMap::new(),
            taken_back: BTreeMap::new(),
        }
    }
}

impl<E: StreamEvent + PartialEq> Ledger<E> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn history(&self) -> History<'_, E> {
        resolve(&self.entries)
    }

    /// Whether the envelope may stand. A retraction is decided here; `None` leaves the answer to the payload.
    pub(crate) fn check(&self, proposed: &Entry<E>) -> Result<Option<Admission>, Refusal> {
        let retraction = match proposed.event.retraction() {
            Some(_) if proposed.corrects.is_some() => return Err(Refusal::CorrectsRetraction),
            Some(retraction) => {
                self.entry(&retraction.event).ok_or(Refusal::UnknownEvent(retraction.event))?;
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
        let rewrites = rewrites(&entry);
        self.by_id.insert(entry.event_id, self.entries.len());
        if !rewrites {
            let span = self.span_of(&entry);
            self.spans.insert(entry.event_id, span);
        }
        self.entries.push(entry);
        rewrites
    }

    fn look_again<T>(&mut self, see: impl FnOnce(&History<'_, E>) -> T) -> T {
        let history = resolve(&self.entries);
        let seen = see(&history);
        let spans = history.facts.iter().map(|fact| (fact.id, fact.span)).collect();
        let taken_back = history.taken_back.iter().map(|(id, retraction)| (*id, retraction.by)).collect();
        self.spans = spans;
        self.taken_back = taken_back;
        seen
    }

    fn entry(&self, id: &EventId) -> Option<&Entry<E>> {
        self.by_id.get(id).map(|&at| &self.entries[at])
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
            let entry = self.entry(&anchor).ok_or(Refusal::UnknownAnchor(anchor))?;
            if entry.event.retraction().is_some() {
                return Err(Refusal::UnknownAnchor(anchor));
            }
        }
        if self.span_of(proposed).earliest.is_some_and(|earliest| earliest > limit) {
            return Err(Refusal::FutureDate);
        }
        if rewrites(proposed) {
            // The dates of others hang on it: look at all of them as they would be.
            let after = resolve(self.entries.iter().chain(std::iter::once(proposed)));
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
        self.spans.get(fact).copied()
    }

    /// When the entry happened, by its own date and its anchor's.
    pub(crate) fn span_of(&self, entry: &Entry<E>) -> Span {
        // A correction without a date keeps that of its original.
        let original =
            || entry.corrects.and_then(|id| self.entry(&id)).and_then(|original| original.occurred);
        let when = entry.occurred.or_else(original).unwrap_or(When::Unknown);
        let anchor = when.anchor().and_then(|id| {
            let root = self.entry(&id).map_or(id, |anchor| anchor.corrects.unwrap_or(id));
            self.spans.get(&root).copied().filter(|_| !self.taken_back.contains_key(&root))
        });
        span(when, anchor, entry.recorded_at)
    }
}

/// Whether an entry changes what earlier ones say.
fn rewrites<E: StreamEvent>(entry: &Entry<E>) -> bool {
    entry.corrects.is_some() || entry.event.retraction().is_some()
}

#[cfg(test)]
mod specs;
