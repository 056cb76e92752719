//! Connections that break, stand still, or look alive and are dead: between banso and PostgreSQL, and between
//! banso and the bus. Others go on, and a process needs nobody when the way is free again.

use super::over_nats::{Order, OverNats};
use super::{address, joined, role, store, until_on_bus, whole};
use crate::support::process::{Load, Server, Store, referral, until};
use crate::support::proxy::{Proxy, Way};
use serde_json::Value;
use std::thread::spawn;
use std::time::Duration;

/// So much later comes every piece.
const SLOW: Duration = Duration::from_millis(20);

/// A process that reaches PostgreSQL only by way of the proxy.
fn behind(store: &Store, proxy: &Proxy, roles: &str) -> Server {
    let url = proxy.url(&store.schema().app_url);
    Server::start_as(store.command(&["serve"]).env("BANSO__STORE__POSTGRES", url).env("BANSO__ROLES", roles))
}

fn before_postgres(store: &Store) -> Proxy {
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
    let over_nats = OverNats::start(&mut store, Order::Kept);
    for way in [Way::Slow(SLOW), Way::Cut, Way::Swallows, Way::HoldsAnswers] {
        proxy.set(way);
        // What is recorded here is told by the other one.
        load.go_on(100);
        until_on_bus(&mut store, load.acknowledged());
        over_nats.go_on(10);
        assert_eq!(cut_off.get("/readyz").0, 200);
        proxy.set(Way::Open);
        until("it has its bus again", || {
            cut_off.get("/readyz").1.contains("\"name\":\"bus\",\"ready\":true").then_some(())
        });
    }
    let told = over_nats.finish(&mut store);
    assert!(told.events.values().all(|(admitted, _)| *admitted == 1), "{:?}", told.events);
    let history = joined(&store, &[load.finish(), told.history]);
    whole(&store, &cut_off, &history);
    other.stop();
    cut_off.stop();
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

#[test]
fn a_retry_of_what_nobody_knew_gets_the_first_result() {
    let store = store();
    let proxy = before_postgres(&store);
    let mut server = behind(&store, &proxy, "api");
    let observer = Server::start(&store);
    for n in 1..=8_u64 {
        let event = referral("https://lost.example", &n.to_string(), "haru", n, false).to_string();
        proxy.set(Way::HoldsAnswers);
        let (url, sent) = (server.url.clone(), event.clone());
        let answer = spawn(move || {
            crate::support::process::post(&crate::support::process::agent(), &url, &sent).unwrap()
        });
        let page = format!("/v1/events?after={}", n - 1);
        // A transaction of its own needs answers to get to its COMMIT; then it is retried like any other.
        let stored = until("it is stored, or given up", || {
            let stored = !observer.get(&page).1.is_empty();
            (stored || answer.is_finished()).then_some(stored)
        });
        // Every other time it can look up at once what became of it.
        let looked_up = stored && n % 2 == 0;
        proxy.set(Way::Cut);
        if looked_up {
            proxy.set(Way::Open);
        }
        let (status, told) = answer.join().unwrap();
        proxy.set(Way::Open);
        match status {
            201 | 200 => assert_eq!(told["seq"], n, "{told}"),
            _ => {
                assert_eq!(status, 503, "{told}");
                if stored {
                    assert_eq!(told["type"], "urn:banso:problem:outcome-unknown", "{told}");
                }
            }
        }
        let (status, receipt) = until("it is told", || Some(server.post(&event)).filter(|(s, _)| *s != 503));
        let expected = if stored { (200, Value::from("duplicate")) } else { (201, Value::from("admitted")) };
        assert_eq!((status, receipt["outcome"].clone()), expected, "{receipt}");
        assert_eq!(receipt["seq"], n);
    }
    server.stop();
    drop(observer);
    assert_eq!(crate::support::process::verified(&store, None)["events"], 8);
}
