//! COPY: the rows that a rebuild reads, as the database sends them fastest, read and thrown away.

use crate::bench::Bench;
use crate::copied_log::SharedCopiedLog;
use crate::measured::Measured;
use crate::row::Subject;
use async_trait::async_trait;
use futures::TryStreamExt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;
use tokio_postgres::Client;

/// COPY.
pub(crate) struct CopyOut {
    pub(crate) log: Arc<SharedCopiedLog>,
}

const COPY: &str = "COPY (SELECT seq, header, body FROM events) TO STDOUT (FORMAT binary)";
/// What binary COPY sends for these rows: a head of 19 bytes and an end of 2; for each row its number of
/// columns and three lengths, 14 bytes, and the values.
const BYTES: &str =
    "SELECT (19 + 2 + sum(14 + 8 + octet_length(header) + octet_length(body)))::bigint FROM events";

#[async_trait]
impl Subject for CopyOut {
    fn name(&self) -> &'static str {
        "COPY"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let log = self.log.of(bench).await?;
        let client = log.schema.raw().await;
        let started = Instant::now();
        let received = read(&client).await?;
        let mut measured = Measured::rate(log.events, started.elapsed());
        let expected: i64 = client.query_one(BYTES, &[]).await?.get(0);
        if i64::try_from(received)? != expected {
            measured.wrong.push(format!("{received} bytes of {expected}"));
        }
        Ok(measured)
    }
}

async fn read(client: &Client) -> anyhow::Result<u64> {
    let mut sent = pin!(client.copy_out(COPY).await?);
    let mut received = 0;
    while let Some(bytes) = sent.try_next().await? {
        received += bytes.len() as u64;
    }
    Ok(received)
}
