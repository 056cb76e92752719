//! The connections that read the log, and read and write the read models.
//!
//! One whose use did not run to its end is closed, never handed out again: its caller may have gone away in the
//! middle of a transaction, or of an answer that nobody read.

use super::connect::{PgConfig, Purpose, check_server};
use super::transaction::{Params, prepared};
use super::unavailable;
use crate::database::Reading;
use crate::port::{LogError, Page};
use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
};
use futures::TryStreamExt;
use std::ops::Deref;
use std::pin::pin;
use std::time::Duration;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

/// Most connections of the pool of one process.
const CONNECTIONS_MAX: usize = 8;
/// How long a caller waits for a connection.
const LEND_WAIT: Duration = Duration::from_secs(10);
/// How long a use of a connection may take as this process sees it, longer than the server lets a statement
/// run: behind a proxy a dead server's connection looks alive.
const USE_WAIT: Duration = Duration::from_secs(35);

/// Connections with the application's rights. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connections(Pool);

impl Connections {
    /// None is open yet.
    pub(super) fn of(config: &PgConfig) -> Result<Self, LogError> {
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config.session(Purpose::Pool), config.tls(), manager_config);
        // A server that was started anew may have come back with other settings.
        let checked = Hook::async_fn(|conn: &mut ClientWrapper, _| {
            Box::pin(async move {
                check_server(conn).await.map_err(|refused| HookError::message(chain(&refused)))
            })
        });
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS_MAX)
            .wait_timeout(Some(LEND_WAIT))
            .create_timeout(Some(LEND_WAIT))
            .recycle_timeout(Some(LEND_WAIT))
            .runtime(Runtime::Tokio1)
            .post_create(checked)
            .build()
            .map_err(unavailable("make a pool of connections"))?;
        Ok(Self(pool))
    }

    /// A connection without an open transaction.
    pub(super) async fn lend(&self, attempt: &'static str) -> Result<Lent, LogError> {
        Ok(Lent(Some(self.0.get().await.map_err(unavailable(attempt))?)))
    }

    /// The rows of one statement, in a transaction of its own.
    pub(super) async fn rows(
        &self,
        attempt: &'static str,
        statement: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, LogError> {
        limited(attempt, async {
            let conn = self.lend(attempt).await?;
            let statement = conn.prepare_cached(statement).await.map_err(unavailable(attempt))?;
            let rows = conn.query(&statement, params).await.map_err(unavailable(attempt))?;
            conn.give_back();
            Ok(rows)
        })
        .await
    }

    /// The page of events that one statement comes to; each is decoded while the server sends the next.
    pub(super) async fn page<T>(
        &self,
        attempt: &'static str,
        statement: &str,
        params: &[&(dyn ToSql + Sync)],
        limit: usize,
        decode: impl Fn(&Row) -> Result<(usize, T), LogError>,
    ) -> Result<Page<T>, LogError> {
        limited(attempt, async {
            let conn = self.lend(attempt).await?;
            let statement = conn.prepare_cached(statement).await.map_err(unavailable(attempt))?;
            let page = read_page(&conn, attempt, &statement, params, limit, decode).await?;
            conn.give_back();
            Ok(page)
        })
        .await
    }

    /// The same, and the rows of another statement, which the server answers behind it in the same round trip.
    pub(super) async fn page_then_rows<T>(
        &self,
        attempt: &'static str,
        (of_page, page_params): (&str, &Params<'_>),
        limit: usize,
        decode: impl Fn(&Row) -> Result<(usize, T), LogError>,
        (then, then_params): (&str, &Params<'_>),
    ) -> Result<(Page<T>, Vec<Row>), LogError> {
        limited(attempt, async {
            let conn = self.lend(attempt).await?;
            let [of_page, then] = prepared(&conn, attempt, [of_page, then]).await?;
            let page = read_page(&conn, attempt, &of_page, page_params, limit, decode);
            let rows = async { conn.query(&then, then_params).await.map_err(unavailable(attempt)) };
            // Asked in this order, and so answered.
            let both = futures::try_join!(page, rows)?;
            conn.give_back();
            Ok(both)
        })
        .await
    }
}

async fn read_page<T>(
    conn: &Lent,
    attempt: &'static str,
    statement: &Statement,
    params: &Params<'_>,
    limit: usize,
    decode: impl Fn(&Row) -> Result<(usize, T), LogError>,
) -> Result<Page<T>, LogError> {
    let rows = conn.query_raw(statement, params.iter().copied()).await;
    let mut rows = pin!(rows.map_err(unavailable(attempt))?);
    let mut reading = Reading::of(limit);
    while let Some(row) = rows.try_next().await.map_err(unavailable(attempt))? {
        reading.take(decode(&row))?;
    }
    Ok(reading.page())
}

/// Lets nothing take longer than a use of a connection may take.
pub(super) async fn limited<T>(
    attempt: &'static str,
    work: impl Future<Output = Result<T, LogError>>,
) -> Result<T, LogError> {
    limited_to(LEND_WAIT + USE_WAIT, attempt, work).await
}

/// The same with another limit.
pub(super) async fn limited_to<T>(
    limit: Duration,
    attempt: &'static str,
    work: impl Future<Output = Result<T, LogError>>,
) -> Result<T, LogError> {
    tokio::time::timeout(limit, work).await.map_err(unavailable(attempt))?
}

/// A connection for one use. Dropped before [`Lent::give_back`], it is closed.
pub(super) struct Lent(Option<Object>);

impl Lent {
    /// The use ran to its end, and no transaction is open.
    pub(super) fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(conn) = self.0.take() {
            // Out of the pool; dropping it closes the socket, and the server rolls back.
            drop(Object::take(conn));
        }
    }
}

impl Deref for Lent {
    type Target = ClientWrapper;
    fn deref(&self) -> &ClientWrapper {
        self.0.as_ref().expect("given back only by value")
    }
}

fn chain(error: &LogError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
