//! Every command of the binary, as a newcomer uses it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod demo;
mod events;
mod publish;
mod serve;
mod show;
mod store;
