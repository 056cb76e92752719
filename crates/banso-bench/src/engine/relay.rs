//! How fast a relay fills JetStream from a log that was there before it, against awaiting each message.

use crate::bench::Bench;
use crate::bus::{Bus, relayed};
use crate::limits::publish::Publish;
use crate::measured::Measured;
use crate::row::{BANSO, Goal, Row, Subject};
use crate::stores::Place;
use async_trait::async_trait;
use std::time::Instant;

/// Events that each person has.
const EVENTS_EACH: u64 = 20;

pub(super) fn into_jetstream() -> Row {
    Row {
        id: "relay",
        title: "relay into JetStream",
        unit: "events",
        subjects: vec![Box::new(Publish { events_each: EVENTS_EACH }), Box::new(Relaying)],
        goals: vec![Goal::rate_at_least(10.0, "PUBLISH")],
    }
}

/// From the start of the relay until the stream holds all events, the stream made and compared by it included.
struct Relaying;

#[async_trait]
impl Subject for Relaying {
    fn name(&self) -> &'static str {
        BANSO
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = Place::in_postgres().await;
        place.fill(EVENTS_EACH).await?;
        let store = place.open().await?;
        let head = store.head().await?;
        let bus = Bus::start(bench).await?;
        let began = Instant::now();
        let relay = bus.relay(store.clone());
        relayed(&relay, head).await?;
        let mut measured = Measured::rate(head, began.elapsed());
        let batches = relay.status().borrow().batches;
        relay.stop().await;
        let began = Instant::now();
        measured.wrong.extend(bus.wrong(store.as_ref(), head).await?);
        let checked = head as f64 / began.elapsed().as_secs_f64();
        measured.note =
            Some(format!("{head} events in {batches} batches; compared with the log at {checked:.0}/s"));
        measured.wrong.extend(place.wrong(&[]).await?);
        Ok(measured)
    }
}
