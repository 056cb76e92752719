//! The store that the configuration names.

use crate::config::Settings;
use anyhow::Context;
use banso_kernel::{Clock, SystemClock, SystemIds};
use banso_log::{LogError, PgConfig, PgStore, SqliteStore, Store};
use std::sync::Arc;

/// A store, and the clock by which it records.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// With which rights.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Login {
    App,
    Operator,
}

/// The store, which must have been migrated, with the rights of the application.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Opened> {
    opened(settings, Login::App).await
}

/// The same with an operator's rights.
pub(crate) async fn open_as_operator(settings: &Settings) -> anyhow::Result<Opened> {
    opened(settings, Login::Operator).await
}

/// Creates the store, or brings it to this version; says where it is.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<String> {
    let migrated = match postgres(settings, Login::Operator)? {
        Some(config) => PgStore::migrate(&config, &SystemIds).await,
        None => SqliteStore::migrate(&settings.store.sqlite, &SystemIds),
    };
    migrated.with_context(|| format!("the store in {} cannot be migrated", place(settings)))?;
    Ok(place(settings))
}

async fn opened(settings: &Settings, login: Login) -> anyhow::Result<Opened> {
    let open = async {
        let Some(config) = postgres(settings, login)? else {
            let store = Arc::new(SqliteStore::open(&settings.store.sqlite)?);
            return Ok(Opened { store, clock: Arc::new(SystemClock) });
        };
        let store = match login {
            Login::App => PgStore::open(&config).await?,
            Login::Operator => PgStore::open_for_operator(&config).await?,
        };
        let clock = store.clock();
        Ok::<_, LogError>(Opened { store: Arc::new(store), clock })
    };
    open.await.with_context(|| format!("the store in {} cannot be opened", place(settings)))
}

fn postgres(settings: &Settings, login: Login) -> Result<Option<PgConfig>, LogError> {
    let store = &settings.store;
    let url = match login {
        Login::Operator if !store.postgres_operator.reveal().is_empty() => &store.postgres_operator,
        Login::Operator | Login::App => &store.postgres,
    };
    if url.reveal().is_empty() {
        return Ok(None);
    }
    let config = PgConfig::new(url.reveal())?.with_schema(&store.postgres_schema)?;
    if store.postgres_authorities.as_os_str().is_empty() {
        return Ok(Some(config));
    }
    config.with_authorities(&store.postgres_authorities).map(Some)
}

/// Where the store is, without a password.
fn place(settings: &Settings) -> String {
    match postgres(settings, Login::App) {
        Ok(Some(config)) => format!("PostgreSQL, schema {}", config.schema()),
        Ok(None) => settings.store.sqlite.display().to_string(),
        // Said when it is opened.
        Err(_) => "PostgreSQL".to_owned(),
    }
}
