//! The rules of the field. [`Case`] is everything about one person, [`Zone`] what a zone works on, [`Registry`] who takes part. Each is a
//! [`Judge`] with rules of its own, which implements `cqrs_es::Aggregate`: its `handle` is the one admission call, for
//! every door.
//!
//! Pure: no I/O, no clock, no randomness. What happened is decided from what the log already has and the
//! proposal in hand, nothing else.
//!
//! ```
//! use banso_domain::{CaseEvent, Payload, case::referral::ReferralMade};
//!
//! let body = serde_json::to_vec(&ReferralMade::sample())?;
//! let event = CaseEvent::read(&ReferralMade::event_type(), &body)?;
//! assert_eq!(event.label(), "協力依頼");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod case;
mod correction;
mod entry;
mod history;
mod judge;
mod ledger;
mod lists;
mod payload;
mod refusal;
pub mod registry;
mod said;
mod samples;
mod thing;
mod words;
pub mod zone;

pub use case::{Case, CaseEvent, CaseRules};
pub use correction::{CorrectionEvent, EventRetracted};
pub use entry::{Entry, StreamEvent};
pub use history::{DateLost, Fact, History, Retraction, resolve, span};
pub use judge::{Judge, Propose, Rules};
pub use ledger::rewrites;
pub use payload::{Admission, Payload, ReadError};
pub use refusal::Refusal;
pub use registry::{Reference, Registry, RegistryEvent};
pub use thing::Thing;
pub use words::{Frequency, Term};
pub use zone::{Zone, ZoneEvent};

/// How far ahead of the log's clock the date of a thing may lie: clocks of publishers differ a little.
pub const FUTURE_SKEW: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

#[cfg(test)]
mod spec;
