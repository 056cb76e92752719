//! The schema: roles, migrations, and whether a store's schema is the one this binary knows.

use super::connect::{PgConfig, Purpose, Session, check_server};
use super::{sql, unavailable};
use crate::database::{check_schema, newest};
use crate::port::LogError;
use banso_kernel::{IdGen, LogId};
use tokio_postgres::Client;

mod embedded {
    refinery::embed_migrations!("../../migrations/postgres");
}

/// Both roles, where they are not there yet and this login may make them. They belong to the whole cluster:
/// somebody who migrates another database at the same moment makes them too.
pub(crate) const CREATE_ROLES: &str = "DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['banso_owner', 'banso_app'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role(current_user, 'banso_owner', 'MEMBER') THEN
        GRANT banso_owner TO CURRENT_USER;
    END IF;
END $$";

const LOCK: &str = "SELECT pg_advisory_lock(hashtextextended('banso migrate ' || $1, 0))";
const SCHEMA_EXISTS: &str = "SELECT to_regnamespace($1) IS NOT NULL";
const CREATE_IDENTITY: &str =
    "INSERT INTO log_identity (one, log_id, epoch) VALUES (1, $1, 1) ON CONFLICT DO NOTHING";

/// Brings a store to this binary's schema. A new log gets its id.
pub(super) async fn migrate(config: &PgConfig, ids: &dyn IdGen) -> Result<(), LogError> {
    let log_id = LogId::from(ids.salt()).to_string();
    let mut session = Session::open(config, Purpose::Migrate).await?;
    let client = &mut session.client;
    match check_server(client).await {
        Ok(()) | Err(LogError::SchemaTooOld) => {}
        Err(refused) => return Err(refused),
    }
    let schema = config.schema();
    client.query(LOCK, &[&schema]).await.map_err(unavailable("wait for another migration"))?;
    client
        .batch_execute(CREATE_ROLES)
        .await
        .map_err(unavailable("create the roles banso_owner and banso_app and be a member of banso_owner"))?;
    let exists = client.query_one(SCHEMA_EXISTS, &[&schema]).await;
    if !exists.map_err(unavailable("look for the schema"))?.get::<_, bool>(0) {
        // The name was checked when it was given.
        let create = format!("CREATE SCHEMA {schema} AUTHORIZATION banso_owner");
        client.batch_execute(&create).await.map_err(unavailable("create the schema"))?;
    }
    let become_owner = format!("SET ROLE banso_owner; GRANT USAGE ON SCHEMA {schema} TO banso_app");
    client.batch_execute(&become_owner).await.map_err(unavailable("become banso_owner"))?;
    run(client, &log_id).await
}

async fn run(client: &mut Client, log_id: &str) -> Result<(), LogError> {
    let runner = embedded::migrations::runner();
    // Read behind the lock: another process may have just migrated.
    let (store, binary) = (version_of(client).await?, newest(&runner));
    if store > binary {
        return Err(LogError::SchemaTooNew { store, binary });
    }
    // Grouped: a migration and the note that it ran are one transaction.
    runner.set_grouped(true).run_async(client).await.map_err(unavailable("migrate the store"))?;
    client
        .batch_execute("GRANT SELECT ON refinery_schema_history TO banso_app")
        .await
        .map_err(unavailable("let the application see the schema's version"))?;
    client.execute(CREATE_IDENTITY, &[&log_id]).await.map_err(unavailable("name the log"))?;
    Ok(())
}

/// Refuses a store that another schema wrote.
pub(super) async fn check(client: &Client) -> Result<(), LogError> {
    check_schema(version_of(client).await?, &embedded::migrations::runner())
}

async fn version_of(client: &Client) -> Result<i64, LogError> {
    let attempt = "read the store's schema version";
    match check_server(client).await {
        Ok(()) => {}
        Err(LogError::SchemaTooOld) => return Ok(0),
        Err(refused) => return Err(refused),
    }
    let row = client.query_one(sql::session::SCHEMA_VERSION, &[]).await.map_err(unavailable(attempt))?;
    Ok(row.get(0))
}
