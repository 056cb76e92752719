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
