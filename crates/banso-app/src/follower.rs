//! The log as it grows, for whoever follows it: what is there first, then what is new, and in between where the
//! log stands.

use crate::queries::{EventFilter, Queries, QueryError};
use banso_kernel::{Recorded, Seq};
use banso_log::Log;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Events that are read at a time for a follower.
const FOLLOW_PAGE_EVENTS: usize = 500;
/// How often a follower hears where the log stands when nothing comes.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long a follower waits at most before it looks by itself.
const POLL: Duration = Duration::from_millis(500);

/// Follows the log from a position on. Holds one page of it at most, and reads on only when it is asked.
pub struct Follower {
    queries: Queries,
    log: Arc<dyn Log>,
    filter: EventFilter,
    seen: Seq,
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
        queries: Queries,
        log: Arc<dyn Log>,
        after: Seq,
        filter: EventFilter,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let appended = log.appended();
        let (ready, last_heartbeat) = (VecDeque::new(), None);
        Self { queries, log, filter, seen: after, ready, appended, stopping, last_heartbeat }
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
            let (events, seen) = self.queries.follow(self.seen, FOLLOW_PAGE_EVENTS, &self.filter).await?;
            let is_new = seen > self.seen;
            self.seen = seen;
            self.ready.extend(events);
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
}
