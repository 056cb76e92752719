//! The whole log, read and decoded in its order.

use crate::bench::Bench;
use crate::limits::stream::Stream;
use crate::load::{Worker, passes};
use crate::measured::Measured;
use crate::peers::PostgresEsRead;
use crate::published_log::{PUBLISHED, PublishedLog, Tally};
use crate::row::{BANSO, Goal, Row, Subject};
use async_trait::async_trait;
use banso_app::decode;
use banso_log::Store;
use std::sync::Arc;

/// Events of one page, as a rebuild reads them.
const PAGE_EVENTS: usize = 5_000;

pub(super) fn of_the_log() -> Row {
    let log = Arc::new(PublishedLog::default());
    let subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(Stream { log: log.clone() }),
        Box::new(PostgresEsRead::everything()),
        Box::new(Replay { log }),
    ];
    let goals = vec![Goal::rate_at_least(0.8, "STREAM")];
    Row { id: "replay", title: "replay of the log, decoded", unit: "events", subjects, goals }
}

/// banso.
struct Replay {
    log: Arc<PublishedLog>,
}

struct Reader(Arc<dyn Store>);

impl Worker for Reader {
    async fn once(&mut self) -> anyhow::Result<()> {
        let (mut after, mut tally) = (0, Tally::default());
        loop {
            let page = self.0.read(after, PAGE_EVENTS).await?;
            let Some(last) = page.last() else { return tally.check() };
            after = last.header.seq;
            for recorded in &page {
                let entry = decode(recorded)?;
                tally.add(entry.seq, &entry.event)?;
            }
        }
    }
}

#[async_trait]
impl Subject for Replay {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = self.log.place().await?;
        let (measured, _) = passes(Reader(place.open().await?), bench.period).await;
        let mut measured = measured.times(PUBLISHED);
        measured.wrong.extend(place.wrong(&[]).await?);
        Ok(measured)
    }
}
