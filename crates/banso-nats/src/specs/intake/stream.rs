//! A server that goes away, and a stream that is lost, put back or full.

use super::super::fixture::copy_dir;
use super::fixture::{Fixture, WriterSink, delete_stream, headers, send, subject, until};
use crate::{IntakeKeeper, IntakeStreamSettings, ReceivedMessage, Sink, StreamState, ensure_intake};
use async_nats::jetstream;
use async_trait::async_trait;
use banso_log::{AppendError, IntakePosition, LogError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_loses_and_doubles_nothing() {
    let mut fixture = Fixture::new().await;
    let mut sent = fixture.publish("hospital", 0..400).await;
    let mut settings = fixture.settings();
    settings.delivery_messages_max = 5;
    let client = crate::connect(&fixture.server.settings("intake")).await.unwrap();
    let intake = crate::Intake::start(client, fixture.sink.clone(), settings, fixture.publishers.subscribe());
    for reached in [40, 120, 200] {
        fixture.until_receipts(reached).await;
        fixture.server.kill();
        let down = |status: &crate::IntakeStatus| matches!(status.stream, Some(StreamState::Unreachable(_)));
        assert!(until(&intake, down).await.trouble().is_some());
        fixture.server.run();
        until(&intake, |status| status.stream == Some(StreamState::There)).await;
    }
    sent.extend(fixture.publish("hospital", 400..450).await);
    fixture.until_receipts(450).await;
    assert_eq!(fixture.breaches("hospital", &sent).await, Vec::<String>::new());
    assert_eq!(fixture.recorded("hospital").await, (0..450).collect::<Vec<_>>());
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_intake_that_was_deleted_and_made_anew_is_read_from_its_beginning() {
    let fixture = Fixture::new().await;
    fixture.publish("hospital", 0..20).await;
    let intake = fixture.intake().await;
    fixture.until_receipts(20).await;
    let before = fixture.receipts().await;
    delete_stream(&fixture).await;
    until(&intake, |status| status.stream == Some(StreamState::Absent)).await;
    assert_eq!(intake.status().borrow().trouble().as_deref(), Some("the intake's stream is not there"));
    fixture.make_stream().await;
    // Fewer than before: their positions are smaller than those that were read.
    fixture.publish("hospital", 18..23).await;
    fixture.until_receipts(25).await;
    assert_eq!(fixture.recorded("hospital").await, (0..23).collect::<Vec<_>>());
    let after = &fixture.receipts().await[20..];
    let told: Vec<u64> = after.iter().map(|receipt| receipt.position.seq).collect();
    assert_eq!(told, [1, 2, 3, 4, 5]);
    assert_ne!(after[0].position.stream, before[0].position.stream);
    intake.stop().await;
}

/// Stops behind its first delivery until it is told to go on.
struct Paused {
    sink: Arc<WriterSink>,
    delivered: Notify,
    go_on: Notify,
    first: AtomicBool,
}

#[async_trait]
impl Sink for Paused {
    async fn position(&self, publisher: &str) -> Result<Option<IntakePosition>, LogError> {
        self.sink.position(publisher).await
    }

    async fn deliver(
        &self,
        publisher: &str,
        from: Option<IntakePosition>,
        to: IntakePosition,
        messages: Vec<ReceivedMessage>,
    ) -> Result<(), AppendError> {
        self.sink.deliver(publisher, from, to, messages).await?;
        if self.first.swap(false, Ordering::SeqCst) {
            self.delivered.notify_one();
            self.go_on.notified().await;
        }
        Ok(())
    }
}

/// Positions of one making of the stream are never taken for those of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_intake_that_is_made_anew_in_the_middle_of_a_reading_is_read_from_its_beginning() {
    let fixture = Fixture::new().await;
    fixture.publish("hospital", 0..100).await;
    let sink = Arc::new(Paused {
        sink: fixture.sink.clone(),
        delivered: Notify::new(),
        go_on: Notify::new(),
        first: AtomicBool::new(true),
    });
    let mut settings = fixture.settings();
    settings.delivery_messages_max = 5;
    let client = crate::connect(&fixture.server.settings("intake")).await.unwrap();
    let intake = crate::Intake::start(client, sink.clone(), settings, fixture.publishers.subscribe());
    sink.delivered.notified().await;
    let before = fixture.receipts().await;
    delete_stream(&fixture).await;
    fixture.make_stream().await;
    fixture.publish("hospital", 100..200).await;
    sink.go_on.notify_one();
    fixture.until_receipts(before.len() as u64 + 100).await;
    let after = &fixture.receipts().await[before.len()..];
    assert!(after.iter().all(|receipt| receipt.position.stream != before[0].position.stream));
    let told: Vec<u64> = after.iter().map(|receipt| receipt.position.seq).collect();
    assert_eq!(told, (1..=100).collect::<Vec<_>>());
    assert_eq!(fixture.recorded("hospital").await[before.len()..], (100..200).collect::<Vec<_>>());
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_intake_that_was_put_back_is_read_again() {
    let mut fixture = Fixture::new().await;
    fixture.publish("hospital", 0..10).await;
    fixture.server.stop();
    let copy = fixture.dir.path().join("copy");
    copy_dir(&fixture.server.store(), &copy);
    fixture.server.run();
    fixture.publish("hospital", 10..20).await;
    let intake = fixture.intake().await;
    fixture.until_receipts(20).await;
    fixture.server.stop();
    std::fs::remove_dir_all(fixture.server.store()).unwrap();
    copy_dir(&copy, &fixture.server.store());
    fixture.server.run();
    // These stand where others stood before.
    fixture.publish("hospital", 20..25).await;
    fixture.until_receipts(35).await;
    assert_eq!(fixture.recorded("hospital").await, (0..25).collect::<Vec<_>>());
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_intake_refuses_its_publisher_and_drops_nothing() {
    let fixture = Fixture::new().await;
    let settings = IntakeStreamSettings { max_bytes: 20_000, ..IntakeStreamSettings::default() };
    ensure_intake(&fixture.client("relay").await, &settings).await.unwrap();
    let jetstream = jetstream::new(fixture.client("hospital").await);
    let mut sent = Vec::new();
    let refused = loop {
        let headers = headers("hospital", sent.len() as u64);
        match send(&jetstream, &subject("hospital"), headers, "{}").await.await {
            Ok(ack) => sent.push(ack.sequence),
            Err(refused) => break refused.to_string(),
        }
    };
    assert!(refused.contains("maximum bytes"), "{refused}");
    assert!(sent.len() > 10, "{sent:?}");
    let intake = fixture.intake().await;
    fixture.until_receipts(sent.len() as u64).await;
    assert_eq!(fixture.breaches("hospital", &sent).await, Vec::<String>::new());
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_the_stream_are_brought_to_what_they_must_be() {
    let fixture = Fixture::new().await;
    let admin = jetstream::new(fixture.admin().await);
    let mut config = admin.get_stream(crate::INTAKE_STREAM).await.unwrap().cached_info().config.clone();
    config.discard = jetstream::stream::DiscardPolicy::Old;
    config.max_messages = 3;
    admin.update_stream(&config).await.unwrap();
    fixture.make_stream().await;
    let config = admin.get_stream(crate::INTAKE_STREAM).await.unwrap().cached_info().config.clone();
    assert_eq!((config.discard, config.max_messages), (jetstream::stream::DiscardPolicy::New, -1));
    assert!(config.deny_delete && config.deny_purge);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keeper_makes_the_stream_once_the_server_is_there() {
    let mut fixture = Fixture::new().await;
    delete_stream(&fixture).await;
    fixture.server.stop();
    let client = crate::connect(&fixture.server.settings("relay")).await.unwrap();
    let settings = IntakeStreamSettings { max_bytes: 1_000_000, ..IntakeStreamSettings::default() };
    let keeper = IntakeKeeper::start(client, settings);
    let intake = fixture.intake().await;
    fixture.server.run();
    until(&intake, |status| status.stream == Some(StreamState::There)).await;
    fixture.publish("hospital", 0..1).await;
    fixture.until_receipts(1).await;
    drop(keeper);
    intake.stop().await;
}
