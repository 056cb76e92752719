//! STREAM: the whole log by one SELECT, streamed, each row decoded to a Rust enum as it comes. In the plainest way:
//! one task, serde_json, no pages, no checks.

use crate::bench::Bench;
use crate::load::{Worker, passes};
use crate::measured::Measured;
use crate::published_log::{PUBLISHED, PublishedLog, Tally};
use crate::row::Subject;
use anyhow::bail;
use async_trait::async_trait;
use banso_domain::CaseEvent;
use banso_domain::case::note::ContactRecorded;
use banso_kernel::Header;
use futures::TryStreamExt;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

/// STREAM.
pub(crate) struct Stream {
    pub(crate) log: Arc<PublishedLog>,
}

const SELECT: &str = "SELECT seq, header, body FROM events ORDER BY seq";

struct Reader {
    client: Client,
    select: Statement,
}

impl Worker for Reader {
    async fn once(&mut self) -> anyhow::Result<()> {
        let none: [&(dyn ToSql + Sync); 0] = [];
        let mut rows = pin!(self.client.query_raw(&self.select, none).await?);
        let mut tally = Tally::default();
        while let Some(row) = rows.try_next().await? {
            let (header, event) = decoded(&row)?;
            tally.add(row.try_get::<_, i64>(0)?.cast_unsigned(), &event)?;
            black_box(header);
        }
        tally.check()
    }
}

fn decoded(row: &Row) -> anyhow::Result<(Header, CaseEvent)> {
    let header: Header = serde_json::from_slice(row.try_get(1)?)?;
    let body: &[u8] = row.try_get(2)?;
    let event = match (header.event_type.name.as_ref(), header.event_type.version) {
        ("ContactRecorded", 1) => serde_json::from_slice::<ContactRecorded>(body)?.into(),
        (other, version) => bail!("{other} of version {version} is not written here"),
    };
    Ok((header, event))
}

#[async_trait]
impl Subject for Stream {
    fn name(&self) -> &'static str {
        "STREAM"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let client = self.log.place().await?.bare().await?;
        let select = client.prepare(SELECT).await?;
        Ok(passes(Reader { client, select }, bench.period).await.0.times(PUBLISHED))
    }
}
