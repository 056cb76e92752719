//! A database that was put back to an earlier point: nothing is recorded until an operator has decided.

use super::events::{on_the_bus, publish_haru};
use crate::support::process::{Server, Store, referral, until, verified};

/// A store that lost what stood behind a position, while the bus has it.
fn put_back(at: u64) -> (Store, Server) {
    let store = Store::with_bus();
    let mut server = Server::start(&store);
    publish_haru(&store, &server);
    on_the_bus(&store, 66);
    server.stop();
    store.cut_log(at);
    let server = Server::start(&store);
    assert_eq!(post(&server, 1), 503, "bus and log are compared before anything is recorded");
    until("the log is held", || {
        let (status, ready) = server.get("/readyz");
        (status == 503 && ready.contains("banso recover")).then_some(())
    });
    (store, server)
}

fn post(server: &Server, n: u64) -> u16 {
    server.post(&referral("https://x.example", &n.to_string(), "aki", n, false).to_string()).0
}

#[test]
fn a_log_that_lost_its_end_is_held_and_mended_from_the_bus() {
    let (store, mut server) = put_back(40);
    assert_eq!(server.get("/v1/persons/haru/plan").0, 200, "what is there can be read");
    let printed = store.print(&["recover", "--import-from-bus"]);
    assert!(printed.contains("26 events were put back"), "{printed}");
    assert_eq!(verified(&store, None)["head"], 66);
    until("it records again", || (post(&server, 1) == 201).then_some(()));
    on_the_bus(&store, 67);
    until("it is ready", || (server.get("/readyz").0 == 200).then_some(()));
    server.stop();
}

#[test]
fn an_operator_may_go_on_without_what_only_the_bus_has() {
    let (store, mut server) = put_back(40);
    let printed = store.print(&["recover", "--new-epoch"]);
    assert!(printed.contains("epoch 2"), "{printed}");
    until("it records again", || (post(&server, 1) == 201).then_some(()));
    on_the_bus(&store, 41);
    server.stop();
}

/// Somebody let the log go and recorded so many events, where there was no bus to say no.
fn went_on(events: u64) {
    let (store, mut server) = put_back(40);
    server.stop();
    store.configure_without_bus();
    store.let_go();
    let mut server = Server::start(&store);
    for n in 1..=events {
        assert_eq!(post(&server, n), 201);
    }
    server.stop();
    store.configure("");
    let server = Server::start(&store);
    until("the log is held", || (server.get("/readyz").0 == 503).then_some(()));
    let refused = store.run(&["recover", "--import-from-bus"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("--new-epoch"), "{refused:?}");
    assert_eq!(post(&server, events + 1), 503);
    store.print(&["recover", "--new-epoch"]);
    until("it records again", || (post(&server, events + 1) == 201).then_some(()));
    on_the_bus(&store, 41 + events);
}

#[test]
fn a_log_that_went_on_otherwise_is_not_mended_from_the_bus() {
    went_on(1);
}

#[test]
fn nor_is_one_that_is_longer_than_the_bus_by_now() {
    went_on(30);
}
