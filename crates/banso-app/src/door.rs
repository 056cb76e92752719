//! The door behind every transport: a CloudEvent becomes a proposal, and proposals become outcomes.

use crate::Outcome;
use crate::admission::{CaseDecider, Item};
use crate::decoded::Decoded;
use banso_domain::ReadError;
use banso_kernel::{Clock, CloudEvent, Expected};
use banso_log::{AppendError, Delivery, IntakePosition, MessageReceipt, Submission, Unit, Writer};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most requests to publish that are worked on at a time, over HTTP and gRPC, from when they have come in whole until
/// they are answered; streams and the intake have bounds of their own. Without it what comes faster than it can be read waits ahead of the writer's queue, where
/// nothing bounds it.
pub const PUBLICATIONS_MAX: usize = 256;

/// Turns CloudEvents into proposals and hands them to the writer.
#[derive(Clone)]
pub struct Door {
    writer: Arc<Writer<CaseDecider>>,
    clock: Arc<dyn Clock>,
    places: Arc<Semaphore>,
}

/// A publication's place among those that are worked on; kept until it is answered.
#[derive(Debug)]
pub struct Entered {
    _place: OwnedSemaphorePermit,
}

/// Why a CloudEvent is not a proposal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Malformed {
    /// JSON pointer into the event: `/data/by`, `/bansooccurred`.
    pub pointer: String,
    /// What is wrong there.
    pub reason: String,
}

impl Malformed {
    /// An attribute, or the data as a whole, is wrong.
    pub fn attribute(name: &str, reason: impl Into<String>) -> Self {
        // RFC 6901: a publisher may have called an attribute anything.
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Self { pointer, reason: reason.into() }
    }
}

/// Why a publication has no outcomes.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// The writer has more to do than it may queue, or the door more than it may work on.
    #[error("too much is waiting to be recorded")]
    QueueFull,
    /// A group has too many events.
    #[error(transparent)]
    GroupTooLarge(AppendError),
    /// Nothing was recorded.
    #[error("nothing could be recorded")]
    Unavailable(#[source] AppendError),
    /// It may or may not have been recorded.
    #[error("it is not known whether it was recorded: retry with the same id")]
    OutcomeUnknown,
}

impl Door {
    pub(crate) fn new(writer: Arc<Writer<CaseDecider>>, clock: Arc<dyn Clock>) -> Self {
        Self { writer, clock, places: Arc::new(Semaphore::new(PUBLICATIONS_MAX)) }
    }

    /// Says at once whether one more would find no room, before anything of it is read.
    pub fn has_room(&self) -> Result<(), PublishError> {
        if self.places.available_permits() == 0 || self.writer.is_full() {
            return Err(PublishError::QueueFull);
        }
        Ok(())
    }

