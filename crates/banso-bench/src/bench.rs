//! What every subject is given.

use crate::load::Period;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// How long a subject works before it is measured.
const WARM_UP: Duration = Duration::from_millis(500);
/// Persons whose cases are written.
pub(crate) const PERSONS: u64 = 1_000;
/// Events that each of them has before anything is measured.
pub(crate) const EVENTS_BEFORE: u64 = 10;

/// Events of the longest log that a row reads, unless it is said otherwise.
pub(crate) const HISTORY_EVENTS: u64 = 1_000_000;

/// One run of the benchmark.
pub(crate) struct Bench {
    /// How long a subject works in one round.
    pub(crate) period: Period,
    /// Events of the longest log that a row reads.
    pub(crate) history_events: u64,
    scratch: TempDir,
    folders: AtomicU64,
}

impl Bench {
    pub(crate) fn new(measure_for: Duration) -> anyhow::Result<Self> {
        // Beside the servers' data, so that every store syncs to the same disk.
        let scratch = tempfile::Builder::new().prefix("banso-bench.").tempdir_in("/tmp")?;
        let period = Period { warm_up: WARM_UP, measured: measure_for };
        Ok(Self { period, history_events: HISTORY_EVENTS, scratch, folders: AtomicU64::new(0) })
    }

    /// The same with logs of another length.
    pub(crate) fn with_history(self, events: u64) -> Self {
        Self { history_events: events, ..self }
    }

    /// A folder that is gone with the run.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        let number = self.folders.fetch_add(1, Ordering::Relaxed);
        let folder = self.scratch.path().join(number.to_string());
        std::fs::create_dir(&folder).with_context(|| format!("make {}", folder.display()))?;
        Ok(folder)
    }

    /// Where all folders of the run lie.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }
}
