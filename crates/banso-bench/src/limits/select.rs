//! SELECT: one person's rows, by their index, in their order. Every byte is looked at, nothing is decoded.

use crate::bench::{Bench, PERSONS};
use crate::load::{Worker, closed_loop};
use crate::measured::Measured;
use crate::notes::{Notes, person_id};
use crate::published_log::{PUBLISHED_EACH, PublishedLog};
use crate::row::Subject;
use anyhow::ensure;
use async_trait::async_trait;
use std::hint::black_box;
use std::sync::Arc;
use tokio_postgres::{Client, Statement};

/// SELECT.
pub(crate) struct Select {
    pub(crate) log: Arc<PublishedLog>,
}

/// Without the bound on bytes that banso's page has.
const SELECT: &str = "SELECT seq, header, body, stream_seq FROM events WHERE stream = $1 ORDER BY stream_seq";

struct Reader {
    client: Client,
    select: Statement,
    persons: Notes,
}

impl Worker for Reader {
    async fn once(&mut self) -> anyhow::Result<()> {
        let stream = format!("person/{}", person_id(self.persons.anybody()));
        let rows = self.client.query(&self.select, &[&stream]).await?;
        let mut sum = 0;
        for (row, expected) in rows.iter().zip(1..) {
            let (seq, header, body, stream_seq): (i64, &[u8], &[u8], i64) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            ensure!(stream_seq == expected, "event {stream_seq} of {stream} stands at {expected}");
            sum += seq.cast_unsigned() + header.iter().chain(body).map(|byte| u64::from(*byte)).sum::<u64>();
        }
        black_box(sum);
        ensure!(rows.len() as u64 == PUBLISHED_EACH, "{} events of {stream}", rows.len());
        Ok(())
    }
}

#[async_trait]
impl Subject for Select {
    fn name(&self) -> &'static str {
        "SELECT"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let client = self.log.place().await?.bare().await?;
        let select = client.prepare(SELECT).await?;
        let reader = Reader { client, select, persons: Notes::of("reader", PERSONS) };
        Ok(closed_loop(vec![reader], bench.period).await.0)
    }
}