    /// Lets a publication in, or says at once that as many are worked on as may be ([`PUBLICATIONS_MAX`]).
    pub fn enter(&self) -> Result<Entered, PublishError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| PublishError::QueueFull)?;
        Ok(Entered { _place: place })
    }

    /// The proposal that an event makes, fully checked for form.
    pub fn propose(&self, event: CloudEvent, expected: Option<Expected>) -> Result<Item, Malformed> {
        self.propose_received(event, expected, self.clock.now())
    }

    /// [`Door::propose`] for an event that came to its first door at another time.
    pub fn propose_received(
        &self,
        event: CloudEvent,
        expected: Option<Expected>,
        received_at: DateTime<Utc>,
    ) -> Result<Item, Malformed> {
        let mut proposal =
            event.into_proposal(received_at).map_err(|e| Malformed::attribute(&e.attribute, e.reason))?;
        if let Some(expected) = expected {
            proposal.expected = expected;
        }
        let read = Decoded::read(&proposal.stream, &proposal.event_type, &proposal.body);
        let decoded = read.map_err(|e| match e {
            ReadError::UnknownType(_) => Malformed {
                pointer: "/type".to_owned(),
                reason: format!(
                    "{} is not an event of {} that is known here",
                    proposal.event_type, proposal.stream
                ),
            },
            ReadError::Malformed { pointer, reason } => {
                Malformed { pointer: format!("/data{pointer}"), reason }
            }
        })?;
        Ok(Item { proposal, decoded })
    }

    /// Publishes one event.
    pub async fn publish_one(&self, item: Item, dry_run: bool) -> Result<Outcome, PublishError> {
        let mut outcomes = self.publish(vec![item], dry_run).await?;
        // One outcome for each item is the writer's promise.
        outcomes.pop().ok_or(PublishError::OutcomeUnknown)
    }

    /// Publishes events in this order; those that name the same group are admitted together or not at all.
    /// The outcomes come in the order of the items.
    pub async fn publish(&self, items: Vec<Item>, dry_run: bool) -> Result<Vec<Outcome>, PublishError> {
        let (units, places) = units(items);
        let outcomes =
            self.writer.append(Submission { units, dry_run }).await.map_err(|error| match error {
                AppendError::QueueFull => PublishError::QueueFull,
                AppendError::GroupTooLarge { .. } => PublishError::GroupTooLarge(error),
                AppendError::OutcomeUnknown => {
                    failed("outcome_unknown");
                    PublishError::OutcomeUnknown
                }
                AppendError::Unavailable(_) | AppendError::Stopped | AppendError::Fenced { .. } => {
                    failed("unavailable");
                    PublishError::Unavailable(error)
                }
            })?;
        Ok(in_order(&places, 0, outcomes))
    }

    /// Publishes what messages of an intake brought, in their order, and settles them in the same transaction.
    /// A group stays within its message. `receipts` is given the outcomes of each message in the order of its
    /// items.
    pub async fn deliver(
        &self,
        intake: IntakeRange,
        messages: Vec<Vec<Item>>,
        receipts: impl FnOnce(Vec<Vec<Outcome>>) -> Vec<MessageReceipt> + Send + 'static,
    ) -> Result<(), AppendError> {
        let (mut all_units, mut places_by_message) = (Vec::new(), Vec::new());
        for items in messages {
            let (units, places) = units(items);
            all_units.extend(units);
            places_by_message.push(places);
        }
        let receipts = Box::new(move |outcomes: &[Outcome]| {
            let mut rest = outcomes;
            let mut begun = 0;
            let mut by_message = Vec::with_capacity(places_by_message.len());
            for places in &places_by_message {
                let (own, others) = rest.split_at(places.len());
                by_message.push(in_order(places, begun, own.to_vec()));
                begun += places.len();
                rest = others;
            }
            receipts(by_message)
        });
        let IntakeRange { publisher, from, to } = intake;
        let delivered = self.writer.deliver(all_units, Delivery { publisher, from, to, receipts }).await;
        delivered.map(drop)
    }
}

/// Messages of one publisher's intake, one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeRange {
    /// Whose.
    pub publisher: String,
    /// Where the intake was found; `None` = it was never read.
    pub from: Option<IntakePosition>,
    /// The last message.
    pub to: IntakePosition,
}

/// Outcomes in the order of their publisher, whose places are given in the order of the writer's units. The
/// first of them was the writer's `begun`th.
fn in_order(places: &[usize], begun: usize, outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let mut placed: Vec<(usize, Outcome)> = places.iter().copied().zip(outcomes).collect();
    for (_, outcome) in &mut placed {
        // The writer counts in its order of units; the publisher counts in its own.
        if let Outcome::GroupRefused { because } = outcome {
            let own = because.checked_sub(begun).and_then(|at| places.get(at));
            *because = own.copied().unwrap_or(*because);
        }
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Counts a publication that the store failed: what an alarm is built on.
fn failed(why: &'static str) {
    metrics::counter!("banso_append_failures_total", "why" => why).increment(1);
}

/// The items of one group with their places; a single item is a group without a name.
type Grouped = (Option<Box<str>>, Vec<(usize, Item)>);

/// The items as units, a group standing where its first item stands, and each item's place before that.
fn units(items: Vec<Item>) -> (Vec<Unit<Item>>, Vec<usize>) {
    let mut grouped: Vec<Grouped> = Vec::new();
    for (place, item) in items.into_iter().enumerate() {
        let group = item.proposal.group.clone();
        let at = match &group {
            Some(_) => grouped.iter().position(|(known, _)| *known == group),
            None => None,
        };
        match at {
            Some(at) => grouped[at].1.push((place, item)),
            None => grouped.push((group, vec![(place, item)])),
        }
    }
    let mut units = Vec::with_capacity(grouped.len());
    let mut places = Vec::new();
    for (group, members) in grouped {
        let (of_members, items): (Vec<usize>, Vec<Item>) = members.into_iter().unzip();
        places.extend(of_members);
        match group {
            Some(_) => units.push(Unit::Group(items)),
            None => units.extend(items.into_iter().map(Unit::Single)),
        }
    }
    (units, places)
}
