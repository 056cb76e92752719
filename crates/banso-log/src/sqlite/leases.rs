//! The SQLite store as [`Leases`].

use super::{SqliteStore, sql};
use crate::leases::{Leases, Renewed};
use crate::port::LogError;
use async_trait::async_trait;
use rusqlite::Connection;
use std::time::Duration;

#[async_trait]
impl Leases for SqliteStore {
    async fn renew(
        &self,
        group: &str,
        holder: &str,
        wanted: &[String],
        time: Duration,
    ) -> Result<Renewed, LogError> {
        let (group, holder, wanted) = (group.to_owned(), holder.to_owned(), wanted.to_vec());
        let attempt = "renew leases";
        self.write_views(attempt, move |conn| renew(conn, &group, &holder, &wanted, time).map(Some))
            .await?
            .ok_or_else(|| LogError::Unavailable { attempt, source: "nothing was renewed".into() })
    }

    async fn leave(&self, group: &str, holder: &str) -> Result<(), LogError> {
        let (group, holder) = (group.to_owned(), holder.to_owned());
        let left = self.write_views("give leases back", move |conn| {
            conn.execute(sql::views::LEAVE, (group, holder)).map(Some)
        });
        left.await.map(drop)
    }
}

fn renew(
    conn: &Connection,
    group: &str,
    holder: &str,
    wanted: &[String],
    time: Duration,
) -> rusqlite::Result<Renewed> {
    let now: i64 = conn.query_row(sql::views::NOW, [], |row| row.get(0))?;
    let until = now.saturating_add(i64::try_from(time.as_micros()).unwrap_or(i64::MAX));
    conn.execute(sql::views::DROP_LEASES, (group, holder, now))?;
    let mut take = conn.prepare_cached(sql::views::TAKE_LEASE)?;
    for name in std::iter::once("").chain(wanted.iter().map(String::as_str)) {
        take.execute((group, name, holder, until))?;
    }
    let names = |statement, params: &[&dyn rusqlite::ToSql]| {
        let mut statement = conn.prepare_cached(statement)?;
        let names = statement.query_map(params, |row| row.get(0))?;
        names.collect::<rusqlite::Result<Vec<String>>>()
    };
    Ok(Renewed {
        members: names(sql::views::MEMBERS, &[&group])?,
        held: names(sql::views::HELD_BY, &[&group, &holder])?,
    })
}
