//! PUBLISH: the messages of the relay, one by one, each when JetStream has acknowledged the one before. Into a
//! stream that the relay made, so that it is the same.

use crate::bench::Bench;
use crate::bus::{Bus, relayed, source};
use crate::measured::{Latency, Measured};
use crate::row::Subject;
use crate::stores::Place;
use anyhow::Context;
use async_nats::jetstream;
use async_trait::async_trait;
use banso_log::Store;
use banso_nats::{Outgoing, RELAY_BATCH_MESSAGES_MAX, Source};
use std::sync::Arc;
use std::time::Instant;

/// PUBLISH.
pub(crate) struct Publish {
    /// Events of each person that can be published at most.
    pub(crate) events_each: u64,
}

#[async_trait]
impl Subject for Publish {
    fn name(&self) -> &'static str {
        "PUBLISH"
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = Place::in_postgres().await;
        let store = place.open().await?;
        let bus = Bus::start(bench).await?;
        let relay = bus.relay(store.clone());
        relayed(&relay, 0).await?;
        relay.stop().await;
        place.fill(self.events_each).await?;
        let messages = messages(store.clone()).await?;

        let jetstream = jetstream::new(bus.client.clone());
        let (mut took, mut last) = (Vec::with_capacity(messages.len()), 0);
        let began = Instant::now();
        for message in messages {
            let sent = Instant::now();
            let Outgoing { subject, headers, payload, .. } = message;
            let published = jetstream.publish_with_headers(subject, headers, payload).await?;
            last = published.await.context("an acknowledgement")?.sequence;
            took.push(sent.elapsed());
            if began.elapsed() >= bench.period.measured {
                break;
            }
        }
        let mut measured = Measured::rate(took.len() as u64, began.elapsed());
        if last != measured.done {
            measured.wrong.push(format!("{} messages were taken, the last at {last}", measured.done));
        }
        measured.wrong.extend(bus.wrong(store.as_ref(), last).await?);
        measured.wrong.extend(place.wrong(&[]).await?);
        Ok(Measured { latency: Latency::of(took), ..measured })
    }
}

/// All that the relay would publish, made beforehand.
async fn messages(store: Arc<dyn Store>) -> anyhow::Result<Vec<Outgoing>> {
    let source = source(store);
    let mut all: Vec<Outgoing> = Vec::new();
    loop {
        let page = source.waiting(all.len() as u64, RELAY_BATCH_MESSAGES_MAX).await?.messages;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
