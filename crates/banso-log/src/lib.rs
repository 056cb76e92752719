//! placeholder: the helper writes the crate's purpose, contract and example here

mod decide;
mod models;
mod port;

pub use decide::{Admitted, Decider, Outcome, Position, Receipt, Undecidable};
pub use models::{Checkpoint, ModelVersion, Models, Move, PersonWrite, RowQuery, StoredState, WorkRow};
pub use port::{Columns, Identity, Log, LogError, READ_BYTES_MAX, READ_EVENTS_MAX, Sealed};
