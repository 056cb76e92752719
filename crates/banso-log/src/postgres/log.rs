//! The PostgreSQL store as a [`Log`].

use super::rows::{PAGE_BYTES, column, hash, int, page, recorded, recorded_in_stream, sealed, uint, uuid};
use super::transaction::Params;
use super::{PgStore, sql, unavailable};
use crate::port::{Following, Identity, Log, LogError, Page, SMALL_PAGE_EVENTS_MAX, Sealed, Stretch};
use async_trait::async_trait;
use banso_kernel::{EventId, Recorded, Seq, StreamId, StreamSeq};
use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio_postgres::Row;
use uuid::Uuid;

#[async_trait]
impl Log for PgStore {
    async fn identity(&self) -> Result<Identity, LogError> {
        let attempt = "read the log's identity";
        let rows = self.connections().rows(attempt, sql::log::IDENTITY, &[]).await?;
        identity(rows.first().ok_or(LogError::SchemaTooOld)?)
    }

    async fn head(&self) -> Result<Seq, LogError> {
        let rows = self.connections().rows("read the head", sql::log::HEAD, &[]).await?;
        Ok(rows.first().map_or(0, |row| uint(row.get(0))))
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let params: &Params<'_> = &[&int(after), &page(limit), &PAGE_BYTES];
        let read = self.connections().page("read events", sql::log::READ, params, limit, recorded);
        Ok(read.await?.events)
    }

    async fn read_back(&self, before: Seq, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let params: &Params<'_> = &[&int(before), &page(limit), &PAGE_BYTES];
        let attempt = "read events backwards";
        let read = self.connections().page(attempt, sql::log::READ_BACK, params, limit, recorded);
        Ok(read.await?.events)
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: StreamSeq,
        up_to: Seq,
        limit: usize,
    ) -> Result<Page, LogError> {
        let stream = stream.to_string();
        let params: &Params<'_> = &[&stream, &int(after), &int(up_to), &page(limit), &PAGE_BYTES];
        let (statement, params) = if limit <= SMALL_PAGE_EVENTS_MAX {
            (sql::log::READ_STREAM_SMALL, &params[..4])
        } else {
            (sql::log::READ_STREAM, params)
        };
        self.connections().page("read a stream", statement, params, limit, recorded_in_stream).await
    }

    async fn read_stretches(&self, stretches: &[Stretch], limit: usize) -> Result<Vec<Recorded>, LogError> {
        let streams: Vec<String> = stretches.iter().map(|stretch| stretch.stream.to_string()).collect();
        let after: Vec<i64> = stretches.iter().map(|stretch| int(stretch.after)).collect();
        let up_to: Vec<i64> = stretches.iter().map(|stretch| int(stretch.up_to)).collect();
        let params: &Params<'_> = &[&streams, &after, &up_to, &page(limit), &PAGE_BYTES];
        let (attempt, statement) = ("read stretches of streams", sql::log::READ_STRETCHES);
        let read = self.connections().page(attempt, statement, params, limit, recorded_in_stream);
        Ok(read.await?.events)
    }

    async fn find(&self, ids: &[EventId]) -> Result<Vec<Option<Recorded>>, LogError> {
        let asked: Vec<Uuid> = ids.iter().map(uuid).collect();
        let rows = self.connections().rows("find events", sql::log::FIND, &[&asked]).await?;
        found(&rows, ids.len())
    }

    async fn seq_at(&self, recorded_by: DateTime<Utc>) -> Result<Seq, LogError> {
        // Nothing was recorded before 1970, and PostgreSQL knows no times as early as chrono does.
        let recorded_by = recorded_by.max(DateTime::UNIX_EPOCH);
        let attempt = "find the position at a time";
        let rows = self.connections().rows(attempt, sql::log::SEQ_AT, &[&recorded_by]).await?;
        let Some(row) = rows.first() else { return Ok(0) };
        let (low, high): (i64, i64) = (row.get(0), row.get(1));
        if high - low > 1 {
            let seq = uint(low + (high - low) / 2);
            return Err(LogError::Damaged { seq, reason: "there is no such row".to_owned() });
        }
        Ok(uint(low))
    }

    async fn read_sealed(&self, after: Seq, limit: usize) -> Result<Vec<Sealed>, LogError> {
        let params: &Params<'_> = &[&int(after), &page(limit), &PAGE_BYTES];
        let attempt = "read events with their proofs";
        let read = self.connections().page(attempt, sql::log::READ_SEALED, params, limit, sealed);
        Ok(read.await?.events)
    }

    async fn read_following(&self, at: Seq, limit: usize) -> Result<Following, LogError> {
        let events: (_, &Params<'_>) = (sql::log::READ_SEALED, &[&int(at), &page(limit), &PAGE_BYTES]);
        let place: (_, &Params<'_>) = (sql::log::PLACE, &[&int(at)]);
        let attempt = "read events and their place";
        let read = self.connections().page_then_rows(attempt, events, limit, sealed, place);
        let (page, rows) = read.await?;
        let row = rows.first().ok_or(LogError::SchemaTooOld)?;
        let log_chain = column::<Option<&[u8]>>(row, 2, at)?.map(|_| hash(row, 2, at)).transpose()?;
        Ok(Following { events: page.events, is_last: page.is_last, log_chain, identity: identity(row)? })
    }

    fn appended(&self) -> watch::Receiver<Seq> {
        self.signal().subscribe()
    }
}

/// Which log a row of `log_identity` names.
pub(super) fn identity(row: &Row) -> Result<Identity, LogError> {
    let attempt = "read the log's identity";
    let log_id = row.get::<_, &str>(0).parse().map_err(unavailable(attempt))?;
    let epoch = u32::try_from(row.get::<_, i32>(1)).map_err(unavailable(attempt))?;
    Ok(Identity { log_id, epoch })
}

/// The events of [`sql::log::FIND`], each at the place of its id among `asked` ids.
pub(super) fn found(rows: &[Row], asked: usize) -> Result<Vec<Option<Recorded>>, LogError> {
    let mut events = vec![None; asked];
    for row in rows {
        let place = uint(row.get(3)) as usize;
        if let Some(event) = place.checked_sub(1).and_then(|place| events.get_mut(place)) {
            *event = Some(recorded(row)?.1);
        }
    }
    Ok(events)
}
