//! The production shape: PostgreSQL and JetStream, several processes, and what fails beneath them. These tests
//! bring their stores themselves, whichever one the run has.

mod bad_input;
mod connections;
mod intake;
mod jetstream;
mod over_nats;
mod postgres;
mod projectors;
mod relays;
mod roles;
mod writers;

use super::killed::is_projected;
use crate::support::place::Place;
use crate::support::process::{Address, Ended, Server, Store, until};
use async_nats::jetstream as js;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

/// A store in the PostgreSQL of the run, with a bus of its own.
fn store() -> Store {
    Store::in_production(Place::in_postgres())
}

/// A process that does this.
fn role(store: &Store, roles: &str) -> Server {
    Server::start_as(store.command(&["serve"]).env("BANSO__ROLES", roles))
}

/// Where a server is, for publishers.
fn address(server: &Server) -> Address {
    Arc::new(Mutex::new(server.url.clone()))
}

/// Records in one file what publishers were told.
fn joined(store: &Store, histories: &[PathBuf]) -> PathBuf {
    let all = store.file("all.jsonl");
    let text: String = histories.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    std::fs::write(&all, text).unwrap();
    all
}

/// Waits until read models and bus have what the log has, and has everything compared (I1 to I8). Nobody appends.
fn whole(store: &Store, server: &Server, history: &Path) -> Value {
    until("the read models catch up", || is_projected(server).then_some(()));
    let mut ended = None;
    let found = until("the bus catches up", || {
        let Ended { code, out, err } =
            store.run(&["verify", "--json", "--history", history.to_str().unwrap()]);
        let found: Value = serde_json::from_str(&out).unwrap_or_default();
        let there = found["bus_messages"] == found["head"] && !found.is_null();
        // What does not hold does not come to hold by waiting, except that the bus is being filled.
        let broken = found["listed"]
            .as_array()
            .is_some_and(|listed| listed.iter().any(|breach| breach["invariant"] != "I7"));
        ended = Some(format!("{code:?} {out} {err}"));
        (there || broken).then_some(found)
    });
    assert_eq!(found["breaches"], 0, "{ended:?}");
    assert_eq!(found["events"], found["head"], "{found}");
    found
}

/// Up to where the bus has events.
fn bus_end(store: &mut Store) -> u64 {
    Runtime::new().unwrap().block_on(async {
        let jetstream = js::new(store.bus().client("relay").await);
        match jetstream.get_stream("BANSO_EVENTS").await {
            Ok(stream) => stream.cached_info().state.last_sequence,
            // It is being made, or the server is starting.
            Err(_) => 0,
        }
    })
}

/// Waits until the bus has gone on to here.
fn until_on_bus(store: &mut Store, seq: u64) {
    until("the bus gets on", || (bus_end(store) >= seq).then_some(()));
}

/// A counter or gauge of a process; 0 where there is none.
fn measured(server: &Server, name: &str) -> f64 {
    let (_, metrics) = server.get("/metrics");
    let of_name = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    of_name.map_or(0.0, |value| value.parse().unwrap())
}
