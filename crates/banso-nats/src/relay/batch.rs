//! One batch: all of its messages stand on the bus, or none.
//!
//! The fence: the first message says behind which position the batch belongs. JetStream compares when it
//! commits, so a relay that was overtaken publishes nothing. A batch of one is a message with a fence: an atomic
//! batch takes the server as long as some ten messages do. There is no `Nats-Msg-Id`: a stream that was lost and is
//! filled again must take what it once had.

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

/// So many at most go out one by one where nothing waits behind them.
const SINGLE_MESSAGES_MAX: usize = 8;

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Published {
    /// It stands on the bus; the last message at this position.
    Committed(Seq),
    /// The stream does not end where the batch begins. Nothing was published.
    FenceLost,
}

/// The batches of a page, in order, each with at least one message. What a single one cannot take is left for the
/// next page. `is_last`: nothing waits behind the page.
pub(super) fn of(mut page: Vec<Outgoing>, is_last: bool, bytes_max: usize) -> Vec<Vec<Outgoing>> {
    if is_last && page.len() <= SINGLE_MESSAGES_MAX {
        return page.into_iter().map(|message| vec![message]).collect();
    }
    let mut bytes = 0;
    let fits = page.iter().take_while(|message| {
        bytes += message.bytes();
        bytes <= bytes_max
    });
    let fits = fits.count().max(1);
    page.truncate(fits);
    vec![page]
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
        if last > 1 {
            headers.insert(NATS_BATCH_ID, id.as_str());
            headers.insert(NATS_BATCH_SEQUENCE, n.to_string());
        }
        if n == 1 {
            begin(&mut headers, stream, fence);
        }
        if n < last {
            let sent = bus.client.publish_with_headers(message.subject, headers, message.payload);
            sent.await.map_err(no_answer(attempt))?;
            continue;
        }
        if last > 1 {
            headers.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use banso_kernel::Hash;
    use chrono::DateTime;

    fn message(seq: Seq, bytes: usize) -> Outgoing {
        Outgoing {
            seq,
            subject: String::new(),
            headers: Default::default(),
            payload: vec![b' '; bytes].into(),
            recorded_at: DateTime::UNIX_EPOCH,
            proof: Hash::of(b""),
        }
    }

    fn lengths(batches: &[Vec<Outgoing>]) -> Vec<usize> {
        batches.iter().map(Vec::len).collect()
    }

    #[test]
    fn a_batch_is_cut_before_the_message_that_is_too_much_and_never_empty() {
        let page = || vec![message(1, 100), message(2, 100), message(3, 100)];
        let header = message(1, 0).bytes();
        for (bytes_max, expected) in
            [(0, 1), (2 * (100 + header), 2), (2 * (100 + header) - 1, 1), (9_999, 3)]
        {
            assert_eq!(lengths(&of(page(), false, bytes_max)), [expected], "{bytes_max}");
        }
    }

    #[test]
    fn a_few_go_one_by_one_in_order_unless_more_wait() {
        let page = |count: usize| (1..=count as Seq).map(|seq| message(seq, 1)).collect::<Vec<_>>();
        let few = of(page(SINGLE_MESSAGES_MAX), true, 9_999);
        assert_eq!(lengths(&few), [1; SINGLE_MESSAGES_MAX]);
        assert!(few.iter().flatten().map(|message| message.seq).eq(1..=SINGLE_MESSAGES_MAX as Seq));
        assert_eq!(lengths(&of(page(SINGLE_MESSAGES_MAX), false, 9_999)), [SINGLE_MESSAGES_MAX]);
        assert_eq!(lengths(&of(page(SINGLE_MESSAGES_MAX + 1), true, 9_999)), [SINGLE_MESSAGES_MAX + 1]);
    }
}
