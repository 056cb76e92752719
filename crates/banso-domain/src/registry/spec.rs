//! The rules of the registry: given these events, when this is proposed, then that. As for a case, dated
//! where a spec says so.

use super::{Enrol, Registry, RegistryEvent};
use crate::case::spec::recorded_at;
use crate::{Entry, Refusal};
use banso_kernel::{EventId, When};
use cqrs_es::test::TestFramework;
use std::sync::Arc;

pub(crate) use crate::case::spec::event;

/// An event as somebody tells it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    event: RegistryEvent,
    occurred: Option<When>,
    corrects: Option<usize>,
}

/// An event as somebody tells it.
pub(crate) fn told(event: impl Into<RegistryEvent>) -> Told {
    Told { event: event.into(), occurred: Some(When::Unknown), corrects: None }
}

impl Told {
    /// When it happened, as on the wire.
    pub(crate) fn on(mut self, when: &str) -> Self {
        self.occurred = Some(when.parse().unwrap());
        self
    }

    /// As a correction of the n-th given event, which keeps its date.
    pub(crate) fn correcting(mut self, n: usize) -> Self {
        self.corrects = Some(n);
        self.occurred = None;
        self
    }

    /// The event as the n-th of the registry.
    pub(crate) fn entry(&self, n: usize) -> Entry<RegistryEvent> {
        Entry {
            event_id: event(n),
            seq: n as u64,
            stream_seq: n as u64,
            recorded_at: recorded_at(n),
            occurred: self.occurred,
            actor: "officer@city".parse().unwrap(),
            corrects: self.corrects.map(event),
            repeats: None,
            event: Arc::new(self.event.clone()),
        }
    }
}

/// What was recorded before.
pub(crate) struct Given(Vec<Entry<RegistryEvent>>);

/// These were recorded before.
pub(crate) fn given<const N: usize>(before: [Told; N]) -> Given {
    Given(before.iter().enumerate().map(|(at, told)| told.entry(at + 1)).collect())
}

impl Given {
    /// Proposes an event to the registry.
    pub(crate) fn when(self, proposed: Told) -> Outcome {
        let enrol = Enrol { entry: proposed.entry(self.0.len() + 1) };
        Outcome(TestFramework::<Registry>::with(()).given(self.0).when(enrol).inspect_result())
    }
}

/// What became of it.
pub(crate) struct Outcome(Result<Vec<Entry<RegistryEvent>>, Refusal>);

impl Outcome {
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
