//! A store of its own for each test, in a schema of the PostgreSQL that the environment names.

use crate::{PgConfig, PgStore};
use banso_kernel::{IdGen, LogId, SystemIds};
use tokio_postgres::{Client, NoTls};

/// Names the superuser's URL of a PostgreSQL for tests.
pub const TEST_POSTGRES: &str = "BANSO_TEST_POSTGRES";

/// Names the PEM file with the certificate of that PostgreSQL.
pub const TEST_POSTGRES_CA: &str = "BANSO_TEST_POSTGRES_CA";

/// Login roles of tests, with the superuser's password. In the order of the statement's parameters.
const APP: &str = "banso_test_app";
const OWNER: &str = "banso_test_owner";

/// A schema of its own, gone when this is dropped.
#[derive(Debug)]
pub struct PgSchema {
    /// The superuser's URL.
    pub superuser_url: String,
    /// The URL of a member of `banso_app`.
    pub app_url: String,
    /// The URL of a member of `banso_owner`.
    pub owner_url: String,
    /// The name of the schema.
    pub name: String,
}

impl PgSchema {
    /// A migrated store.
    pub async fn migrated() -> Self {
        Self::named_only().await.filled().await
    }

    /// A migrated store in another PostgreSQL, which this superuser's URL names.
    pub async fn migrated_at(superuser_url: String) -> Self {
        Self::named_at(superuser_url).await.filled().await
    }

    /// A name, under which there is no schema yet.
    pub async fn named_only() -> Self {
        let superuser_url = std::env::var(TEST_POSTGRES).unwrap_or_else(|_| {
            panic!("this test needs a PostgreSQL: run it by `ops/with-servers cargo nextest run …`, or set {TEST_POSTGRES}")
        });
        Self::named_at(superuser_url).await
    }

    async fn filled(self) -> Self {
        PgStore::migrate(&self.owner(), &SystemIds).await.expect("migrate a store for a test");
        self
    }

    async fn named_at(superuser_url: String) -> Self {
        let id = LogId::from(SystemIds.salt()).to_string();
        let of = |role: &str| with_role(&superuser_url, role);
        let schema =
            Self { app_url: of(APP), owner_url: of(OWNER), name: format!("test_{id}"), superuser_url };
        schema.make_roles().await;
        schema
    }

    /// The store, with the application's rights.
    pub fn app(&self) -> PgConfig {
        self.at(&self.app_url)
    }

    /// The store, with the owner's rights.
    pub fn owner(&self) -> PgConfig {
        self.at(&self.owner_url)
    }

    /// The store, with all rights.
    pub fn superuser(&self) -> PgConfig {
        self.at(&self.superuser_url)
    }

    fn at(&self, url: &str) -> PgConfig {
        PgConfig::new(url).and_then(|config| config.with_schema(&self.name)).expect("the URL of a test")
    }

    /// A connection to the schema with all rights.
    pub async fn raw(&self) -> Client {
        connect(&self.superuser_url, &self.name).await
    }

    /// A connection to the schema with the application's rights.
    pub async fn raw_app(&self) -> Client {
        connect(&self.app_url, &self.name).await
    }

    async fn make_roles(&self) {
        let client = self.raw().await;
        let password = self.superuser_url.parse::<tokio_postgres::Config>().expect("a URL");
        let password =
            String::from_utf8(password.get_password().unwrap_or_default().to_vec()).expect("a text");
        let login = |role: &str, member_of: &str| {
            format!(
                "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role} LOGIN PASSWORD '{}' IN ROLE {member_of};
                 END IF;",
                password.replace('\'', "''")
            )
        };
        // One test at a time: roles belong to the whole cluster.
        let make = format!(
            "BEGIN; SELECT pg_advisory_xact_lock(2611); {}; DO $make$ BEGIN {} {}
             IF NOT has_database_privilege('{OWNER}', current_database(), 'CREATE') THEN
                EXECUTE format('GRANT CREATE ON DATABASE %I TO {OWNER}', current_database());
             END IF; END $make$; COMMIT",
            crate::postgres::CREATE_ROLES,
            login(APP, "banso_app"),
            login(OWNER, "banso_owner"),
        );
        client.batch_execute(&make).await.expect("make the roles of tests");
    }
}

impl Drop for PgSchema {
    fn drop(&mut self) {
        let (url, name) = (self.superuser_url.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let client = connect(&url, &name).await;
                // A test that failed may have left locks behind.
                let drop = format!("SET lock_timeout = '5s'; DROP SCHEMA IF EXISTS {name} CASCADE");
                client.batch_execute(&drop).await.map_err(std::io::Error::other)
            })
        });
        match dropped.join() {
            Ok(Ok(())) => {}
            failed => tracing::warn!(schema = self.name, ?failed, "a test's schema was not dropped"),
        }
    }
}

fn with_role(url: &str, role: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL of PostgreSQL");
    let (login, place) = rest.split_once('@').expect("the superuser's login in the URL");
    let password = login.split_once(':').map(|(_, password)| format!(":{password}")).unwrap_or_default();
    format!("{scheme}://{role}{password}@{place}")
}

async fn connect(url: &str, schema: &str) -> Client {
    let mut config: tokio_postgres::Config = url.parse().expect("a URL of PostgreSQL");
    config.options(format!("-c search_path={schema}"));
    let (client, connection) = config.connect(NoTls).await.expect("connect to the PostgreSQL of tests");
    // Ends when the client is dropped; a test that kills it sees that at its next statement.
    tokio::spawn(connection);
    client
}
