//! A transaction on a connection of the pool, and the statements that are sent in it.

use super::connect::refused;
use super::pool::Lent;
use super::unavailable;
use crate::port::LogError;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};

/// The parameters of a statement.
pub(super) type Params<'a> = [&'a (dyn ToSql + Sync)];

/// Dropped before its end, it closes the connection.
pub(super) struct Transaction {
    conn: Lent,
    attempt: &'static str,
}

impl Transaction {
    pub(super) async fn begin(conn: Lent, attempt: &'static str) -> Result<Self, LogError> {
        let tx = Self::of(conn, attempt);
        tx.batch("BEGIN").await?;
        Ok(tx)
    }

    /// For who begins and ends it in the same round trip as other statements.
    pub(super) fn of(conn: Lent, attempt: &'static str) -> Self {
        Self { conn, attempt }
    }

    pub(super) fn conn(&self) -> &Lent {
        &self.conn
    }

    pub(super) fn attempt(&self) -> &'static str {
        self.attempt
    }

    pub(super) async fn batch(&self, sql: &str) -> Result<(), LogError> {
        self.done(self.conn.batch_execute(sql).await)
    }

    pub(super) async fn query(&self, sql: &str, params: &Params<'_>) -> Result<Vec<Row>, LogError> {
        let statement = self.done(self.conn.prepare_cached(sql).await)?;
        self.done(self.conn.query(&statement, params).await)
    }

    pub(super) async fn execute(&self, sql: &str, params: &Params<'_>) -> Result<u64, LogError> {
        let statement = self.done(self.conn.prepare_cached(sql).await)?;
        self.done(self.conn.execute(&statement, params).await)
    }

    pub(super) async fn commit(self) -> Result<(), LogError> {
        self.batch("COMMIT").await?;
        self.ended();
        Ok(())
    }

    pub(super) async fn rollback(self) -> Result<(), LogError> {
        self.batch("ROLLBACK").await?;
        self.ended();
        Ok(())
    }

    /// It was committed or rolled back: another may use the connection.
    pub(super) fn ended(self) {
        self.conn.give_back();
    }

    pub(super) fn done<T>(&self, answer: Result<T, Error>) -> Result<T, LogError> {
        answer.map_err(unavailable(self.attempt))
    }
}

/// Statements that will be sent together.
pub(super) async fn prepared<const N: usize>(
    conn: &Lent,
    attempt: &'static str,
    statements: [&str; N],
) -> Result<[Statement; N], LogError> {
    let prepared = futures::future::try_join_all(statements.map(|sql| conn.prepare_cached(sql)));
    let prepared = prepared.await.map_err(unavailable(attempt))?;
    prepared.try_into().map_err(|_| refused(attempt, "a statement was not prepared"))
}
