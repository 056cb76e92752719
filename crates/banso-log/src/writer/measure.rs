//! What the writer measures.

use super::queue::{AppendError, Job};
use crate::decide::{Decider, Outcome};
use std::time::Instant;

/// A batch that was stored.
pub(super) fn record(path: &'static str, events: usize, started: Instant) {
    metrics::histogram!("banso_append_batch_events", "path" => path).record(events as f64);
    metrics::histogram!("banso_append_commit_seconds", "path" => path)
        .record(started.elapsed().as_secs_f64());
}

/// What became of the proposals of a batch.
pub(super) fn count<D: Decider>(jobs: &[Job<D>], answers: &[Result<Vec<Outcome<D::Refusal>>, AppendError>]) {
    let mut counts = [0; 7];
    const NAMES: [&str; 7] = [
        "admitted",
        "duplicate",
        "id_conflict",
        "version_conflict",
        "refused",
        "group_refused",
        "undecidable",
    ];
    let earnest = jobs.iter().zip(answers).filter(|(job, _)| !job.dry_run);
    for outcome in earnest.filter_map(|(_, answer)| answer.as_ref().ok()).flatten() {
        let which = match outcome {
            Outcome::Admitted(_) => 0,
            Outcome::Duplicate(_) => 1,
            Outcome::IdConflict { .. } => 2,
            Outcome::VersionConflict { .. } => 3,
            Outcome::Refused(_) => 4,
            Outcome::GroupRefused { .. } => 5,
            Outcome::Undecidable(_) => 6,
        };
        counts[which] += 1;
    }
    for (name, count) in NAMES.into_iter().zip(counts) {
        if count > 0 {
            metrics::counter!("banso_append_events_total", "outcome" => name).increment(count);
        }
    }
}
