//! The relay and the intake with a real log and a real nats-server.

mod denied;
mod faults;
mod fixture;
mod following;
mod intake;
mod repair;
mod restored;
mod two_relays;

pub(crate) use fixture::TestLog;
