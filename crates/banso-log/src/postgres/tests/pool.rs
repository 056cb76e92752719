//! A connection with an open transaction is never handed out, wherever a caller goes away.

use super::fixture_events::{fill, writer};
use super::*;
use crate::{
    Checkpoint, Custody, Inbox, Leases, Log, Models, Move, PersonWrite, RowQuery, StoredState, Stretch,
    WorkRow,
};
use banso_kernel::{PARTS, StreamId};
use bytes::Bytes;
use chrono::DateTime;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use tokio_postgres::SimpleQueryMessage;

/// Most awaits of one call.
const POLLS_MAX: usize = 200;

/// Polls a call so many times and drops it; whether it had come to its end.
async fn dropped_after(polls: usize, mut call: BoxFuture<'static, ()>) -> bool {
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match call.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            // This was the last time: there is nothing to wait for.
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

struct Case {
    store: PgStore,
    schema: PgSchema,
}

impl Case {
    async fn fresh() -> Self {
        let schema = PgSchema::migrated().await;
        // A name by which the server's list of sessions shows those of this test alone.
        let url = format!("{}?application_name={}", schema.app_url, schema.name);
        let config = PgConfig::new(&url).unwrap().with_schema(&schema.name).unwrap();
        Self { store: PgStore::open(&config).await.unwrap(), schema }
    }

    /// Drops a call at every of its awaits. After each time the pool hands out no transaction, and none is left
    /// on the server.
    async fn everywhere(&self, name: &str, call: impl Fn(PgStore) -> BoxFuture<'static, ()>) {
        for polls in 0.. {
            assert!(polls < POLLS_MAX, "{name} never ends");
            let ended = dropped_after(polls, call(self.store.clone())).await;
            self.no_transaction_is_handed_out(name, polls).await;
            self.none_is_left_on_the_server(name, polls).await;
            if ended {
                return;
            }
        }
    }

    async fn no_transaction_is_handed_out(&self, name: &str, polls: usize) {
        let mut lent = Vec::new();
        for _ in 0..2 {
            let conn = self.store.connections().lend("look into the pool").await.unwrap();
            // A simple query outside of a transaction begins when its own does.
            let clean = "SELECT now() = statement_timestamp() AND pg_current_xact_id_if_assigned() IS NULL";
            let rows = conn.simple_query(clean).await.unwrap();
            let clean = rows.iter().any(|row| match row {
                SimpleQueryMessage::Row(row) => row.get(0) == Some("t"),
                _ => false,
            });
            assert!(clean, "{name}, dropped after {polls} polls: an open transaction was handed out");
            lent.push(conn);
        }
        for conn in lent {
            conn.give_back();
        }
    }

    async fn none_is_left_on_the_server(&self, name: &str, polls: usize) {
        let busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'";
        let raw = self.schema.raw().await;
        let ended = async {
            while raw.query_one(busy, &[&self.schema.name]).await.unwrap().get::<_, i64>(0) > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        // Less than what the server itself would wait before it ends one.
        let ended = tokio::time::timeout(Duration::from_secs(4), ended).await;
        assert!(ended.is_ok(), "{name}, dropped after {polls} polls: a transaction was left open");
    }
}

fn stream() -> StreamId {
    "person/haru".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_is_dropped_anywhere_leaves_no_transaction() {
    let case = Case::fresh().await;
    fill(&writer(&case.store), 0..20).await;
    let version = case.store.create(7).await.unwrap();
    let id = case.store.read(0, 1).await.unwrap()[0].header.event_id;
    let list = || RowQuery { view: "todo".to_owned(), limit: 10, ..RowQuery::default() };
    // Whatever is answered: these tests are about what is left.
    case.everywhere("identity", |s| async move { drop(s.identity().await) }.boxed()).await;
    case.everywhere("head", |s| async move { drop(s.head().await) }.boxed()).await;
    case.everywhere("read", |s| async move { drop(s.read(0, 9).await) }.boxed()).await;
    case.everywhere("read_back", |s| async move { drop(s.read_back(9, 9).await) }.boxed()).await;
    case.everywhere("read_stream", |s| async move { drop(s.read_stream(&stream(), 0, 9, 9).await) }.boxed())
        .await;
    case.everywhere("read_stretches", |s| {
        async move { drop(s.read_stretches(&[Stretch { stream: stream(), after: 0, up_to: 9 }], 9).await) }
            .boxed()
    })
    .await;
    case.everywhere("find", move |s| async move { drop(s.find(&[id]).await) }.boxed()).await;
    case.everywhere("seq_at", |s| async move { drop(s.seq_at(DateTime::UNIX_EPOCH).await) }.boxed()).await;
    case.everywhere("read_sealed", |s| async move { drop(s.read_sealed(0, 9).await) }.boxed()).await;
    case.everywhere("read_following", |s| async move { drop(s.read_following(0, 9).await) }.boxed()).await;
    case.everywhere("versions", |s| async move { drop(s.versions().await) }.boxed()).await;
    case.everywhere("checkpoints", move |s| async move { drop(s.checkpoints(version).await) }.boxed()).await;
    case.everywhere("states", move |s| async move { drop(s.states(version, &[stream()]).await) }.boxed())
        .await;
    case.everywhere("states_from", move |s| {
        async move { drop(s.states_from(version, None, 9).await) }.boxed()
    })
    .await;
    case.everywhere("now", |s| async move { drop(s.now(&stream(), 0).await) }.boxed()).await;
    case.everywhere("rows", move |s| async move { drop(Models::rows(&s, &list()).await) }.boxed()).await;
    case.everywhere("rows_of", move |s| {
        async move { drop(s.rows_of(version, &"haru".parse().unwrap()).await) }.boxed()
    })
    .await;
    case.everywhere("intake_position", |s| async move { drop(s.intake_position("a").await) }.boxed()).await;
    case.everywhere("receipt_head", |s| async move { drop(s.receipt_head().await) }.boxed()).await;
    case.everywhere("receipts", |s| async move { drop(s.receipts(0, 9).await) }.boxed()).await;
    case.everywhere("held", |s| async move { drop(s.held().await) }.boxed()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_is_dropped_anywhere_leaves_no_transaction() {
    let case = Case::fresh().await;
    case.everywhere("create", |s| async move { drop(s.create(7).await) }.boxed()).await;
    let versions = case.store.versions().await.unwrap();
    assert!(!versions.is_empty());
    for version in &versions {
        let parts = case.store.checkpoints(version.version).await.unwrap().len();
        assert_eq!(parts, usize::from(PARTS), "a version is created with all its parts or not at all");
    }
    let first = versions[0].version;
    case.everywhere("activate", move |s| async move { drop(s.activate(first).await) }.boxed()).await;
    let active = case.store.versions().await.unwrap().iter().filter(|version| version.active).count();
    assert_eq!(active, 1);
    let other = case.store.create(8).await.unwrap();
    case.everywhere("drop_version", move |s| async move { drop(s.drop_version(other).await) }.boxed()).await;
    assert_eq!(case.store.checkpoints(other).await.unwrap(), []);
    let wanted = ["1".to_owned()];
    case.everywhere("renew", move |s| {
        let wanted = wanted.clone();
        async move { drop(s.renew("parts", "a", &wanted, Duration::from_secs(60)).await) }.boxed()
    })
    .await;
    case.everywhere("leave", |s| async move { drop(s.leave("parts", "a").await) }.boxed()).await;
    case.everywhere("hold", |s| async move { drop(s.hold("a test").await) }.boxed()).await;
    assert_eq!(case.store.held().await.unwrap().as_deref(), Some("a test"));
    // Refused to this role, in the middle of their transactions.
    case.everywhere("let_go", |s| async move { drop(s.let_go().await) }.boxed()).await;
    case.everywhere("begin_epoch", |s| async move { drop(s.begin_epoch().await) }.boxed()).await;
    assert_eq!(case.store.identity().await.unwrap().epoch, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_dropped_anywhere_is_whole_or_nothing() {
    let case = Case::fresh().await;
    let version = case.store.create(7).await.unwrap();
    case.store.activate(version).await.unwrap();
    let mut at = Checkpoint { seq: 0, rev: 0 };
    let mut committed = 0;
    for polls in 0..POLLS_MAX {
        let next = at.seq + 1;
        let moves = [5u8, 6].map(|part| Move { part: part.try_into().unwrap(), from: at, to: next });
        let row = WorkRow {
            view: "todo".to_owned(),
            key: next.to_string(),
            person: "haru".parse().unwrap(),
            organisation: None,
            zone: None,
            due_from: None,
            due_to: None,
            body: Bytes::new(),
        };
        let state = StoredState { code: 7, stream_seq: next, body: Bytes::from(next.to_string()) };
        let writes = [PersonWrite { stream: stream(), state, rows: Some(vec![row]) }];
        let store = case.store.clone();
        let call = async move { drop(store.commit(version, &moves, &writes).await) };
        let ended = dropped_after(polls, call.boxed()).await;
        case.no_transaction_is_handed_out("commit", polls).await;
        case.none_is_left_on_the_server("commit", polls).await;

        let checkpoints = case.store.checkpoints(version).await.unwrap();
        let now = checkpoints[5];
        assert_eq!(checkpoints[6], now);
        let state = case.store.now(&stream(), 0).await.unwrap().state;
        assert_eq!(state.map_or(0, |state| state.stream_seq), now.seq, "after {polls} polls");
        let rows = case.store.rows_of(version, &"haru".parse().unwrap()).await.unwrap();
        let keys: Vec<String> = rows.into_iter().map(|row| row.key).collect();
        assert_eq!(keys, Vec::from_iter((now.seq > 0).then(|| now.seq.to_string())), "after {polls} polls");
        assert!(now == at || (now.seq, now.rev) == (next, at.rev + 1));
        committed += u32::from(now != at);
        at = now;
        if ended {
            assert!(committed > 0 && polls > 3, "it was dropped in the middle, and it ran to its end");
            return;
        }
    }
    panic!("it never ends");
}
