//! What the intake says of itself.

use super::Trouble;
use banso_log::AppendError;
use std::collections::BTreeMap;

/// What the readers of this process do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntakeStatus {
    /// Whether the stream can be read: `None` = it has not been looked at yet.
    pub stream: Option<StreamState>,
    /// Messages in the stream on subjects of publishers that are not configured.
    pub unread: u64,
    /// By publisher.
    pub readers: BTreeMap<String, ReaderStatus>,
}

/// What the stream of the intake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// It can be read.
    There,
    /// It has not been made yet.
    Absent,
    /// NATS does not answer.
    Unreachable(String),
}

/// What the reader of one publisher does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReaderStatus {
    /// What it does.
    pub state: ReaderState,
    /// Messages that it read and that were taken.
    pub read: u64,
    /// In so many deliveries.
    pub deliveries: u64,
    /// How often somebody else had read before it.
    pub fences: u64,
    /// How often a delivery or a look at the store or the bus failed.
    pub failures: u64,
    /// Messages that wait in the stream; `None` = not known yet.
    pub lag: Option<u64>,
}

/// What a reader does now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReaderState {
    /// It has not read yet.
    #[default]
    Starting,
    /// It reads what comes.
    Reading,
    /// Somebody else reads too; it looks again where the intake stands.
    Fenced,
    /// It tries again.
    Failing {
        /// One word, for metrics.
        reason: &'static str,
        /// For people.
        detail: String,
    },
    /// The name is no token of a subject. Nothing is read.
    InvalidName,
}

impl ReaderState {
    /// One word, for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Reading => "reading",
            Self::Fenced => "fenced",
            Self::Failing { .. } => "failing",
            Self::InvalidName => "invalid_name",
        }
    }

    /// Every name.
    pub(super) const NAMES: [&'static str; 5] = ["starting", "reading", "fenced", "failing", "invalid_name"];

    pub(super) fn of(trouble: &Trouble) -> Self {
        let reason = match trouble {
            Trouble::Append(AppendError::Fenced { .. }) => return Self::Fenced,
            Trouble::Append(AppendError::QueueFull) => "queue_full",
            Trouble::Append(AppendError::GroupTooLarge { .. }) => "group_too_large",
            Trouble::Append(AppendError::Unavailable(_)) => "unavailable",
            Trouble::Append(AppendError::OutcomeUnknown) => "outcome_unknown",
            Trouble::Append(AppendError::Stopped) => "stopped",
            Trouble::Log(_) => "store",
            Trouble::Bus(_) => "bus",
        };
        Self::Failing { reason, detail: trouble.to_string() }
    }
}

impl IntakeStatus {
    /// Why not everything is read that this process is to read; `None` = all is well.
    pub fn trouble(&self) -> Option<String> {
        match &self.stream {
            None => return Some("the intake has not been looked at yet".to_owned()),
            Some(StreamState::Absent) => return Some("the intake's stream is not there".to_owned()),
            Some(StreamState::Unreachable(reason)) => return Some(reason.clone()),
            Some(StreamState::There) => {}
        }
        self.readers.iter().find_map(|(publisher, reader)| match &reader.state {
            ReaderState::Failing { detail, .. } => Some(format!("{publisher}: {detail}")),
            ReaderState::InvalidName => Some(format!("{publisher}: not a publisher's name")),
            ReaderState::Starting | ReaderState::Reading | ReaderState::Fenced => None,
        })
    }
}
