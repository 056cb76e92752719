//! All read models folded anew from the log, as `banso rebuild` does it.

use crate::bench::Bench;
use crate::child::{measured_by, on_store};
use crate::copied_log::SharedCopiedLog;
use crate::holds::Holds;
use crate::limits::copy_out::CopyOut;
use crate::measured::Measured;
use crate::peers::PostgresEsRebuild;
use crate::row::{BANSO, Goal, Row, Subject};
use crate::story::Dates;
use anyhow::{Context, ensure};
use async_trait::async_trait;
use banso_app::rebuild::rebuild;
use banso_log::{Log, PgConfig, PgStore};
use std::sync::Arc;
use std::time::Instant;

pub(super) fn row() -> Row {
    // One log for all rounds: nothing but its read models changes.
    let log = Arc::new(SharedCopiedLog::with(Dates::InOrder, |bench| bench.history_events));
    let subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(CopyOut { log: Arc::clone(&log) }),
        Box::new(PostgresEsRebuild),
        Box::new(Rebuild { log }),
    ];
    let title = "rebuild of the read models";
    Row { id: "rebuild", title, unit: "events", subjects, goals: vec![Goal::rate_at_least(0.4, "COPY")] }
}

/// banso: by a process of its own, so that the memory is its own.
struct Rebuild {
    log: Arc<SharedCopiedLog>,
}

#[async_trait]
impl Subject for Rebuild {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let log = self.log.of(bench).await?;
        let mut measured = measured_by(on_store("rebuild", &log.schema)?).await?;
        ensure!(measured.done == log.events, "{} events of {}", measured.done, log.events);
        measured.wrong.extend(log.models_wrong().await?);
        measured.note = Some(format!("{} events of {} persons", log.events, log.persons));
        Ok(measured)
    }
}

/// Rebuilds a store, measured.
pub(crate) async fn in_this_process(store: &PgConfig) -> anyhow::Result<Measured> {
    let store = Arc::new(PgStore::open(store).await.context("open the store")?);
    let head = store.head().await?;
    let started = Instant::now();
    let rebuilt = rebuild(store.clone(), store, |_, _| {}).await.context("rebuild")?;
    let mut measured = Measured::rate(head, started.elapsed());
    measured.resident_bytes_max = Some(Holds::of(std::process::id())?.resident_bytes_max);
    if rebuilt.stopped_parts > 0 || rebuilt.up_to != head {
        let found = format!("{} parts stopped, up to {} of {head}", rebuilt.stopped_parts, rebuilt.up_to);
        measured.wrong.push(found);
    }
    Ok(measured)
}
