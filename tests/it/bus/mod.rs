//! banso with a bus beside it: the binary as a process, a real nats-server with the configuration of `ops/nats`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod events;
mod intake;
mod recovery;
mod roles;
