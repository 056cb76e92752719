//! The events of the log as the source of `BANSO_EVENTS`.

use super::parts::PartHeads;
use super::source::{Source, Verdict, Waiting};
use crate::codec::{decode, encode};
use crate::subject::{EntityOf, HEARTBEAT_SUBJECT};
use async_nats::jetstream::message::StreamMessage;
use async_trait::async_trait;
use banso_kernel::{Hash, LogId, Part, Seq};
use banso_log::{Identity, Log, LogError};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// The events of a log.
pub struct EventSource {
    log: Arc<dyn Log>,
    entity_of: EntityOf,
    parts: Mutex<Known>,
}

/// Where the parts stand. A new epoch may have other events at the same positions.
#[derive(Default)]
struct Known {
    identity: Option<Identity>,
    /// Before the last page.
    before: PartHeads,
    /// Behind it.
    behind: PartHeads,
}

/// Where the bus stands, as JSON on [`HEARTBEAT_SUBJECT`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The log that the bus shows.
    pub log_id: LogId,
    /// Its epoch.
    pub epoch: u32,
    /// The last position on the bus.
    pub head: Seq,
    /// The last position of each part that has one. Who follows a part and stands before it has a hole.
    pub parts: BTreeMap<Part, Seq>,
}

impl EventSource {
    /// All events of `log`.
    pub fn new(log: Arc<dyn Log>, entity_of: EntityOf) -> Self {
        Self { log, entity_of, parts: Mutex::default() }
    }

    async fn parts_at(&self, at: Seq, identity: &Identity) -> Result<PartHeads, LogError> {
        let mut known = self.parts.lock().await;
        if known.identity.as_ref() != Some(identity) {
            *known = Known { identity: Some(identity.clone()), ..Known::default() };
        }
        let Known { before, behind, .. } = &mut *known;
        if behind.at() == at || before.at() < behind.at() && behind.at() < at {
            before.clone_from(behind);
        }
        before.move_to(self.log.as_ref(), at).await?;
        Ok(before.clone())
    }
}

#[async_trait]
impl Source for EventSource {
    async fn identity(&self) -> Result<Identity, LogError> {
        self.log.identity().await
    }

    async fn head(&self) -> Result<Seq, LogError> {
        self.log.head().await
    }

    async fn waiting(&self, at: Seq, limit: usize) -> Result<Waiting, LogError> {
        let banso_log::Following { events, is_last, log_chain: proof, identity } =
            self.log.read_following(at, limit).await?;
        if events.is_empty() {
            return Ok(Waiting { messages: Vec::new(), is_last, proof, identity });
        }
        let mut parts = self.parts_at(at, &identity).await?;
        let messages = events.iter().map(|event| {
            let previous = parts.advance(event.columns.seq, event.columns.part);
            encode(event, &identity, previous, self.entity_of)
        });
        let messages = messages.collect();
        self.parts.lock().await.behind = parts;
        Ok(Waiting { messages, is_last, proof, identity })
    }

    async fn first_since(&self, since: DateTime<Utc>) -> Result<Seq, LogError> {
        Ok(self.log.seq_at(since).await? + 1)
    }

    async fn judge(&self, message: &StreamMessage) -> Result<Verdict, LogError> {
        let Ok(event) = decode(&message.headers, &message.payload) else { return Ok(Verdict::Foreign) };
        let identity = self.log.identity().await?;
        if event.identity.log_id != identity.log_id {
            return Ok(Verdict::OfAnotherLog);
        } else if event.identity.epoch != identity.epoch {
            return Ok(Verdict::OfEpoch(event.identity.epoch));
        }
        let seq = event.sealed.columns.seq;
        let Some(before) = seq.checked_sub(1) else { return Ok(Verdict::Foreign) };
        let here = self.log.read_sealed(before, 1).await?;
        Ok(match here.first().filter(|here| here.columns.seq == seq) {
            None => Verdict::Beyond(seq),
            // The chain holds everything that came before.
            Some(here) if here.header == event.sealed.header && here.log_chain == event.sealed.log_chain => {
                Verdict::Stands(seq)
            }
            Some(_) => Verdict::Differs(seq),
        })
    }

    async fn has(&self, message: &StreamMessage) -> Result<bool, LogError> {
        let Ok(event) = decode(&message.headers, &message.payload) else { return Ok(false) };
        let same_place = event.sealed.columns.seq == message.sequence;
        Ok(same_place && self.proof(message.sequence).await? == Some(event.sealed.log_chain))
    }

    async fn proof(&self, at: Seq) -> Result<Option<Hash>, LogError> {
        let Some(before) = at.checked_sub(1) else { return Ok(None) };
        let here = self.log.read_sealed(before, 1).await?;
        Ok(here.first().filter(|here| here.columns.seq == at).map(|here| here.log_chain))
    }

    async fn heartbeat(&self, at: Seq) -> Result<Option<(String, Bytes)>, LogError> {
        let identity = self.log.identity().await?;
        let parts = self.parts_at(at, &identity).await?;
        let parts = Part::all().map(|part| (part, parts.of(part))).filter(|(_, last)| *last > 0).collect();
        let Identity { log_id, epoch } = identity;
        let heartbeat = Heartbeat { log_id, epoch, head: at, parts };
        let json = serde_json::to_vec(&heartbeat).expect("a heartbeat has a JSON form");
        Ok(Some((HEARTBEAT_SUBJECT.to_owned(), json.into())))
    }

    fn grown(&self) -> watch::Receiver<Seq> {
        self.log.appended()
    }
}
