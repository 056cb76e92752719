//! The database was put back to an earlier point.

use super::fixture::{Fixture, TestLog, entity_of, small, until, until_at};
use crate::connect;
use crate::relay::{EventSource, Relay, RelaySettings, Source, State, Stop, Verdict, Waiting};
use async_nats::jetstream::message::StreamMessage;
use async_trait::async_trait;
use banso_kernel::{Hash, Seq, SystemClock, SystemIds};
use banso_log::{Identity, LogError};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// A database that is put back under the feet of a relay at work.
struct Database(Mutex<Arc<EventSource>>);

impl Database {
    fn of(log: &TestLog) -> Self {
        Self(Mutex::new(Self::source(log)))
    }

    fn put_back(&self, log: &TestLog) {
        *self.0.lock().unwrap() = Self::source(log);
    }

    fn source(log: &TestLog) -> Arc<EventSource> {
        Arc::new(EventSource::new(log.store.clone(), entity_of))
    }

    fn now(&self) -> Arc<EventSource> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Source for Database {
    async fn identity(&self) -> Result<Identity, LogError> {
        self.now().identity().await
    }
    async fn head(&self) -> Result<Seq, LogError> {
        self.now().head().await
    }
    async fn waiting(&self, at: Seq, limit: usize) -> Result<Waiting, LogError> {
        self.now().waiting(at, limit).await
    }
    async fn first_since(&self, since: DateTime<Utc>) -> Result<Seq, LogError> {
        self.now().first_since(since).await
    }
    async fn judge(&self, message: &StreamMessage) -> Result<Verdict, LogError> {
        self.now().judge(message).await
    }
    async fn has(&self, message: &StreamMessage) -> Result<bool, LogError> {
        self.now().has(message).await
    }
    async fn proof(&self, at: Seq) -> Result<Option<Hash>, LogError> {
        self.now().proof(at).await
    }
    async fn heartbeat(&self, at: Seq) -> Result<Option<(String, Bytes)>, LogError> {
        self.now().heartbeat(at).await
    }
    fn grown(&self) -> watch::Receiver<Seq> {
        self.now().grown()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_at_work_sees_that_the_database_was_put_back() {
    for went_on in [0, 20, 80] {
        let fixture = Fixture::new();
        fixture.log.append(50).await;
        let restored = fixture.log.backup(&fixture.dir.path().join("restored")).await;
        restored.append(went_on).await;
        fixture.log.append(50).await;
        let database = Arc::new(Database::of(&fixture.log));
        let client = connect(&fixture.server.settings("relay")).await.unwrap();
        let settings = RelaySettings::of(small());
        let relay =
            Relay::start(client, database.clone(), settings, Arc::new(SystemClock), Arc::new(SystemIds));
        until_at(&relay, 100).await;
        database.put_back(&restored);
        let status = until(&relay, |status| matches!(status.state, State::Stopped(_))).await;
        let stop = match went_on {
            80 => Stop::Forked { seq: 100 },
            _ => Stop::BusAhead { bus: 100, head: 50 + went_on },
        };
        assert_eq!(status.state, State::Stopped(stop));
        fixture.expect_whole(1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_at_work_sees_that_a_new_epoch_began() {
    let fixture = Fixture::new();
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 50).await;
    fixture.log.begin_epoch(2);
    fixture.log.append(5).await;
    until(&relay, |status| status.repairs == 1 && status.cursor == Some(55)).await;
    let messages = fixture.messages().await;
    assert_eq!(messages.len(), 55);
    assert!(messages.iter().all(|message| message.event().unwrap().identity.epoch == 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_that_knows_more_than_the_log_stops_the_relay() {
    let fixture = Fixture::new();
    fixture.log.append(50).await;
    let restored = fixture.log.backup(&fixture.dir.path().join("restored")).await;
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 100).await;
    relay.stop().await;

    let relay = fixture.relay_of(&restored, |settings| settings).await;
    let status = until(&relay, |status| matches!(status.state, State::Stopped(_))).await;
    let stop = Stop::BusAhead { bus: 100, head: 50 };
    assert!(stop.forbids_appending());
    assert_eq!(status.state, State::Stopped(stop));
    assert_eq!(status.published, 0);
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_that_was_not_ended_does_not_hide_that_the_bus_knows_more() {
    let fixture = Fixture::new();
    fixture.log.append(50).await;
    let restored = fixture.log.backup(&fixture.dir.path().join("restored")).await;
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 100).await;
    relay.stop().await;
    // Of a relay that died before it deleted the stream.
    let note = r#"{"under_way":true,"by":"gone","reason":"test","at":"2025-06-15T00:00:00Z","consumers":[]}"#;
    let subject = "banso.v1.relay.repair.BANSO_EVENTS".to_owned();
    fixture.bus().await.publish("test", subject, Default::default(), note.into()).await.unwrap();

    let relay = fixture.relay_of(&restored, |settings| settings).await;
    let unsaid = |state: &State| matches!(state, State::Starting | State::Unreachable(_));
    let status = until(&relay, |status| !unsaid(&status.state)).await;
    assert_eq!(status.state, State::Stopped(Stop::BusAhead { bus: 100, head: 50 }), "it says so first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_went_on_otherwise_stops_the_relay() {
    let fixture = Fixture::new();
    fixture.log.append(50).await;
    let restored = fixture.log.backup(&fixture.dir.path().join("restored")).await;
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 100).await;
    relay.stop().await;

    restored.append(80).await;
    let relay = fixture.relay_of(&restored, |settings| settings).await;
    let status = until(&relay, |status| matches!(status.state, State::Stopped(_))).await;
    assert_eq!(status.state, State::Stopped(Stop::Forked { seq: 100 }));
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_messages_do_not_hide_that_the_bus_knows_more() {
    let fixture = Fixture::new();
    fixture.log.append(50).await;
    let restored = fixture.log.backup(&fixture.dir.path().join("restored")).await;
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 100).await;
    relay.stop().await;
    fixture.publish_foreign().await;
    fixture.publish_foreign().await;

    let relay = fixture.relay_of(&restored, |settings| settings).await;
    let status = until(&relay, |status| matches!(status.state, State::Stopped(_))).await;
    assert_eq!(status.state, State::Stopped(Stop::BusAhead { bus: 100, head: 50 }));
    assert_eq!(fixture.end_of_stream().await, 102, "nothing is taken from the bus");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_of_another_log_stops_the_relay() {
    let fixture = Fixture::new();
    fixture.log.append(10).await;
    let relay = fixture.relay().await;
    until_at(&relay, 10).await;
    relay.stop().await;
    let other = TestLog::in_dir(&fixture.dir.path().join("other"), Arc::new(SystemClock));
    other.append(20).await;
    let relay = fixture.relay_of(&other, |settings| settings).await;
    let status = until(&relay, |status| matches!(status.state, State::Stopped(_))).await;
    assert_eq!(status.state, State::Stopped(Stop::AnotherLog));
    fixture.expect_whole(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_epoch_of_the_log_fills_the_bus_anew_and_an_old_one_stops() {
    let fixture = Fixture::new();
    fixture.log.append(50).await;
    let restored = fixture.log.backup(&fixture.dir.path().join("restored")).await;
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 100).await;
    let reader = fixture.subscriber().await;
    assert_eq!(reader.take(70).await.len(), 70);
    relay.stop().await;

    // What an operator does who goes on without the lost events.
    restored.begin_epoch(2);
    restored.append(5).await;
    let relay = fixture.relay_of(&restored, |settings| settings).await;
    assert_eq!(until_at(&relay, 55).await.repairs, 1);
    relay.stop().await;
    let messages = fixture.messages().await;
    assert!(messages.iter().all(|message| message.event().unwrap().identity.epoch == 2));
    assert_eq!(messages.len(), 55);
    restored.append(5).await;
    let relay = fixture.relay_of(&restored, |settings| settings).await;
    until_at(&relay, 60).await;
    let others = (51..=60).collect::<Vec<_>>();
    assert_eq!(reader.take(10).await, others, "what it acknowledged behind 50 were other events");
    relay.stop().await;

    // The log that was given up.
    let relay = fixture.relay().await;
    let status = until(&relay, |status| matches!(status.state, State::Stopped(_))).await;
    assert_eq!(status.state, State::Stopped(Stop::LaterEpoch { bus: 2, log: 1 }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_relay_goes_on_when_the_log_has_caught_up() {
    let fixture = Fixture::new();
    fixture.log.append(50).await;
    let relay = fixture.relay().await;
    until_at(&relay, 50).await;
    // Only the bus is ahead for as long as the log lacks what it has.
    let restored = fixture.log.backup(&fixture.dir.path().join("restored")).await;
    fixture.log.append(10).await;
    until_at(&relay, 60).await;
    relay.stop().await;
    let stopped = fixture.relay_of(&restored, |settings| settings).await;
    until(&stopped, |status| matches!(status.state, State::Stopped(_))).await;
    drop(stopped);
    let relay = fixture.relay().await;
    fixture.log.append(10).await;
    until_at(&relay, 70).await;
    fixture.expect_whole(1).await;
}
