//! PostgreSQL as the limits and peers use it: bare connections to a schema that is gone afterwards.

use anyhow::Context;
use banso_log::conformance::TEST_POSTGRES;
use tokio_postgres::{Client, NoTls};

/// A schema without banso's tables.
pub(crate) struct Bare {
    url: String,
    pub(crate) name: String,
}

impl Bare {
    /// A new one of this name.
    pub(crate) async fn schema(name: &str) -> anyhow::Result<Self> {
        let bare = Self { url: superuser_url()?, name: name.to_owned() };
        let client = bare.connect().await?;
        client.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")).await?;
        Ok(bare)
    }

    /// Its URL, in which sqlx and tokio-postgres find the schema.
    pub(crate) fn url(&self) -> String {
        format!("{}?options=-csearch_path%3D{}", self.url, self.name)
    }

    /// A connection of its own.
    pub(crate) async fn connect(&self) -> anyhow::Result<Client> {
        connect(&self.url()).await
    }

    pub(crate) async fn dropped(self) -> anyhow::Result<()> {
        let client = self.connect().await?;
        Ok(client.batch_execute(&format!("DROP SCHEMA {} CASCADE", self.name)).await?)
    }
}

/// A connection to this server.
pub(crate) async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("connect to PostgreSQL")?;
    // Ends with the client; whoever uses the client hears of errors.
    tokio::spawn(connection);
    Ok(client)
}

/// The server of this run.
pub(crate) fn superuser_url() -> anyhow::Result<String> {
    std::env::var(TEST_POSTGRES).with_context(|| {
        format!("{TEST_POSTGRES} is not set: run it by ops/bench, or behind ops/with-servers")
    })
}

/// Segments of the write-ahead log, of 16 MiB each, that the server has ready.
const WAL_SEGMENTS: u32 = 96;

/// Brings the server to where one is that has run for a while: it goes on writing into segments of its log that it
/// has used before. One that was just made fills each with zeros first, and everybody waits for it.
pub(crate) async fn run_in() -> anyhow::Result<()> {
    let client = connect(&superuser_url()?).await?;
    let size = WAL_SEGMENTS * 16;
    client.batch_execute(&format!("ALTER SYSTEM SET min_wal_size = '{size}MB'")).await?;
    client.batch_execute(&format!("ALTER SYSTEM SET max_wal_size = '{}MB'", 2 * size)).await?;
    client.batch_execute("SELECT pg_reload_conf()").await?;
    client.batch_execute("CREATE TABLE IF NOT EXISTS bench_run_in ()").await?;
    for _ in 0..WAL_SEGMENTS {
        // A segment is only left if something stands in it.
        client.batch_execute("INSERT INTO bench_run_in DEFAULT VALUES; SELECT pg_switch_wal()").await?;
    }
    Ok(client.batch_execute("DROP TABLE bench_run_in; CHECKPOINT").await?)
}

/// Leaves nothing for the next subject to write that this one wrote.
pub(crate) async fn settle() -> anyhow::Result<()> {
    let client = connect(&superuser_url()?).await?;
    Ok(client.batch_execute("CHECKPOINT").await?)
}
