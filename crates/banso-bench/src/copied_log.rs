//! A store whose log has been written for years: the rows that a writer would have left, chained and salted, but
//! brought in by COPY, because a million of them through the door would take longer than what is measured.

use crate::bench::Bench;
use crate::postgres::settle;
use crate::story::{Dates, Story, Told};
use crate::wrong;
use anyhow::{Context, ensure};
use banso_app::audit;
use banso_kernel::{
    Hash, Header, IdGen, LogId, Recorded, Seq, StreamId, StreamSeq, SystemIds, leaf, link, log_genesis,
    stream_genesis,
};
use banso_log::conformance::PgSchema;
use banso_log::{Columns, Log, PgStore, Sealed};
use std::collections::HashMap;
use std::pin::pin;
use tokio::sync::OnceCell;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Events of each person in a log that a row reads, about.
pub(crate) const COPIED_EACH: u64 = 100;

const COPY: &str = "COPY events
    (seq, event_id, stream, stream_seq, recorded_at, header, body, salt, stream_chain, log_chain)
    FROM STDIN (FORMAT binary)";
const COLUMNS: [Type; 10] = [
    Type::INT8,
    Type::UUID,
    Type::TEXT,
    Type::INT8,
    Type::TIMESTAMPTZ,
    Type::BYTEA,
    Type::BYTEA,
    Type::BYTEA,
    Type::BYTEA,
    Type::BYTEA,
];

/// A store with a long log, and no read models yet. Its schema is gone with this value.
pub(crate) struct CopiedLog {
    pub(crate) schema: PgSchema,
    pub(crate) events: u64,
    pub(crate) persons: u64,
}

impl CopiedLog {
    /// Writes a log of so many events of so many persons.
    pub(crate) async fn write(events: u64, persons: u64, dates: Dates) -> anyhow::Result<Self> {
        let story = Story::of(events, persons, dates);
        let log = Self { schema: PgSchema::migrated().await, events, persons: story.persons() };
        let stored = log.copy(story).await?;
        ensure!(stored == events, "{stored} events were stored of {events}");
        Ok(log)
    }

    /// The store, as a process opens it.
    pub(crate) async fn open(&self) -> anyhow::Result<PgStore> {
        Ok(PgStore::open(&self.schema.app()).await?)
    }

    async fn copy(&self, story: Story) -> anyhow::Result<u64> {
        let mut chains = Chains::of(&self.open().await?.identity().await?.log_id);
        let client = self.schema.raw().await;
        let mut rows = pin!(BinaryCopyInWriter::new(client.copy_in(COPY).await?, &COLUMNS));
        for told in story {
            let Sealed { columns, event, header, salt, stream_chain, log_chain } = chains.seal(told)?;
            let stream = columns.stream.to_string();
            rows.as_mut()
                .write(&[
                    &i64::try_from(columns.seq)?,
                    &Uuid::from_bytes(*columns.event_id.as_bytes()),
                    &stream,
                    &i64::try_from(columns.stream_seq)?,
                    &columns.recorded_at,
                    &header,
                    &&*event.body,
                    &&salt[..],
                    &&stream_chain.as_bytes()[..],
                    &&log_chain.as_bytes()[..],
                ])
                .await?;
        }
        let stored = rows.as_mut().finish().await?;
        // As a log is that has stood for a while: no reader is the first to look at a row.
        client.batch_execute("VACUUM (ANALYZE) events").await?;
        settle().await?;
        Ok(stored)
    }

    /// What is wrong with the log.
    pub(crate) async fn log_wrong(&self) -> anyhow::Result<Vec<String>> {
        wrong::in_log(&self.open().await?).await
    }

    /// What is wrong with the read models, which are compared person by person with the fold of the log.
    pub(crate) async fn models_wrong(&self) -> anyhow::Result<Vec<String>> {
        let store = self.open().await?;
        let found = audit::read_models(&store, &store).await?;
        let mut wrong = wrong::in_findings("the read models", &found);
        if (found.looked_at, found.parked) != (self.persons, 0) {
            let audit::Findings { looked_at, parked, .. } = found;
            wrong.push(format!("{looked_at} states of {} persons, {parked} set aside", self.persons));
        }
        Ok(wrong)
    }

    /// Takes all read models away, as a database that lost them.
    pub(crate) async fn lose_models(&self) -> anyhow::Result<()> {
        let client = self.schema.raw().await;
        let lose = "TRUNCATE model_version, checkpoint, person_state, work_row";
        client.batch_execute(lose).await.context("take the read models away")
    }
}

/// A copied log that the subjects of a row share; it is written when the first of them asks for it.
pub(crate) struct SharedCopiedLog {
    dates: Dates,
    events: fn(&Bench) -> u64,
    log: OnceCell<CopiedLog>,
}

impl SharedCopiedLog {
    /// A log of so many events, a hundred of each person.
    pub(crate) fn with(dates: Dates, events: fn(&Bench) -> u64) -> Self {
        Self { dates, events, log: OnceCell::new() }
    }

