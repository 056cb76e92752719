//! The suite on SQLite, and what is SQLite's own.

use super::*;
use crate::conformance::AdmitAll;
use crate::conformance::Fixture as Conforming;
use crate::verify::{Invariant, Report, verify};
use crate::{AppendError, Custody, Limits, Log, LogStore, Models, Outcome, Store, Submission, Unit, Writer};
use async_trait::async_trait;
use banso_kernel::{CloudEvent, Proposal, SystemClock, SystemIds};
use std::sync::atomic::Ordering::SeqCst;
use tempfile::TempDir;

struct Fixture {
    dir: TempDir,
    store: Arc<SqliteStore>,
}

impl Fixture {
    fn fresh() -> Self {
        let dir = tempfile::tempdir().unwrap();
        SqliteStore::migrate(dir.path(), &SystemIds).unwrap();
        let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
        Self { dir, store }
    }

    fn raw(&self) -> Connection {
        Connection::open(self.dir.path().join(LOG_FILE)).unwrap()
    }

    fn writer(&self) -> Writer<AdmitAll> {
        let log = Arc::clone(&self.store) as Arc<dyn LogStore>;
        Writer::start(log, AdmitAll, Arc::new(SystemClock), Arc::new(SystemIds), Limits::default()).unwrap()
    }

    async fn verify(&self) -> Report {
        verify(self.store.as_ref(), 0, None, &mut |_| {}).await.unwrap()
    }
}

#[async_trait]
impl Conforming for Fixture {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as _
    }

    fn store_of_another_process(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.dir.path()).unwrap())
    }

    fn store_of_an_operator(&self) -> Arc<dyn Store> {
        self.store()
    }

    async fn tamper(&self) -> Vec<&'static str> {
        const COPY: &str = "SELECT seq, event_id, stream, stream_seq, recorded_at, header, X'7B7D', salt,
            stream_chain, log_chain FROM events WHERE seq = 1";
        let replace = format!("INSERT OR REPLACE INTO events {COPY}");
        let elsewhere = replace.replace("SELECT seq", "SELECT 99");
        let attempts = [
            ("change a body", "UPDATE events SET body = X'7B7D' WHERE seq = 1"),
            ("change a position", "UPDATE events SET seq = 99 WHERE seq = 1"),
            ("delete one", "DELETE FROM events WHERE seq = 1"),
            ("delete all", "DELETE FROM events"),
            ("replace", replace.as_str()),
            ("replace by id", elsewhere.as_str()),
        ];
        let conn = self.raw();
        let succeeds = |sql| match conn.execute(sql, []) {
            Ok(_) => true,
            Err(refused) => {
                assert!(refused.to_string().starts_with("events are never"), "{refused}");
                false
            }
        };
        attempts.into_iter().filter(|(_, sql)| succeeds(sql)).map(|(name, _)| name).collect()
    }
}

crate::conformance_suite!(Fixture::fresh());

fn proposal(n: usize) -> Proposal {
    sized(n, 10)
}

