//! One thing per process, and several processes for one thing.

use super::events::on_the_bus;
use crate::support::bus::{Outcomes, PUBLISHER, publish};
use crate::support::event::said;
use crate::support::process::{Server, Store, referral, until, verified};
use serde_json::Value;
use tokio::runtime::Runtime;

fn role(store: &Store, roles: &str) -> Server {
    Server::start_as(store.command(&["serve"]).env("BANSO__ROLES", roles))
}

#[test]
fn each_role_is_done_by_a_process_of_its_own() {
    let mut store = Store::with_bus();
    let mut servers: Vec<Server> =
        ["api", "intake", "relay", "project"].iter().map(|roles| role(&store, roles)).collect();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let client = store.bus().client(PUBLISHER).await;
        let event = said("haru", "1", "はい").with("source", "https://hospital.example");
        let event: Value = serde_json::from_str(&event.json()).unwrap();
        publish(&client, PUBLISHER, &event).await;
        let (id, outcome) = Outcomes::of(&client, PUBLISHER).await.next().await;
        assert_eq!((id.as_str(), &outcome["status"]), ("1", &Value::from(201)));
    });
    let api = &servers[0];
    assert_eq!(api.post(&referral("https://x.example", "1", "aki", 1, false).to_string()).0, 201);
    until("the list is projected elsewhere", || {
        let rows = api.json("/v1/worklists/unanswered-referrals?org=c-soudan");
        rows.to_string().contains("aki:r1").then_some(())
    });
    on_the_bus(&store, 2);
    // Those who answer no question say how they are.
    for server in &servers[1..] {
        assert_eq!(server.get("/healthz").0, 200);
        assert_eq!(server.get("/readyz").0, 200);
        assert_eq!(server.get("/v1/persons/haru/plan").0, 404);
        assert_eq!(server.get("/v1/events").0, 404);
    }
    for server in &mut servers {
        server.stop();
    }
    assert_eq!(verified(&store, None)["events"], 2);
}

#[test]
fn a_process_without_anything_to_do_says_so() {
    let store = Store::bare();
    let ended = crate::support::process::ended(store.command(&["serve"]).env("BANSO__ROLES", "relay,intake"));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("nats.servers"), "{ended:?}");
    let ended = crate::support::process::ended(store.command(&["serve"]).env("BANSO__ROLES", "cook"));
    assert_eq!(ended.code, Some(1));
}
