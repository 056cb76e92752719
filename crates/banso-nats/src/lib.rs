//! The bus: every event of the log as a message on NATS JetStream.
mod codec;
mod subject;

pub use codec::{BusEvent, DecodeError, Outgoing, attributes, decode, encode};
pub use subject::{
    EVENTS_STREAM, EVENTS_SUBJECTS, EntityOf, HEARTBEAT_SUBJECT, event_subject, part_subjects, stream_token,
};
