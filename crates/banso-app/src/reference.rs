//! The registry as of a position: kept in memory for the latest, folded anew for earlier ones.

use crate::decoded::registry_entry;
use crate::queries::{QueryError, read_stream, whole};
use banso_domain::{Entry, ReadError, Reference, RegistryEvent, resolve};
use banso_kernel::{Recorded, Seq, StreamId, StreamSeq};
use banso_log::{Log, Page};
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub(crate) struct References {
    latest: Mutex<Arc<Latest>>,
}

/// What was recorded of the registry when somebody last asked.
#[derive(Default)]
pub(crate) struct Latest {
    /// The last event that is in it.
    stream_seq: StreamSeq,
    seq: Seq,
    entries: Vec<Arc<Entry<RegistryEvent>>>,
    reference: Arc<Reference>,
}

impl Latest {
    /// The last event that is in it.
    pub(crate) fn stream_seq(&self) -> StreamSeq {
        self.stream_seq
    }

    /// Of it, only what was recorded up to `known_seq`.
    fn at(&self, known_seq: Seq) -> Arc<Reference> {
        let known = self.entries.iter().filter(|entry| entry.seq <= known_seq);
        Arc::new(Reference::of(&resolve(known.map(|entry| &**entry))))
    }
}

impl References {
    /// What is in memory.
    pub(crate) fn latest(&self) -> Arc<Latest> {
        self.latest.lock().map(|latest| latest.clone()).unwrap_or_default()
    }

    /// Who takes part, as recorded up to `known_seq`.
    pub(crate) async fn at(&self, log: &dyn Log, known_seq: Seq) -> Result<Arc<Reference>, QueryError> {
        let latest = self.latest();
        if known_seq < latest.seq {
            return Ok(latest.at(known_seq));
        }
        let recorded = read_stream(log, &StreamId::Registry, latest.stream_seq, known_seq).await?;
        self.grown(&latest, &recorded)
    }

    /// The same up to the `head`, where the registry's events behind what was in memory begin with this page.
    pub(crate) async fn now(
        &self,
        log: &dyn Log,
        latest: Arc<Latest>,
        page: Page,
        head: Seq,
    ) -> Result<Arc<Reference>, QueryError> {
        if head < latest.seq {
            return Ok(latest.at(head));
        }
        let recorded = whole(log, &StreamId::Registry, latest.stream_seq, page, head).await?;
        self.grown(&latest, &recorded)
    }

    /// What was in memory and these events, which come behind it. Kept for the next question.
    fn grown(&self, latest: &Latest, recorded: &[Recorded]) -> Result<Arc<Reference>, QueryError> {
        let after = recorded.last().map_or(latest.stream_seq, |last| last.header.stream_seq);
        let mut entries = Vec::with_capacity(recorded.len());
        for recorded in recorded {
            match registry_entry(recorded) {
                Ok(entry) => entries.push(Arc::new(entry)),
                // A newer banso knows more of who takes part. Here their ids are shown, marked as not
                // registered; nothing that is shown is wrong for it.
                Err(unknown @ ReadError::UnknownType(_)) => {
                    tracing::warn!(seq = recorded.header.seq, %unknown, "the registry is read without an event");
                }
                Err(source) => return Err(QueryError::Unreadable { seq: recorded.header.seq, source }),
            }
        }
        if entries.is_empty() {
            return Ok(latest.reference.clone());
        }
        let entries: Vec<_> = latest.entries.iter().cloned().chain(entries).collect();
        let reference = Arc::new(Reference::of(&resolve(entries.iter().map(|entry| &**entry))));
        let seq = entries.last().map_or(0, |last| last.seq);
        if let Ok(mut kept) = self.latest.lock()
            && kept.stream_seq < after
        {
            *kept = Arc::new(Latest { stream_seq: after, seq, entries, reference: reference.clone() });
        }
        Ok(reference)
    }
}
