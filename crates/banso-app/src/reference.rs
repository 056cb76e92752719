//! The registry as of a position: kept in memory for the latest, folded anew for earlier ones.

use crate::decoded::registry_entry;
use crate::queries::{QueryError, read_stream};
use banso_domain::{Entry, ReadError, Reference, RegistryEvent, resolve};
use banso_kernel::{Seq, StreamId, StreamSeq};
use banso_log::Log;
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub(crate) struct References {
    latest: Mutex<Arc<Latest>>,
}

#[derive(Default)]
struct Latest {
    /// The last event that is in it.
    stream_seq: StreamSeq,
    seq: Seq,
    entries: Vec<Arc<Entry<RegistryEvent>>>,
    reference: Arc<Reference>,
}

impl References {
    /// Who takes part, as recorded up to `known_seq`.
    pub(crate) async fn at(&self, log: &dyn Log, known_seq: Seq) -> Result<Arc<Reference>, QueryError> {
        let latest = self.latest.lock().map(|latest| latest.clone()).unwrap_or_default();
        if known_seq < latest.seq {
            let known = latest.entries.iter().filter(|entry| entry.seq <= known_seq);
            return Ok(Arc::new(Reference::of(&resolve(known.map(|entry| &**entry)))));
        }
        let recorded = read_stream(log, &StreamId::Registry, latest.stream_seq, known_seq).await?;
        let after = recorded.last().map_or(latest.stream_seq, |last| last.header.stream_seq);
        let mut entries = Vec::with_capacity(recorded.len());
        for recorded in &recorded {
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
