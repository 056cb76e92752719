//! What became of published events, whichever door they came through.

use crate::problem::Problem;
use axum::http::StatusCode;
use banso_app::{App, Item, Malformed, Outcome};
use banso_kernel::{CloudEvent, EventId, Expected, Seq, StreamSeq};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Largest event, attributes and data together.
const EVENT_BYTES_MAX: usize = 256 * 1024;
/// Most events of a batch.
const BATCH_EVENTS_MAX: usize = 1_000;

/// Where an event stands in the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptShown {
    /// `admitted`; `duplicate` = it had been recorded before, and this is the first result;
    /// `would_be_admitted` in a dry run.
    pub(crate) outcome: &'static str,
    /// Its position in the log.
    pub(crate) seq: Seq,
    /// Its position in its stream.
    pub(crate) stream_seq: StreamSeq,
    /// Its id: UUIDv5 of source and id.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) event_id: EventId,
    /// The event that had already said the same.
    #[schema(value_type = Option<String>, format = "uuid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeats: Option<EventId>,
}

/// What became of one event of a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ItemResult {
    /// It is recorded.
    Receipt {
        /// 201, or 200 for a duplicate or a dry run.
        status: u16,
        /// Where it stands.
        #[serde(flatten)]
        receipt: ReceiptShown,
    },
    /// It is not.
    Problem(Problem),
}

/// An event of a batch as far as it could be read.
pub(crate) struct Read {
    /// The event, or why it is none.
    pub(crate) event: Result<CloudEvent, Problem>,
    /// Where it is none, the groups that it names all the same.
    pub(crate) groups: Vec<String>,
}

pub(crate) fn check_size(bytes: usize) -> Result<(), Problem> {
    if bytes <= EVENT_BYTES_MAX { Ok(()) } else { Err(Problem::too_large("an event has at most 256 KiB")) }
}

pub(crate) fn check_count(events: usize) -> Result<(), Problem> {
    if events <= BATCH_EVENTS_MAX {
        return Ok(());
    }
    Err(Problem::too_large(format!("a batch has at most {BATCH_EVENTS_MAX} events")))
}

/// Publishes one event.
pub(crate) async fn one(
    app: &App,
    event: CloudEvent,
    expected: Option<Expected>,
    dry_run: bool,
) -> Result<(StatusCode, ReceiptShown), Problem> {
    let item = app.door.propose(event, expected)?;
    shown(app.door.publish_one(item, dry_run).await?, dry_run)
}

/// Publishes several, and says of each what became of it.
pub(crate) async fn several(
    app: &App,
    read: impl ExactSizeIterator<Item = Read>,
    dry_run: bool,
) -> Result<Vec<ItemResult>, Problem> {
    let (items, proposed) = Proposed::of(read, |event| app.door.propose(event, None));
    let outcomes = if items.is_empty() { Vec::new() } else { app.door.publish(items, dry_run).await? };
    let results = proposed.results(outcomes, dry_run).into_iter().enumerate();
    Ok(results.map(|(place, result)| result.in_batch(place)).collect())
}

/// Events of a batch, of which those that could be read are proposed.
pub(crate) struct Proposed {
    /// By event of the batch; `None` = it is proposed.
    results: Vec<Option<ItemResult>>,
    /// Which event of the batch each proposal is.
    places: Vec<usize>,
}

