//! The relay with a real log and a real nats-server.

mod denied;
mod faults;
mod fixture;
mod following;
mod intake;
mod measure;
mod measure;
mod intake;
mod repair;
mod restored;
mod two_relays;
