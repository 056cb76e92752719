//! The gRPC door, through the real binary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod envelope;
mod health;
mod limits;
mod protos;
mod publish;
mod publish_stream;
mod query;
mod stopping;
mod watch;
