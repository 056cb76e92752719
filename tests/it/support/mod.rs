//! What the tests share.

pub(crate) mod bus;
pub(crate) mod cluster;
pub(crate) mod event;
pub(crate) mod place;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod server;