fn sized(n: usize, bytes: usize) -> Proposal {
    let stream = ["person/haru", "person/aki", "registry"][n % 3];
    let attributes = [
        ("specversion", "1.0"),
        ("id", &n.to_string()),
        ("source", "https://test.example"),
        ("type", "banso.Noted.v1"),
        ("subject", stream),
        ("bansooccurred", "unknown"),
        ("bansoactor", "psw@hospital"),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let data = format!("\"{}\"", "x".repeat(bytes)).into();
    CloudEvent { attributes, data }.into_proposal(chrono::DateTime::UNIX_EPOCH).unwrap()
}

async fn append(writer: &Writer<AdmitAll>, item: Proposal) -> Result<Outcome<()>, AppendError> {
    let submission = Submission { units: vec![Unit::Single(item)], dry_run: false };
    Ok(writer.append(submission).await?.remove(0))
}

async fn fill(writer: &Writer<AdmitAll>, events: std::ops::Range<usize>) {
    for n in events {
        assert!(matches!(append(writer, proposal(n)).await, Ok(Outcome::Admitted(_))));
    }
}

mod statements {
    use super::*;

    #[test]
    fn every_statement_prepares_on_a_migrated_store() {
        let store = Fixture::fresh();
        let views = Connection::open(store.dir.path().join(VIEWS_FILE)).unwrap();
        for (conn, statements) in [(store.raw(), sql::log::ALL), (views, sql::views::ALL)] {
            for (name, statement) in statements {
                conn.prepare(statement).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }

    #[test]
    fn the_log_has_three_indexes() {
        let store = Fixture::fresh();
        let conn = store.raw();
        let indexes = "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'events'";
        // The third is the table itself, by seq.
        assert_eq!(conn.query_row(indexes, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    }
}

mod opening {
    use super::*;

    #[test]
    fn a_store_that_was_not_migrated_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(SqliteStore::open(dir.path()), Err(LogError::SchemaTooOld)));
        Connection::open(dir.path().join(LOG_FILE))
            .unwrap()
            .pragma_update(None, "journal_mode", "wal")
            .unwrap();
        Connection::open(dir.path().join(VIEWS_FILE)).unwrap();
        assert!(matches!(SqliteStore::open(dir.path()), Err(LogError::SchemaTooOld)));
    }

    #[test]
    fn a_store_of_a_newer_banso_is_refused() {
        for file in [LOG_FILE, VIEWS_FILE] {
            let Fixture { dir, store } = Fixture::fresh();
            drop(store);
            let newer =
                "INSERT INTO refinery_schema_history VALUES (99, 'newer', '2030-01-01T00:00:00Z', '1')";
            Connection::open(dir.path().join(file)).unwrap().execute(newer, []).unwrap();
            let refused = SqliteStore::open(dir.path());
            assert!(matches!(refused, Err(LogError::SchemaTooNew { store: 99, .. })), "{refused:?}");
            let refused = SqliteStore::migrate(dir.path(), &SystemIds);
            assert!(matches!(refused, Err(LogError::SchemaTooNew { store: 99, .. })), "{refused:?}");
        }
    }

    #[test]
    fn a_log_that_is_not_in_wal_mode_is_refused() {
        let Fixture { dir, store } = Fixture::fresh();
        drop(store);
        let conn = Connection::open(dir.path().join(LOG_FILE)).unwrap();
        conn.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())).unwrap();
        drop(conn);
        assert!(matches!(SqliteStore::open(dir.path()), Err(LogError::Unavailable { .. })));
    }

    #[tokio::test]
    async fn migrating_again_keeps_the_log_and_restores_lost_read_models() {
        let Fixture { dir, store } = Fixture::fresh();
        let identity = store.identity().await.unwrap();
        drop(store);
        std::fs::remove_file(dir.path().join(VIEWS_FILE)).unwrap();
        assert!(matches!(SqliteStore::open(dir.path()), Err(LogError::SchemaTooOld)));
        SqliteStore::migrate(dir.path(), &SystemIds).unwrap();
        let store = SqliteStore::open(dir.path()).unwrap();
        assert_eq!(store.identity().await.unwrap(), identity);
        assert_eq!(store.versions().await.unwrap(), []);
    }

    #[cfg(unix)]
    #[test]
    fn the_directory_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("new/store");
        SqliteStore::migrate(&store, &SystemIds).unwrap();
        assert_eq!(std::fs::metadata(store).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

mod failures {
    use super::*;

    #[tokio::test]
    async fn a_full_disk_acknowledges_nothing_and_heals_by_itself() {
        let store = Fixture::fresh();
        let writer = store.writer();
        fill(&writer, 0..3).await;
        store.store.faults.pages.store(30, SeqCst);
        let mut acknowledged = 3;
        let failed = loop {
            match append(&writer, sized(acknowledged as usize, 20_000)).await {
                Ok(Outcome::Admitted(receipt)) => acknowledged = receipt.seq,
                other => break other,
            }
            assert!(acknowledged < 100, "the disk never got full");
        };
        assert!(matches!(failed, Err(AppendError::Unavailable(_))), "{failed:?}");
        assert!(matches!(append(&writer, sized(500, 20_000)).await, Err(AppendError::Unavailable(_))));
        assert_eq!(store.store.head().await.unwrap(), acknowledged);
        assert_eq!(*store.store.appended().borrow(), acknowledged);
        store.store.faults.pages.store(0, SeqCst);
        fill(&writer, 500..510).await;
        assert_eq!(store.store.head().await.unwrap(), acknowledged + 10);
        assert_eq!(store.verify().await.breaches, []);
    }

    #[tokio::test]
    async fn a_lost_answer_of_a_commit_is_looked_up() {
        let store = Fixture::fresh();
        let writer = store.writer();
        fill(&writer, 0..3).await;
        store.store.faults.lose_answer.store(true, SeqCst);
        fill(&writer, 3..10).await;
        assert_eq!(store.store.head().await.unwrap(), 10);
        assert_eq!(store.verify().await.breaches, []);
    }

    #[tokio::test]
    async fn a_commit_that_did_not_happen_is_not_acknowledged() {
        let store = Fixture::fresh();
        let writer = store.writer();
        fill(&writer, 0..3).await;
        store.store.faults.fail_commit.store(true, SeqCst);
        assert!(matches!(append(&writer, proposal(3)).await, Err(AppendError::Unavailable(_))));
        assert_eq!(store.store.head().await.unwrap(), 3);
        fill(&writer, 3..10).await;
        assert_eq!(store.verify().await.breaches, []);
    }

    #[tokio::test]
    async fn what_nobody_can_know_is_called_unknown_and_a_retry_gets_the_first_result() {
        let store = Fixture::fresh();
        let writer = store.writer();
        store.store.faults.lose_answer.store(true, SeqCst);
        // The look-up before the decisions must work, the one after the commit must not.
        let faults = store.store.faults.clone();
        faults.fail_find_after.store(2, SeqCst);
        assert!(matches!(append(&writer, proposal(0)).await, Err(AppendError::OutcomeUnknown)));
        let again = append(&writer, proposal(0)).await;
        assert!(matches!(again, Ok(Outcome::Duplicate(receipt)) if receipt.seq == 1), "{again:?}");
        fill(&writer, 1..5).await;
        assert_eq!(store.verify().await.breaches, []);
    }

    #[tokio::test]
    async fn a_delivery_is_stored_as_a_whole_or_not_also_where_the_answer_is_lost() {
        let store = Fixture::fresh();
        let fault = |commits| match commits {
            true => store.store.faults.lose_answer.store(true, SeqCst),
            false => store.store.faults.fail_commit.store(true, SeqCst),
        };
        crate::conformance::inbox::deliveries_with_faults(store.store.clone(), fault).await;
        assert_eq!(store.verify().await.breaches, []);
    }

    #[tokio::test]
    async fn a_store_whose_writer_vanished_goes_on() {
        let Fixture { dir, store } = Fixture::fresh();
        let fixture = Fixture { dir, store };
        fill(&fixture.writer(), 0..5).await;
        // Left behind in the middle of a transaction, as by a kill.
        let conn = fixture.raw();
        conn.execute_batch(
            "BEGIN IMMEDIATE; INSERT INTO events SELECT 6, X'00112233445566778899AABBCCDDEEFF',
            stream, 99, recorded_at, header, body, salt, stream_chain, log_chain FROM events WHERE seq = 5",
        )
        .unwrap();
        drop(conn);
        let Fixture { dir, store } = fixture;
        drop(store);
        let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
        let fixture = Fixture { dir, store };
        fill(&fixture.writer(), 5..9).await;
        assert_eq!(fixture.store.head().await.unwrap(), 9);
        assert_eq!(fixture.verify().await.breaches, []);
    }

    #[tokio::test]
    async fn a_damaged_stream_stops_only_itself() {
        use crate::conformance::case::{Case, numbered};
        let store = Fixture::fresh();
        let before = Case::on(store.store.clone());
        for n in 0..3 {
            before.append(numbered("person/haru", n)).await;
        }
        before.append(numbered("person/aki", 0)).await;
        tamper(&store.raw(), "UPDATE events SET header = X'7B' WHERE seq = 2");
        let page = store.store.read_stream(&"person/haru".parse().unwrap(), 0, 9, 9).await.unwrap();
        assert_eq!((page.events.len(), page.is_last), (1, false), "what is damaged stands behind it");
        let case = Case::on(store.store.clone());
        let units = [numbered("person/haru", 3), numbered("person/aki", 1)].map(Unit::Single).to_vec();
        let outcomes = case.submit(units).await.unwrap();
        assert!(matches!(&outcomes[0], Outcome::Undecidable(why) if why.seq == 2), "{outcomes:?}");
        assert!(
            matches!(&outcomes[1], Outcome::Admitted(receipt) if receipt.stream_seq == 2),
            "{outcomes:?}"
        );
        assert_eq!(case.writer.stuck(), None);
    }

    #[tokio::test]
    async fn a_log_that_is_put_back_under_a_writer_stops_it() {
        let store = Fixture::fresh();
        let writer = store.writer();
        fill(&writer, 0..5).await;
        tamper(&store.raw(), "DELETE FROM events WHERE seq > 3");
        assert!(matches!(append(&writer, proposal(9)).await, Err(AppendError::Unavailable(_))));
        assert!(matches!(append(&writer, proposal(9)).await, Err(AppendError::Unavailable(_))));
        assert!(writer.stuck().unwrap().contains("put back"));
        // A new writer starts from what is there. That the log grows beyond where it stood does not mend the old
        // one, which has in memory what was never recorded.
        let new = store.writer();
        for n in 3..9 {
            fill(&new, n..n + 1).await;
            assert!(matches!(append(&writer, proposal(9)).await, Err(AppendError::Unavailable(_))));
        }
        assert_eq!(store.verify().await.breaches, []);
        assert_eq!(new.stuck(), None);
        writer.stop().await;
        assert_eq!(writer.stuck().as_deref(), Some("the writer has ended"));
    }
}

/// As somebody with all rights over the file would.
fn tamper(conn: &Connection, sql: &str) {
    conn.execute_batch("DROP TRIGGER events_refuse_update; DROP TRIGGER events_refuse_delete;").unwrap();
    conn.execute_batch(sql).unwrap();
}

mod import {
    use super::*;
    use crate::{ImportError, Sealed, import};

    /// A store that lost its last events, and these.
    async fn cut(at: usize) -> (Fixture, Vec<Sealed>) {
        let store = Fixture::fresh();
        fill(&store.writer(), 0..12).await;
        let lost = store.store.read_sealed(at as u64, 100).await.unwrap();
        tamper(&store.raw(), &format!("DELETE FROM events WHERE seq > {at}"));
        (store, lost)
    }

    fn put_back(store: &Fixture, rows: &[Sealed]) -> Result<u64, ImportError> {
        import(store.store.write_side().unwrap().as_mut(), rows)
    }

    #[tokio::test]
    async fn what_a_log_lost_comes_back_byte_for_byte_also_while_it_is_held() {
        let (store, lost) = cut(5).await;
        store.store.hold("cut").await.unwrap();
        assert_eq!(put_back(&store, &lost[..3]).unwrap(), 8);
        assert_eq!(put_back(&store, &lost[3..]).unwrap(), 12);
        assert_eq!(put_back(&store, &[]).unwrap(), 12);
        assert_eq!(store.store.read_sealed(5, 100).await.unwrap(), lost);
        store.store.let_go().await.unwrap();
        fill(&store.writer(), 20..22).await;
        assert_eq!(store.verify().await.breaches, []);
    }

    #[tokio::test]
    async fn what_does_not_follow_is_refused_as_a_whole() {
        let changes: [fn(&mut Vec<Sealed>); 8] = [
            |rows| drop(rows.remove(0)),
            |rows| drop(rows.remove(3)),
            |rows| rows.swap(2, 3),
            |rows| rows[4].event.body = "{}".into(),
            |rows| rows[4].salt[0] ^= 1,
            |rows| rows[4].columns.stream_seq += 1,
            |rows| rows[4].stream_chain = rows[3].stream_chain,
            |rows| rows[4].log_chain = rows[3].log_chain,
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let (store, mut lost) = cut(5).await;
            change(&mut lost);
            let refused = put_back(&store, &lost);
            assert!(matches!(refused, Err(ImportError::DoesNotFollow { .. })), "{n}: {refused:?}");
            assert_eq!(store.store.head().await.unwrap(), 5);
        }
        // Behind another event than the one it once followed.
        let (store, lost) = cut(5).await;
        fill(&store.writer(), 20..21).await;
        assert!(matches!(put_back(&store, &lost[1..]), Err(ImportError::DoesNotFollow { seq: 7, .. })));
    }
}

mod tampering {
    use super::*;

    async fn found(sql: &str) -> Vec<(Invariant, u64)> {
        let store = Fixture::fresh();
        fill(&store.writer(), 0..12).await;
        let before = store.verify().await;
        assert_eq!((before.events, before.streams, before.broken.is_empty()), (12, 3, true));
        tamper(&store.raw(), sql);
        let after = verify(store.store.as_ref(), 0, before.end.as_ref(), &mut |_| {}).await.unwrap();
        assert!(!after.broken.is_empty(), "not detected: {sql}");
        after.breaches.iter().map(|breach| (breach.invariant, breach.seq)).collect()
    }

    #[tokio::test]
    async fn an_edited_body_is_detected() {
        let found = found("UPDATE events SET body = X'7B7D' WHERE seq = 5").await;
        assert_eq!(found, [(Invariant::Chained, 5), (Invariant::Chained, 5)]);
    }

    #[tokio::test]
    async fn an_edited_salt_is_detected() {
        let found = found("UPDATE events SET salt = X'00112233445566778899AABBCCDDEEFF' WHERE seq = 5").await;
        assert_eq!(found, [(Invariant::Chained, 5), (Invariant::Chained, 5)]);
    }

    #[tokio::test]
    async fn an_edited_header_is_detected() {
        let edit = "UPDATE events SET header = CAST(replace(CAST(header AS TEXT), 'hospital', 'clinic') AS BLOB) WHERE seq = 5";
        assert_eq!(found(edit).await, [(Invariant::Chained, 5), (Invariant::Chained, 5)]);
        let edit = "UPDATE events SET header = CAST(replace(CAST(header AS TEXT), '\"id\":\"4\"', '\"id\":\"3\"') AS BLOB) WHERE seq = 5";
        assert!(found(edit).await.contains(&(Invariant::OnceOnly, 5)));
    }

    #[tokio::test]
    async fn a_header_that_is_no_header_is_detected_and_the_rest_is_still_checked() {
        let found = found(
            "UPDATE events SET header = X'7B' WHERE seq = 5; UPDATE events SET body = X'7B7D' WHERE seq = 9",
        )
        .await;
        assert_eq!(found.first(), Some(&(Invariant::Chained, 5)));
        assert!(found.contains(&(Invariant::Chained, 9)));
        assert!(!found.contains(&(Invariant::LogDense, 6)));
    }

    #[tokio::test]
    async fn edited_columns_are_detected() {
        for edit in [
            "UPDATE events SET stream = 'person/other' WHERE seq = 5",
            "UPDATE events SET stream_seq = 77 WHERE seq = 5",
            "UPDATE events SET recorded_at = recorded_at + 1 WHERE seq = 5",
            "UPDATE events SET recorded_at = 1 WHERE seq = 5",
            "UPDATE events SET event_id = X'00112233445566778899AABBCCDDEEFF' WHERE seq = 5",
        ] {
            assert!(found(edit).await.contains(&(Invariant::Chained, 5)), "{edit}");
        }
    }

    #[tokio::test]
    async fn two_exchanged_events_are_detected() {
        let found = found(
            "UPDATE events SET seq = 99 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 6;
             UPDATE events SET seq = 6 WHERE seq = 99",
        )
        .await;
        assert!(found.contains(&(Invariant::Chained, 5)) && found.contains(&(Invariant::Chained, 6)));
    }

    #[tokio::test]
    async fn a_deleted_event_is_detected() {
        let found = found("DELETE FROM events WHERE seq = 5").await;
        assert!(found.contains(&(Invariant::LogDense, 6)));
        assert!(found.contains(&(Invariant::StreamDense, 8)));
    }

    #[tokio::test]
    async fn a_cut_end_is_detected_by_who_has_seen_it() {
        assert_eq!(found("DELETE FROM events WHERE seq = 12").await, [(Invariant::Kept, 12)]);
    }

    #[tokio::test]
    async fn an_end_that_was_written_anew_is_detected_by_who_has_seen_it() {
        let store = Fixture::fresh();
        fill(&store.writer(), 0..12).await;
        let seen = store.verify().await.end;
        tamper(&store.raw(), "DELETE FROM events WHERE seq >= 10");
        fill(&store.writer(), 20..30).await;
        assert!(store.verify().await.broken.is_empty());
        let report = verify(store.store.as_ref(), 0, seen.as_ref(), &mut |_| {}).await.unwrap();
        assert_eq!(report.broken.get(&Invariant::Kept), Some(&1));
    }

    #[tokio::test]
    async fn a_log_is_verified_from_the_middle_and_says_how_far_it_is() {
        let store = Fixture::fresh();
        fill(&store.writer(), 0..12).await;
        let mut last = None;
        let report =
            verify(store.store.as_ref(), 7, None, &mut |progress| last = Some(progress)).await.unwrap();
        assert_eq!((report.events, report.broken.is_empty()), (5, true));
        assert_eq!(last.map(|progress| (progress.seq, progress.head)), Some((12, 12)));
        tamper(&store.raw(), "UPDATE events SET body = X'7B7D' WHERE seq = 8");
        let report = verify(store.store.as_ref(), 7, None, &mut |_| {}).await.unwrap();
        assert_eq!(report.breaches.len(), 1);
    }
}
