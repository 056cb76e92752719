//! What banso does, whatever carries it: [`Door`] turns a CloudEvent into a proposal, [`CaseDecider`] says yes
//! or no to it on the writer's thread, [`Projector`] keeps the read models, [`Queries`] answers from them and
//! from the log, [`rebuild`] folds everything anew, [`audit`] compares what is stored with what it should be.
//!
//! One direction: a door never writes a read model, a projector never writes the log.

mod admission;
mod app;
mod decoded;
mod door;
mod follower;
mod histories;
mod hot;
mod projector;
mod queries;
mod reference;
mod share;
mod stored;

pub mod audit;
pub mod rebuild;

pub use admission::{CaseDecider, HOT_BYTES_MAX, Item};
pub use app::{App, Bounds, ProjectorStatus};
pub use decoded::{Decoded, decode, registry_entry, zone_entry};
pub use door::{Door, Entered, IntakeRange, Malformed, PUBLICATIONS_MAX, PublishError};
pub use follower::{Followed, Follower};
pub use projector::{PART_STOPPED, Projector, ProjectorState};
pub use queries::{As, EventFilter, KnownAt, KnownAtError, Queries, QueryError, RowsPage, parse_time};
pub use share::Share;

/// What became of one proposal.
pub type Outcome = banso_log::Outcome<banso_domain::Refusal>;
pub use banso_domain::ReadError;
pub use banso_log::{AppendError, GROUP_EVENTS_MAX, IntakePosition, MessageReceipt, Receipt};
/// What the answers look like.
pub use banso_views as views;

#[cfg(test)]
mod specs;
