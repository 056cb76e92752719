//! What a relay says of itself.

use banso_kernel::Seq;
use chrono::{DateTime, Utc};
use std::fmt;

/// What a relay does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not looked at the bus yet.
    Starting,
    /// It publishes what the log has.
    Following,
    /// Another relay publishes; this one takes over when that one no longer does.
    StandBy,
    /// It fills the stream anew.
    Repairing(String),
    /// NATS or the log does not answer.
    Unreachable(String),
    /// It does not publish until an operator has decided. It looks again by itself.
    Stopped(Stop),
}

/// Why a relay stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The bus has events that the log does not have: the database was put back to an earlier point.
    BusAhead {
        /// The last position on the bus.
        bus: Seq,
        /// The last position of the log.
        head: Seq,
    },
    /// The log went on with other events than the bus has: the database was put back and written to.
    Forked {
        /// The last position on the bus.
        seq: Seq,
    },
    /// The bus is filled from another log.
    AnotherLog,
    /// The bus is filled from a later epoch of this log.
    LaterEpoch {
        /// Of the bus.
        bus: u32,
        /// Of the log.
        log: u32,
    },
    /// The stream is not as it must be, and the server does not let it be changed.
    Misconfigured(String),
    /// An event with its headers is larger than the server takes. Nothing behind it is published.
    TooLarge {
        /// Its position.
        seq: Seq,
        /// Its size on the wire, in bytes.
        bytes: usize,
        /// What the server takes, in bytes (`max_payload`).
        limit: usize,
    },
}

impl Stop {
    /// Whether the bus knows of events that the log does not have: appending more would tear them apart.
    pub fn forbids_appending(&self) -> bool {
        match self {
            Self::BusAhead { .. } | Self::Forked { .. } | Self::AnotherLog | Self::LaterEpoch { .. } => true,
            Self::Misconfigured(_) | Self::TooLarge { .. } => false,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decide = "run `banso recover --import-from-bus` or `banso recover --new-epoch`";
        match self {
            Self::BusAhead { bus, head } => {
                write!(f, "the bus ends at {bus}, the log at {head}: {decide}")
            }
            Self::Forked { seq } => write!(f, "bus and log have different events at {seq}: {decide}"),
            Self::AnotherLog => f.write_str("the bus is filled from another log"),
            Self::LaterEpoch { bus, log } => {
                write!(f, "the bus is of epoch {bus}, the log of epoch {log}: {decide}")
            }
            Self::Misconfigured(reason) => write!(f, "the stream is not as it must be: {reason}"),
            Self::TooLarge { seq, bytes, limit } => {
                write!(f, "the event at {seq} has {bytes} bytes, the server takes {limit}: raise max_payload")
            }
        }
    }
}

impl State {
    /// One word, for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Following => "following",
            Self::StandBy => "stand_by",
            Self::Repairing(_) => "repairing",
            Self::Unreachable(_) => "unreachable",
            Self::Stopped(_) => "stopped",
        }
    }

    /// Every name.
    pub(super) const NAMES: [&'static str; 6] =
        ["starting", "following", "stand_by", "repairing", "unreachable", "stopped"];
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting | Self::Following | Self::StandBy => f.write_str(self.name()),
            Self::Repairing(reason) => write!(f, "filling the stream anew: {reason}"),
            Self::Unreachable(reason) => write!(f, "unreachable: {reason}"),
            Self::Stopped(stop) => write!(f, "stopped: {stop}"),
        }
    }
}

/// What a relay does, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What it does.
    pub state: State,
    /// The last position on the bus, as far as this relay has seen and verified it.
    pub cursor: Option<Seq>,
    /// The log's last position when it looked last.
    pub head: Seq,
    /// When the first event was recorded that is not on the bus; `None` = all are, or it is not known.
    pub waiting_since: Option<DateTime<Utc>>,
    /// Messages it has published.
    pub published: u64,
    /// In so many batches.
    pub batches: u64,
    /// How often another one had published before it.
    pub fence_losses: u64,
    /// How often it filled the stream anew.
    pub repairs: u64,
}

impl Status {
    pub(super) fn starting() -> Self {
        Self {
            state: State::Starting,
            cursor: None,
            head: 0,
            waiting_since: None,
            published: 0,
            batches: 0,
            fence_losses: 0,
            repairs: 0,
        }
    }

    /// How many events are in the log and not yet on the bus.
    pub fn lag_events(&self) -> u64 {
        self.cursor.map_or(self.head, |cursor| self.head.saturating_sub(cursor))
    }
}
