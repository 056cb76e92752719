//! How fast a relay is, against awaiting each message: `cargo nextest run -p banso-nats --release
//! --run-ignored only --no-capture`.

use super::fixture::{Fixture, own_headers, until_at};
use banso_log::Log;
use std::time::Instant;

const EVENTS: u64 = 20_000;
const SINGLE: usize = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
#[expect(clippy::print_stderr, reason = "it is read by a person")]
async fn batches_against_single_messages() {
    let fixture = Fixture::new();
    fixture.log.append(EVENTS).await;
    let begun = Instant::now();
    let relay = fixture.relay().await;
    until_at(&relay, EVENTS).await;
    let batches = EVENTS as f64 / begun.elapsed().as_secs_f64();
    relay.stop().await;
    let begun = Instant::now();
    fixture.expect_whole(1).await;
    let check = EVENTS as f64 / begun.elapsed().as_secs_f64();

    let bus = fixture.bus().await;
    let messages: Vec<_> = fixture.messages().await.into_iter().take(SINGLE).collect();
    let begun = Instant::now();
    for message in messages {
        let headers = own_headers(&message);
        bus.publish("measure", message.subject, headers, message.payload).await.unwrap();
    }
    let single = SINGLE as f64 / begun.elapsed().as_secs_f64();

    let begun = Instant::now();
    let mut at = 0;
    while let Some(last) = fixture.log.store.read_sealed(at, 1_000).await.unwrap().last() {
        at = last.columns.seq;
    }
    let read = EVENTS as f64 / begun.elapsed().as_secs_f64();
    eprintln!(
        "relay {batches:.0}/s, singly {single:.0}/s, ratio {:.1}; check {check:.0}/s, log read {read:.0}/s",
        batches / single
    );
}
