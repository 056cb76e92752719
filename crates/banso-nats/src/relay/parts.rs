//! The last position of each part up to a position of the log.

use banso_kernel::{PARTS, Part, Seq};
use banso_log::{Log, LogError};

/// Events that are read at a time, from the end backwards.
const SCAN_EVENTS: usize = 1_000;

/// The last position of each part, of the events up to [`PartHeads::at`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartHeads {
    at: Seq,
    last: [Seq; PARTS as usize],
}

impl Default for PartHeads {
    fn default() -> Self {
        Self { at: 0, last: [0; PARTS as usize] }
    }
}

impl PartHeads {
    /// Up to which position of the log it counts.
    pub(crate) fn at(&self) -> Seq {
        self.at
    }

    /// The part's last position, 0 for none.
    pub(crate) fn of(&self, part: Part) -> Seq {
        self.last[usize::from(part.number())]
    }

    /// Takes in the next event of the log; the position that the part had before.
    pub(crate) fn advance(&mut self, seq: Seq, part: Part) -> Seq {
        debug_assert_eq!(seq, self.at + 1, "the log is dense");
        self.at = seq;
        std::mem::replace(&mut self.last[usize::from(part.number())], seq)
    }

    /// Counts up to `to` instead. Reads the log backwards from there, until every part was seen or what is
    /// known already is reached: usually some hundred events, and the whole log once at most.
    pub(crate) async fn move_to(&mut self, log: &dyn Log, to: Seq) -> Result<(), LogError> {
        if to < self.at {
            *self = Self::default();
        }
        let mut found = [None; PARTS as usize];
        let mut missing = found.len();
        let mut before = to.saturating_add(1);
        while missing > 0 && before > self.at + 1 {
            let missed = usize::try_from(before - self.at - 1).unwrap_or(usize::MAX);
            let page = log.read_back(before, SCAN_EVENTS.min(missed)).await?;
            let Some(oldest) = page.last().map(|event| event.header.seq) else { break };
            for header in page.iter().map(|event| &event.header).filter(|header| header.seq > self.at) {
                let slot = &mut found[usize::from(header.part().number())];
                if slot.is_none() {
                    *slot = Some(header.seq);
                    missing -= 1;
                }
            }
            before = oldest;
        }
        for (last, found) in self.last.iter_mut().zip(found) {
            *last = found.unwrap_or(*last);
        }
        self.at = to;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specs::TestLog;
    use banso_kernel::SystemClock;
    use std::sync::Arc;

    async fn counted(log: &dyn Log, to: Seq) -> PartHeads {
        let mut heads = PartHeads::default();
        for event in log.read(0, 10_000).await.unwrap() {
            if event.header.seq <= to {
                heads.advance(event.header.seq, event.header.part());
            }
        }
        heads
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn from_wherever_it_comes_it_counts_as_from_the_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let log = TestLog::in_dir(dir.path(), Arc::new(SystemClock));
        log.append(2_500).await;
        let mut heads = PartHeads::default();
        for to in [0, 1, 7, 7, 30, 45, 2_500, 1_200, 1_201, 0, 2_499] {
            heads.move_to(log.store.as_ref(), to).await.unwrap();
            assert_eq!(heads, counted(log.store.as_ref(), to).await, "up to {to}");
        }
    }
}
