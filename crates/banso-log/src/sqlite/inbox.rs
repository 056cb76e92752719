//! The SQLite store as an [`Inbox`].

use super::rows::{int, page, uint};
use super::{SqliteStore, sql, unavailable};
use crate::inbox::{Inbox, IntakePosition, Settled, StoredReceipt};
use crate::port::LogError;
use async_trait::async_trait;
use banso_kernel::Seq;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row};

#[async_trait]
impl Inbox for SqliteStore {
    async fn intake_position(&self, publisher: &str) -> Result<Option<IntakePosition>, LogError> {
        let publisher = publisher.to_owned();
        self.log.read("read an intake's position", move |conn| position(conn, &publisher)).await
    }

    async fn receipt_head(&self) -> Result<Seq, LogError> {
        let attempt = "read the last receipt's number";
        self.log
            .read(attempt, move |conn| {
                let head = conn.query_row(sql::log::RECEIPT_HEAD, [], |row| row.get(0));
                head.map(uint).map_err(unavailable(attempt))
            })
            .await
    }

    async fn receipts(&self, after: Seq, limit: usize) -> Result<Vec<StoredReceipt>, LogError> {
        let attempt = "read receipts";
        self.log
            .read(attempt, move |conn| {
                let mut statement = conn.prepare_cached(sql::log::RECEIPTS).map_err(unavailable(attempt))?;
                let rows =
                    statement.query_map((int(after), page(limit)), receipt).map_err(unavailable(attempt))?;
                rows.collect::<Result<_, _>>().map_err(unavailable(attempt))
            })
            .await
    }
}

/// How far a publisher's intake is read.
pub(super) fn position(conn: &Connection, publisher: &str) -> Result<Option<IntakePosition>, LogError> {
    let read = || {
        let mut statement = conn.prepare_cached(sql::log::INTAKE_POSITION)?;
        let position = |row: &Row<'_>| Ok(IntakePosition { stream: row.get(0)?, seq: uint(row.get(1)?) });
        statement.query_row([publisher], position).optional()
    };
    read().map_err(unavailable("read an intake's position"))
}

/// Moves an intake on, and keeps what became of its messages.
pub(super) fn settle(conn: &Connection, settled: &Settled) -> rusqlite::Result<()> {
    let Settled { publisher, to, receipts } = settled;
    conn.prepare_cached(sql::log::PUT_INTAKE_POSITION)?.execute((publisher, &to.stream, int(to.seq)))?;
    let mut insert = conn.prepare_cached(sql::log::INSERT_RECEIPT)?;
    for receipt in receipts {
        insert.execute((publisher, &to.stream, int(receipt.seq), receipt.body.as_ref()))?;
    }
    Ok(())
}

fn receipt(row: &Row<'_>) -> rusqlite::Result<StoredReceipt> {
    Ok(StoredReceipt {
        seq: uint(row.get(0)?),
        publisher: row.get(1)?,
        position: IntakePosition { stream: row.get(2)?, seq: uint(row.get(3)?) },
        body: Bytes::from(row.get::<_, Vec<u8>>(4)?),
    })
}
