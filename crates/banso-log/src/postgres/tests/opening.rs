//! Which stores, servers and roles are refused.

use super::*;
use crate::{Custody, Log};
use banso_kernel::SystemIds;

fn said(refused: Result<PgStore, LogError>) -> String {
    match refused.unwrap_err() {
        LogError::Unavailable { source, .. } => source.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_store_that_was_not_migrated_is_refused() {
    let schema = PgSchema::named_only().await;
    assert!(matches!(PgStore::open(&schema.app()).await, Err(LogError::SchemaTooOld)));
    let create = format!("CREATE SCHEMA {0}; GRANT USAGE ON SCHEMA {0} TO banso_app", schema.name);
    schema.raw().await.batch_execute(&create).await.unwrap();
    assert!(matches!(PgStore::open(&schema.app()).await, Err(LogError::SchemaTooOld)));
}

#[tokio::test]
async fn a_store_of_an_older_banso_is_refused_until_it_is_migrated() {
    let schema = PgSchema::migrated().await;
    let raw = schema.raw().await;
    let older = "ALTER TABLE events DROP CONSTRAINT events_seq_check;
        DELETE FROM refinery_schema_history WHERE version = 6";
    raw.batch_execute(older).await.unwrap();
    assert!(matches!(PgStore::open(&schema.app()).await, Err(LogError::SchemaTooOld)));
    PgStore::migrate(&schema.owner(), &SystemIds).await.unwrap();
    PgStore::open(&schema.app()).await.unwrap();
}

#[tokio::test]
async fn a_store_of_a_newer_banso_is_refused() {
    let schema = PgSchema::migrated().await;
    let newer = "INSERT INTO refinery_schema_history VALUES (99, 'newer', '2030-01-01T00:00:00Z', '1')";
    schema.raw().await.batch_execute(newer).await.unwrap();
    let refused = PgStore::open(&schema.app()).await;
    assert!(matches!(refused, Err(LogError::SchemaTooNew { store: 99, .. })), "{refused:?}");
    let refused = PgStore::migrate(&schema.owner(), &SystemIds).await;
    assert!(matches!(refused, Err(LogError::SchemaTooNew { store: 99, .. })), "{refused:?}");
}

#[tokio::test]
async fn migrating_again_and_by_several_at_once_keeps_the_log() {
    let schema = PgSchema::named_only().await;
    let migrations: Vec<_> = (0..6)
        .map(|n| {
            let config = if n % 2 == 0 { schema.owner() } else { schema.superuser() };
            tokio::spawn(async move { PgStore::migrate(&config, &SystemIds).await })
        })
        .collect();
    for migration in migrations {
        migration.await.unwrap().unwrap();
    }
    let identity = PgStore::open(&schema.app()).await.unwrap().identity().await.unwrap();
    PgStore::migrate(&schema.owner(), &SystemIds).await.unwrap();
    let store = PgStore::open(&schema.app()).await.unwrap();
    assert_eq!(store.identity().await.unwrap(), identity);
    let strangers = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace
        AND pg_get_userbyid(relowner) <> 'banso_owner'";
    let strangers: i64 = schema.raw().await.query_one(strangers, &[]).await.unwrap().get(0);
    assert_eq!(strangers, 0, "all of it belongs to banso_owner, whoever migrated");
}

#[tokio::test]
async fn a_role_that_could_change_events_is_refused() {
    let schema = PgSchema::migrated().await;
    for config in [schema.superuser(), schema.owner()] {
        let said = said(PgStore::open(&config).await);
        assert!(said.contains("may change events"), "{said}");
    }
    let (grant, revoke) =
        ("GRANT UPDATE (body) ON events TO banso_app", "REVOKE UPDATE (body) ON events FROM banso_app");
    let raw = schema.raw().await;
    for (grant, revoke) in [
        (grant, revoke),
        ("GRANT DELETE ON events TO PUBLIC", "REVOKE DELETE ON events FROM PUBLIC"),
        ("GRANT TRUNCATE ON events TO banso_app", "REVOKE TRUNCATE ON events FROM banso_app"),
    ] {
        raw.batch_execute(grant).await.unwrap();
        let said = said(PgStore::open(&schema.app()).await);
        assert!(said.contains("may change events"), "{grant}: {said}");
        raw.batch_execute(revoke).await.unwrap();
    }
    PgStore::open(&schema.app()).await.unwrap();
}

#[tokio::test]
async fn a_session_whose_commits_could_be_lost_is_refused() {
    let schema = PgSchema::migrated().await;
    for commit in ["off", "local", "remote_write"] {
        let url = format!("{}?options=-c%20synchronous_commit%3D{commit}", schema.app_url);
        let config = PgConfig::new(&url).unwrap().with_schema(&schema.name).unwrap();
        let said = said(PgStore::open(&config).await);
        assert!(said.contains("survive a power failure"), "{said}");
    }
}

#[tokio::test]
async fn the_application_may_do_no_more_than_it_must() {
    let schema = PgSchema::migrated().await;
    let app = schema.raw_app().await;
    for statement in [
        "UPDATE events SET seq = seq WHERE false",
        "DELETE FROM events",
        "TRUNCATE events",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "DROP TABLE events",
        "UPDATE log_identity SET epoch = 7",
        "INSERT INTO log_identity VALUES (1, 'x', 1)",
        "DELETE FROM log_hold",
        "UPDATE log_hold SET reason = ''",
        "DELETE FROM receipt",
        "UPDATE receipt SET body = ''",
        "DELETE FROM intake_position",
        "TRUNCATE person_state",
        "DELETE FROM refinery_schema_history",
        "CREATE TABLE mine (a integer)",
        "SET ROLE banso_owner",
    ] {
        let refused = app.batch_execute(statement).await.expect_err(statement);
        let code = refused.code().unwrap().code();
        assert_eq!(code, "42501", "{statement}: {refused:?}");
    }
}

#[tokio::test]
async fn only_an_operator_lets_a_held_log_go() {
    let Fixture { store, schema } = Fixture::migrated().await;
    store.hold("the bus knows more").await.unwrap();
    store.hold("another reason").await.unwrap();
    assert!(store.let_go().await.is_err());
    assert!(store.begin_epoch().await.is_err());
    assert_eq!(store.held().await.unwrap().as_deref(), Some("the bus knows more"));
    assert_eq!(store.identity().await.unwrap().epoch, 1);
    let operator = PgStore::open_for_operator(&schema.owner()).await.unwrap();
    assert_eq!(operator.begin_epoch().await.unwrap().epoch, 2);
    assert_eq!(store.held().await.unwrap(), None);
}

#[tokio::test]
async fn who_may_not_migrate_is_told_and_changes_nothing() {
    let schema = PgSchema::named_only().await;
    let refused = PgStore::migrate(&schema.app(), &SystemIds).await;
    assert!(
        matches!(&refused, Err(LogError::Unavailable { attempt, .. }) if attempt.contains("banso_owner"))
    );
    let exists = "SELECT to_regnamespace($1) IS NOT NULL";
    let exists: bool = schema.raw().await.query_one(exists, &[&schema.name]).await.unwrap().get(0);
    assert!(!exists);
}

/// A server may be started anew with other settings, under a process that goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_may_lose_commits_from_now_on_is_left() {
    let schema = PgSchema::migrated().await;
    let (raw, role) = (schema.raw().await, &schema.name);
    let (scheme, rest) = schema.app_url.split_once("://").unwrap();
    let (login, place) = rest.split_once('@').unwrap();
    let password = login.split_once(':').unwrap().1;
    let make = format!("CREATE ROLE {role} LOGIN PASSWORD '{password}' IN ROLE banso_app");
    raw.batch_execute(&make).await.unwrap();
    let url = format!("{scheme}://{role}:{password}@{place}");
    let store =
        PgStore::open(&PgConfig::new(&url).unwrap().with_schema(&schema.name).unwrap()).await.unwrap();
    let writer = fixture_events::writer(&store);
    fixture_events::fill(&writer, 0..5).await;
    assert_eq!(store.head().await.unwrap(), 5);

    raw.batch_execute(&format!("ALTER ROLE {role} SET synchronous_commit = off")).await.unwrap();
    let kill = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = $1";
    raw.query_one(kill, &[role]).await.unwrap();
    let refused = fixture_events::append(&writer, fixture_events::proposal(5)).await;
    assert!(matches!(refused, Err(crate::AppendError::Unavailable(_))), "{refused:?}");
    assert!(store.head().await.is_err());

    raw.batch_execute(&format!("ALTER ROLE {role} RESET synchronous_commit")).await.unwrap();
    fixture_events::fill(&writer, 5..8).await;
    assert_eq!(store.head().await.unwrap(), 8);
    drop((writer, store));
    raw.query_one(kill, &[role]).await.unwrap();
    raw.batch_execute(&format!("DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn every_session_has_its_limits() {
    let schema = PgSchema::migrated().await;
    let setting = async |session: &Session, name: &str| -> String {
        session.client.query_one("SELECT current_setting($1)", &[&name]).await.unwrap().get(0)
    };
    for purpose in [Purpose::Pool, Purpose::Append, Purpose::Migrate] {
        let session = Session::open(&schema.app(), purpose).await.unwrap();
        for (name, value) in [
            ("search_path", schema.name.as_str()),
            ("lock_timeout", "8s"),
            ("idle_in_transaction_session_timeout", "5s"),
            ("tcp_user_timeout", "10000"),
            ("default_transaction_isolation", "read committed"),
            ("client_connection_check_interval", "1s"),
            ("statement_timeout", if purpose == Purpose::Migrate { "1h" } else { "30s" }),
            ("plan_cache_mode", if purpose == Purpose::Append { "force_generic_plan" } else { "auto" }),
        ] {
            assert_eq!(setting(&session, name).await, value, "{name} of {purpose:?}");
        }
        assert!(setting(&session, "application_name").await.starts_with("banso"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_server_proves_who_it_is() {
    let schema = PgSchema::migrated().await;
    let authority = std::env::var(crate::conformance::TEST_POSTGRES_CA)
        .expect("the certificate of the PostgreSQL for tests: run this by ops/with-servers");
    let url = format!("{}?sslmode=require&application_name={}", schema.app_url, schema.name);
    let config = || PgConfig::new(&url).unwrap().with_schema(&schema.name).unwrap();
    let stranger = PgStore::open(&config()).await;
    let stranger = format!("{:?}", stranger.unwrap_err());
    // Its issuer is unknown, or known by name only.
    assert!(stranger.contains("InvalidCertificate"), "{stranger}");

    let nobody = tempfile::NamedTempFile::new().unwrap();
    assert!(config().with_authorities(nobody.path()).is_err());
    let config = config().with_authorities(authority.as_ref()).unwrap();
    let store = PgStore::open(&config).await.unwrap();
    fixture_events::fill(&fixture_events::writer(&store), 0..5).await;
    let encrypted = "SELECT count(*), count(*) FILTER (WHERE s.ssl)
        FROM pg_stat_activity AS a JOIN pg_stat_ssl AS s USING (pid) WHERE application_name LIKE $1";
    let name = format!("{}%", schema.name);
    assert_eq!(store.head().await.unwrap(), 5);
    let row = schema.raw().await.query_one(encrypted, &[&name]).await.unwrap();
    let (all, encrypted): (i64, i64) = (row.get(0), row.get(1));
    assert!(all >= 1 && all == encrypted, "{encrypted} of {all} are encrypted");
}
