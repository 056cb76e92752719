//! The read models of a process: what operators see of them, and rebuilds by another process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::process::{Address, HARU, Load, Server, Store, cloud_event, referral, until, verified};
use banso_kernel::{CloudEvent, SystemClock, SystemIds};
use banso_log::conformance::AdmitAll;
use banso_log::{Limits, Outcome, Submission, Unit, Writer};
use chrono::DateTime;
use std::sync::{Arc, Mutex};

/// Writes this into the log as another version of banso might have.
fn append(store: &Store, event: CloudEvent) -> u64 {
    let proposal = event.into_proposal(DateTime::UNIX_EPOCH).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let log = store.open().await;
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let writer = Writer::start(log, AdmitAll, clock, ids, Limits::default()).unwrap();
        let submission = Submission { units: vec![Unit::Single(proposal)], dry_run: false };
        let outcome = writer.append(submission).await.unwrap().remove(0);
        writer.stop().await;
        match outcome {
            Outcome::Admitted(receipt) => receipt.seq,
            other => panic!("{other:?}"),
        }
    })
}

fn changed(name: &str, value: &str) -> CloudEvent {
    let line = HARU.lines().find(|line| line.contains("haru-02a")).unwrap();
    let mut event = cloud_event(line);
    event.attributes.insert("id".to_owned(), "changed".to_owned());
    match name {
        "data" => event.data = value.to_owned().into(),
        _ => drop(event.attributes.insert(name.to_owned(), value.to_owned())),
    }
    event
}

/// The position up to which everything is in the version that is read.
fn projected(store: &Store) -> u64 {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = store.open().await;
        let versions = store.versions().await.unwrap();
        let active = versions.iter().find(|version| version.active).unwrap();
        let checkpoints = store.checkpoints(active.version).await.unwrap();
        checkpoints.iter().map(|checkpoint| checkpoint.seq).min().unwrap()
    })
}

#[test]
fn a_part_that_needs_a_newer_binary_is_said_to_do_so_and_the_others_go_on() {
    let store = Store::with_haru();
    let server = Server::start(&store);
    let unknown = append(&store, changed("type", "banso.FactRecorded.v2"));
    assert_eq!(server.post(&referral("https://x.example", "1", "aki", 1, false).to_string()).0, 201);
    let readiness = until("it says so", || {
        let (status, body) = server.get("/readyz");
        (status == 503).then_some(body)
    });
    assert!(readiness.contains("parts 5 stopped: needs a newer binary"), "{readiness}");
    until("the others are on the list", || {
        let rows = server.json("/v1/worklists/unanswered-referrals?org=c-soudan");
        rows.to_string().contains("aki:r1").then_some(())
    });
    // What is known of the person up to there can still be read.
    let then = server.json(&format!("/v1/persons/haru/plan?known_at={}", unknown - 1));
    assert_eq!(then["as_of"]["stream_seq"], 52);
    let (status, now) = server.get("/v1/persons/haru/plan");
    assert_eq!(status, 503, "nothing half is shown: {now}");
    assert_eq!(verified(&store, None)["persons"], 2);
    let rebuilt = store.run(&["rebuild"]);
    assert_eq!(rebuilt.code, Some(1));
    assert!(rebuilt.out.contains("1 parts hold events that need a newer binary"), "{rebuilt:?}");
    assert_eq!(verified(&store, None)["persons"], 2);
}

#[test]
fn a_person_who_is_set_aside_is_seen_by_operators_and_nobody_else_is_concerned() {
    let store = Store::with_haru();
    let server = Server::start(&store);
    append(&store, changed("data", r#"{"fact":"haru:f1"}"#));
    until("it is counted", || {
        let (_, metrics) = server.get("/metrics");
        metrics.contains("banso_parked_persons_total 1").then_some(())
    });
    let (status, problem) = server.get("/v1/persons/haru/plan");
    assert_eq!(status, 500);
    assert!(problem.contains("urn:banso:problem:parked") && problem.contains("event 67"), "{problem}");
    assert_eq!(server.post(&referral("https://x.example", "1", "aki", 1, false).to_string()).0, 201);
    assert_eq!(server.get("/v1/persons/aki/plan").0, 200);
    assert_eq!(server.get("/readyz").0, 200);
    until("the other is projected", || (projected(&store) == 68).then_some(()));
    assert_eq!(verified(&store, None)["parked"], 1);
    let shown = store.run(&["show", "plan", "haru"]);
    assert_eq!(shown.code, Some(1));
    assert!(shown.err.contains("set aside at event 67"), "{shown:?}");
}

#[test]
fn rebuilds_by_another_process_during_load_lose_nothing() {
    let store = Store::empty();
    let mut server = Server::start(&store);
    let address: Address = Arc::new(Mutex::new(server.url.clone()));
    let load = Load::start(&store, "rebuilt", &[address.clone(), address]);
    for _ in 0..4 {
        load.go_on(25);
        store.print(&["rebuild"]);
        verified(&store, None);
    }
    let history = load.finish();
    store.print(&["rebuild"]);
    let head = verified(&store, Some(&history))["head"].as_u64().unwrap();
    // No further event comes: the process completes what the rebuild may have missed.
    until("the read models catch up", || (projected(&store) == head).then_some(()));
    let before = store.print(&["show", "plan", "rebuilt0-0", "--json"]);
    server.stop();
    store.print(&["rebuild"]);
    assert_eq!(store.print(&["show", "plan", "rebuilt0-0", "--json"]), before);
    assert_eq!(verified(&store, Some(&history))["persons"], 8);
}
