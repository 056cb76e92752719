//! The compact state of one person's read models, and how it takes in one more event.

use crate::current_plan::CurrentPlan;
use crate::frontier::Frontier;
use crate::moment::Moment;
use crate::team_roster::TeamRoster;
use crate::unanswered_referrals::OpenReferrals;
use banso_domain::{CaseEvent, Entry, Fact, History, StreamEvent};
use banso_kernel::{StreamSeq, When};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The version of every fold here. Stored states of another version are not read; raise it with any change of
/// what a fold makes of the same events (the fingerprint test tells).
pub const VERSION: u32 = 2;

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
        match entry.repeats {
            None => {
                let Some(span) = self.order.admit(entry) else { return Advance::Refold };
                let when = entry.occurred.unwrap_or(When::Unknown);
                let moment = Moment { event: entry.event_id, when, span, is_lost: false, uncertain: false };
                self.apply(Step { event: &entry.event, moment: &moment, seq: entry.seq });
            }
            // Something said again changes no state. But where what was said first is not there, the
            // repetition is what stands.
            Some(said_before) if self.order.knows(said_before) => {}
            Some(_) => return Advance::Refold,
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

#[cfg(test)]
mod specs;
