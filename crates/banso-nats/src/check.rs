//! I7: each event is on the bus, beyond its last position, or older than its window.

use crate::bus::BusError;
use crate::read::{BusEvents, BusMessage};
use crate::relay::PartHeads;
use crate::subject::stream_token;
use async_nats::Client;
use banso_kernel::Seq;
use banso_log::{Identity, Log, LogError, Sealed};

/// Breaches that a report lists; all of them are counted.
pub const BUS_BREACHES_MAX: usize = 100;
/// Events of the log that are read at a time.
const PAGE_EVENTS: usize = 1_000;

/// A position at which the bus is not what the log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusBreach {
    /// The position on the bus.
    pub seq: Seq,
    /// What was found.
    pub found: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BusReport {
    /// The first and the last position of the window; `None` where it is empty.
    pub window: Option<(Seq, Seq)>,
    /// The log's last position.
    pub head: Seq,
    /// Messages that were compared with the log.
    pub messages: u64,
    /// How many breaches there are.
    pub broken: u64,
    /// The first [`BUS_BREACHES_MAX`] of them.
    pub breaches: Vec<BusBreach>,
}

impl BusReport {
    fn breach(&mut self, seq: Seq, found: impl Into<String>) {
        self.broken += 1;
        if self.breaches.len() < BUS_BREACHES_MAX {
            self.breaches.push(BusBreach { seq, found: found.into() });
        }
    }
}

/// Why a check came to no end.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The bus did not answer.
    #[error("the bus could not be read")]
    Bus(#[from] BusError),
    /// The log did not answer, or is damaged.
    #[error("the log could not be read")]
    Log(#[from] LogError),
}

/// Compares every message of the stream with the log, byte for byte, and the positions with each other. Reads
/// the stream as it stands now; `progress` is told the position that was reached.
pub async fn check_bus(
    log: &dyn Log,
    client: &Client,
    progress: &mut (dyn FnMut(Seq) + Send),
) -> Result<BusReport, CheckError> {
    let mut events = BusEvents::after(client, 0).await?;
    let mut check = Check {
        identity: log.identity().await?,
        report: BusReport { head: log.head().await?, ..BusReport::default() },
        log,
        page: Vec::new().into_iter(),
        parts: PartHeads::default(),
    };
    while let Some(message) = events.next().await? {
        check.message(&message).await?;
        progress(message.seq);
    }
    let end = check.report.window.map_or(0, |(_, last)| last);
    if events.last() > check.report.head && end <= check.report.head {
        check.report.breach(events.last(), "the bus ends behind the log's end");
    }
    Ok(check.report)
}

struct Check<'a> {
    log: &'a dyn Log,
    identity: Identity,
    report: BusReport,
    page: std::vec::IntoIter<Sealed>,
    parts: PartHeads,
}

impl Check<'_> {
    async fn message(&mut self, message: &BusMessage) -> Result<(), LogError> {
        let seq = message.seq;
        match self.report.window {
            Some((first, last)) => {
                if seq != last + 1 {
                    self.report.breach(seq, format!("{seq} follows {last}"));
                }
                self.report.window = Some((first, seq));
            }
            None => self.report.window = Some((seq, seq)),
        }
        self.report.messages += 1;
        let Some(here) = self.event_at(seq).await? else {
            self.report.breach(seq, format!("the log ends at {}", self.report.head));
            return Ok(());
        };
        if self.parts.at() + 1 != seq {
            self.parts.move_to(self.log, seq - 1).await?;
        }
        let previous = self.parts.advance(seq, here.columns.part);
        match message.event() {
            Err(error) => self.report.breach(seq, format!("not an event of banso: {error}")),
            Ok(event) => {
                for (what, same) in [
                    ("the log", event.identity == self.identity),
                    ("the position", event.sealed.columns.seq == seq),
                    ("the event", event.sealed == here),
                    ("the previous event of the part", event.previous_in_part == previous),
                    ("the subject", of_subject(&here, &message.subject)),
                ] {
                    if !same {
                        self.report.breach(seq, format!("{what} is another than in the log"));
                    }
                }
            }
        }
        Ok(())
    }

    /// The log's event at a position, `None` behind its end.
    async fn event_at(&mut self, seq: Seq) -> Result<Option<Sealed>, LogError> {
        let next = self.page.as_slice().first();
        if next.is_none_or(|next| next.columns.seq != seq) {
            self.page = self.log.read_sealed(seq - 1, PAGE_EVENTS).await?.into_iter();
        }
        Ok(self.page.next().filter(|event| event.columns.seq == seq))
    }
}

/// Entity and name depend on what the relay's binary knew.
fn of_subject(event: &Sealed, subject: &str) -> bool {
    let tokens: Vec<&str> = subject.split('.').collect();
    let part = event.columns.part.number().to_string();
    let stream = stream_token(&event.columns.stream);
    matches!(tokens.as_slice(), ["banso", "v1", "events", of, _, _, whose] if *of == part && *whose == stream)
}
