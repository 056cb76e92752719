//! All that a store is.

use crate::{Custody, Inbox, Leases, LogStore, Models};

/// A store of events with all that is kept beside them: what [`crate::conformance`] proves as a whole.
pub trait Store: LogStore + Models + Inbox + Custody + Leases {}

impl<T: LogStore + Models + Inbox + Custody + Leases> Store for T {}
