//! One atomic batch: all of its messages stand on the bus, or none.
//!
//! The fence: the first message says behind which position the batch belongs. JetStream compares when it
//! commits, so a relay that was overtaken publishes nothing. There is no `Nats-Msg-Id`: a stream that was lost
//! and is filled again must take what it once had.

use crate::bus::{Bus, BusError, no_answer};
use crate::codec::Outgoing;
use async_nats::HeaderMap;
use async_nats::header::{
    NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE,
    NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_STREAM,
};
use async_nats::jetstream::ErrorCode;
use banso_kernel::{Salt, Seq, hex};

/// Room for the headers of the batch and the fence, in bytes.
const BATCH_HEADERS_BYTES: usize = 512;

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Published {
    /// It stands on the bus; the last message at this position.
    Committed(Seq),
    /// The stream does not end where the batch begins. Nothing was published.
    FenceLost,
}

/// The first of the messages that the server would not take, and its size.
pub(super) fn too_large(bus: &Bus, messages: &[Outgoing]) -> Option<(Seq, usize, usize)> {
    let limit = bus.client.max_payload();
    let size = |message: &Outgoing| message.bytes() + BATCH_HEADERS_BYTES;
    messages.iter().find(|message| size(message) > limit).map(|message| (message.seq, size(message), limit))
}

/// Publishes the messages behind `fence`; `None` publishes them wherever the stream ends. There is at least one.
/// An error says nothing about what became of them.
pub(super) async fn publish(
    bus: &Bus,
    stream: &str,
    id: Salt,
    fence: Option<Seq>,
    messages: Vec<Outgoing>,
) -> Result<Published, BusError> {
    let attempt = "take a batch";
    let id = hex(id);
    let last = messages.len();
    for (n, message) in (1..).zip(messages) {
        let mut headers = message.headers;
        headers.insert(NATS_BATCH_ID, id.as_str());
        headers.insert(NATS_BATCH_SEQUENCE, n.to_string());
        if n == 1 {
            begin(&mut headers, stream, fence);
        }
        if n < last {
            let sent = bus.client.publish_with_headers(message.subject, headers, message.payload);
            sent.await.map_err(no_answer(attempt))?;
            continue;
        }
        headers.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
        return match bus.publish(attempt, message.subject, headers, message.payload).await {
            Ok(ack) => Ok(Published::Committed(ack.sequence)),
            Err(BusError::Refused { code, .. })
                if code == ErrorCode::STREAM_WRONG_LAST_SEQUENCE.0
                    || code == ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT.0 =>
            {
                Ok(Published::FenceLost)
            }
            Err(error) => Err(error),
        };
    }
    Err(no_answer(attempt)("there was nothing in it"))
}

fn begin(headers: &mut HeaderMap, stream: &str, fence: Option<Seq>) {
    headers.insert(NATS_EXPECTED_STREAM, stream);
    if let Some(fence) = fence {
        headers.insert(NATS_EXPECTED_LAST_SEQUENCE, fence.to_string());
    }
}
