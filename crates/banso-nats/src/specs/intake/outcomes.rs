//! What publishers are told: every receipt, in order, once, as it stands in the store.

use super::super::fixture::{copy_dir, until as until_relay, until_at};
use super::fixture::{Fixture, PATIENCE, source};
use crate::{
    API_PREFIX, OUTCOMES_STREAM, State, Status, Stop, attributes, decode, discard_outcomes,
    subscribe_outcomes,
};
use async_nats::jetstream::{self, consumer::PullConsumer};
use banso_log::SqliteStore;
use futures::StreamExt;
use std::sync::Arc;
use tokio::time::timeout;

/// Compares the stream with the receipts, position by position, byte for byte.
async fn expect_whole(fixture: &Fixture, first: u64) {
    let admin = jetstream::new(fixture.admin().await);
    let stream = admin.get_stream(OUTCOMES_STREAM).await.unwrap();
    let state = stream.cached_info().state.clone();
    let receipts = fixture.receipts().await;
    assert_eq!((state.first_sequence, state.last_sequence), (first, receipts.len() as u64));
    assert_eq!(state.messages, state.last_sequence + 1 - first);
    for receipt in &receipts[first as usize - 1..] {
        let message = stream.get_raw_message(receipt.seq).await.unwrap();
        assert_eq!(message.payload, receipt.body);
        assert_eq!(*message.subject, format!("banso.v1.outcomes.{}", receipt.publisher));
        assert_eq!(attributes(&message.headers).unwrap()["id"], receipt.seq.to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_finds_its_outcomes_by_the_ids_of_its_events() {
    let fixture = Fixture::new().await;
    let intake = fixture.intake().await;
    let relay = fixture.outcome_relay().await;
    fixture.publish("municipality", 100..103).await;
    fixture.publish("hospital", [0, 1, 0, 2]).await;
    until_at(&relay, 7).await;
    expect_whole(&fixture, 1).await;
    let as_relay = fixture.client("relay").await;
    for publisher in ["hospital", "municipality"] {
        subscribe_outcomes(&as_relay, publisher).await.unwrap();
    }
    let jetstream = jetstream::with_prefix(fixture.client("hospital").await, API_PREFIX);
    let stream = jetstream.get_stream_no_info(OUTCOMES_STREAM).await.unwrap();
    let consumer: PullConsumer = stream.get_consumer("hospital").await.unwrap();
    let mut messages = consumer.fetch().max_messages(4).messages().await.unwrap();
    let mut told = Vec::new();
    while let Some(message) = timeout(PATIENCE, messages.next()).await.expect("messages") {
        let message = message.unwrap();
        let attributes = attributes(message.headers.as_ref().unwrap()).unwrap();
        assert_eq!(attributes["specversion"], "1.0");
        assert_eq!(attributes["type"], "banso.Outcome.v1");
        assert_eq!(attributes["source"], format!("urn:banso:log:{}", attributes["bansologid"]));
        assert_eq!(attributes["bansoofsource"], source("hospital"));
        told.push((attributes["bansoofid"].clone(), attributes["bansostatus"].clone()));
        message.double_ack().await.unwrap();
    }
    let expected = [("0", "201"), ("1", "201"), ("0", "200"), ("2", "201")];
    assert_eq!(told, expected.map(|(id, status)| (id.to_owned(), status.to_owned())));
    relay.stop().await;
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_encoded_and_a_message_without_one_is_told_too() {
    let fixture = Fixture::new().await;
    let intake = fixture.intake().await;
    let relay = fixture.outcome_relay().await;
    let jetstream = jetstream::new(fixture.client("hospital").await);
    let mut headers = super::fixture::headers("hospital", 0);
    headers.insert("ce-id", "面談 1%");
    let subject = super::fixture::subject("hospital");
    super::fixture::send(&jetstream, &subject, headers, "{}").await.await.unwrap();
    super::fixture::send(&jetstream, &subject, Default::default(), "{}").await.await.unwrap();
    until_at(&relay, 2).await;
    let admin = jetstream::new(fixture.admin().await);
    let stream = admin.get_stream(OUTCOMES_STREAM).await.unwrap();
    let named = stream.get_raw_message(1).await.unwrap();
    assert_eq!(named.headers.get("ce-bansoofid").unwrap().as_str(), "%E9%9D%A2%E8%AB%87%201%25");
    assert_eq!(attributes(&named.headers).unwrap()["bansoofid"], "面談 1%");
    let unnamed = attributes(&stream.get_raw_message(2).await.unwrap().headers).unwrap();
    assert!(!unnamed.contains_key("bansoofid"));
    assert_eq!((unnamed["bansomessage"].as_str(), unnamed["bansostatus"].as_str()), ("2", "400"));
    relay.stop().await;
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_that_are_wiped_or_mixed_with_foreign_messages_are_filled_again() {
    let fixture = Fixture::new().await;
    let intake = fixture.intake().await;
    let relay = fixture.outcome_relay().await;
    fixture.publish("hospital", 0..30).await;
    until_at(&relay, 30).await;
    let admin = jetstream::new(fixture.admin().await);
    admin.delete_stream(OUTCOMES_STREAM).await.unwrap();
    fixture.publish("hospital", 30..40).await;
    until_at(&relay, 40).await;
    expect_whole(&fixture, 1).await;
    // Only somebody with the relay's rights can do that.
    let foreign = admin.publish("banso.v1.outcomes.hospital", "{}".into()).await.unwrap();
    foreign.await.unwrap();
    fixture.publish("hospital", 40..50).await;
    until_at(&relay, 50).await;
    expect_whole(&fixture, 1).await;
    // An operator's way to have all told again.
    discard_outcomes(&fixture.client("relay").await).await.unwrap();
    fixture.publish("hospital", 50..51).await;
    until_at(&relay, 51).await;
    expect_whole(&fixture, 1).await;
    relay.stop().await;
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_of_outcomes_tell_each_once_and_go_on_where_one_stopped() {
    let fixture = Fixture::new().await;
    let intake = fixture.intake().await;
    let (one, two) = (fixture.outcome_relay().await, fixture.outcome_relay().await);
    for round in 0..10 {
        fixture.publish("hospital", round * 20..(round + 1) * 20).await;
    }
    fixture.until_receipts(200).await;
    until_relay(&one, |status| status.cursor == Some(200)).await;
    expect_whole(&fixture, 1).await;
    drop(one);
    fixture.publish("hospital", 200..210).await;
    until_at(&two, 210).await;
    expect_whole(&fixture, 1).await;
    two.stop().await;
    fixture.publish("hospital", 210..215).await;
    fixture.until_receipts(215).await;
    let three = fixture.outcome_relay().await;
    until_at(&three, 215).await;
    assert_eq!(three.status().borrow().state, State::Following);
    expect_whole(&fixture, 1).await;
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_is_no_event() {
    let fixture = Fixture::new().await;
    let intake = fixture.intake().await;
    let relay = fixture.outcome_relay().await;
    fixture.publish("hospital", 0..1).await;
    until_at(&relay, 1).await;
    let admin = jetstream::new(fixture.admin().await);
    let message = admin.get_stream(OUTCOMES_STREAM).await.unwrap().get_raw_message(1).await.unwrap();
    assert!(decode(&message.headers, &message.payload).is_err());
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_put_back_stops_the_relay_until_an_operator_has_all_told_again() {
    let fixture = Fixture::new().await;
    let intake = fixture.intake().await;
    fixture.publish("hospital", 0..5).await;
    fixture.until_receipts(5).await;
    intake.stop().await;
    let copy = fixture.dir.path().join("copy");
    copy_dir(&fixture.dir.path().join("log"), &copy);
    let intake = fixture.intake().await;
    let relay = fixture.outcome_relay().await;
    fixture.publish("hospital", 5..9).await;
    until_at(&relay, 9).await;
    relay.stop().await;
    intake.stop().await;
    let put_back = Arc::new(SqliteStore::open(&copy).unwrap());
    let relay = fixture.outcome_relay_of(&put_back).await;
    let stopped = |status: &Status| status.state == State::Stopped(Stop::BusAhead { bus: 9, head: 5 });
    until_relay(&relay, stopped).await;
    discard_outcomes(&fixture.client("relay").await).await.unwrap();
    until_at(&relay, 5).await;
    relay.stop().await;
}
