//! The PostgreSQL store as [`Leases`].

use super::pool::limited;
use super::transaction::{Transaction, prepared};
use super::{PgStore, sql};
use crate::leases::{Leases, Renewed};
use crate::port::LogError;
use async_trait::async_trait;
use std::time::Duration;
use tokio_postgres::types::ToSql;

/// A lease that is to last longer lasts this long.
const LEASE_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

#[async_trait]
impl Leases for PgStore {
    async fn renew(
        &self,
        group: &str,
        holder: &str,
        wanted: &[String],
        time: Duration,
    ) -> Result<Renewed, LogError> {
        let attempt = "renew leases";
        let micros = i64::try_from(time.min(LEASE_MAX).as_micros()).unwrap_or(i64::MAX);
        limited(attempt, async {
            let conn = self.connections().lend(attempt).await?;
            let statements = [
                sql::views::LOCK_LEASES,
                sql::views::DROP_LEASES,
                sql::views::TAKE_LEASES,
                sql::views::LEASES,
            ];
            let [lock, drop, take, leases] = prepared(&conn, attempt, statements).await?;
            let tx = Transaction::of(conn, attempt);
            let in_group: &[&(dyn ToSql + Sync)] = &[&group];
            let drop_params: &[&(dyn ToSql + Sync)] = &[&group, &holder];
            let take_params: &[&(dyn ToSql + Sync)] = &[&group, &holder, &wanted, &micros];
            // One round trip. Behind a statement that failed, COMMIT is a rollback.
            let (begun, locked, dropped, taken, rows, committed) = futures::join!(
                tx.conn().batch_execute("BEGIN"),
                tx.conn().query(&lock, in_group),
                tx.conn().execute(&drop, drop_params),
                tx.conn().execute(&take, take_params),
                tx.conn().query(&leases, in_group),
                tx.conn().batch_execute("COMMIT"),
            );
            tx.done(begun)?;
            tx.done(locked)?;
            tx.done(dropped)?;
            tx.done(taken)?;
            let rows = tx.done(rows)?;
            tx.done(committed)?;
            tx.ended();
            let (mut members, mut held) = (Vec::new(), Vec::new());
            for row in rows {
                let (name, by): (&str, &str) = (row.get(0), row.get(1));
                if name.is_empty() {
                    members.push(by.to_owned());
                } else if by == holder {
                    held.push(name.to_owned());
                }
            }
            Ok(Renewed { members, held })
        })
        .await
    }

    async fn leave(&self, group: &str, holder: &str) -> Result<(), LogError> {
        self.connections().rows("give leases back", sql::views::LEAVE, &[&group, &holder]).await.map(drop)
    }
}
