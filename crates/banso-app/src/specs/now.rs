//! Questions about now: what they ask of the store, and that they see what was just published.

use super::fixture::{Fixture, event, fact};
use crate::{As, Queries, QueryError};
use async_trait::async_trait;
use banso_domain::Payload;
use banso_domain::registry::OrgRegistered;
use banso_kernel::{EventId, PersonId, Recorded, Seq, StreamId, StreamSeq, SystemClock};
use banso_log::{Following, Identity, Log, LogError, Page, SMALL_PAGE_EVENTS_MAX, Sealed, Stretch};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tokio::sync::watch;

/// A log that nobody may ask.
struct Silent;

fn silent<T>() -> Result<T, LogError> {
    Err(LogError::Held { reason: "it was asked all the same".to_owned() })
}

#[async_trait]
impl Log for Silent {
    async fn identity(&self) -> Result<Identity, LogError> {
        silent()
    }
    async fn head(&self) -> Result<Seq, LogError> {
        silent()
    }
    async fn read(&self, _: Seq, _: usize) -> Result<Vec<Recorded>, LogError> {
        silent()
    }
    async fn read_following(&self, _: Seq, _: usize) -> Result<Following, LogError> {
        silent()
    }
    async fn read_back(&self, _: Seq, _: usize) -> Result<Vec<Recorded>, LogError> {
        silent()
    }
    async fn read_stream(&self, _: &StreamId, _: StreamSeq, _: Seq, _: usize) -> Result<Page, LogError> {
        silent()
    }
    async fn read_stretches(&self, _: &[Stretch], _: usize) -> Result<Vec<Recorded>, LogError> {
        silent()
    }
    async fn find(&self, _: &[EventId]) -> Result<Vec<Option<Recorded>>, LogError> {
        silent()
    }
    async fn seq_at(&self, _: DateTime<Utc>) -> Result<Seq, LogError> {
        silent()
    }
    async fn read_sealed(&self, _: Seq, _: usize) -> Result<Vec<Sealed>, LogError> {
        silent()
    }
    fn appended(&self) -> watch::Receiver<Seq> {
        watch::channel(0).1
    }
}

fn haru() -> PersonId {
    "haru".parse().unwrap()
}

async fn register(fixture: &Fixture, id: &str) {
    let data = serde_json::to_string(&OrgRegistered::sample()).unwrap();
    let mut event = event("haru", id, "banso.OrgRegistered.v1", "unknown", &data);
    event.attributes.insert("subject".to_owned(), "registry".to_owned());
    fixture.append(event).await;
}

#[tokio::test]
async fn a_question_about_now_is_one_look_at_the_store() {
    let fixture = Fixture::new();
    let queries = Queries::new(Arc::new(Silent), fixture.store.clone(), Arc::new(SystemClock));
    let stands_at = async || queries.team(&haru(), As::default()).await.map(|team| team.as_of.stream_seq);
    register(&fixture, "org-1").await;
    assert!(matches!(stands_at().await, Err(QueryError::NotFound)));
    // Folded from its events, from its state alone, and from its state and what came since.
    fixture.facts(&["haru", "haru"]).await;
    assert_eq!(stands_at().await.unwrap(), 2);
    fixture.project().await;
    assert_eq!(stands_at().await.unwrap(), 2);
    fixture.facts(&["haru"]).await;
    register(&fixture, "org-2").await;
    assert_eq!(stands_at().await.unwrap(), 3);
}

#[tokio::test]
async fn what_is_more_than_a_question_about_now_brings_is_read_to_its_end() {
    let fixture = Fixture::new();
    let ask = async || fixture.queries.team(&haru(), As::default()).await.unwrap().as_of;
    fixture.facts(&["haru"]).await;
    fixture.project().await;
    let more = SMALL_PAGE_EVENTS_MAX as u64 * 2;
    fixture.append_all((0..more).map(|n| fact("haru", 100 + n))).await;
    let (head, as_of) = (more + 1, ask().await);
    assert_eq!((as_of.stream_seq, as_of.known_seq), (head, head));
    // The same without a state.
    fixture.append_all((0..more).map(|n| fact("aki", n))).await;
    let aki = fixture.queries.team(&"aki".parse().unwrap(), As::default()).await.unwrap().as_of;
    assert_eq!((aki.stream_seq, aki.known_seq), (more, head + more));
}
