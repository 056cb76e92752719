//! nats-server dies, or loses what it had, beneath a banso that runs.

use super::over_nats::{Order, OverNats};
use super::{address, bus_end, joined, store, until_on_bus, whole};
use crate::support::bus::{Outcomes, PUBLISHER, publish};
use crate::support::event::said;
use crate::support::process::{Load, Server, Store};
use serde_json::Value;
use std::path::Path;
use tokio::runtime::Runtime;

#[test]
fn nats_server_killed_and_stopped_under_load_loses_and_doubles_nothing() {
    let mut store = store();
    let mut server = Server::start(&store);
    let load = Load::start(&store, "nats", &vec![address(&server); 3]);
    let over_nats = OverNats::start(&mut store, Order::Kept);
    for round in 0..4 {
        load.go_on(60);
        over_nats.go_on(10);
        if round % 2 == 0 {
            store.bus().server.kill();
        } else {
            store.bus().server.stop();
        }
        // The log needs no bus.
        load.go_on(100);
        assert_eq!(server.get("/readyz").0, 200);
        store.bus().server.run();
        over_nats.go_on(10);
        until_on_bus(&mut store, load.acknowledged());
    }
    let load = load.finish();
    let told = over_nats.finish(&mut store);
    let history = joined(&store, &[load, told.history]);
    whole(&store, &server, &history);
    server.stop();
}

#[test]
fn a_bus_that_lost_its_store_or_its_end_or_its_stream_under_load_is_filled_again() {
    let mut store = store();
    let mut server = Server::start(&store);
    let load = Load::start(&store, "lost", &vec![address(&server); 3]);
    let older = store.file("older");
    for lose in [wipe, keep_copy, put_copy_back, delete_stream] {
        load.go_on(150);
        let before = load.acknowledged();
        until_on_bus(&mut store, before);
        lose(&mut store, &older);
        load.go_on(150);
        // All of it, and what came since.
        until_on_bus(&mut store, load.acknowledged());
    }
    let history = load.finish();
    let found = whole(&store, &server, &history);
    assert_eq!(found["bus_messages"], bus_end(&mut store));
    // The intake was wiped too, and takes events again.
    Runtime::new().unwrap().block_on(async {
        let client = store.bus().client(PUBLISHER).await;
        let event = said("haru", "1", "はい").with("source", "https://hospital.example");
        let event: Value = serde_json::from_str(&event.json()).unwrap();
        publish(&client, PUBLISHER, &event).await;
        let (id, told) = Outcomes::of(&client, PUBLISHER).await.next().await;
        assert_eq!((id.as_str(), &told["status"]), ("1", &Value::from(201)));
    });
    whole(&store, &server, &history);
    server.stop();
}

fn wipe(store: &mut Store, _: &Path) {
    let server = &mut store.bus().server;
    server.kill();
    std::fs::remove_dir_all(server.store()).unwrap();
    server.run();
}

fn keep_copy(store: &mut Store, older: &Path) {
    let server = &mut store.bus().server;
    server.kill();
    copy(&server.store(), older);
    server.run();
}

fn put_copy_back(store: &mut Store, older: &Path) {
    let server = &mut store.bus().server;
    server.kill();
    std::fs::remove_dir_all(server.store()).unwrap();
    copy(older, &server.store());
    server.run();
}

fn delete_stream(store: &mut Store, _: &Path) {
    Runtime::new().unwrap().block_on(async {
        let jetstream = async_nats::jetstream::new(store.bus().client("relay").await);
        jetstream.delete_stream("BANSO_EVENTS").await.unwrap();
    });
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
