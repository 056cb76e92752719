//! The bus: every event of the log as a message on NATS JetStream.
mod bus;
mod check;
mod codec;
mod connect;
mod intake;
mod outcomes;
mod read;
mod relay;
mod setup;
mod subject;
mod subscribe;

pub mod testing;

#[cfg(test)]
mod specs;

pub use bus::BusError;
pub use check::*;
pub use codec::{BusEvent, DecodeError, Outgoing, attributes, decode, encode};
pub use connect::{
    ConnectError, ConnectSettings, Credentials, REQUEST_TIMEOUT_MS, TlsSettings, connect, connect_with,
};
pub use intake::*;
pub use outcomes::*;
pub use read::*;
pub use relay::*;
pub use setup::{MAX_AGE_DAYS, MAX_BYTES, StreamSettings};
pub use subject::{
    EVENTS_STREAM, EVENTS_SUBJECTS, EntityOf, HEARTBEAT_SUBJECT, INTAKE_STREAM, INTAKE_SUBJECTS,
    OUTCOMES_STREAM, OUTCOMES_SUBJECTS, event_subject, intake_subjects, outcomes_subject, part_subjects,
    stream_token,
};
pub use subscribe::*;
