//! Two processes on one store.

use super::killed::is_projected;
use crate::support::process::{Address, Load, Server, Store, read_until, referral, until, verified};
use serde_json::Value;
use std::sync::{Arc, Mutex};

#[test]
fn two_processes_append_to_one_log_and_keep_one_set_of_read_models() {
    let store = Store::empty();
    let mut servers = [Server::start(&store), Server::start(&store)];
    let addresses: Vec<Address> =
        servers.iter().map(|server| Arc::new(Mutex::new(server.url.clone()))).collect();
    let load = Load::start(&store, "two", &[addresses.clone(), addresses].concat());
    load.go_on(150);
    // An audit while both are at work finds nothing that only seems to be wrong.
    verified(&store, None);
    let history = load.finish();
    for server in &servers {
        until("the read models catch up", || is_projected(server).then_some(()));
    }
    let found = verified(&store, Some(&history));
    assert_eq!(found["events"], found["head"]);
    for person in ["two0-0", "two1-0"] {
        let [one, other] = [0, 1].map(|n| servers[n].json(&format!("/v1/persons/{person}/team")));
        assert_eq!(one, other);
    }
    for server in &mut servers {
        server.stop();
    }
    verified(&store, Some(&history));
}

#[test]
fn each_process_sees_at_once_what_the_other_recorded() {
    let store = Store::empty();
    let servers = [Server::start(&store), Server::start(&store)];
    let mut follower =
        servers[1].send("GET /v1/events?person=haru HTTP/1.1\r\naccept: text/event-stream", "");
    assert!(read_until(&mut follower, "heartbeat"));
    for n in 0..6 {
        let writes = &servers[(n % 2) as usize];
        let reads = &servers[((n + 1) % 2) as usize];
        let event = referral("https://two.example", &n.to_string(), "haru", n, false).to_string();
        assert_eq!(writes.post(&event).0, 201);
        let timeline = reads.json("/v1/persons/haru/timeline");
        assert_eq!(timeline["as_of"]["stream_seq"], n + 1);
        // Idempotent through either door.
        let (status, receipt) = reads.post(&event);
        assert_eq!((status, &receipt["outcome"]), (200, &Value::from("duplicate")));
    }
    assert!(read_until(&mut follower, "recorded"));
}
