//! What the tests share.

pub(crate) mod event;
pub(crate) mod process;
pub(crate) mod server;
