//! banso's own stores: fresh ones with what everybody has before, and what is looked at in them afterwards.

use crate::bench::{EVENTS_BEFORE, PERSONS};
use crate::files;
use crate::notes::before;
use crate::postgres::settle;
use crate::publisher::event;
use crate::wrong;
use anyhow::{Context, bail, ensure};
use banso_app::audit::{self, Attempt};
use banso_app::{App, Outcome};
use banso_kernel::{SystemClock, SystemIds};
use banso_log::conformance::PgSchema;
use banso_log::{Limits, PgConfig, PgStore, SqliteStore, Store};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_postgres::Client;

/// Where a store is. A schema is gone with its value.
pub(crate) enum Place {
    Postgres(Box<PgSchema>),
    Files(PathBuf),
}

/// Events of one submission while a store is filled.
const FILLED_AT_ONCE: usize = 100;

impl Place {
    /// A migrated, empty one in the server of this run.
    pub(crate) async fn in_postgres() -> Self {
        Self::Postgres(Box::new(PgSchema::migrated().await))
    }

    /// A migrated, empty one in this folder.
    pub(crate) fn in_files(folder: PathBuf) -> anyhow::Result<Self> {
        SqliteStore::migrate(&folder, &SystemIds).context("make a store")?;
        Ok(Self::Files(folder))
    }

    /// As a process opens it.
    pub(crate) async fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        Ok(match self {
            Self::Postgres(schema) => Arc::new(PgStore::open(&schema.app()).await?),
            Self::Files(folder) => Arc::new(SqliteStore::open(folder)?),
        })
    }

    /// A process on it; `project` as in [`App::start`].
    pub(crate) async fn app(&self, project: bool) -> anyhow::Result<App> {
        app(self.open().await?, project).await
    }

    /// Its schema in PostgreSQL.
    pub(crate) fn schema(&self) -> anyhow::Result<&PgSchema> {
        match self {
            Self::Postgres(schema) => Ok(schema),
            Self::Files(folder) => bail!("{} is not in PostgreSQL", folder.display()),
        }
    }

    /// A process that does not project, on a store in which everybody has their first events.
    pub(crate) async fn filled_app(&self) -> anyhow::Result<App> {
        let app = self.app(false).await?;
        fill(&app, EVENTS_BEFORE).await?;
        self.settle().await?;
        Ok(app)
    }

    /// Gives everybody so many events.
    pub(crate) async fn fill(&self, each: u64) -> anyhow::Result<()> {
        let app = self.app(false).await?;
        fill(&app, each).await?;
        app.stop().await;
        self.settle().await
    }

    /// A process that projects, on such a store; it has taken in what stands there.
    pub(crate) async fn filled_app_that_projects(&self) -> anyhow::Result<App> {
        self.fill(EVENTS_BEFORE).await?;
        let app = self.app(true).await?;
        let taken_in = app.projected_up_to(app.log.head().await?).await;
        taken_in.map_err(anyhow::Error::msg).context("project the first events")?;
        self.settle().await?;
        Ok(app)
    }

    /// Leaves nothing for the next to write that was written here.
    async fn settle(&self) -> anyhow::Result<()> {
        match self {
            Self::Postgres(_) => settle().await,
            Self::Files(folder) => files::settle(folder),
        }
    }

    /// Leaves nothing for its readers to do that its writers left: no hints, no statistics, no pages to write.
    pub(crate) async fn rest(&self) -> anyhow::Result<()> {
        match self {
            Self::Postgres(schema) => {
                schema.raw().await.batch_execute("VACUUM (ANALYZE) events").await?;
                settle().await
            }
            Self::Files(folder) => files::settle(folder),
        }
    }

    /// A connection to a store in PostgreSQL, with the rights that banso has.
    pub(crate) async fn bare(&self) -> anyhow::Result<Client> {
        match self {
            Self::Postgres(schema) => Ok(schema.raw_app().await),
            Self::Files(folder) => bail!("{} is not in PostgreSQL", folder.display()),
        }
    }

    /// What is wrong with what stands here, by the chains and by what publishers were told.
    pub(crate) async fn wrong(&self, attempts: &[Attempt]) -> anyhow::Result<Vec<String>> {
        let store = self.open().await?;
        let mut wrong = wrong::in_log(&*store).await?;
        let models = audit::read_models(&*store, &*store).await?;
        wrong.extend(wrong::in_findings("the read models", &models));
        let told = audit::history(&*store, attempts).await?;
        wrong.extend(wrong::in_findings("what publishers were told", &told));
        Ok(wrong)
    }
}

/// A process that does not project.
pub(crate) async fn process(store: &PgConfig) -> anyhow::Result<App> {
    app(Arc::new(PgStore::open(store).await.context("open the store")?), false).await
}

async fn app(store: Arc<dyn Store>, project: bool) -> anyhow::Result<App> {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    Ok(App::start(store, clock, ids, Limits::default(), project).await?)
}

/// Gives everybody their first events, through the door.
async fn fill(app: &App, each: u64) -> anyhow::Result<()> {
    let mut notes = before(PERSONS, each).peekable();
    while notes.peek().is_some() {
        let items: Result<Vec<_>, _> =
            notes.by_ref().take(FILLED_AT_ONCE).map(|note| app.door.propose(event(&note), None)).collect();
        let outcomes = app.door.publish(items?, false).await?;
        ensure!(
            outcomes.iter().all(|outcome| matches!(outcome, Outcome::Admitted(_))),
            "the first events were not admitted"
        );
    }
    Ok(())
}
