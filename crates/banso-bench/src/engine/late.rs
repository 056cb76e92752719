//! The projector, page by page through a log in which half of the facts come late, beside itself on one in which
//! each comes in order.

use crate::bench::Bench;
use crate::copied_log::SharedCopiedLog;
use crate::measured::Measured;
use crate::row::{BANSO, Goal, Row, Subject};
use crate::story::Dates;
use anyhow::Context;
use async_trait::async_trait;
use banso_app::Projector;
use std::sync::Arc;
use std::time::Instant;

const IN_ORDER: &str = "in order";

/// So much shorter is the log than the longest.
const SHORTER: u64 = 10;

pub(super) fn row() -> Row {
    let project = |name, dates| -> Box<dyn Subject> {
        Box::new(Project { name, log: SharedCopiedLog::with(dates, |bench| bench.history_events / SHORTER) })
    };
    let subjects = vec![project(IN_ORDER, Dates::InOrder), project(BANSO, Dates::HalfLate)];
    let title = "projector, 50 % late events";
    Row { id: "late", title, unit: "events", subjects, goals: vec![Goal::rate_at_least(0.3, IN_ORDER)] }
}

struct Project {
    name: &'static str,
    log: SharedCopiedLog,
}

#[async_trait]
impl Subject for Project {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let log = self.log.of(bench).await?;
        log.lose_models().await?;
        let store = Arc::new(log.open().await?);
        let mut projector = Projector::start(store.clone(), store).await.context("start the projector")?;
        let started = Instant::now();
        while projector.step().await.context("project a page")? {}
        let mut measured = Measured::rate(log.events, started.elapsed());
        let stopped = projector.state().lock().map_or(0, |state| state.stopped.len());
        if stopped > 0 {
            measured.wrong.push(format!("{stopped} parts stopped"));
        }
        measured.wrong.extend(log.models_wrong().await?);
        measured.note = Some(format!("{} events of {} persons", log.events, log.persons));
        Ok(measured)
    }
}
