//! The PostgreSQL store in [`Custody`]. The application may hold the log; to let it go takes the rights of
//! `banso_owner`.

use super::pool::limited;
use super::transaction::Transaction;
use super::write_side::lock_of;
use super::{PgStore, sql};
use crate::custody::Custody;
use crate::port::{Identity, Log, LogError};
use async_trait::async_trait;
use tokio_postgres::types::ToSql;

#[async_trait]
impl Custody for PgStore {
    async fn held(&self) -> Result<Option<String>, LogError> {
        let rows = self.connections().rows("read whether the log is held", sql::log::HELD, &[]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    async fn hold(&self, reason: &str) -> Result<(), LogError> {
        self.alone("hold the log", &[(sql::log::HOLD, &[&reason])]).await
    }

    async fn let_go(&self) -> Result<(), LogError> {
        self.alone("let the log go", &[(sql::log::LET_GO, &[])]).await
    }

    async fn begin_epoch(&self) -> Result<Identity, LogError> {
        self.alone("begin an epoch", &[(sql::log::NEXT_EPOCH, &[]), (sql::log::LET_GO, &[])]).await?;
        self.identity().await
    }
}

impl PgStore {
    /// Runs statements behind the writers' lock: every append has ended, or sees what they change.
    async fn alone(
        &self,
        attempt: &'static str,
        statements: &[(&str, &[&(dyn ToSql + Sync)])],
    ) -> Result<(), LogError> {
        limited(attempt, async {
            let tx = Transaction::begin(self.connections().lend(attempt).await?, attempt).await?;
            tx.query(sql::append::LOCK, &[&lock_of(self.log_id())]).await?;
            for (statement, params) in statements {
                tx.execute(statement, params).await?;
            }
            tx.commit().await
        })
        .await
    }
}
