//! What is kept of messages that came over the bus: how far each publisher's intake is read, and what became
//! of each message. Both are written in the transaction of the results, by the writer alone.

use crate::decide::Outcome;
use crate::port::LogError;
use async_trait::async_trait;
use banso_kernel::Seq;
use bytes::Bytes;

/// The intake as the log keeps it.
///
/// # Contract
///
/// 1. Receipts are numbered densely from 1, in the order in which they were committed; a read MUST NOT return
///    a receipt before every one with a smaller number can be read.
/// 2. A position and the receipts of the messages up to it become visible together, and together with the
///    events that these messages brought.
#[async_trait]
pub trait Inbox: Send + Sync + 'static {
    /// How far a publisher's intake is read; `None` if it never was.
    async fn intake_position(&self, publisher: &str) -> Result<Option<IntakePosition>, LogError>;

    /// The last receipt's number, 0 if there is none.
    async fn receipt_head(&self) -> Result<Seq, LogError>;

    /// Receipts with `seq > after`, in order; at most [`crate::READ_EVENTS_MAX`].
    async fn receipts(&self, after: Seq, limit: usize) -> Result<Vec<StoredReceipt>, LogError>;
}

/// A place in an intake stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakePosition {
    /// Which stream: one that was deleted and made again counts from 1 again, under another name here.
    pub stream: String,
    /// The last message that is read.
    pub seq: u64,
}

/// What became of a message, numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReceipt {
    /// Its number.
    pub seq: Seq,
    /// Whose message.
    pub publisher: String,
    /// Where the message stood.
    pub position: IntakePosition,
    /// What its publisher is told: JSON, opaque here, without personal text.
    pub body: Bytes,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageReceipt {
    /// The message, in the stream of the delivery.
    pub seq: u64,
    /// What its publisher is told: JSON, opaque here, without personal text.
    pub body: Bytes,
}

/// Messages of one publisher, read in order, whose results are to be committed together with how far its
/// intake is read.
pub struct Delivery<R> {
    /// Whose.
    pub publisher: String,
    /// Where the reader found the intake: the fence. If it stands elsewhere by now, somebody else reads it,
    /// and nothing of the delivery is decided on.
    pub from: Option<IntakePosition>,
    /// The last message of the delivery.
    pub to: IntakePosition,
    /// Writes the receipts, from the outcomes of the proposals that were submitted with the delivery.
    #[expect(clippy::type_complexity, reason = "a name for it would say less than the signature")]
    pub receipts: Box<dyn FnOnce(&[Outcome<R>]) -> Vec<MessageReceipt> + Send>,
}

/// A delivery that was decided on, as the store takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Whose.
    pub publisher: String,
    /// How far its intake is read with this.
    pub to: IntakePosition,
    /// What became of its messages, in their order.
    pub receipts: Vec<MessageReceipt>,
}
