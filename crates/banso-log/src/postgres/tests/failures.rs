//! What becomes of the writer's batches when something between it and the server fails.

use super::fixture_events::{admitted, append, fill, proposal, report, sized, writer};
use super::*;
use crate::conformance::case::{self, WAIT};
use crate::postgres::clock::READ_EVERY;
use crate::{AppendError, Behind, Log, LogStore, Outcome, Submission, Unit};
use banso_kernel::{EventId, Seq};
use chrono::TimeDelta;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// So many batches, and the writer goes without the lock.
const UNTIL_QUIET: usize = 3;

async fn head(store: &PgStore) -> Seq {
    store.head().await.unwrap()
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_with_and_without_the_lock() {
    for before in [0, UNTIL_QUIET] {
        let Fixture { store, .. } = &Fixture::migrated().await;
        let writer = writer(store);
        fill(&writer, 0..before).await;
        store.0.faults.lose_answer.store(true, SeqCst);
        fill(&writer, before..10).await;
        assert!(!store.0.faults.lose_answer.load(SeqCst));
        assert_eq!(head(store).await, 10);
        assert_eq!(report(store).await.breaches, []);
    }
}

#[tokio::test]
async fn a_batch_that_was_not_stored_is_not_acknowledged() {
    for before in [0, UNTIL_QUIET] {
        let Fixture { store, .. } = &Fixture::migrated().await;
        let writer = writer(store);
        fill(&writer, 0..before).await;
        store.0.faults.fail_commit.store(true, SeqCst);
        assert!(matches!(append(&writer, proposal(before)).await, Err(AppendError::Unavailable(_))));
        assert_eq!(head(store).await, before as u64);
        fill(&writer, before..10).await;
        assert_eq!(report(store).await.breaches, []);
    }
}

#[tokio::test]
async fn what_nobody_can_know_is_called_unknown_and_a_retry_gets_the_first_result() {
    // With the lock there is a look-up before the decisions, which must work.
    for (before, find) in [(0, 2), (UNTIL_QUIET, 1)] {
        let Fixture { store, .. } = &Fixture::migrated().await;
        let writer = writer(store);
        fill(&writer, 0..before).await;
        store.0.faults.lose_answer.store(true, SeqCst);
        store.0.faults.fail_find_after.store(find, SeqCst);
        assert!(matches!(append(&writer, proposal(before)).await, Err(AppendError::OutcomeUnknown)));
        let again = append(&writer, proposal(before)).await;
        let seq = before as u64 + 1;
        assert!(matches!(again, Ok(Outcome::Duplicate(receipt)) if receipt.seq == seq), "{again:?}");
        fill(&writer, before + 1..before + 5).await;
        assert_eq!(report(store).await.breaches, []);
    }
}

#[tokio::test]
async fn a_delivery_is_stored_as_a_whole_or_not_also_where_the_answer_is_lost() {
    let Fixture { store, .. } = &Fixture::migrated().await;
    let fault = |commits| match commits {
        true => store.0.faults.lose_answer.store(true, SeqCst),
        false => store.0.faults.fail_commit.store(true, SeqCst),
    };
    crate::conformance::inbox::deliveries_with_faults(Arc::new(store.clone()), fault).await;
    assert_eq!(report(store).await.breaches, []);
}

/// Ends the sessions of the writers of this schema, as an operator or a failing server would.
async fn kill_writers(schema: &PgSchema, store_name: &str) -> i64 {
    let kill =
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = $1";
    schema.raw().await.query_one(kill, &[&format!("{store_name} writer")]).await.unwrap().get(0)
}

/// A store whose sessions bear the name of its schema.
async fn named() -> (PgStore, PgSchema) {
    let schema = PgSchema::migrated().await;
    let url = format!("{}?application_name={}", schema.app_url, schema.name);
    let config = PgConfig::new(&url).unwrap().with_schema(&schema.name).unwrap();
    (PgStore::open(&config).await.unwrap(), schema)
}

#[tokio::test]
async fn a_session_that_ended_while_nothing_was_under_way_fails_nobody() {
    for before in [1, UNTIL_QUIET] {
        let (store, schema) = named().await;
        let writer = writer(&store);
        fill(&writer, 0..before).await;
        assert_eq!(kill_writers(&schema, &schema.name).await, 1);
        fill(&writer, before..10).await;
        assert_eq!(report(&store).await.breaches, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_in_a_batch_stores_nothing_of_it() {
    let (store, schema) = named().await;
    let case = Arc::new(case::Case::on(Arc::new(store.clone())));
    let waiting = {
        let case = Arc::clone(&case);
        tokio::spawn(async move { case.try_append(case::proposal("person/haru", "1", WAIT)).await })
    };
    let hooks = case.hooks.clone();
    tokio::task::spawn_blocking(move || hooks.wait_until_met()).await.unwrap();
    assert_eq!(kill_writers(&schema, &schema.name).await, 1);
    case.hooks.open();
    let answer = waiting.await.unwrap();
    assert!(matches!(answer, Err(AppendError::Unavailable(_))), "{answer:?}");
    assert_eq!(head(&store).await, 0);
    assert_eq!(case.fill("person/haru", 5).await.len(), 5);
    assert_eq!(report(&store).await.breaches, []);
}

#[tokio::test]
async fn a_row_that_the_server_refuses_stores_nothing_of_its_batch() {
    for before in [0, UNTIL_QUIET] {
        let Fixture { store, schema } = &Fixture::migrated().await;
        let poison = "ALTER TABLE events ADD CONSTRAINT poison CHECK (octet_length(body) <> 779)";
        schema.raw().await.batch_execute(poison).await.unwrap();
        let writer = writer(store);
        fill(&writer, 0..before).await;
        let units = [proposal(before), sized(100, 777), proposal(before + 1)].map(Unit::Single).to_vec();
        let answer = writer.append(Submission { units, dry_run: false }).await;
        assert!(matches!(answer, Err(AppendError::Unavailable(_))), "{answer:?}");
        assert_eq!(head(store).await, before as u64);
        fill(&writer, before..10).await;
        assert_eq!(report(store).await.breaches, []);
    }
}

/// Contract of [`crate::WriteSide`], 1: who is alone is alone, also among those who go without the lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_appends_while_somebody_is_alone() {
    let Fixture { store, schema } = &Fixture::migrated().await;
    fill(&writer(store), 0..3).await;
    let rows = store.read_sealed(0, 10).await.unwrap();
    let other = PgStore::open(&schema.app()).await.unwrap();
    let tried = {
        let (store, other) = (store.clone(), other.clone());
        tokio::task::spawn_blocking(move || {
            let (mut alone, mut quiet) = (store.write_side().unwrap(), other.write_side().unwrap());
            let head = alone.begin().unwrap().head;
            let mut row = rows[2].clone();
            row.columns.seq = 4;
            row.columns.stream_seq = 2;
            row.columns.event_id = EventId::of("https://else.example", "1");
            let rows = [row];
            let while_alone = quiet.append_behind(&head, &rows).unwrap();
            alone.rollback().unwrap();
            (while_alone, quiet.append_behind(&head, &rows).unwrap())
        })
    };
    assert_eq!(tried.await.unwrap(), (Behind::Moved, Behind::Stored));
}

/// As a process that was stopped (SIGSTOP) in the middle of a batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_go_on_when_a_writer_falls_silent_in_its_batch() {
    let Fixture { store, schema } = &Fixture::migrated().await;
    let mut silent = {
        let store = store.clone();
        tokio::task::spawn_blocking(move || {
            let mut side = store.write_side().unwrap();
            side.begin().unwrap();
            side
        })
        .await
        .unwrap()
    };
    let other = PgStore::open(&schema.app()).await.unwrap();
    fill(&writer(&other), 0..5).await;
    let late = tokio::task::spawn_blocking(move || {
        let late = silent.commit();
        drop(silent);
        late
    });
    assert!(late.await.unwrap().is_err(), "its session was ended");
    assert_eq!(report(store).await.breaches, []);
}

#[tokio::test]
async fn the_time_is_the_databases() {
    let Fixture { store, schema } = &Fixture::migrated().await;
    let raw = schema.raw().await;
    let clock = async || -> chrono::DateTime<chrono::Utc> {
        raw.query_one("SELECT clock_timestamp()", &[]).await.unwrap().get(0)
    };
    let writer = writer(store);
    for n in 0..6 {
        let (before, receipt, after) = (clock().await, admitted(&writer, proposal(n)).await, clock().await);
        let at = store.read(receipt.seq - 1, 1).await.unwrap()[0].header.recorded_at;
        let slack = TimeDelta::milliseconds(200);
        assert!(before - slack <= at && at <= after, "{before} {at} {after}");
    }
}

#[tokio::test]
async fn a_clock_that_was_set_stops_appending_until_it_keeps_its_pace() {
    for before in [0, UNTIL_QUIET] {
        let Fixture { store, .. } = &Fixture::migrated().await;
        let writer = writer(store);
        fill(&writer, 0..before).await;
        store.0.clock.put_off(TimeDelta::hours(-1));
        tokio::time::sleep(READ_EVERY).await;
        // Going without the lock it is found out only afterwards: that batch still stands.
        let quiet = usize::from(before == UNTIL_QUIET);
        fill(&writer, before..before + quiet).await;
        let refused = append(&writer, proposal(before + quiet)).await;
        let Err(AppendError::Unavailable(error)) = refused else { panic!("{refused:?}") };
        assert!(error.to_string().contains("keep the database's time"), "{error}");
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        fill(&writer, before + quiet..10).await;
        assert_eq!(report(store).await.breaches, []);
    }
}

#[tokio::test]
async fn other_processes_appends_are_heard_of() {
    let Fixture { store, schema } = &Fixture::migrated().await;
    let other = PgStore::open(&schema.app()).await.unwrap();
    let mut appended = store.appended();
    fill(&writer(&other), 0..5).await;
    let heard = async { appended.wait_for(|head| *head == 5).await.map(|head| *head) };
    let heard = tokio::time::timeout(Duration::from_secs(20), heard).await;
    assert_eq!(heard.expect("heard of in time").unwrap(), 5);
}

/// Between a client and the server: forwards bytes, or keeps them back.
struct Proxy {
    url: String,
    holding: watch::Sender<bool>,
    /// Whether connections that come from now on are kept back too.
    new_ones: Arc<AtomicBool>,
}

impl Proxy {
    async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (rest, database) = url.rsplit_once('/').unwrap();
        let (login, server) = rest.rsplit_once('@').unwrap();
        let server = server.to_owned();
        let (holding, held) = watch::channel(false);
        let new_ones = Arc::new(AtomicBool::new(false));
        let keep_new = Arc::clone(&new_ones);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let up = TcpStream::connect(&server).await.unwrap();
                let exempt = *held.borrow() && !keep_new.load(SeqCst);
                tokio::spawn(forward(client, up, (!exempt).then(|| held.clone())));
            }
        });
        Self { url: format!("{login}@127.0.0.1:{port}/{database}"), holding, new_ones }
    }
}

