//! Services that speak only NATS: what they send is recorded, and they are told what became of it.

use crate::support::bus::{Bus, Outcomes, PUBLISHER, line_of, publish, publish_raw};
use crate::support::event::said;
use crate::support::process::{HARU, Server, Store, cloud_event, until, verified};
use async_nats::HeaderMap;
use banso_app::{App, Share};
use banso_kernel::{ManualClock, SystemIds};
use banso_log::Limits;
use banso_nats::{Intake, IntakeSettings, IntakeStreamSettings, ensure_intake};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::runtime::Runtime;

fn event(id: &str, words: &str) -> Value {
    let event = said("haru", id, words).with("source", "https://hospital.example");
    serde_json::from_str(&event.json()).unwrap()
}

#[test]
fn a_publisher_that_speaks_only_nats_is_told_what_became_of_each_event() {
    let mut store = Store::with_bus();
    let server = Server::start(&store);
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let client = store.bus().client(PUBLISHER).await;
        publish(&client, PUBLISHER, &event("1", "はい")).await;
        publish(&client, PUBLISHER, &event("1", "はい")).await;
        publish(&client, PUBLISHER, &event("1", "いいえ")).await;
        let mut late = event("2", "いいえ");
        late["bansooccurred"] = json!("2999-01-01");
        publish(&client, PUBLISHER, &late).await;
        let mut foreign = event("3", "はい");
        foreign["source"] = json!("https://else.example");
        publish(&client, PUBLISHER, &foreign).await;
        let mut nameless = event("4", "はい");
        nameless.as_object_mut().unwrap().remove("id");
        publish(&client, PUBLISHER, &nameless).await;
        publish_raw(&client, "banso.v1.intake.hospital.nonsense", HeaderMap::new(), "hello".into()).await;
        publish(&client, PUBLISHER, &event("5", "また")).await;
        let mut outcomes = Outcomes::of(&client, PUBLISHER).await;
        let mut told = Vec::new();
        for _ in 0..8 {
            let (id, outcome) = outcomes.next().await;
            told.push((id, outcome["status"].as_u64().unwrap()));
        }
        let expected =
            [("1", 201), ("1", 200), ("1", 409), ("2", 422), ("3", 403), ("", 400), ("", 400), ("5", 201)];
        assert_eq!(told, expected.map(|(id, status)| (id.to_owned(), status)));
    });
    assert_eq!(verified(&store, None)["events"], 2);
    let (_, metrics) = server.get("/metrics");
    assert!(
        metrics.contains(r#"banso_intake_events_total{publisher="hospital",status="403"} 1"#),
        "{metrics}"
    );
}

#[test]
fn what_was_sent_while_nobody_read_is_recorded_later_and_once() {
    let mut store = Store::with_bus();
    let runtime = Runtime::new().unwrap();
    let mut server = Server::start(&store);
    let client = runtime.block_on(async {
        let client = store.bus().client(PUBLISHER).await;
        publish(&client, PUBLISHER, &event("0", "0")).await;
        client
    });
    until("it is recorded", || (verified(&store, None)["events"] == 1).then_some(()));
    server.stop();
    runtime.block_on(async {
        for n in 1..50 {
            publish(&client, PUBLISHER, &event(&n.to_string(), &n.to_string())).await;
        }
    });
    store.bus().server.stop();
    store.bus().server.run();
    for _ in 0..2 {
        let mut server = Server::start(&store);
        until("all are recorded", || (verified(&store, None)["events"] == 50).then_some(()));
        server.stop();
    }
}

/// The case through the intake, each event recorded when its publisher wrote it down, as the embedded one is.
#[test]
fn harus_case_through_the_intake_gives_the_very_read_models_of_the_embedded_store() {
    let embedded = Store::with_haru_in_files();
    let mut through = Store::with_bus();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(record_through_intake(&mut through));
    for view in ["plan", "team", "timeline"] {
        for at in [&[][..], &["--valid-at", "2025-04-01"], &["--known-at", "40"]] {
            let args = [&["show", view, "haru", "--json"][..], at].concat();
            assert_eq!(through.print(&args), embedded.print(&args), "{args:?}");
        }
    }
    let states = |store: &Store| {
        runtime.block_on(async {
            let store = store.open().await;
            let versions = store.versions().await.unwrap();
            let active = versions.iter().find(|version| version.active).unwrap().version;
            let states = store.states_from(active, None, 100).await.unwrap();
            let haru = "haru".parse().unwrap();
            (states, store.rows_of(active, &haru).await.unwrap())
        })
    };
    assert_eq!(states(&through), states(&embedded));
}

async fn record_through_intake(store: &mut Store) {
    let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
    let opened = store.open().await;
    let app = App::start(opened.clone(), clock.clone(), Arc::new(SystemIds), Limits::default(), true).await;
    let app = Arc::new(app.unwrap());
    let relay = store.bus().client("relay").await;
    let kept = IntakeStreamSettings { max_bytes: 1 << 30, ..IntakeStreamSettings::default() };
    while ensure_intake(&relay, &kept).await.is_err() {
        // Not connected yet.
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let sources = HARU.lines().map(|line| line_of(line)["source"].as_str().unwrap().to_owned()).collect();
    let publisher = banso_api::Publisher { name: PUBLISHER.to_owned(), sources };
    let door = Arc::new(banso::IntakeDoor::of(app.clone(), [publisher]));
    let names = vec![PUBLISHER.to_owned()];
    let share = Share::join(opened.clone(), &SystemIds, "intake", names.clone());
    let reader = store.bus().client("intake").await;
    let settings = IntakeSettings::of(names.into_iter().collect());
    let intake = Intake::start(reader, door, settings, share.held());
    let hospital = store.bus().client(PUBLISHER).await;
    for (n, line) in (1..).zip(HARU.lines()) {
        let written_at: DateTime<Utc> = cloud_event(line).attributes["time"].parse().unwrap();
        clock.set(written_at);
        publish(&hospital, PUBLISHER, &line_of(line)).await;
        while opened.receipt_head().await.unwrap() < n {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
    app.projected_up_to(66).await.unwrap();
    intake.stop().await;
    share.leave().await;
    app.stop().await;
}

#[test]
fn nobody_publishes_in_anothers_name_or_past_the_log() {
    let mut store = Store::with_bus();
    let mut server = Server::start(&store);
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let bus: &Bus = store.bus();
        let hospital = bus.client(PUBLISHER).await;
        for subject in [
            "banso.v1.intake.municipality.note.noted",
            "banso.v1.intake.*.note.noted",
            "banso.v1.events.0.note.noted.person-haru",
            "banso.v1.outcomes.hospital",
            "banso.v1.heartbeat",
        ] {
            // Core NATS says nothing to the publisher; the server drops it.
            hospital.publish(subject.to_owned(), "{}".into()).await.unwrap();
        }
        hospital.flush().await.unwrap();
        publish(&hospital, PUBLISHER, &event("1", "はい")).await;
    });
    until("what may be said is recorded", || (verified(&store, None)["events"] == 1).then_some(()));
    server.stop();
}
