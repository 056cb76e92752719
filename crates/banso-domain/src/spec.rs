//! How rules are written down: given these events, when this is proposed, then that.
//!
//! ```text
//! given([told(ReferralMade::sample())]).when(told(ReferralAccepted::sample())).admits();
//! ```

use crate::judge::{Judge, Rules};
use crate::{Entry, Propose, Refusal};
use banso_kernel::{ActorRef, EventId, When};
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::test::TestFramework;
use std::sync::Arc;

/// An event with an envelope that a spec may change.
#[derive(Clone, Debug)]
pub(crate) struct Told<R: Rules> {
    event: R::Event,
    occurred: Option<When>,
    actor: ActorRef,
    corrects: Option<usize>,
    repeats: Option<usize>,
}

/// The id of the n-th given event, from 1.
pub(crate) fn event(n: usize) -> EventId {
    EventId::of("spec", &n.to_string())
}

/// When the n-th event of a spec is recorded: a minute apart.
pub(crate) fn recorded_at(n: usize) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2025-06-01T00:00:00Z".parse().unwrap();
    first + TimeDelta::minutes(n as i64)
}

impl<R: Rules> Told<R> {
    /// An event as somebody tells it.
    pub(crate) fn by_somebody(event: R::Event) -> Self {
        Self {
            event,
            occurred: Some(When::Unknown),
            actor: "consultant@c-soudan".parse().unwrap(),
            corrects: None,
            repeats: None,
        }
    }

    /// When it happened, as on the wire; `#n` stands for the n-th given event.
    pub(crate) fn on(mut self, when: &str) -> Self {
        let mut text = when.to_owned();
        for n in (1..20).rev() {
            text = text.replace(&format!("#{n}"), &event(n).to_string());
        }
        self.occurred = Some(text.parse().unwrap());
        self
    }

    /// Who recorded it: another organisation.
    pub(crate) fn recorded_by(mut self, actor: &str) -> Self {
        self.actor = actor.parse().unwrap();
        self
    }

    /// As a correction of the n-th given event, which keeps its date.
    pub(crate) fn correcting(mut self, n: usize) -> Self {
        self.corrects = Some(n);
        self.occurred = None;
        self
    }

    /// As a repetition of the n-th given event.
    pub(crate) fn repeating(mut self, n: usize) -> Self {
        self.repeats = Some(n);
        self
    }

    /// The event as the n-th of the stream.
    pub(crate) fn entry(&self, n: usize) -> Entry<R::Event> {
        Entry {
            event_id: event(n),
            seq: n as u64,
            stream_seq: n as u64,
            recorded_at: recorded_at(n),
            occurred: self.occurred,
            actor: self.actor.clone(),
            corrects: self.corrects.map(event),
            repeats: self.repeats.map(event),
            event: Arc::new(self.event.clone()),
        }
    }
}

/// What was recorded before.
pub(crate) struct Given<R: Rules>(Vec<Entry<R::Event>>);

/// Nothing was recorded before.
pub(crate) fn given_nothing<R: Rules>() -> Given<R> {
    Given(Vec::new())
}

/// These were recorded before.
pub(crate) fn given<R: Rules, const N: usize>(before: [Told<R>; N]) -> Given<R> {
    Given(before.iter().enumerate().map(|(at, told)| told.entry(at + 1)).collect())
}

impl<R: Rules> Given<R> {
    /// Proposes an event to ハルさん's case; to the registry; to the zone of that name.
    pub(crate) fn when(self, proposed: Told<R>) -> Outcome<R> {
        let entry = proposed.entry(self.0.len() + 1);
        let propose = Propose { owner: "haru".into(), entry };
        Outcome(TestFramework::<Judge<R>>::with(()).given(self.0).when(propose).inspect_result())
    }
}

/// What became of it.
pub(crate) struct Outcome<R: Rules>(Result<Vec<Entry<R::Event>>, Refusal>);

impl<R: Rules> Outcome<R> {
    /// Admitted as something new.
    #[track_caller]
    pub(crate) fn admits(self) {
        assert_eq!(self.repeats_which(), None);
    }

    /// Admitted as a repetition of the n-th given event.
    #[track_caller]
    pub(crate) fn repeats(self, n: usize) {
        assert_eq!(self.repeats_which(), Some(event(n)));
    }

    /// Refused by this rule.
    #[track_caller]
    pub(crate) fn refuses(self, refusal: Refusal) {
        assert_eq!(self.0.map(|_| "admitted"), Err(refusal));
    }

    #[track_caller]
    fn repeats_which(self) -> Option<EventId> {
        match self.0.as_deref() {
            Ok([admitted]) => admitted.repeats,
            other => panic!("expected one admitted event, got {other:?}"),
        }
    }
}
