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

/// Leaves nothing for the next subject to write that this one wrote.
pub(crate) async fn settle() -> anyhow::Result<()> {
    let client = connect(&superuser_url()?).await?;
    Ok(client.batch_execute("CHECKPOINT").await?)
}
