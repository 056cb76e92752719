//! The PostgreSQL store as an [`Inbox`].

use super::rows::{int, page, uint};
use super::{PgStore, sql};
use crate::inbox::{Inbox, IntakePosition, Settled, StoredReceipt};
use crate::port::LogError;
use async_trait::async_trait;
use banso_kernel::Seq;
use bytes::Bytes;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

#[async_trait]
impl Inbox for PgStore {
    async fn intake_position(&self, publisher: &str) -> Result<Option<IntakePosition>, LogError> {
        let attempt = "read an intake's position";
        let asked = [publisher];
        let rows = self.connections().rows(attempt, sql::log::INTAKE_POSITIONS, &[&asked.as_slice()]).await?;
        Ok(rows.first().and_then(position))
    }

    async fn receipt_head(&self) -> Result<Seq, LogError> {
        let attempt = "read the last receipt's number";
        let rows = self.connections().rows(attempt, sql::log::RECEIPT_HEAD, &[]).await?;
        Ok(rows.first().map_or(0, |row| uint(row.get(0))))
    }

    async fn receipts(&self, after: Seq, limit: usize) -> Result<Vec<StoredReceipt>, LogError> {
        let params: &[&(dyn ToSql + Sync)] = &[&int(after), &page(limit)];
        let rows = self.connections().rows("read receipts", sql::log::RECEIPTS, params).await?;
        let receipt = |row: &Row| StoredReceipt {
            seq: uint(row.get(0)),
            publisher: row.get(1),
            position: IntakePosition { stream: row.get(2), seq: uint(row.get(3)) },
            body: Bytes::copy_from_slice(row.get(4)),
        };
        Ok(rows.iter().map(receipt).collect())
    }
}

/// How far an intake is read, from a row of [`sql::log::INTAKE_POSITIONS`].
pub(super) fn position(row: &Row) -> Option<IntakePosition> {
    Some(IntakePosition { stream: row.get::<_, Option<String>>(0)?, seq: uint(row.get(1)) })
}

/// What deliveries change, a column at a time.
#[derive(Default)]
pub(super) struct Settling {
    publishers: Vec<String>,
    streams: Vec<String>,
    seqs: Vec<i64>,
    receipt_publishers: Vec<String>,
    receipt_streams: Vec<String>,
    messages: Vec<i64>,
    bodies: Vec<Vec<u8>>,
}

impl Settling {
    pub(super) fn of(settled: &[Settled]) -> Self {
        let mut settling = Self::default();
        // Of several deliveries of one publisher the last one says how far its intake is read.
        let positions: BTreeMap<&str, &IntakePosition> =
            settled.iter().map(|settled| (settled.publisher.as_str(), &settled.to)).collect();
        for (publisher, to) in positions {
            settling.publishers.push(publisher.to_owned());
            settling.streams.push(to.stream.clone());
            settling.seqs.push(int(to.seq));
        }
        for Settled { publisher, to, receipts } in settled {
            for receipt in receipts {
                settling.receipt_publishers.push(publisher.clone());
                settling.receipt_streams.push(to.stream.clone());
                settling.messages.push(int(receipt.seq));
                settling.bodies.push(receipt.body.to_vec());
            }
        }
        settling
    }

    /// For [`sql::append::PUT_INTAKE_POSITIONS`].
    pub(super) fn positions(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.publishers, &self.streams, &self.seqs]
    }

    /// For [`sql::append::INSERT_RECEIPTS`].
    pub(super) fn receipts(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.receipt_publishers, &self.receipt_streams, &self.messages, &self.bodies]
    }
}
