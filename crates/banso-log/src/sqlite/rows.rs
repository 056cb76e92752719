//! From a row of the log to an event and back.

use super::{sql, unavailable};
pub(super) use crate::database::{int, page, uint};

use crate::database::Reading;
use crate::port::{Columns, LogError, Page, Sealed};
use banso_kernel::{EventId, Hash, Header, Recorded, Salt, Seq, StreamId};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Params, Row};

/// A page of a query that selects `seq, header, body` first.
pub(super) fn collect<T>(
    conn: &Connection,
    query: (&'static str, &str),
    params: impl Params,
    limit: usize,
    decode: impl Fn(&Row<'_>) -> Result<(usize, T), LogError>,
) -> Result<Page<T>, LogError> {
    let mut reading = Reading::of(limit);
    collect_into(&mut reading, conn, query, params, decode)?;
    Ok(reading.page())
}

/// Takes in what such a query finds, until the page is full.
pub(super) fn collect_into<T>(
    reading: &mut Reading<T>,
    conn: &Connection,
    (attempt, statement): (&'static str, &str),
    params: impl Params,
    decode: impl Fn(&Row<'_>) -> Result<(usize, T), LogError>,
) -> Result<(), LogError> {
    let mut statement = conn.prepare_cached(statement).map_err(unavailable(attempt))?;
    let mut rows = statement.query(params).map_err(unavailable(attempt))?;
    while !reading.is_full()
        && let Some(row) = rows.next().map_err(unavailable(attempt))?
    {
        reading.take(decode(row))?;
    }
    Ok(())
}

/// An event with the size of its body.
pub(super) fn recorded(row: &Row<'_>) -> Result<(usize, Recorded), LogError> {
    let (seq, header, body) = parts(row)?;
    if header.seq != seq {
        let reason = format!("its header says that it stands at {}", header.seq);
        return Err(LogError::Damaged { seq, reason });
    }
    Ok((body.len(), Recorded { header, body }))
}

/// The same of a query that also selects `stream_seq`, by which its reader goes on.
pub(super) fn recorded_in_stream(row: &Row<'_>) -> Result<(usize, Recorded), LogError> {
    let (bytes, event) = recorded(row)?;
    let (seq, said) = (event.header.seq, event.header.stream_seq);
    if uint(number(row, 3, seq)?) != said {
        let reason = format!("its header says that it stands at {said} of its stream");
        return Err(LogError::Damaged { seq, reason });
    }
    Ok((bytes, event))
}

/// An event with all that proves it.
pub(super) fn sealed(row: &Row<'_>) -> Result<(usize, Sealed), LogError> {
    let (seq, header, body) = parts(row)?;
    let broken = |reason: &str| LogError::Damaged { seq, reason: reason.to_owned() };
    let stream: StreamId =
        text(row, 4, seq)?.parse().map_err(|_| broken("the column stream is not a stream"))?;
    let hash =
        |column| Hash::try_from(blob(row, column, seq)?).map_err(|_| broken("a chain is not 32 bytes"));
    let columns = Columns {
        seq,
        part: stream.part(),
        stream,
        stream_seq: uint(number(row, 5, seq)?),
        event_id: EventId::from_bytes(
            blob(row, 3, seq)?.try_into().map_err(|_| broken("the column event_id is not 16 bytes"))?,
        ),
        recorded_at: time(number(row, 6, seq)?),
    };
    let salt = Salt::try_from(blob(row, 7, seq)?).map_err(|_| broken("the salt is not 16 bytes"))?;
    let event = Sealed {
        header: blob(row, 1, seq)?.to_vec(),
        salt,
        stream_chain: hash(8)?,
        log_chain: hash(9)?,
        columns,
        event: Recorded { header, body },
    };
    Ok((event.event.body.len(), event))
}

/// A time as it stands in a column.
pub(super) fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
}

fn parts(row: &Row<'_>) -> Result<(Seq, Header, Bytes), LogError> {
    let seq = uint(number(row, 0, 0)?);
    let header = Header::read(blob(row, 1, seq)?).map_err(|error| LogError::Damaged {
        seq,
        reason: format!("the header is not one: line {}, column {}", error.line(), error.column()),
    })?;
    Ok((seq, header, Bytes::copy_from_slice(blob(row, 2, seq)?)))
}

fn number(row: &Row<'_>, column: usize, seq: Seq) -> Result<i64, LogError> {
    value(row, column, seq)?.as_i64().map_err(|_| of_other_type(column, seq))
}

fn blob<'a>(row: &'a Row<'_>, column: usize, seq: Seq) -> Result<&'a [u8], LogError> {
    value(row, column, seq)?.as_blob().map_err(|_| of_other_type(column, seq))
}

fn text<'a>(row: &'a Row<'_>, column: usize, seq: Seq) -> Result<&'a str, LogError> {
    value(row, column, seq)?.as_str().map_err(|_| of_other_type(column, seq))
}

fn value<'a>(row: &'a Row<'_>, column: usize, seq: Seq) -> Result<rusqlite::types::ValueRef<'a>, LogError> {
    row.get_ref(column).map_err(|_| of_other_type(column, seq))
}

fn of_other_type(column: usize, seq: Seq) -> LogError {
    LogError::Damaged { seq, reason: format!("column {column} of the row has another type") }
}

/// One row more.
pub(super) fn insert(conn: &Connection, row: &Sealed) -> rusqlite::Result<()> {
    let columns = &row.columns;
    conn.prepare_cached(sql::log::INSERT)?.execute(rusqlite::params![
        int(columns.seq),
        columns.event_id.as_bytes(),
        columns.stream.to_string(),
        int(columns.stream_seq),
        columns.recorded_at.timestamp_micros(),
        row.header,
        row.event.body.as_ref(),
        row.salt,
        row.stream_chain.as_bytes(),
        row.log_chain.as_bytes(),
    ])?;
    Ok(())
}
