//! The store for production: PostgreSQL 15 or newer.
//!
//! A store is a schema of a database. Its tables belong to the role `banso_owner`, which only
//! [`PgStore::migrate`] takes on; everything else runs with the rights of `banso_app`, which may add to the log
//! and read it, and may not change, delete or truncate an event. A trigger refuses that to everybody else, too.

mod clock;
mod connect;
mod custody;
mod inbox;
mod leases;
mod line;
mod log;
mod models;
mod pool;
mod rows;
mod schema;
mod signal;
mod sql;
#[cfg(test)]
mod tests;
mod tls;
mod transaction;
mod write_side;

pub use connect::PgConfig;
pub(crate) use schema::CREATE_ROLES;

use crate::port::LogError;
use banso_kernel::{Clock, IdGen, LogId, Seq};
use clock::{DatabaseClock, Reading};
use connect::{Purpose, Session};
use line::Abandoned;
use pool::Connections;
use signal::Signal;
use std::sync::Arc;
use std::time::Instant;
use tokio_postgres::Client;

/// A schema with the log and the read models. Cheap to clone; several processes may have the same one open.
#[derive(Clone)]
pub struct PgStore(Arc<Opened>);

struct Opened {
    config: PgConfig,
    log_id: LogId,
    connections: Connections,
    signal: Signal,
    clock: Arc<DatabaseClock>,
    abandoned: Abandoned,
    #[cfg(test)]
    faults: crate::database::faults::Faults,
}

impl PgStore {
    /// Creates a store, or brings one to this binary's schema, as `banso_owner`. A new log gets its id from
    /// `ids`. Creates the roles `banso_owner` and `banso_app` and the schema where they are missing, for which
    /// the login role needs the rights; several processes may migrate at the same time.
    pub async fn migrate(config: &PgConfig, ids: &dyn IdGen) -> Result<(), LogError> {
        schema::migrate(config, ids).await
    }

    /// Opens a store that [`PgStore::migrate`] brought to this binary's schema. Refuses any other, a server
    /// whose commits would not be durable, and a login role that could change an event.
    ///
    /// Looks for other processes' events on the runtime at hand, until the last clone is dropped.
    pub async fn open(config: &PgConfig) -> Result<Self, LogError> {
        let session = Session::open(config, Purpose::Pool).await?;
        connect::check_server(&session.client).await?;
        schema::check(&session.client).await?;
        connect::check_rights(&session.client).await?;
        Self::opened(config, &session.client).await
    }

    /// The same with a login role that is a member of `banso_owner`, for what only an operator may decide
    /// ([`crate::Custody`]).
    pub async fn open_for_operator(config: &PgConfig) -> Result<Self, LogError> {
        let session = Session::open(config, Purpose::Pool).await?;
        connect::check_server(&session.client).await?;
        schema::check(&session.client).await?;
        Self::opened(config, &session.client).await
    }

    async fn opened(config: &PgConfig, client: &Client) -> Result<Self, LogError> {
        let attempt = "open the store";
        let identity = client.query_opt(sql::log::IDENTITY, &[]).await.map_err(unavailable(attempt))?;
        let identity = log::identity(&identity.ok_or(LogError::SchemaTooOld)?)?;
        let head = client.query_opt(sql::log::HEAD, &[]).await.map_err(unavailable(attempt))?;
        let head: Seq = head.map_or(0, |row| rows::uint(row.get(0)));
        let asked = Instant::now();
        let said = client.query_one(sql::append::CLOCK, &[]).await.map_err(unavailable(attempt))?.get(0);
        let clock = DatabaseClock::anchored(Reading { asked, answered: Instant::now(), said });
        let connections = Connections::of(config)?;
        let signal = Signal::start(head, connections.clone());
        Ok(Self(Arc::new(Opened {
            config: config.clone(),
            log_id: identity.log_id,
            connections,
            abandoned: Abandoned::default(),
            signal,
            clock: Arc::new(clock),
            #[cfg(test)]
            faults: crate::database::faults::Faults::default(),
        })))
    }

    /// The database's clock, which the processes on one log have in common: read when the store was opened and
    /// whenever the writer has its lock, carried on by this process in between. It never goes back. While it
    /// and the database's differ by more than a second, the writer appends nothing.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock) as _
    }

    fn connections(&self) -> &Connections {
        &self.0.connections
    }

    fn log_id(&self) -> &LogId {
        &self.0.log_id
    }

    fn signal(&self) -> &Signal {
        &self.0.signal
    }
}

impl std::fmt::Debug for PgStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgStore").field("config", &self.0.config).finish_non_exhaustive()
    }
}

fn unavailable<E: std::error::Error + Send + Sync + 'static>(
    attempt: &'static str,
) -> impl Fn(E) -> LogError + Copy {
    move |source| LogError::Unavailable { attempt, source: without_detail(source) }
}

/// What the server said without its DETAIL, which can quote a row.
fn without_detail<E: std::error::Error + Send + Sync + 'static>(
    source: E,
) -> Box<dyn std::error::Error + Send + Sync> {
    let said = (&source as &dyn std::error::Error).downcast_ref::<tokio_postgres::Error>();
    match said.and_then(tokio_postgres::Error::as_db_error) {
        Some(said) => format!("{}: {} ({})", said.severity(), said.message(), said.code().code()).into(),
        None => Box::new(source),
    }
}
