//! The suite on PostgreSQL, and what is PostgreSQL's own.

use super::*;
use crate::Store;
use crate::conformance::Fixture as Conforming;
use crate::conformance::PgSchema;
use async_trait::async_trait;

struct Fixture {
    store: PgStore,
    schema: PgSchema,
}

impl Fixture {
    async fn migrated() -> Self {
        let schema = PgSchema::migrated().await;
        let store = PgStore::open(&schema.app()).await.unwrap();
        Self { store, schema }
    }

    /// For the suite, whose fixtures are made without `await`, in a test with several threads.
    fn fresh() -> Self {
        blocking(Self::migrated())
    }
}

fn blocking<T>(work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
}

#[async_trait]
impl Conforming for Fixture {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    fn store_of_another_process(&self) -> Arc<dyn Store> {
        Arc::new(blocking(PgStore::open(&self.schema.app())).unwrap())
    }

    fn store_of_an_operator(&self) -> Arc<dyn Store> {
        Arc::new(blocking(PgStore::open_for_operator(&self.schema.owner())).unwrap())
    }

    async fn tamper(&self) -> Vec<&'static str> {
        let mut succeeded = Vec::new();
        // The application lacks the right; whoever has all rights meets the trigger.
        for (client, refusal) in
            [(self.schema.raw_app().await, "permission denied"), (self.schema.raw().await, "never changed")]
        {
            for (name, sql) in ATTEMPTS {
                match client.batch_execute(sql).await {
                    Ok(()) => succeeded.push(name),
                    Err(error) => {
                        let said = error.as_db_error().unwrap().message();
                        let twice = sql.starts_with("INSERT") && said.contains("duplicate key");
                        assert!(said.contains(refusal) || twice, "{name}: {said}");
                    }
                }
            }
        }
        succeeded
    }
}

const ATTEMPTS: [(&str, &str); 9] = [
    ("change a body", "UPDATE events SET body = '{}' WHERE seq = 1"),
    ("change a position", "UPDATE events SET seq = 99 WHERE seq = 1"),
    ("change nothing", "UPDATE events SET seq = seq WHERE false"),
    ("delete one", "DELETE FROM events WHERE seq = 1"),
    ("delete all", "DELETE FROM events"),
    ("truncate", "TRUNCATE events"),
    (
        "replay a change",
        "SET session_replication_role = replica; UPDATE events SET body = '{}' WHERE seq = 1",
    ),
    ("replace", "INSERT INTO events SELECT * FROM events WHERE seq = 1"),
    (
        "replace by position",
        "INSERT INTO events SELECT * FROM events WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET body = '{}'",
    ),
];

crate::conformance_suite!(Fixture::fresh());

mod fixture_events {
    use super::*;
    use crate::conformance::AdmitAll;
    use crate::verify::{Report, verify};
    use crate::{AppendError, Limits, Outcome, Receipt, Submission, Unit, Writer};
    use banso_kernel::{CloudEvent, Proposal, SystemIds};

    pub(super) fn proposal(n: usize) -> Proposal {
        sized(n, 10)
    }

    pub(super) fn sized(n: usize, bytes: usize) -> Proposal {
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

    pub(super) fn writer(store: &PgStore) -> Writer<AdmitAll> {
        let clock = store.clock();
        Writer::start(Arc::new(store.clone()), AdmitAll, clock, Arc::new(SystemIds), Limits::default())
            .unwrap()
    }

    pub(super) async fn append(
        writer: &Writer<AdmitAll>,
        item: Proposal,
    ) -> Result<Outcome<()>, AppendError> {
        let submission = Submission { units: vec![Unit::Single(item)], dry_run: false };
        Ok(writer.append(submission).await?.remove(0))
    }

    pub(super) async fn admitted(writer: &Writer<AdmitAll>, item: Proposal) -> Receipt {
        match append(writer, item).await {
            Ok(Outcome::Admitted(receipt)) => receipt,
            other => panic!("not admitted: {other:?}"),
        }
    }

    pub(super) async fn fill(writer: &Writer<AdmitAll>, events: std::ops::Range<usize>) {
        for n in events {
            admitted(writer, proposal(n)).await;
        }
    }

    pub(super) async fn report(store: &PgStore) -> Report {
        verify(store, 0, None, &mut |_| {}).await.unwrap()
    }
}

mod statements {
    use super::*;

