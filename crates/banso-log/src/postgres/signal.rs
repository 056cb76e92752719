//! The signal that the log has grown: at once from this process's writer, within a moment from others.
//!
//! Other processes' appends are found by looking at the head, and only while somebody listens: a NOTIFY for
//! each batch would queue all of them behind one lock of the whole cluster.

use super::pool::Connections;
use super::{rows::uint, sql};
use banso_kernel::Seq;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

/// How often the head is looked at while somebody listens.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The head as far as this process has heard of it.
pub(super) struct Signal {
    head: watch::Sender<Seq>,
    listeners: Arc<Notify>,
    looking: AbortHandle,
}

impl Signal {
    /// Looks on the runtime at hand until it is dropped.
    pub(super) fn start(head: Seq, connections: Connections) -> Self {
        let head = watch::Sender::new(head);
        let listeners = Arc::new(Notify::new());
        let looking = tokio::spawn(look(head.clone(), Arc::clone(&listeners), connections)).abort_handle();
        Self { head, listeners, looking }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Seq> {
        let receiver = self.head.subscribe();
        self.listeners.notify_one();
        receiver
    }

    /// What a writer raises when it has committed.
    pub(super) fn sender(&self) -> watch::Sender<Seq> {
        self.head.clone()
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// Raises the head that is known. An append of this process may be heard of twice, never taken back.
pub(super) fn raise(head: &watch::Sender<Seq>, seq: Seq) {
    head.send_if_modified(|known| {
        let later = seq > *known;
        *known = seq.max(*known);
        later
    });
}

async fn look(head: watch::Sender<Seq>, listeners: Arc<Notify>, connections: Connections) {
    let mut failing = false;
    loop {
        if head.receiver_count() == 0 {
            listeners.notified().await;
        }
        match connections.rows("look at the head", sql::log::HEAD, &[]).await {
            Ok(rows) => {
                failing = false;
                raise(&head, rows.first().map_or(0, |row| uint(row.get(0))));
            }
            Err(error) => {
                // Once per outage: whoever reads hears of it anyway.
                if !failing {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "the head of the log cannot be looked at");
                }
                failing = true;
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
