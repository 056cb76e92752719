//! From a row of the log to an event and back.

pub(super) use crate::database::{int, page, uint};

use crate::database::Reading;
use crate::port::{Columns, LogError, Page, READ_BYTES_MAX, Sealed};
use banso_kernel::{EventId, Hash, Header, Recorded, Salt, Seq, StreamId};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};
use uuid::Uuid;

/// How many bytes of bodies end a page.
pub(super) const PAGE_BYTES: i64 = READ_BYTES_MAX as i64;

/// An id as its column keeps it.
pub(super) fn uuid(id: &EventId) -> Uuid {
    Uuid::from_bytes(*id.as_bytes())
}

/// A page of rows that hold `seq, header, body` first; so many were asked for.
pub(super) fn collect<T>(
    rows: &[Row],
    limit: usize,
    decode: impl Fn(&Row) -> Result<(usize, T), LogError>,
) -> Result<Page<T>, LogError> {
    let mut reading = Reading::of(limit);
    rows.iter().try_for_each(|row| reading.take(decode(row)))?;
    Ok(reading.page())
}

/// An event with the size of its body.
pub(super) fn recorded(row: &Row) -> Result<(usize, Recorded), LogError> {
    let (seq, header, body) = parts(row)?;
    if header.seq != seq {
        let reason = format!("its header says that it stands at {}", header.seq);
        return Err(LogError::Damaged { seq, reason });
    }
    Ok((body.len(), Recorded { header, body }))
}

/// The same of a query that also selects `stream_seq`, by which its reader goes on.
pub(super) fn recorded_in_stream(row: &Row) -> Result<(usize, Recorded), LogError> {
    let (bytes, event) = recorded(row)?;
    let (seq, said) = (event.header.seq, event.header.stream_seq);
    if uint(column(row, 3, seq)?) != said {
        let reason = format!("its header says that it stands at {said} of its stream");
        return Err(LogError::Damaged { seq, reason });
    }
    Ok((bytes, event))
}

/// An event with all that proves it.
pub(super) fn sealed(row: &Row) -> Result<(usize, Sealed), LogError> {
    let (seq, header, body) = parts(row)?;
    let broken = |reason: &str| LogError::Damaged { seq, reason: reason.to_owned() };
    let stream: StreamId =
        column::<&str>(row, 4, seq)?.parse().map_err(|_| broken("the column stream is not a stream"))?;
    let columns = Columns {
        seq,
        part: stream.part(),
        stream,
        stream_seq: uint(column(row, 5, seq)?),
        event_id: EventId::from_bytes(column::<Uuid>(row, 3, seq)?.into_bytes()),
        recorded_at: column(row, 6, seq)?,
    };
    let salt =
        Salt::try_from(column::<&[u8]>(row, 7, seq)?).map_err(|_| broken("the salt is not 16 bytes"))?;
    let event = Sealed {
        header: column::<&[u8]>(row, 1, seq)?.to_vec(),
        salt,
        stream_chain: hash(row, 8, seq)?,
        log_chain: hash(row, 9, seq)?,
        columns,
        event: Recorded { header, body },
    };
    Ok((event.event.body.len(), event))
}

/// A link of a chain.
pub(super) fn hash(row: &Row, index: usize, seq: Seq) -> Result<Hash, LogError> {
    Hash::try_from(column::<&[u8]>(row, index, seq)?)
        .map_err(|_| LogError::Damaged { seq, reason: "a chain is not 32 bytes".to_owned() })
}

/// A column of the row of the event at `seq`.
pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, index: usize, seq: Seq) -> Result<T, LogError> {
    row.try_get(index)
        .map_err(|_| LogError::Damaged { seq, reason: format!("column {index} of the row cannot be read") })
}

fn parts(row: &Row) -> Result<(Seq, Header, Bytes), LogError> {
    let seq = uint(column(row, 0, 0)?);
    let header = Header::read(column(row, 1, seq)?).map_err(|error| LogError::Damaged {
        seq,
        reason: format!("the header is not one: line {}, column {}", error.line(), error.column()),
    })?;
    Ok((seq, header, Bytes::copy_from_slice(column(row, 2, seq)?)))
}

/// Rows to be inserted, a column at a time; bytes as they are lent, or of its own.
pub(super) struct Inserted<B> {
    seqs: Vec<i64>,
    event_ids: Vec<Uuid>,
    streams: Vec<String>,
    stream_seqs: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
    headers: Vec<B>,
    bodies: Vec<B>,
    salts: Vec<B>,
    stream_chains: Vec<B>,
    log_chains: Vec<B>,
}

impl<'a, B: From<&'a [u8]> + ToSql + Sync> Inserted<B> {
    pub(super) fn of(rows: &'a [Sealed]) -> Self {
        Self {
            seqs: rows.iter().map(|row| int(row.columns.seq)).collect(),
            event_ids: rows.iter().map(|row| uuid(&row.columns.event_id)).collect(),
            streams: rows.iter().map(|row| row.columns.stream.to_string()).collect(),
            stream_seqs: rows.iter().map(|row| int(row.columns.stream_seq)).collect(),
            recorded_at: rows.iter().map(|row| row.columns.recorded_at).collect(),
            headers: rows.iter().map(|row| row.header.as_slice().into()).collect(),
            bodies: rows.iter().map(|row| row.event.body.as_ref().into()).collect(),
            salts: rows.iter().map(|row| row.salt.as_slice().into()).collect(),
            stream_chains: rows.iter().map(|row| row.stream_chain.as_bytes().as_slice().into()).collect(),
            log_chains: rows.iter().map(|row| row.log_chain.as_bytes().as_slice().into()).collect(),
        }
    }
}

impl<B: ToSql + Sync> Inserted<B> {
    pub(super) fn len(&self) -> usize {
        self.seqs.len()
    }

    /// The last position, `None` without rows.
    pub(super) fn last(&self) -> Option<Seq> {
        self.seqs.last().copied().map(uint)
    }

    /// The row, if there is just one.
    pub(super) fn one(&self) -> Option<OneRow<'_, B>> {
        (self.len() == 1).then_some(OneRow(self))
    }

    /// In the order of the statement's parameters.
    pub(super) fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.seqs,
            &self.event_ids,
            &self.streams,
            &self.stream_seqs,
            &self.recorded_at,
            &self.headers,
            &self.bodies,
            &self.salts,
            &self.stream_chains,
            &self.log_chains,
        ]
    }
}

/// A single row, of whose columns each has one value.
pub(super) struct OneRow<'a, B>(&'a Inserted<B>);

impl<'a, B: ToSql + Sync> OneRow<'a, B> {
    /// In the order of the statement's parameters.
    pub(super) fn params(&self) -> Vec<&'a (dyn ToSql + Sync)> {
        let Inserted {
            seqs,
            event_ids,
            streams,
            stream_seqs,
            recorded_at,
            headers,
            bodies,
            salts,
            stream_chains,
            log_chains,
        } = self.0;
        vec![
            &seqs[0],
            &event_ids[0],
            &streams[0],
            &stream_seqs[0],
            &recorded_at[0],
            &headers[0],
            &bodies[0],
            &salts[0],
            &stream_chains[0],
            &log_chains[0],
        ]
    }
}
