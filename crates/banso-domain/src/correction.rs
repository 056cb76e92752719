//! Taking a record back (design D12). Correcting one has no type of its own: the same type again, with
//! `corrects`.

use crate::payload::{Payload, entity_events};
use banso_kernel::{EventId, Party, Personal};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An event should not have been recorded (記録の取り消し). Retracting a correction brings back what stood
/// before it; retracting a retraction brings back what it took away. Source: design D12.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRetracted {
    /// The event taken back; of the same stream.
    pub event: EventId,
    /// Why.
    pub reason: Personal<String>,
}

impl Payload for EventRetracted {
    const NAME: &'static str = "EventRetracted";

    fn label(&self) -> Cow<'_, str> {
        "記録の取り消し".into()
    }

    fn doers(&self) -> Vec<&Party> {
        Vec::new()
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.reason.clone())
    }

    fn sample() -> Self {
        Self {
            event: EventId::of("https://city.example", "haru-05"), reason: "別の方の記録でした".into()
        }
    }
}

entity_events! {
    /// Events about other events.
    CorrectionEvent {
        /// A record was taken back.
        Retracted(EventRetracted),
    }
}

impl From<EventRetracted> for crate::CaseEvent {
    fn from(retraction: EventRetracted) -> Self {
        Self::Correction(retraction.into())
    }
}

impl From<EventRetracted> for crate::RegistryEvent {
    fn from(retraction: EventRetracted) -> Self {
        Self::Correction(retraction.into())
    }
}

impl From<EventRetracted> for crate::ZoneEvent {
    fn from(retraction: EventRetracted) -> Self {
        Self::Correction(retraction.into())
    }
}
