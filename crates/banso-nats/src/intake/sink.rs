//! Where the reader hands its messages to.

use super::message::ReceivedMessage;
use async_trait::async_trait;
use banso_log::{AppendError, IntakePosition, LogError};

/// The door of the intake.
///
/// # Contract
///
/// 1. [`Sink::deliver`] MUST store what a message brings, one receipt at least for each event or unreadable
///    message, and how far the intake is read with it, in one transaction, and only if the intake stands at
///    `from` in that transaction. It may take the messages in several steps, each from where the last one ended.
/// 2. No message may make it fail, neither its form nor its size: what cannot be taken gets a receipt that says
///    why. This holds for every [`ReceivedMessage::defect`] above all.
#[async_trait]
pub trait Sink: Send + Sync + 'static {
    /// How far a publisher's intake is read, in the store.
    async fn position(&self, publisher: &str) -> Result<Option<IntakePosition>, LogError>;

    /// Takes messages of one publisher, in order. They are all those that it sent behind `from` up to `to`.
    async fn deliver(
        &self,
        publisher: &str,
        from: Option<IntakePosition>,
        to: IntakePosition,
        messages: Vec<ReceivedMessage>,
    ) -> Result<(), AppendError>;
}
