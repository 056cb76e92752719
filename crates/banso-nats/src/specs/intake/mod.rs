//! The intake and its outcomes with a real store and a real nats-server.

mod bad_input;
mod denied;
mod fixture;
mod order;
mod outcomes;
mod readers;
mod store;
mod stream;
mod windows;
