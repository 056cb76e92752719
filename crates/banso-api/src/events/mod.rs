//! `/v1/events`: events in, and the log out.

pub(crate) mod follow;
pub(crate) mod publish;
pub(crate) mod record;
pub(crate) mod wire;
