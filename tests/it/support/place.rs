//! Where the store of a test is: in files or in PostgreSQL, as `BANSO_TEST_STORE` says.

use super::cluster::Cluster;
use banso_kernel::SystemIds;
use banso_log::conformance::PgSchema;
use banso_log::{PgStore, SqliteStore, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Names the store that the suite runs on: `sqlite` (also where it is not set), `postgres`, or
/// `postgres+jetstream`.
const TEST_STORE: &str = "BANSO_TEST_STORE";

/// A store of its own, gone when this is dropped.
pub(crate) enum Place {
    Files(TempDir),
    Postgres(PgSchema),
}

/// Whether processes of this run have a bus beside them.
pub(crate) fn with_bus() -> bool {
    of_run() == "postgres+jetstream"
}

fn of_run() -> String {
    std::env::var(TEST_STORE).unwrap_or_else(|_| "sqlite".to_owned())
}

impl Place {
    /// Where this run has its stores; migrated.
    pub(crate) fn of_run() -> Self {
        match of_run().as_str() {
            "sqlite" => Self::in_files(),
            "postgres" | "postgres+jetstream" => Self::Postgres(blocking(PgSchema::migrated())),
            other => panic!("{TEST_STORE}={other} is none of sqlite, postgres, postgres+jetstream"),
        }
    }

    /// In files, for a test that damages or locks them; migrated.
    pub(crate) fn in_files() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        SqliteStore::migrate(&dir.path().join("data"), &SystemIds).expect("a new store");
        Self::Files(dir)
    }

    /// In the PostgreSQL of the run, whichever store it has; migrated.
    pub(crate) fn in_postgres() -> Self {
        Self::Postgres(blocking(PgSchema::migrated()))
    }

    /// In a PostgreSQL of the test's own; migrated.
    pub(crate) fn in_cluster(cluster: &Cluster) -> Self {
        Self::Postgres(blocking(PgSchema::migrated_at(cluster.url())))
    }

    /// As another process would.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Files(_) => Arc::new(SqliteStore::open(&self.folder()).expect("a store that opens")),
            Self::Postgres(schema) => {
                Arc::new(PgStore::open(&schema.app()).await.expect("a store that opens"))
            }
        }
    }

    /// The folder of a store in files.
    pub(crate) fn folder(&self) -> PathBuf {
        match self {
            Self::Files(dir) => dir.path().join("data"),
            Self::Postgres(_) => panic!("this test is about files: it begins with a store in files"),
        }
    }

    /// The lines of `[store]` that lead here.
    pub(crate) fn toml(&self) -> String {
        match self {
            Self::Files(_) => in_folder(&self.folder()),
            Self::Postgres(schema) => format!(
                "[store]\npostgres = {:?}\npostgres_operator = {:?}\npostgres_schema = {:?}\n",
                schema.app_url, schema.owner_url, schema.name
            ),
        }
    }
}

/// The lines of `[store]` for a folder.
pub(crate) fn in_folder(folder: &Path) -> String {
    format!("[store]\nsqlite = {:?}\n", folder.to_str().expect("a path that is text"))
}

/// Outside of any runtime.
pub(crate) fn blocking<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work)
}
