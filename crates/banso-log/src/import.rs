//! Events that a log lost, put back from where they were seen: proven by the chains, event by event.

use crate::port::{LogError, Sealed};
use crate::verify::Check;
use crate::write_side::{Committed, LogHead, WriteSide};
use banso_kernel::{Seq, StreamId};
use std::collections::BTreeSet;

/// Why events are not put back.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// They are not what this log lost.
    #[error("event {seq} does not follow the log: {reason}")]
    DoesNotFollow {
        /// The first that does not.
        seq: Seq,
        /// Why not.
        reason: String,
    },
    /// The store failed; nothing of this page was put back.
    #[error(transparent)]
    Store(#[from] LogError),
}

/// Appends these events as they once stood, directly behind the log, all or none; also while the log is held.
/// Each must follow by both chains. Returns where the log stands now. Blocks.
pub fn import(side: &mut dyn WriteSide, rows: &[Sealed]) -> Result<Seq, ImportError> {
    let head = side.begin(None)?.head;
    match check(side, &head, rows) {
        Ok(()) => {
            side.append(rows, &[])?;
            match (side.commit()?, rows) {
                (Committed::Stored, [.., last]) => Ok(last.columns.seq),
                (Committed::Stored, []) => Ok(head.seq),
                (Committed::Known, _) => Err(ImportError::DoesNotFollow {
                    seq: head.seq + 1,
                    reason: "the log has one of these events elsewhere".to_owned(),
                }),
            }
        }
        Err(error) => {
            side.rollback()?;
            Err(error)
        }
    }
}

fn check(side: &mut dyn WriteSide, head: &LogHead, rows: &[Sealed]) -> Result<(), ImportError> {
    let streams: BTreeSet<&StreamId> = rows.iter().map(|row| &row.columns.stream).collect();
    let streams: Vec<StreamId> = streams.into_iter().cloned().collect();
    let heads = side.stream_heads(&streams, head.seq)?;
    let mut check = Check::behind(head, streams.into_iter().zip(heads));
    for row in rows {
        check.event(row);
        if let Some(breach) = check.report.breaches.pop() {
            return Err(ImportError::DoesNotFollow { seq: row.columns.seq, reason: breach.found });
        }
    }
    Ok(())
}
