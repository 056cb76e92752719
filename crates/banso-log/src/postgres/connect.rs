//! Connections: where the server is, the settings of a session, and whether the server keeps its promises.

use super::{sql, tls, unavailable};
use crate::port::LogError;
use std::path::Path;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The schema that a store has where nothing else is said.
const SCHEMA: &str = "banso";
/// Longest name that PostgreSQL keeps whole, in bytes.
const NAME_BYTES_MAX: usize = 63;
/// The oldest server, as `server_version_num` says it.
const SERVER_VERSION_MIN: i32 = 150_000;

/// How long the way to the server may take.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// How long a connection may not be heard of before it is given up.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be silent before it is asked whether it still stands.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// How long a statement of a reader or a projector may run, in milliseconds.
const STATEMENT_MS_MAX: u64 = 30_000;
/// The same for a migration, which may rewrite a table.
const MIGRATION_MS_MAX: u64 = 3_600_000;
/// How long the writer may hold its lock without a word, in milliseconds: then the server ends its session, and
/// other processes go on.
const SILENT_IN_TRANSACTION_MS_MAX: u64 = 5_000;
/// How long one waits for another's lock, in milliseconds: longer than a silent one may hold it.
const LOCK_MS_MAX: u64 = 8_000;
/// How long a call of the writer may take as this process sees it, longer than the server lets it wait for a
/// lock: behind a proxy a dead server's connection looks alive.
const CALL_WAIT: Duration = Duration::from_secs(12);

/// Where a store in PostgreSQL is: a server, a database, a schema, a login role.
///
/// The login role of [`super::PgStore::open`] is a member of `banso_app` and may not change an event; that of
/// [`super::PgStore::migrate`] is a member of `banso_owner`, or may create roles and schemas.
///
/// A connection to another machine is encrypted, and the server's certificate verified, unless the URL says
/// `sslmode=disable`; one to this machine is not, unless it says `sslmode=require`.
#[derive(Clone)]
pub struct PgConfig {
    server: Config,
    tls: MakeRustlsConnect,
    schema: String,
    call_wait: Duration,
}

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading the log; reading and writing read models.
    Pool,
    /// The writer's own connection.
    Append,
    /// Changing the schema.
    Migrate,
}

impl PgConfig {
    /// The store in schema `banso` at this URL (`postgresql://role:password@host:port/database`), which takes
    /// what libpq's does. Fails where it is none.
    pub fn new(url: &str) -> Result<Self, LogError> {
        let mut server: Config = url.parse().map_err(unavailable("read the URL of the store"))?;
        tls::settle(&mut server);
        let tls = tls::connector(&server, None)?;
        Ok(Self { server, tls, schema: SCHEMA.to_owned(), call_wait: CALL_WAIT })
    }

    /// The same with another schema: 1 to 63 of a-z, 0-9 and _, not beginning with a digit or `pg_`.
    pub fn with_schema(self, schema: &str) -> Result<Self, LogError> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        let named = !schema.is_empty() && schema.len() <= NAME_BYTES_MAX && schema.bytes().all(plain);
        if !named || schema.starts_with(|c: char| c.is_ascii_digit()) || schema.starts_with("pg_") {
            return Err(refused("name the schema", "a schema is 1 to 63 of a-z, 0-9 and _"));
        }
        Ok(Self { schema: schema.to_owned(), ..self })
    }

    /// Believes the authorities in this PEM file instead of the machine's.
    pub fn with_authorities(self, file: &Path) -> Result<Self, LogError> {
        Ok(Self { tls: tls::connector(&self.server, Some(file))?, ..self })
    }

    /// The schema of the store.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// How its connections are encrypted.
    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }

    /// How long a call of the writer may take.
    pub(super) fn call_wait(&self) -> Duration {
        self.call_wait
    }

    /// Another limit, for tests of what happens at it.
    #[cfg(test)]
    pub(super) fn with_call_wait(self, call_wait: Duration) -> Self {
        Self { call_wait, ..self }
    }

    pub(super) fn session(&self, purpose: Purpose) -> Config {
        let mut config = self.server.clone();
        let mut options = config.get_options().unwrap_or_default().to_owned();
        let mut set = |name: &str, value: &str| options.push_str(&format!(" -c {name}={value}"));
        set("search_path", &self.schema);
        set("default_transaction_isolation", "read\\ committed");
        set("lock_timeout", &LOCK_MS_MAX.to_string());
        set("idle_in_transaction_session_timeout", &SILENT_IN_TRANSACTION_MS_MAX.to_string());
        set("tcp_user_timeout", &TCP_USER_TIMEOUT.as_millis().to_string());
        set("tcp_keepalives_idle", &KEEPALIVE.as_secs().to_string());
        // A statement whose caller has gone away ends.
        set("client_connection_check_interval", "1s");
        let statement_ms = if purpose == Purpose::Migrate { MIGRATION_MS_MAX } else { STATEMENT_MS_MAX };
        set("statement_timeout", &statement_ms.to_string());
        if purpose != Purpose::Migrate {
            // Every statement goes by an index: a plan from when the log was small must not read all of it
            // once it is large. The price put on other plans would make each of them compile.
            for plan in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"] {
                set(plan, "off");
            }
        }
        if purpose == Purpose::Append {
            set("plan_cache_mode", "force_generic_plan");
        }
        config.options(options);
        // An operator may name the processes apart.
        let name = self.server.get_application_name().unwrap_or("banso");
        config.application_name(match purpose {
            Purpose::Pool => name.to_owned(),
            Purpose::Append => format!("{name} writer"),
            Purpose::Migrate => format!("{name} migrate"),
        });
        config.connect_timeout(CONNECT_WAIT);
        config.tcp_user_timeout(TCP_USER_TIMEOUT);
        config
            .keepalives(true)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE)
            .keepalives_retries(3);
        config
    }
}

