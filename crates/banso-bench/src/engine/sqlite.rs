//! Single events, proposed one after the other by 1 and 32 publishers at the same time, in SQLite. For everybody a
//! commit waits for the disk.

use crate::bench::Bench;
use crate::engine::append::append;
use crate::limits::raw::Raw;
use crate::measured::Measured;
use crate::peers::SqliteEs;
use crate::row::{BANSO, Goal, Row, Subject};
use crate::stores::Place;
use async_trait::async_trait;

pub(super) fn by_one() -> Row {
    let publishers = 1;
    let subjects: Vec<Box<dyn Subject>> =
        vec![Box::new(Raw), Box::new(SqliteEs { publishers }), Box::new(Append { publishers })];
    let goals = vec![Goal::rate_at_least(0.6, "RAW")];
    Row { id: "sqlite-1", title: "SQLite, 1 publisher", unit: "events", subjects, goals }
}

pub(super) fn by_thirty_two() -> Row {
    let publishers = 32;
    let subjects: Vec<Box<dyn Subject>> =
        vec![Box::new(SqliteEs { publishers }), Box::new(Append { publishers })];
    let goals = vec![Goal::rate_at_least(5.0, "sqlite-es")];
    Row { id: "sqlite-32", title: "SQLite, 32 publishers", unit: "events", subjects, goals }
}

/// banso: from the CloudEvent to the answer, all checks, chains and idempotency included.
struct Append {
    publishers: u64,
}

#[async_trait]
impl Subject for Append {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = Place::in_files(bench.folder()?)?;
        append(&place, self.publishers, bench).await
    }
}
