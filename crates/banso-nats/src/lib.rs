//! The bus: every event of the log as a message on NATS JetStream, for services that subscribe.
//!
//! # Contract
//!
//! - The log is the truth. Whatever stands on the bus came from it, and what the bus loses is filled again from
//!   it, with the same positions: a message's JetStream sequence is the event's `seq`.
//! - [`Relay`] is the only one that publishes events. Any number of them may run; one publishes, and a batch of
//!   one that was overtaken does not come to stand.
//! - If the bus knows more than the log, the relay stops ([`Stop::forbids_appending`]) and overwrites nothing.
//! - A message proves itself ([`decode`]): it carries the exact bytes, the salt and both chains of its event.
//! - No personal text stands in a subject or a header.
//!
//! # Example
//!
//! ```
//! use banso_nats::{RelaySettings, StreamSettings, ConnectSettings};
//!
//! let connect = ConnectSettings::to(vec!["nats://localhost:4222".to_owned()], "banso relay");
//! let connect = connect.as_user("relay", "from the environment");
//! assert_eq!(connect.inbox_prefix.as_deref(), Some("_INBOX_relay"));
//!
//! let relay = RelaySettings::of(StreamSettings::events());
//! assert_eq!(relay.stream.name, "BANSO_EVENTS");
//! ```

mod codec;
mod connect;
mod subject;

mod bus;
mod setup;
mod subscribe;

mod intake;
mod outcomes;

mod check;
mod read;
mod relay;

pub mod testing;

#[cfg(test)]
mod specs;

pub use bus::BusError;
pub use check::{BUS_BREACHES_MAX, BusBreach, BusReport, CheckError, check_bus};
pub use codec::{BusEvent, DecodeError, Outgoing, attributes, decode, encode};
pub use connect::{
    ConnectError, ConnectSettings, Credentials, REQUEST_TIMEOUT_MS, TlsSettings, connect, connect_with,
};
pub use intake::*;
pub use outcomes::*;
pub use read::{BusEvents, BusMessage};
pub use relay::{
    EventSource, HEARTBEAT_MS, Heartbeat, LOOK_AFTER_MS, POLL_MS, RELAY_BATCH_BYTES_MAX,
    RELAY_BATCH_MESSAGES_MAX, Relay, RelaySettings, STAND_BY_LOOK_MS, STAND_STILL_MS, STOPPED_LOOK_MS,
    Source, State, Status, Stop, TRY_AGAIN_MS, Verdict, Waiting,
};
pub use setup::{MAX_AGE_DAYS, MAX_BYTES, StreamSettings};
pub use subject::{
    EVENTS_STREAM, EVENTS_SUBJECTS, EntityOf, HEARTBEAT_SUBJECT, INTAKE_STREAM, INTAKE_SUBJECTS,
    OUTCOMES_STREAM, OUTCOMES_SUBJECTS, event_subject, intake_subjects, outcomes_subject, part_subjects,
    stream_token,
};
pub use subscribe::{API_PREFIX, Subscriber, subscribe, subscribe_outcomes};