/// Both ways until the server ends it. Acknowledges what the client sends, also while it keeps it back, and does
/// not tell the server that the client has gone.
async fn forward(client: TcpStream, server: TcpStream, held: Option<watch::Receiver<bool>>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        let mut bytes = vec![0; 65_536];
        loop {
            let read = tokio::io::AsyncReadExt::read(&mut from_client, &mut bytes).await.unwrap_or(0);
            if let Some(held) = &held {
                drop(held.clone().wait_for(|holding| !holding).await);
            }
            let written = tokio::io::AsyncWriteExt::write_all(&mut to_server, &bytes[..read]).await;
            if read == 0 || written.is_err() {
                return;
            }
        }
    };
    // Which of both ends first does not matter.
    let down = async { drop(tokio::io::copy(&mut from_server, &mut to_client).await) };
    tokio::join!(up, down);
}

async fn behind_proxy() -> (Proxy, PgStore, PgSchema) {
    let schema = PgSchema::migrated().await;
    let proxy = Proxy::before(&schema.app_url).await;
    let config = PgConfig::new(&proxy.url).unwrap().with_schema(&schema.name).unwrap();
    let config = config.with_call_wait(Duration::from_millis(500));
    (proxy, PgStore::open(&config).await.unwrap(), schema)
}

/// What is still on its way when its publisher hears that it was not stored must never arrive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_was_called_not_stored_is_not_stored_later() {
    let (proxy, store, schema) = behind_proxy().await;
    let writer = writer(&store);
    fill(&writer, 0..UNTIL_QUIET).await;
    proxy.holding.send_replace(true);
    let answer = append(&writer, proposal(UNTIL_QUIET)).await;
    assert!(matches!(answer, Err(AppendError::Unavailable(_))), "{answer:?}");
    proxy.holding.send_replace(false);
    // By a way of its own: whatever arrives late arrives before this.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let direct = PgStore::open(&schema.app()).await.unwrap();
    assert_eq!(head(&direct).await, UNTIL_QUIET as u64);
    fill(&writer, UNTIL_QUIET..10).await;
    assert_eq!(report(&direct).await.breaches, []);
}

/// A server that does not answer any more, behind a proxy that still acknowledges.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_connection_ends_in_an_answer() {
    let (proxy, store, _schema) = behind_proxy().await;
    let writer = writer(&store);
    fill(&writer, 0..UNTIL_QUIET).await;
    proxy.new_ones.store(true, SeqCst);
    proxy.holding.send_replace(true);
    let answer = append(&writer, proposal(UNTIL_QUIET)).await;
    assert!(matches!(answer, Err(AppendError::OutcomeUnknown)), "{answer:?}");
    let answer = append(&writer, proposal(UNTIL_QUIET)).await;
    assert!(matches!(answer, Err(AppendError::Unavailable(_))), "{answer:?}");
    proxy.holding.send_replace(false);
    let again = append(&writer, proposal(UNTIL_QUIET)).await;
    assert!(matches!(again, Ok(Outcome::Admitted(_) | Outcome::Duplicate(_))), "{again:?}");
    fill(&writer, UNTIL_QUIET + 1..10).await;
    assert_eq!(report(&store).await.breaches, []);
}
