//! The rules of the field. [`Case`] is everything about one person, [`Registry`] who takes part. Both
//! implement `cqrs_es::Aggregate`: their `handle` is the one admission call, for every door.
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
mod ledger;
mod lists;
mod payload;
mod refusal;
pub mod registry;
mod said;
mod samples;
mod thing;
mod words;

pub use case::{Case, CaseEvent, Propose};
pub use correction::{CorrectionEvent, EventRetracted};
pub use entry::{Entry, StreamEvent};
pub use history::{DateLost, Fact, History, Retraction, resolve, span};
pub use ledger::rewrites;
pub use payload::{Admission, Payload, ReadError};
pub use refusal::Refusal;
pub use registry::{Enrol, Reference, Registry, RegistryEvent};
pub use thing::Thing;
pub use words::{Frequency, Term};

/// How far ahead of the log's clock the date of a thing may lie: clocks of publishers differ a little.
pub const FUTURE_SKEW: chrono::TimeDelta = chrono::TimeDelta::minutes(5);
