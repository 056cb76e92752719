//! The read models: what the events of a person come to. Pure and total folds over a resolved history, for
//! any subset of events (a cut can show a consent without its plan).
//!
//! - [`current_plan`], [`team_roster`], [`unanswered_referrals`] keep a compact state, [`PersonState`], which
//!   takes in one event after the other as long as they come in order; anything else refolds the person.
//! - [`timeline`] shows every event and is folded when it is read; so is [`council_view`], of a zone.
//! - [`findings`] asks what the rules in force leave to be asked, on the day asked about.
//!
//! States hold ids only. Names come from a [`banso_domain::Reference`] when a view is shown, so that a name
//! registered late changes no stored state.
//!
//! ```
//! use banso_domain::{Reference, resolve};
//! use banso_views::{AsOf, PersonState, current_plan};
//!
//! let state = PersonState::fold(&resolve([]), 0);
//! let shown = current_plan::show(&state.plan, AsOf::live("haru".parse()?, 0, 0), &Reference::default());
//! assert!(shown.plans.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// ADDING A READ MODEL: its `mod` here; if it keeps a state, its field in `state.rs`.
pub mod council_view;
pub mod current_plan;
pub mod findings;
pub mod team_roster;
pub mod timeline;
pub mod unanswered_referrals;

mod frontier;
mod moment;
mod named;
mod rules;
mod state;

pub use moment::{Moment, MomentShown};
pub use named::PartyShown;
pub use state::{Advance, PersonState, Step, VERSION};

use banso_kernel::{PersonId, Seq, StreamSeq};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// Which state of the world an answer shows.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AsOf {
    /// The person.
    #[schema(value_type = String, example = "haru")]
    pub person: PersonId,
    /// What was true at this time; absent = now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_at: Option<DateTime<Utc>>,
    /// What was known at this position of the log, exactly.
    pub known_seq: Seq,
    /// The person's last event that is in the answer; also its `ETag`.
    pub stream_seq: StreamSeq,
}

impl AsOf {
    /// The latest: everything known, without a limit of time.
    pub fn live(person: PersonId, known_seq: Seq, stream_seq: StreamSeq) -> Self {
        Self { person, valid_at: None, known_seq, stream_seq }
    }
}

#[cfg(test)]
mod spec;

#[cfg(test)]
mod fingerprint;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod properties;
