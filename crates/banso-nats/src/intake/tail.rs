//! Where the stream ends: one look for all readers of a process, which wakes them, and the counts beside it.

use super::window::{Seen, look, waiting};
use super::{Shared, StreamState, is_publisher_name};
use crate::bus::BusError;
use crate::subject::INTAKE_PREFIX;
use std::collections::BTreeSet;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// Looks as long as its value lives.
pub(super) struct Tail {
    seen: watch::Receiver<Option<Seen>>,
    task: JoinHandle<()>,
}

impl Tail {
    pub(super) fn start(shared: Shared, publishers: watch::Receiver<BTreeSet<String>>) -> Self {
        let (say, seen) = watch::channel(None);
        Self { seen, task: tokio::spawn(Watcher { shared, publishers, say }.run()) }
    }

    /// The stream as it was seen last; `None` = it is not there, or it is not known.
    pub(super) fn seen(&self) -> watch::Receiver<Option<Seen>> {
        self.seen.clone()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Watcher {
    shared: Shared,
    publishers: watch::Receiver<BTreeSet<String>>,
    say: watch::Sender<Option<Seen>>,
}

impl Watcher {
    async fn run(self) {
        let mut counted: Option<Instant> = None;
        loop {
            let count = counted.is_none_or(|at| at.elapsed() >= self.shared.settings.lag_look);
            let found = look(&self.shared.bus, count).await;
            self.stream(&found);
            // What is not known keeps no reader from what it has: it fails by itself.
            if let Ok(seen) = found {
                if let Some(seen) = seen.as_ref().filter(|_| count) {
                    self.unread(seen);
                    self.lags(seen).await;
                    counted = Some(Instant::now());
                }
                let seen = seen.map(|seen| Seen { subjects: Default::default(), ..seen });
                self.say.send_if_modified(|before| {
                    let news = *before != seen;
                    *before = seen;
                    news
                });
            }
            sleep(self.shared.settings.tail_look).await;
        }
    }

    fn stream(&self, found: &Result<Option<Seen>, BusError>) {
        let state = match found {
            Ok(Some(_)) => StreamState::There,
            Ok(None) => StreamState::Absent,
            Err(error) => StreamState::Unreachable(error.to_string()),
        };
        let news = self.shared.said.send_if_modified(|status| {
            let news = status.stream.as_ref() != Some(&state);
            status.stream = Some(state.clone());
            news
        });
        if news {
            tracing::info!(?state, "the stream of the intake");
        }
    }

    /// Messages on subjects of publishers that nobody reads.
    fn unread(&self, seen: &Seen) {
        let of_nobody = |subject: &str| {
            let publisher = subject.strip_prefix(INTAKE_PREFIX).and_then(|tail| tail.split('.').next());
            publisher.is_none_or(|name| !self.shared.settings.configured.contains(name))
        };
        let unread = seen.subjects.iter().filter(|(subject, _)| of_nobody(subject)).map(|(_, count)| count);
        let unread: u64 = unread.sum();
        metrics::gauge!("banso_intake_unread_messages").set(unread as f64);
        let news = self
            .shared
            .said
            .send_if_modified(|status| std::mem::replace(&mut status.unread, unread) != unread);
        if news && unread > 0 {
            tracing::warn!(unread, "messages of publishers that are not configured wait in the intake");
        }
    }

    async fn lags(&self, seen: &Seen) {
        let publishers = self.publishers.borrow().clone();
        for publisher in publishers.iter().filter(|name| is_publisher_name(name)) {
            let lag = async {
                let position = self.shared.sink.position(publisher).await.ok()?;
                let after = position.filter(|position| position.stream == seen.incarnation);
                let after = after.map_or(0, |position| position.seq);
                if after == seen.last {
                    return Some(0);
                }
                waiting(&self.shared.bus, publisher, after).await.ok()
            };
            // The reader says why where it cannot be known.
            let lag = lag.await;
            if let Some(lag) = lag {
                let name = publisher.clone();
                metrics::gauge!("banso_intake_lag_messages", "publisher" => name).set(lag as f64);
            }
            self.shared.said.send_if_modified(|status| {
                let reader = status.readers.get_mut(publisher);
                reader.is_some_and(|reader| std::mem::replace(&mut reader.lag, lag) != lag)
            });
        }
    }
}
