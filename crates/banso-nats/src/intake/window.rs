//! Messages of one publisher, read by position. Several questions are under way at a time, and none of them can
//! be answered with less than is there.

use super::message::{Raw, ReceivedMessage};
use crate::bus::{Bus, BusError};
use crate::subject::{INTAKE_STREAM, intake_subjects};
use async_nats::jetstream::ErrorCode;
use chrono::{DateTime, SecondsFormat, Utc};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Most positions that are asked for at a time.
const QUESTIONS_MAX: u64 = 32;
/// Above this many bytes in one answer fewer positions are asked for.
const ANSWER_BYTES: usize = 2 * 1024 * 1024;

/// The stream as it was when it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Which making of the stream: when it was made. Positions of one mean nothing in another.
    pub(super) incarnation: String,
    /// Its first position.
    pub(super) first: u64,
    /// Its last position.
    pub(super) last: u64,
    /// Messages by subject, where it was asked for.
    pub(super) subjects: HashMap<String, u64>,
}

/// The stream as it is; `None` = there is none.
pub(super) async fn look(bus: &Bus, count_subjects: bool) -> Result<Option<Seen>, BusError> {
    #[derive(Serialize)]
    struct Ask {
        #[serde(skip_serializing_if = "Option::is_none")]
        subjects_filter: Option<&'static str>,
    }
    #[derive(Deserialize)]
    struct Info {
        created: DateTime<Utc>,
        state: State,
    }
    #[derive(Deserialize)]
    struct State {
        first_seq: u64,
        last_seq: u64,
        #[serde(default)]
        subjects: HashMap<String, u64>,
    }
    let ask = Ask { subjects_filter: count_subjects.then_some(">") };
    match bus.ask::<Info>("look at the intake", format!("STREAM.INFO.{INTAKE_STREAM}"), &ask).await {
        Ok(Info { created, state: State { first_seq, last_seq, subjects } }) => Ok(Some(Seen {
            incarnation: created.to_rfc3339_opts(SecondsFormat::Nanos, true),
            first: first_seq,
            last: last_seq,
            subjects,
        })),
        Err(BusError::Refused { code, .. }) if code == ErrorCode::STREAM_NOT_FOUND.0 => Ok(None),
        Err(error) => Err(error),
    }
}

/// How many messages of the publisher stand behind a position.
pub(super) async fn waiting(bus: &Bus, publisher: &str, after: u64) -> Result<u64, BusError> {
    #[derive(Deserialize)]
    struct Made {
        name: String,
        num_pending: u64,
    }
    #[derive(Deserialize)]
    struct Deleted {}
    // A consumer counts them when it is made. Nobody asks it for a message, so it delivers none.
    let config = serde_json::json!({
        "stream_name": INTAKE_STREAM,
        "config": {
            "ack_policy": "none",
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": after + 1,
            "filter_subject": intake_subjects(publisher),
            "inactive_threshold": 5_000_000_000u64,
            "mem_storage": true,
            "num_replicas": 1,
        },
    });
    let made: Made =
        bus.ask("count waiting messages", format!("CONSUMER.CREATE.{INTAKE_STREAM}"), &config).await?;
    let delete = format!("CONSUMER.DELETE.{INTAKE_STREAM}.{}", made.name);
    // One that stays ends by itself.
    if let Err(error) = bus.ask::<Deleted>("forget a count", delete, &serde_json::json!({})).await {
        tracing::debug!(%error, "a consumer that counted is left to end by itself");
    }
    Ok(made.num_pending)
}

/// Reads one publisher's messages from front to back.
pub(crate) struct Windows {
    bus: Bus,
    publisher: String,
    /// Every message of the publisher up to here was returned.
    reached: u64,
    questions: u64,
}

impl Windows {
    pub(crate) fn after(bus: Bus, publisher: String, after: u64) -> Self {
        Self { bus, publisher, reached: after, questions: 1 }
    }

    /// Up to where everything was returned.
    pub(crate) fn reached(&self) -> u64 {
        self.reached
    }

    /// Some of the next messages up to `last`, in order. `last` MUST be a position that the stream had already
    /// reached: of what comes meanwhile one question could miss what the next one finds.
    pub(crate) async fn next(&mut self, last: u64) -> Result<Vec<ReceivedMessage>, BusError> {
        let until = last.min(self.reached.saturating_add(self.questions));
        if until <= self.reached {
            return Ok(Vec::new());
        }
        let asked = until - self.reached;
        let answers = (self.reached + 1..=until).map(|from| self.first_from(from));
        let mut answers: Vec<Option<Raw>> = try_join_all(answers).await?;
        let behind = answers.pop().flatten();
        let end = behind.as_ref().map_or(last, |message| message.seq.min(last));
        let found: BTreeMap<u64, ReceivedMessage> = answers
            .into_iter()
            .flatten()
            .chain(behind)
            .filter(|message| message.seq <= last)
            .map(|message| (message.seq, message.received(&self.publisher)))
            .collect();
        let bytes: usize = found.values().map(ReceivedMessage::bytes).sum();
        self.questions = if bytes > ANSWER_BYTES || (found.len() as u64) * 2 < asked {
            (self.questions / 2).max(1)
        } else {
            (self.questions * 2).min(QUESTIONS_MAX)
        };
        self.reached = end;
        Ok(found.into_values().collect())
    }

    /// The publisher's first message that stands at `from` or behind it.
    async fn first_from(&self, from: u64) -> Result<Option<Raw>, BusError> {
        #[derive(Serialize)]
        struct Ask<'a> {
            seq: u64,
            next_by_subj: &'a str,
        }
        #[derive(Deserialize)]
        struct Got {
            message: Raw,
        }
        let ask = Ask { seq: from, next_by_subj: &intake_subjects(&self.publisher) };
        let attempt = "read a message of the intake";
        match self.bus.ask::<Got>(attempt, format!("STREAM.MSG.GET.{INTAKE_STREAM}"), &ask).await {
            Ok(got) => Ok(Some(got.message)),
            Err(BusError::Refused { code, .. }) if code == ErrorCode::NO_MESSAGE_FOUND.0 => Ok(None),
            Err(error) => Err(error),
        }
    }
}
