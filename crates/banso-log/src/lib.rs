//! The log: the one truth of banso. What a store of events must do ([`Log`], [`Models`], [`Inbox`],
//! [`Custody`], [`Leases`], [`WriteSide`]), the one [`Writer`] per process that decides and appends, the stores
//! in SQLite and in PostgreSQL, the suite that proves a store ([`conformance`]) and the audit of one
//! ([`verify`]).
//!
//! # Contract
//!
//! - An outcome `Admitted` means: committed in the log, durably, at that position, for ever. What is not
//!   answered so was not stored, except after [`AppendError::OutcomeUnknown`]; sending the same proposal again
//!   is always right and gets the first result.
//! - A proposal is checked in this order: idempotency, expected version, admission by the [`Decider`].
//! - Bodies are opaque here: they come back byte for byte, they are never logged.
//!
//! # Example
//!
//! ```
//! use banso_kernel::{CloudEvent, Proposal, Recorded, StreamId, SystemClock, SystemIds};
//! use banso_log::{
//!     Admitted, Decider, Limits, Log, Outcome, Position, SqliteStore, Submission, Undecidable, Unit, Writer,
//! };
//! use std::sync::Arc;
//!
//! /// Admits everything, and so needs no state.
//! struct Open;
//!
//! impl Decider for Open {
//!     type Item = Proposal;
//!     type Refusal = String;
//!     fn cold(&self, _: &Proposal) -> Vec<StreamId> { vec![] }
//!     fn load(&mut self, _: &StreamId, _: Vec<Recorded>) -> Result<(), Undecidable> { Ok(()) }
//!     fn observe(&mut self, _: &Recorded) {}
//!     fn decide(&mut self, _: &Proposal, _: Position) -> Result<Admitted, String> {
//!         Ok(Admitted { repeats: None })
//!     }
//!     fn save(&mut self, _: &[StreamId]) {}
//!     fn restore(&mut self) {}
//!     fn release(&mut self) {}
//!     fn forget(&mut self, _: &StreamId) {}
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! SqliteStore::migrate(dir.path(), &SystemIds)?;
//! let store = Arc::new(SqliteStore::open(dir.path())?);
//! let writer =
//!     Writer::start(store.clone(), Open, Arc::new(SystemClock), Arc::new(SystemIds), Limits::default())?;
//!
//! let attributes = [
//!     ("specversion", "1.0"),
//!     ("id", "haru-05"),
//!     ("source", "https://hospital.example"),
//!     ("type", "banso.HospitalAdmitted.v1"),
//!     ("subject", "person/haru"),
//!     ("bansooccurred", "2025-04-01"),
//!     ("bansoactor", "psw@hospital"),
//! ];
//! let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
//! let event = CloudEvent { attributes, data: "{}".into() };
//! let proposal = event.into_proposal(chrono::DateTime::UNIX_EPOCH)?;
//!
//! let outcomes = writer.append(Submission { units: vec![Unit::Single(proposal)], dry_run: false }).await?;
//! assert!(matches!(outcomes[0], Outcome::Admitted(receipt) if receipt.seq == 1));
//! assert_eq!(store.read(0, 10).await?[0].body, "{}");
//! writer.stop().await;
//! # Ok(())
//! # }
//! ```

mod custody;
mod database;
mod decide;
mod import;
mod inbox;
mod leases;
mod models;
mod port;
mod store;
mod write_side;

mod postgres;
mod sqlite;
mod writer;

pub mod conformance;
pub mod verify;

pub use custody::Custody;
pub use decide::{Admitted, Decider, Outcome, Position, Receipt, Undecidable};
pub use import::{ImportError, import};
pub use inbox::{Delivery, Inbox, IntakePosition, MessageReceipt, Settled, StoredReceipt};
pub use leases::{Leases, Renewed};
pub use models::{Checkpoint, ModelVersion, Models, Move, Now, PersonWrite, RowQuery, StoredState, WorkRow};
pub use port::{
    Columns, Following, Identity, Log, LogError, Page, READ_BYTES_MAX, READ_EVENTS_MAX,
    SMALL_PAGE_EVENTS_MAX, Sealed, Stretch,
};
pub use postgres::{PgConfig, PgStore};
pub use sqlite::SqliteStore;
pub use store::Store;
pub use write_side::{Beginning, Begun, Behind, Committed, LogHead, LogStore, StreamHead, WriteSide};
pub use writer::{
    AppendError, BATCH_BYTES_MAX, BATCH_EVENTS_MAX, GROUP_EVENTS_MAX, Limits, QUEUE_BYTES_MAX,
    QUEUE_EVENTS_MAX, Submission, Unit, Writer,
};
