//! Every event of the log is on the bus, at its position.

use crate::support::bus::messages;
use crate::support::process::{HARU, Server, Store, until, verified};
use futures::StreamExt;
use tokio::runtime::Runtime;

/// Publishes ハルさん's case over HTTP.
pub(super) fn publish_haru(store: &Store, server: &Server) {
    let file = store.file("haru.jsonl");
    std::fs::write(&file, HARU).unwrap();
    let printed = store.print(&["publish", file.to_str().unwrap(), "--to", &server.url]);
    assert!(printed.starts_with("admitted 66"), "{printed}");
}

/// Waits until the bus has so many messages, and checks it against the log.
pub(super) fn on_the_bus(store: &Store, messages: u64) {
    until("the bus has what the log has", || {
        let ended = store.run(&["verify", "--json"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let found: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        (found["bus_messages"] == messages).then_some(())
    });
}

/// What a subscriber is given: position on the bus, and the event's header of this name.
async fn received(store: &mut Store, name: &str, count: usize) -> Vec<(u64, String)> {
    let client = store.bus().client("subscriber").await;
    let mut stream = messages(&client, "BANSO_EVENTS", "subscriber").await;
    let mut received = Vec::new();
    while received.len() < count {
        let message = stream.next().await.unwrap().unwrap();
        let seq = message.info().unwrap().stream_sequence;
        received.push((seq, message.headers.as_ref().unwrap().get(name).unwrap().as_str().to_owned()));
        message.ack().await.unwrap();
    }
    received
}

#[test]
fn a_subscriber_gets_every_event_once_in_order_and_at_its_position() {
    let mut store = Store::with_bus();
    let mut server = Server::start(&store);
    publish_haru(&store, &server);
    let runtime = Runtime::new().unwrap();
    let received = runtime.block_on(received(&mut store, "ce-bansoseq", 66));
    let expected: Vec<(u64, String)> = (1..=66).map(|seq| (seq, seq.to_string())).collect();
    assert_eq!(received, expected);
    on_the_bus(&store, 66);
    for name in ["bus", "outcomes", "intake"] {
        until(name, || {
            let (status, ready) = server.get("/readyz");
            assert_eq!(status, 200, "{ready}");
            ready.contains(&format!("\"name\":\"{name}\",\"ready\":true")).then_some(())
        });
    }
    server.stop();
}

#[test]
fn a_wiped_bus_is_filled_again_with_the_same_positions() {
    let mut store = Store::with_bus();
    let mut server = Server::start(&store);
    publish_haru(&store, &server);
    on_the_bus(&store, 66);
    server.stop();
    store.bus().server.kill();
    std::fs::remove_dir_all(store.bus().server.store()).unwrap();
    store.bus().server.run();
    let _server = Server::start(&store);
    on_the_bus(&store, 66);
    let runtime = Runtime::new().unwrap();
    let ids = runtime.block_on(received(&mut store, "ce-bansoeventid", 66));
    let lines = store.print(&["events"]);
    let expected: Vec<(u64, String)> = (1..)
        .zip(lines.lines())
        .map(|(seq, line)| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            (seq, event["bansoeventid"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(ids, expected);
}

#[test]
fn a_bus_that_is_wiped_under_banso_is_filled_again_and_subscribers_find_their_consumer() {
    let mut store = Store::with_bus();
    let server = Server::start(&store);
    publish_haru(&store, &server);
    on_the_bus(&store, 66);
    store.bus().server.kill();
    std::fs::remove_dir_all(store.bus().server.store()).unwrap();
    store.bus().server.run();
    on_the_bus(&store, 66);
    let runtime = Runtime::new().unwrap();
    let received = runtime.block_on(received(&mut store, "ce-bansoseq", 66));
    assert_eq!(received.last(), Some(&(66, "66".to_owned())));
    drop(server);
}

#[test]
fn without_its_bus_banso_serves_and_what_was_recorded_meanwhile_follows() {
    let mut store = Store::with_bus();
    store.bus().server.kill();
    let server = Server::start(&store);
    publish_haru(&store, &server);
    let (status, ready) = server.get("/readyz");
    assert_eq!(status, 200, "requests are served without the bus: {ready}");
    assert!(ready.contains("\"name\":\"bus\",\"ready\":false"), "{ready}");
    assert_eq!(server.get("/v1/persons/haru/plan").0, 200);
    store.bus().server.run();
    on_the_bus(&store, 66);
    until("it is ready with its bus", || {
        server.get("/readyz").1.contains("\"name\":\"bus\",\"ready\":true").then_some(())
    });
    assert_eq!(verified(&store, None)["events"], 66);
}
