//! Connections that break, stand still, or look alive and are dead: between banso and PostgreSQL, and between
//! banso and the bus. Others go on, and a process needs nobody when the way is free again.

use super::{address, joined, role, store, until_on_bus, whole};
use crate::support::bus::{PUBLISHER, publish_raw};
use crate::support::place::blocking;
use crate::support::process::{Load, Server, Store, agent, post, referral, until, verified};
use crate::support::proxy::{Proxy, Way};
use async_nats::HeaderMap;
use serde_json::Value;
use std::thread::spawn;
use std::time::Duration;
use tokio::runtime::Runtime;

/// So many batches in quiet, and a writer appends without a lock.
const UNTIL_QUIET: usize = 4;
/// So much later comes every piece.
const SLOW: Duration = Duration::from_millis(20);

/// A process that reaches PostgreSQL only by way of the proxy.
pub(super) fn behind(store: &Store, proxy: &Proxy, roles: &str) -> Server {
    let url = proxy.url(&store.schema().app_url);
    Server::start_as(store.command(&["serve"]).env("BANSO__STORE__POSTGRES", url).env("BANSO__ROLES", roles))
}

pub(super) fn before_postgres(store: &Store) -> Proxy {
    Proxy::before_url(&store.schema().app_url)
}

#[test]
fn a_process_cut_off_from_postgresql_holds_nobody_up_and_comes_back() {
    let store = store();
    let proxy = before_postgres(&store);
    let mut servers = [behind(&store, &proxy, "api,intake,relay,project"), Server::start(&store)];
    let [load, of_others] = [("cut", 0), ("others", 1)]
        .map(|(name, n)| Load::start(&store, name, &vec![address(&servers[n]); 2]));
    for way in [Way::Slow(SLOW), Way::Cut, Way::Swallows, Way::HoldsAnswers] {
        load.go_on(40);
        let unknown = load.unknown();
        proxy.set(way);
        of_others.go_on(100);
        match way {
            Way::Slow(_) => load.go_on(10),
            _ => until("publishers are told so", || (load.unknown() > unknown).then_some(())),
        }
        proxy.set(Way::Open);
        load.go_on(40);
    }
    until("it is ready", || (servers[0].get("/readyz").0 == 200).then_some(()));
    let history = joined(&store, &[load.finish(), of_others.finish()]);
    whole(&store, &servers[0], &history);
    for server in &mut servers {
        server.stop();
    }
}

#[test]
fn a_process_cut_off_from_its_bus_holds_nobody_up_and_comes_back() {
    let mut store = store();
    let proxy = Proxy::before_url(&store.bus().server.url());
    let servers_of = proxy.url(&store.bus().server.url());
    let mut cut_off = Server::start_as(store.command(&["serve"]).env("BANSO__NATS__SERVERS", servers_of));
    let load = Load::start(&store, "bus", &vec![address(&cut_off); 3]);
    load.go_on(40);
    let mut other = role(&store, "relay,intake");
    for way in [Way::Slow(SLOW), Way::Cut, Way::Swallows, Way::HoldsAnswers] {
        proxy.set(way);
        // What is recorded here is told by the other one.
        load.go_on(100);
        until_on_bus(&mut store, load.acknowledged());
        // Whichever of the two read these publishers before.
        for publisher in [PUBLISHER, "municipality"] {
            let end = intake_end(&mut store);
            publish_as(&mut store, publisher);
            until("somebody reads", || (intake_position(&store, publisher) > end).then_some(()));
        }
        assert_eq!(cut_off.get("/readyz").0, 200);
        proxy.set(Way::Open);
        until("it has its bus again", || {
            cut_off.get("/readyz").1.contains("\"name\":\"bus\",\"ready\":true").then_some(())
        });
    }
    let history = load.finish();
    whole(&store, &cut_off, &history);
    other.stop();
    cut_off.stop();
}

fn intake_end(store: &mut Store) -> u64 {
    Runtime::new().unwrap().block_on(async {
        let jetstream = async_nats::jetstream::new(store.bus().client("relay").await);
        jetstream.get_stream("BANSO_INTAKE").await.unwrap().cached_info().state.last_sequence
    })
}

fn intake_position(store: &Store, publisher: &str) -> u64 {
    let position = blocking(async { store.open().await.intake_position(publisher).await.unwrap() });
    position.map_or(0, |position| position.seq)
}

/// Sends something that is refused, for it has no source.
fn publish_as(store: &mut Store, publisher: &str) {
    Runtime::new().unwrap().block_on(async {
        let client = store.bus().client(publisher).await;
        let subject = format!("banso.v1.intake.{publisher}.person.person-voice-recorded");
        publish_raw(&client, &subject, HeaderMap::new(), "{}".into()).await;
    });
}

/// Behind COMMIT nobody here knows what became of it.
#[test]
fn publishers_whose_commit_was_not_answered_are_told_the_truth_or_that_nobody_knows() {
    let store = store();
    let proxy = before_postgres(&store);
    // Only its writer sends COMMIT. The other one makes it append in transactions.
    let mut servers = [behind(&store, &proxy, "api"), Server::start(&store)];
    let [load, of_others] = [("commit", 0), ("beside", 1)]
        .map(|(name, n)| Load::start(&store, name, &vec![address(&servers[n]); 2]));
    for _ in 0..6 {
        load.go_on(10);
        proxy.set(Way::HoldsAnswersBehindCommit);
        proxy.until_commit();
        proxy.set(Way::Cut);
        // It cannot find out.
        let unknown = load.unknown();
        until("publishers are told so", || (load.unknown() > unknown).then_some(()));
        proxy.set(Way::Open);
    }
    load.go_on(10);
    let history = joined(&store, &[load.finish(), of_others.finish()]);
    whole(&store, &servers[1], &history);
    for server in &mut servers {
        server.stop();
    }
}

/// One writer alone: what is stored was sent in one statement, and only its answer is lost.
#[test]
fn a_retry_of_what_nobody_knew_gets_the_first_result() {
    let store = store();
    let proxy = before_postgres(&store);
    let mut server = behind(&store, &proxy, "api");
    let observer = role(&store, "api");
    let event = |n: u64| referral("https://lost.example", &n.to_string(), "haru", n, false).to_string();
    let mut head = 0;
    for round in 0..6 {
        for _ in 0..UNTIL_QUIET {
            head += 1;
            assert_eq!(server.post(&event(head)).0, 201);
        }
        head += 1;
        proxy.set(Way::HoldsAnswers);
        let (url, sent) = (server.url.clone(), event(head));
        let answer = spawn(move || post(&agent(), &url, &sent).unwrap());
        let page = format!("/v1/events?after={}", head - 1);
        until("it is stored", || (!observer.get(&page).1.is_empty()).then_some(()));
        // Every other time it can look up what became of it.
        let looks_up = round % 2 == 0;
        if looks_up {
            proxy.break_off();
        } else {
            proxy.set(Way::Cut);
        }
        let (status, told) = answer.join().unwrap();
        proxy.set(Way::Open);
        if looks_up {
            assert_eq!((status, &told["seq"]), (201, &Value::from(head)), "{told}");
        } else {
            let kind = Value::from("urn:banso:problem:outcome-unknown");
            assert_eq!((status, &told["type"]), (503, &kind), "{told}");
        }
        let (status, receipt) =
            until("it is told", || Some(server.post(&event(head))).filter(|(status, _)| *status != 503));
        assert_eq!((status, &receipt["outcome"]), (200, &Value::from("duplicate")), "{receipt}");
        assert_eq!(receipt["seq"], head);
    }
    server.stop();
    assert_eq!(verified(&store, None)["events"], head);
}
