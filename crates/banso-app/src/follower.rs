//! The log as it grows, for whoever follows it: what is there first, then what is new, and in between where the
//! log stands.

use crate::queries::{EventFilter, QueryError};
use banso_kernel::{Recorded, Seq};
use banso_log::Log;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Most events that are read at a time for a follower.
const FOLLOW_PAGE_EVENTS_MAX: usize = 500;
/// Of what was read so much is kept for it, or one event; the rest is read again.
const FOLLOW_PAGE_BYTES_MAX: usize = 1024 * 1024;
/// How often a follower hears where the log stands when nothing comes.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long a follower waits at most before it looks by itself.
const POLL: Duration = Duration::from_millis(500);

/// Follows the log from a position on. Holds little of it, and reads on only when it is asked.
pub struct Follower {
    log: Arc<dyn Log>,
    filter: EventFilter,
    seen: Seq,
    page_events: usize,
    ready: VecDeque<Recorded>,
    appended: watch::Receiver<Seq>,
    stopping: watch::Receiver<bool>,
    /// `None`: a heartbeat is due as soon as everything has been sent.
    last_heartbeat: Option<Instant>,
}

/// What a follower hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Followed {
    /// An event that it wants.
    Recorded(Box<Recorded>),
    /// Where the log stands.
    Heartbeat {
        /// The log's last position.
        head: Seq,
        /// Every event up to here that the follower wants has been given to it.
        seen: Seq,
    },
}

impl Follower {
    pub(crate) fn new(
        log: Arc<dyn Log>,
        after: Seq,
        filter: EventFilter,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let appended = log.appended();
        let (ready, last_heartbeat) = (VecDeque::new(), None);
        let page_events = FOLLOW_PAGE_EVENTS_MAX;
        Self { log, filter, seen: after, page_events, ready, appended, stopping, last_heartbeat }
    }

    /// What comes next; `None` when the process ends. After an error the follower comes again behind the last
    /// event it got.
    pub async fn next(&mut self) -> Result<Option<Followed>, QueryError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(Followed::Recorded(Box::new(event))));
            }
            if *self.stopping.borrow() {
                return Ok(None);
            }
            let is_new = self.read_on().await?;
            if !self.ready.is_empty() {
                continue;
            }
            // The first one says that everything has been sent. Later ones also come while the log grows by what
            // this follower does not want.
            let now = Instant::now();
            if self.last_heartbeat.map_or(!is_new, |last| now - last >= HEARTBEAT) {
                self.last_heartbeat = Some(now);
                return Ok(Some(Followed::Heartbeat { head: self.log.head().await?, seen: self.seen }));
            }
            if is_new {
                continue;
            }
            tokio::select! {
                _ = self.appended.changed() => {}
                _ = self.stopping.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }
    /// Takes in the next page; whether there was anything behind what was seen.
    async fn read_on(&mut self) -> Result<bool, QueryError> {
        let page = self.log.read(self.seen, self.page_events).await?;
        let is_new = !page.is_empty();
        let (mut taken, mut bytes) = (0, 0);
        for event in page {
            bytes += event.body.len();
            if taken > 0 && bytes > FOLLOW_PAGE_BYTES_MAX {
                // Large events are no longer read in vain.
                self.page_events = taken;
                return Ok(is_new);
            }
            taken += 1;
            self.seen = event.header.seq;
            if self.filter.wants(&event) {
                self.ready.push_back(event);
            }
        }
        self.page_events = (self.page_events * 2).min(FOLLOW_PAGE_EVENTS_MAX);
        Ok(is_new)
    }
}