    /// The store that holds it.
    pub(crate) async fn of(&self, bench: &Bench) -> anyhow::Result<&CopiedLog> {
        let events = (self.events)(bench);
        let write = || async {
            let log = CopiedLog::write(events, events.div_ceil(COPIED_EACH), self.dates).await?;
            let wrong = log.log_wrong().await?;
            ensure!(wrong.is_empty(), "the log is not one: {}", wrong.join("; "));
            Ok(log)
        };
        self.log.get_or_try_init(write).await
    }
}

/// Where the log and its streams stand.
struct Chains {
    seq: Seq,
    log: Hash,
    streams: HashMap<StreamId, (StreamSeq, Hash)>,
}

impl Chains {
    fn of(log: &LogId) -> Self {
        Self { seq: 0, log: log_genesis(log), streams: HashMap::new() }
    }

    /// The row that the writer makes of an event that was admitted and repeats nothing.
    fn seal(&mut self, Told { event, recorded_at }: Told) -> anyhow::Result<Sealed> {
        let proposal = event.into_proposal(recorded_at)?;
        let stream = proposal.stream.clone();
        let (stream_seq, stream_chain) =
            self.streams.entry(stream.clone()).or_insert_with(|| (0, stream_genesis(&stream)));
        self.seq += 1;
        *stream_seq += 1;
        let header = Header {
            seq: self.seq,
            stream: proposal.stream,
            stream_seq: *stream_seq,
            event_id: proposal.event_id,
            source: proposal.source,
            id: proposal.id,
            event_type: proposal.event_type,
            occurred: proposal.occurred,
            received_at: proposal.received_at,
            recorded_at,
            actor: proposal.actor,
            corrects: proposal.corrects,
            repeats: None,
            group: proposal.group,
            correlation: proposal.correlation,
            causation: proposal.causation,
            confidentiality: proposal.confidentiality,
            traceparent: proposal.traceparent,
            fingerprint: proposal.fingerprint,
        };
        let bytes = serde_json::to_vec(&header)?;
        let salt = SystemIds.salt();
        let leaf = leaf(&bytes, &salt, &proposal.body);
        *stream_chain = link(stream_chain, &leaf);
        self.log = link(&self.log, &leaf);
        Ok(Sealed {
            columns: Columns {
                seq: header.seq,
                part: stream.part(),
                stream,
                stream_seq: header.stream_seq,
                event_id: header.event_id,
                recorded_at,
            },
            stream_chain: *stream_chain,
            log_chain: self.log,
            event: Recorded { header, body: proposal.body },
            header: bytes,
            salt,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banso_app::Projector;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_log_that_was_copied_in_verifies_and_every_person_in_it_is_projected() {
        for dates in [Dates::InOrder, Dates::HalfLate] {
            let log = CopiedLog::write(2_500, 20, dates).await.unwrap();
            let store = Arc::new(log.open().await.unwrap());
            assert_eq!(store.head().await.unwrap(), 2_500);
            assert_eq!(log.log_wrong().await.unwrap(), Vec::<String>::new());
            // Nothing is projected yet, and that is seen.
            assert_eq!(log.models_wrong().await.unwrap(), ["0 states of 20 persons, 0 set aside"]);
            let mut projector = Projector::start(store.clone(), store.clone()).await.unwrap();
            while projector.step().await.unwrap() {}
            assert_eq!(log.models_wrong().await.unwrap(), Vec::<String>::new());
        }
    }

    #[tokio::test]
    async fn a_state_that_was_changed_is_found_and_so_are_read_models_that_were_lost() {
        let log = CopiedLog::write(500, 5, Dates::InOrder).await.unwrap();
        let store = Arc::new(log.open().await.unwrap());
        let mut projector = Projector::start(store.clone(), store.clone()).await.unwrap();
        while projector.step().await.unwrap() {}
        let change = "UPDATE person_state AS one SET body = other.body FROM person_state AS other
            WHERE one.stream = 'person/p000001' AND other.stream = 'person/p000002'";
        log.schema.raw().await.batch_execute(change).await.unwrap();
        let wrong = log.models_wrong().await.unwrap();
        assert!(matches!(&wrong[..], [wrong] if wrong.contains("person/p000001")), "{wrong:?}");
        log.lose_models().await.unwrap();
        assert_eq!(log.models_wrong().await.unwrap(), ["0 states of 5 persons, 0 set aside"]);
    }

    #[tokio::test]
    async fn a_row_that_was_changed_is_found() {
        let log = CopiedLog::write(1_200, 10, Dates::InOrder).await.unwrap();
        let change = "ALTER TABLE events DISABLE TRIGGER ALL; UPDATE events SET body = '{}' WHERE seq = 700";
        log.schema.raw().await.batch_execute(change).await.unwrap();
        let wrong = log.log_wrong().await.unwrap();
        assert!(wrong.iter().any(|wrong| wrong.contains("at 700")), "{wrong:?}");
    }
}
