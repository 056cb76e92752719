//! What a publisher of the bus must not send: refused with a reason, counted, and nothing of it stored.

use super::{measured, store};
use crate::support::bus::{Outcomes, PUBLISHER, publish, publish_raw};
use crate::support::event::said;
use crate::support::process::{Server, until, verified};
use async_nats::HeaderMap;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// What `ops/nats` lets a message have, and more than that.
const TOO_MUCH: usize = 1_100_000;

fn event(id: &str) -> Value {
    let event = said("haru", id, "はい").with("source", "https://hospital.example");
    serde_json::from_str(&event.json()).unwrap()
}

#[test]
fn what_a_publisher_must_not_send_is_refused_counted_and_not_stored() {
    let mut store = store();
    let mut server = Server::start(&store);
    Runtime::new().unwrap().block_on(async {
        let client = store.bus().client(PUBLISHER).await;
        // So that the intake is there.
        publish(&client, PUBLISHER, &event("first")).await;
        let mut outcomes = Outcomes::of(&client, PUBLISHER).await;
        assert_eq!(outcomes.next().await.1["status"], 201);

        // The client does not send it: the server would end the connection.
        let subject = "banso.v1.intake.hospital.person.person-voice-recorded".to_owned();
        let refused = client.publish(subject.clone(), vec![b' '; TOO_MUCH].into()).await.unwrap_err();
        assert_eq!(refused.kind(), async_nats::PublishErrorKind::MaxPayloadExceeded);

        // The server drops it.
        for foreign in [
            "banso.v1.intake.municipality.person.person-voice-recorded",
            "banso.v1.intake.*.person.person-voice-recorded",
            "banso.v1.intake.>",
            "banso.v1.events.5.person.person-voice-recorded.person-haru",
        ] {
            drop(client.publish(foreign.to_owned(), "{}".into()).await);
        }

        // Taken by the server, and refused by the intake.
        let mut foreign = event("foreign");
        foreign["source"] = json!("https://else.example");
        publish(&client, PUBLISHER, &foreign).await;
        let mut nameless = event("nameless");
        nameless.as_object_mut().unwrap().remove("id");
        publish(&client, PUBLISHER, &nameless).await;
        publish_raw(&client, &subject, HeaderMap::new(), "no event".into()).await;
        // What an event may have, and more than that.
        let mut large = event("large");
        large["data"]["text"] = json!("長".repeat(100_000));
        publish(&client, PUBLISHER, &large).await;
        publish(&client, PUBLISHER, &event("last")).await;
        let mut told = Vec::new();
        for _ in 0..5 {
            let (_, outcome) = outcomes.next().await;
            let reason = outcome["detail"].as_str().unwrap_or_default().to_owned();
            told.push((outcome["status"].as_u64().unwrap(), reason));
        }
        let statuses: Vec<u64> = told.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [403, 400, 400, 413, 201], "{told:?}");
        assert!(told[..4].iter().all(|(_, reason)| !reason.is_empty()), "{told:?}");
    });
    for (status, count) in [("403", 1.0), ("400", 2.0), ("413", 1.0), ("201", 2.0)] {
        let name = format!("banso_intake_events_total{{publisher=\"hospital\",status=\"{status}\"}}");
        assert_eq!(measured(&server, &name), count, "{status}");
    }
    until("it is projected", || crate::faults::killed::is_projected(&server).then_some(()));
    assert_eq!(verified(&store, None)["events"], 2);
    server.stop();
}
