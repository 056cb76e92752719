//! What became of proposals, as messages: the receipts as the source of `BANSO_OUTCOMES`.

use crate::bus::{Bus, BusError};
use crate::codec::{ENCODED, Outgoing, attributes};
use crate::relay::{Source, Verdict, Waiting};
use crate::setup::StreamSettings;
use crate::subject::{OUTCOMES_STREAM, OUTCOMES_SUBJECTS, outcomes_subject};
use async_nats::jetstream::message::StreamMessage;
use async_nats::{Client, HeaderMap};
use async_trait::async_trait;
use banso_kernel::{Clock, Hash, LogId, Seq};
use banso_log::{Identity, IntakePosition, LogError, Store, StoredReceipt};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// The CloudEvents type of an outcome.
pub const OUTCOME_TYPE: &str = "banso.Outcome.v1";
/// How much the bus keeps of outcomes, in bytes.
pub const OUTCOMES_MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// So many outcomes at most are put into a stream that is filled anew: receipts do not say when they were
/// written, so its age is no measure.
pub const OUTCOMES_REFILLED_MAX: u64 = 1_000_000;

const LOG_ID: &str = "bansologid";
const EPOCH: &str = "bansoepoch";

impl StreamSettings {
    /// All outcomes.
    pub fn outcomes() -> Self {
        Self {
            name: OUTCOMES_STREAM.to_owned(),
            subjects: OUTCOMES_SUBJECTS.to_owned(),
            max_bytes: OUTCOMES_MAX_BYTES,
            ..Self::events()
        }
    }
}

/// The receipts of a store.
pub struct OutcomeSource {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl OutcomeSource {
    /// All receipts of `store`.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

/// Deletes the stream; the relay fills it anew, and every publisher is told again. For an operator who gave a log
/// back what it had lost: its receipts are written again, under other numbers than the bus knows.
pub async fn discard_outcomes(client: &Client) -> Result<(), BusError> {
    Bus::new(client.clone()).delete_stream(OUTCOMES_STREAM).await
}

/// What a publisher finds its outcome by, as far as the receipt says it.
#[derive(Deserialize, Default)]
struct Named {
    source: Option<String>,
    id: Option<String>,
    status: Option<u16>,
    message: Option<u64>,
}

/// The message of a receipt.
fn message(receipt: &StoredReceipt, identity: &Identity, seen_at: DateTime<Utc>) -> Outgoing {
    let attributes = attributes_of(receipt, identity);
    let mut headers = HeaderMap::new();
    for (name, value) in &attributes {
        headers.insert(format!("ce-{name}"), utf8_percent_encode(value, ENCODED).to_string());
    }
    headers.insert("content-type", "application/json");
    Outgoing {
        seq: receipt.seq,
        subject: outcomes_subject(&receipt.publisher),
        headers,
        payload: receipt.body.clone(),
        recorded_at: seen_at,
        proof: proof_of(receipt),
    }
}

/// Receipts are no chain: this says what stands at a position, not what stands before it.
fn proof_of(receipt: &StoredReceipt) -> Hash {
    let IntakePosition { stream, seq } = &receipt.position;
    let at = format!("{}\n{}\n{stream}\n{seq}\n", receipt.seq, receipt.publisher);
    Hash::of(&[at.as_bytes(), receipt.body.as_ref()].concat())
}

fn attributes_of(receipt: &StoredReceipt, identity: &Identity) -> BTreeMap<String, String> {
    // The body is opaque here: one without a name goes out as well, and is found by its number.
    let named: Named = serde_json::from_slice(&receipt.body).unwrap_or_default();
    let always = [
        ("specversion", "1.0".to_owned()),
        ("id", receipt.seq.to_string()),
        ("source", source(&identity.log_id)),
        ("type", OUTCOME_TYPE.to_owned()),
        (LOG_ID, identity.log_id.to_string()),
        (EPOCH, identity.epoch.to_string()),
    ];
    let named = [
        ("bansoofsource", named.source),
        ("bansoofid", named.id),
        ("bansostatus", named.status.map(|status| status.to_string())),
        ("bansomessage", named.message.map(|message| message.to_string())),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
    always.into_iter().chain(named).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn source(log_id: &LogId) -> String {
    format!("urn:banso:log:{log_id}")
}

#[async_trait]
impl Source for OutcomeSource {
    async fn identity(&self) -> Result<Identity, LogError> {
        self.store.identity().await
    }

    async fn head(&self) -> Result<Seq, LogError> {
        self.store.receipt_head().await
    }

    async fn waiting(&self, at: Seq, limit: usize) -> Result<Waiting, LogError> {
        let receipts = self.store.receipts(at, limit).await?;
        let (proof, identity) = (self.proof(at).await?, self.store.identity().await?);
        // Not a time of the outcome: only how long the relay has known of it.
        let seen_at = self.clock.now();
        let messages: Vec<_> = receipts.iter().map(|receipt| message(receipt, &identity, seen_at)).collect();
        Ok(Waiting { is_last: messages.len() < limit, messages, proof, identity })
    }

    async fn first_since(&self, _: DateTime<Utc>) -> Result<Seq, LogError> {
        Ok(self.store.receipt_head().await?.saturating_sub(OUTCOMES_REFILLED_MAX) + 1)
    }

    async fn judge(&self, found: &StreamMessage) -> Result<Verdict, LogError> {
        let Ok(attributes) = attributes(&found.headers) else { return Ok(Verdict::Foreign) };
        let text = |name: &str| attributes.get(name).map(String::as_str);
        let (Some(OUTCOME_TYPE), Some(log_id), Some(epoch), Some(seq)) = (
            text("type"),
            text(LOG_ID).and_then(|text| text.parse::<LogId>().ok()),
            text(EPOCH).and_then(|text| text.parse::<u32>().ok()),
            text("id").and_then(|text| text.parse::<Seq>().ok()),
        ) else {
            return Ok(Verdict::Foreign);
        };
        let identity = self.store.identity().await?;
        if log_id != identity.log_id {
            return Ok(Verdict::OfAnotherLog);
        } else if epoch != identity.epoch {
            return Ok(Verdict::OfEpoch(epoch));
        }
        let Some(before) = seq.checked_sub(1) else { return Ok(Verdict::Foreign) };
        let here = self.store.receipts(before, 1).await?;
        Ok(match here.first().filter(|here| here.seq == seq) {
            None => Verdict::Beyond(seq),
            // Not the attributes: an older binary may have written fewer.
            Some(here)
                if found.payload == here.body && *found.subject == outcomes_subject(&here.publisher) =>
            {
                Verdict::Stands(seq)
            }
            Some(_) => Verdict::Differs(seq),
        })
    }

    async fn has(&self, found: &StreamMessage) -> Result<bool, LogError> {
        // Receipts are no chain: of another epoch it cannot be told. An outcome that is told twice does no harm.
        Ok(self.judge(found).await? == Verdict::Stands(found.sequence))
    }

    async fn proof(&self, at: Seq) -> Result<Option<Hash>, LogError> {
        let Some(before) = at.checked_sub(1) else { return Ok(None) };
        let here = self.store.receipts(before, 1).await?;
        Ok(here.first().filter(|here| here.seq == at).map(proof_of))
    }

    async fn heartbeat(&self, _: Seq) -> Result<Option<(String, Bytes)>, LogError> {
        Ok(None)
    }

    fn grown(&self) -> watch::Receiver<Seq> {
        self.store.appended()
    }
}