    #[tokio::test]
    async fn every_statement_prepares_on_a_migrated_store() {
        let schema = PgSchema::migrated().await;
        let client = schema.raw_app().await;
        for statements in [sql::log::ALL, sql::append::ALL, sql::views::ALL, sql::session::ALL] {
            for (name, statement) in statements {
                client.prepare(statement).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            }
        }
    }

    #[tokio::test]
    async fn the_log_has_three_indexes() {
        let schema = PgSchema::migrated().await;
        let count = "SELECT count(*) FROM pg_index WHERE indrelid = 'events'::regclass";
        let indexes: i64 = schema.raw().await.query_one(count, &[]).await.unwrap().get(0);
        assert_eq!(indexes, 3);
    }

    /// A plan from when the log was empty must not read all of it once it is large.
    #[tokio::test]
    async fn every_read_of_the_log_goes_by_an_index() {
        let Fixture { schema, .. } = &Fixture::migrated().await;
        let session = Session::open(&schema.app(), Purpose::Append).await.unwrap();
        for (name, statement) in [sql::log::ALL, sql::append::ALL, sql::views::ALL].concat() {
            if !statement.contains("FROM events") && !statement.contains("JOIN events") {
                continue;
            }
            let prepare = format!("PREPARE plan AS {statement}");
            session.client.batch_execute(&prepare).await.unwrap();
            let params = session.client.prepare(statement).await.unwrap().params().len();
            let nulls = vec!["NULL"; params].join(", ");
            let explain = match params {
                0 => "EXPLAIN EXECUTE plan".to_owned(),
                _ => format!("EXPLAIN EXECUTE plan ({nulls})"),
            };
            let rows = session.client.query(&explain, &[]).await.unwrap();
            let plan: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            assert!(!plan.contains("Seq Scan on events"), "{name}:\n{plan}");
            assert!(plan.contains("Index"), "{name}:\n{plan}");
            session.client.batch_execute("DEALLOCATE plan").await.unwrap();
        }
    }
}

/// A query may hold what a person typed.
#[tokio::test]
async fn a_list_is_asked_for_with_any_text() {
    use crate::{Models, RowQuery};
    let Fixture { store, .. } = &Fixture::migrated().await;
    let version = store.create(7).await.unwrap();
    store.activate(version).await.unwrap();
    let row = |key: &str| crate::WorkRow {
        view: "todo".to_owned(),
        key: key.to_owned(),
        person: "haru".parse().unwrap(),
        organisation: Some("east".to_owned()),
        zone: None,
        due_from: None,
        due_to: None,
        body: bytes::Bytes::new(),
    };
    let state = crate::StoredState { code: 7, stream_seq: 1, body: bytes::Bytes::new() };
    let rows = Some(vec![row("a"), row("ab"), row("b")]);
    let write = crate::PersonWrite { stream: "person/haru".parse().unwrap(), state, rows };
    assert!(store.commit(version, &[], &[write]).await.unwrap());
    let found = async |organisation: Option<&str>, after: &str| {
        let organisation = organisation.map(str::to_owned);
        let after = Some(after.to_owned());
        let query = RowQuery { view: "todo".to_owned(), organisation, on: None, after, limit: 9 };
        let rows = Models::rows(store, &query).await.unwrap();
        rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    assert_eq!(found(None, "a\0z").await, ["ab", "b"]);
    assert_eq!(found(Some("east"), "a'; DROP TABLE work_row; --").await, ["ab", "b"]);
    assert_eq!(found(Some("east\0"), "").await, [""; 0]);
    let query = RowQuery { view: "todo\0".to_owned(), limit: 9, ..RowQuery::default() };
    assert_eq!(Models::rows(store, &query).await.unwrap(), []);
}

mod failures;
mod opening;
mod pool;
mod tampering;