impl Proposed {
    /// The proposals, in order, and what is to be said besides.
    pub(crate) fn of(
        read: impl ExactSizeIterator<Item = Read>,
        propose: impl Fn(CloudEvent) -> Result<Item, Malformed>,
    ) -> (Vec<Item>, Self) {
        let mut results: Vec<Option<ItemResult>> = vec![None; read.len()];
        let mut proposed: Vec<(usize, Option<String>, Item)> = Vec::new();
        // Which event of it is malformed.
        let mut broken_groups: BTreeMap<String, usize> = BTreeMap::new();
        for (place, Read { event, groups }) in read.enumerate() {
            let group = event.as_ref().ok().and_then(|event| event.attributes.get("bansogroup").cloned());
            match event.and_then(|event| propose(event).map_err(Problem::from)) {
                Ok(item) => proposed.push((place, group, item)),
                Err(problem) => {
                    for group in groups.into_iter().chain(group) {
                        broken_groups.entry(group).or_insert(place);
                    }
                    results[place] = Some(ItemResult::Problem(problem));
                }
            }
        }
        let (mut places, mut items): (Vec<usize>, Vec<Item>) = Default::default();
        for (place, group, item) in proposed {
            match group.and_then(|group| broken_groups.get(&group)) {
                Some(because) => {
                    let detail = format!("event {because} of the batch, counted from 0, is malformed");
                    results[place] = Some(ItemResult::Problem(Problem::refused("group-refused", detail)));
                }
                None => {
                    places.push(place);
                    items.push(item);
                }
            }
        }
        (items, Self { results, places })
    }

    /// What became of each event of the batch, from the outcomes of the proposals.
    pub(crate) fn results(self, outcomes: Vec<Outcome>, dry_run: bool) -> Vec<ItemResult> {
        let Self { mut results, places } = self;
        for (place, outcome) in places.iter().zip(outcomes) {
            // Which event of the group it was is counted by the publisher's batch.
            let outcome = match outcome {
                Outcome::GroupRefused { because } => {
                    Outcome::GroupRefused { because: places.get(because).copied().unwrap_or(because) }
                }
                other => other,
            };
            results[*place] = Some(ItemResult::of(outcome, dry_run));
        }
        let nothing = || ItemResult::Problem(Problem::internal());
        results.into_iter().map(|result| result.unwrap_or_else(nothing)).collect()
    }
}

impl ItemResult {
    /// With the pointer of a problem counted from the batch.
    fn in_batch(self, place: usize) -> Self {
        match self {
            Self::Problem(problem) => {
                let pointer = problem.pointer.map(|pointer| format!("/{place}{pointer}"));
                Self::Problem(Problem { pointer, ..problem })
            }
            receipt @ Self::Receipt { .. } => receipt,
        }
    }

    /// As HTTP says it: 201, 200, 4xx, 5xx.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Receipt { status, .. } => *status,
            Self::Problem(problem) => problem.status,
        }
    }

    /// What is said of an outcome.
    pub(crate) fn of(outcome: Outcome, dry_run: bool) -> Self {
        match shown(outcome, dry_run) {
            Ok((status, receipt)) => Self::Receipt { status: status.as_u16(), receipt },
            Err(problem) => Self::Problem(problem),
        }
    }
}

pub(crate) fn shown(outcome: Outcome, dry_run: bool) -> Result<(StatusCode, ReceiptShown), Problem> {
    let receipt = |outcome, receipt: banso_app::Receipt| ReceiptShown {
        outcome,
        seq: receipt.seq,
        stream_seq: receipt.stream_seq,
        event_id: receipt.event_id,
        repeats: receipt.repeats,
    };
    match outcome {
        Outcome::Admitted(at) if dry_run => Ok((StatusCode::OK, receipt("would_be_admitted", at))),
        Outcome::Admitted(at) => Ok((StatusCode::CREATED, receipt("admitted", at))),
        Outcome::Duplicate(at) => Ok((StatusCode::OK, receipt("duplicate", at))),
        Outcome::IdConflict { event_id } => Err(Problem::id_conflict(event_id)),
        Outcome::VersionConflict { actual } => Err(Problem::version_conflict(actual)),
        Outcome::Refused(refusal) => Err(Problem {
            pointer: refusal.pointer().map(|pointer| format!("/data{pointer}")),
            ..Problem::refused(refusal.rule(), refusal.to_string())
        }),
        Outcome::GroupRefused { because } => {
            let detail = format!("event {because} of the batch, counted from 0, was not admitted");
            Err(Problem::refused("group-refused", detail))
        }
        Outcome::Undecidable(undecidable) => {
            tracing::error!(error = &undecidable as &dyn std::error::Error, "a stream cannot be decided on");
            Err(Problem::unavailable(format!("nothing was recorded: the stream's {undecidable}")))
        }
    }
}