impl std::fmt::Debug for PgConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { server, schema, .. } = self;
        f.debug_struct("PgConfig")
            .field("hosts", &server.get_hosts())
            .field("ports", &server.get_ports())
            .field("database", &server.get_dbname())
            .field("role", &server.get_user())
            .field("schema", schema)
            .finish()
    }
}

/// One connection outside of the pool. Dropping it closes it, and so rolls back what it had begun.
pub(super) struct Session {
    pub(super) client: Client,
    task: JoinHandle<()>,
}

impl Session {
    /// Connects on the runtime at hand.
    pub(super) async fn open(config: &PgConfig, purpose: Purpose) -> Result<Self, LogError> {
        let attempt = "connect to PostgreSQL";
        let connect =
            async { config.session(purpose).connect(config.tls()).await.map_err(unavailable(attempt)) };
        let (client, connection) =
            tokio::time::timeout(2 * CONNECT_WAIT, connect).await.map_err(unavailable(attempt))??;
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a connection to PostgreSQL broke");
            }
        });
        Ok(Self { client, task })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Refuses a server that is too old, one that acknowledges what a power failure can take back, and a store of
/// another schema.
pub(super) async fn check_server(client: &Client) -> Result<(), LogError> {
    let row = client.query_one(sql::session::PROMISES, &[]).await.map_err(unavailable("open the store"))?;
    let (version, fsync, commit, migrated): (i32, &str, &str, bool) =
        (row.get(0), row.get(1), row.get(2), row.get(3));
    check_promises(version, fsync, commit)?;
    if migrated { Ok(()) } else { Err(LogError::SchemaTooOld) }
}

fn check_promises(version: i32, fsync: &str, commit: &str) -> Result<(), LogError> {
    let attempt = "open the store";
    if version < SERVER_VERSION_MIN {
        return Err(refused(attempt, format!("PostgreSQL 15 or newer is needed, this is {version}")));
    }
    if fsync != "on" || !matches!(commit, "on" | "remote_apply") {
        return Err(refused(
            attempt,
            format!(
                "fsync is {fsync} and synchronous_commit is {commit}: what banso acknowledges must survive a \
                 power failure, so both must be on"
            ),
        ));
    }
    Ok(())
}

/// Refuses a role that could change or delete an event.
pub(super) async fn check_rights(client: &Client) -> Result<(), LogError> {
    let attempt = "open the store";
    let row = client.query_one(sql::session::MAY_CHANGE_EVENTS, &[]).await.map_err(unavailable(attempt))?;
    if row.get(0) {
        return Err(refused(
            attempt,
            "this login role may change events: connect as one that is a member of banso_app alone, neither a \
             superuser nor a member of banso_owner",
        ));
    }
    Ok(())
}

pub(super) fn refused(attempt: &'static str, why: impl Into<String>) -> LogError {
    LogError::Unavailable { attempt, source: why.into().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_may_lose_a_commit_is_refused() {
        assert!(check_promises(150_018, "on", "on").is_ok());
        assert!(check_promises(180_001, "on", "remote_apply").is_ok());
        for (version, fsync, commit) in [
            (140_022, "on", "on"),
            (150_018, "off", "on"),
            (150_018, "on", "off"),
            (150_018, "on", "local"),
            (150_018, "on", "remote_write"),
        ] {
            assert!(check_promises(version, fsync, commit).is_err(), "{version} {fsync} {commit}");
        }
    }

    #[test]
    fn a_schema_is_a_plain_name() {
        let config = || PgConfig::new("postgresql://banso@localhost/banso").unwrap();
        assert_eq!(config().schema(), "banso");
        assert_eq!(config().with_schema("east_2").unwrap().schema(), "east_2");
        for name in ["", "East", "a b", "a;b", "a\"b", "2a", "pg_a", "\u{6771}", &"a".repeat(64)] {
            assert!(config().with_schema(name).is_err(), "{name}");
        }
        assert!(PgConfig::new("http://localhost").is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = PgConfig::new("postgresql://banso:sekret@localhost/banso").unwrap();
        let shown = format!("{config:?}");
        assert!(shown.contains("localhost") && !shown.contains("sekret"), "{shown}");
    }
}
