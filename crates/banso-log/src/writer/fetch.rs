//! What a batch needs of the store before it is decided.

use super::batch::{Batch, Deciding};
use super::heads::Heads;
use super::queue::{Job, Unit};
use crate::decide::{Decider, Undecidable};
use crate::port::{LogError, Page, Sealed};
use crate::write_side::{LogHead, WriteSide};
use banso_kernel::{Recorded, Seq, StreamId};

/// Cold streams that are asked for at once: as many first pages are in memory together.
const STREAMS_AT_ONCE: usize = 4;

/// Takes in what other processes appended since `known`, which follows event by event: each is observed once. The
/// first of it was read along with the lock.
pub(super) fn catch_up<D: Decider>(
    side: &mut dyn WriteSide,
    known: &mut LogHead,
    log: &LogHead,
    behind: Vec<Sealed>,
    deciding: &mut Deciding<D>,
    heads: &mut Heads,
) -> Result<(), LogError> {
    let mut page = behind;
    while known.seq < log.seq {
        // Beginning with the known event itself: a log that was put back and has grown beyond it again is
        // another one.
        let before = known.seq;
        for event in page {
            if event.columns.seq > known.seq {
                heads.observe(&event);
                deciding.observe(&event.event);
                let recorded_at = Some(event.columns.recorded_at);
                *known = LogHead { seq: event.columns.seq, recorded_at, chain: event.log_chain };
            } else if event.columns.seq == known.seq && event.log_chain != known.chain {
                return Err(put_back(known, log));
            }
        }
        if known.seq == before {
            return Err(LogError::Damaged { seq: before + 1, reason: "the event is missing".to_owned() });
        }
        page = if known.seq < log.seq { side.read_sealed(known.seq)? } else { Vec::new() };
    }
    if known.seq == log.seq && known.chain == log.chain { Ok(()) } else { Err(put_back(known, log)) }
}

fn put_back(known: &LogHead, log: &LogHead) -> LogError {
    let reason = format!("the log was put back while it was open: it stood at {}", known.seq);
    LogError::Damaged { seq: log.seq, reason }
}

/// Gives the batch the heads of its streams: those in memory, and the others as they stood at `up_to`.
pub(super) fn fetch_heads<D: Decider>(
    side: &mut dyn WriteSide,
    heads: &mut Heads,
    batch: &mut Batch<'_, '_, D>,
    jobs: &[Job<D>],
    up_to: Seq,
) -> Result<(), LogError> {
    let mut unknown = Vec::new();
    for stream in batch.missing_heads(jobs.iter().flat_map(Job::items)) {
        match heads.get(&stream) {
            Some(head) => batch.put_head(stream, head.clone()),
            None => unknown.push(stream),
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let found = side.stream_heads(&unknown, up_to)?;
    for (stream, head) in unknown.into_iter().zip(found) {
        batch.put_head(stream, head);
    }
    Ok(())
}

/// Loads the streams that a batch needs and the decider does not have, some of them together. None of them is dropped
/// before the batch is over.
pub(super) fn warm<'u, D: Decider>(
    side: &mut dyn WriteSide,
    batch: &mut Batch<'_, '_, D>,
    units: impl IntoIterator<Item = &'u Unit<D::Item>>,
    up_to: Seq,
) -> Result<(), LogError> {
    let cold = batch.cold(units.into_iter().flat_map(Unit::items));
    for streams in cold.chunks(STREAMS_AT_ONCE) {
        let beginnings = side.read_streams(streams, up_to)?;
        for (stream, beginning) in streams.iter().zip(beginnings) {
            match beginning.and_then(|beginning| whole_stream(side, stream, beginning, up_to)) {
                Ok(events) => batch.load(stream.clone(), events),
                // Others' proposals are none the worse for it.
                Err(LogError::Damaged { seq, reason }) => {
                    batch.cannot_load(stream.clone(), Undecidable { seq, reason });
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn whole_stream(
    side: &mut dyn WriteSide,
    stream: &StreamId,
    beginning: Page,
    up_to: Seq,
) -> Result<Vec<Recorded>, LogError> {
    let Page { mut events, mut is_last } = beginning;
    while !is_last {
        let after = events.last().map_or(0, |last| last.header.stream_seq);
        let page = side.read_stream(stream, after, up_to)?;
        events.extend(page.events);
        is_last = page.is_last;
    }
    Ok(events)
}
