//! All read models folded anew from the log, as `banso rebuild` does it.

use crate::bench::Bench;
use crate::child::{measured_by, on_store};
use crate::history::Written;
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
    let history = Arc::new(Written::with(Dates::InOrder, |bench| bench.history_events));
    let subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(CopyOut { history: Arc::clone(&history) }),
        Box::new(PostgresEsRebuild),
        Box::new(Rebuild { history }),
    ];
    let title = "rebuild of the read models";
    Row { id: "rebuild", title, unit: "events", subjects, goals: vec![Goal::rate_at_least(0.4, "COPY")] }
}

/// banso: by a process of its own, so that the memory is its own.
struct Rebuild {
    history: Arc<Written>,
}

#[async_trait]
impl Subject for Rebuild {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let history = self.history.of(bench).await?;
        let mut measured = measured_by(on_store("rebuild", &history.schema)?).await?;
        ensure!(measured.done == history.events, "{} events of {}", measured.done, history.events);
        measured.wrong.extend(history.models_wrong().await?);
        measured.note = Some(format!("{} events of {} persons", history.events, history.persons));
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
