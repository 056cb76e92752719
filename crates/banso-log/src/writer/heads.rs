//! Where the streams stand that were written lately.

use crate::port::Sealed;
use crate::write_side::StreamHead;
use banso_kernel::StreamId;
use lru::LruCache;
use std::num::NonZeroUsize;

/// Streams whose head is kept in memory; about 200 bytes each.
const STREAM_HEADS_MAX: NonZeroUsize = match NonZeroUsize::new(65_536) {
    Some(max) => max,
    None => panic!("not zero"),
};

/// The heads of the streams that were written or asked for last.
pub(super) struct Heads(LruCache<StreamId, StreamHead>);

impl Heads {
    pub(super) fn new() -> Self {
        Self(LruCache::new(STREAM_HEADS_MAX))
    }

    pub(super) fn get(&mut self, stream: &StreamId) -> Option<&StreamHead> {
        self.0.get(stream)
    }

    pub(super) fn put(&mut self, stream: StreamId, head: StreamHead) {
        self.0.put(stream, head);
    }

    /// Somebody else appended this.
    pub(super) fn observe(&mut self, event: &Sealed) {
        if let Some(head) = self.0.peek_mut(&event.columns.stream) {
            *head = StreamHead { stream_seq: event.columns.stream_seq, chain: event.stream_chain };
        }
    }

    pub(super) fn forget(&mut self, stream: &StreamId) {
        self.0.pop(stream);
    }
}
