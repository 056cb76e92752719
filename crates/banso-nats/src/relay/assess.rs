//! Where the stream stands, before anything is published behind it.

use super::Trouble;
use super::source::{Source, Verdict};
use super::status::Stop;
use crate::bus::{Bus, BusError};
use crate::setup::{StreamSettings, identity_of};
use async_nats::jetstream::stream::{Config, Info};
use banso_kernel::Seq;
use banso_log::Identity;

/// So many foreign messages at the stream's end are looked through for the last one of a relay.
const FOREIGN_MESSAGES_MAX: u64 = 1_000;

/// What the stream is to the source.
#[derive(Debug)]
pub(super) enum Standing {
    /// It ends at this position with what the source has there; what stands before it is whole.
    At(Seq, Box<Info>),
    /// There is none.
    Absent,
    /// It is not what the source says, and holds nothing that the source lacks.
    Damaged(String, Box<Info>),
    /// Only an operator can tell which of the two is right.
    Stopped(Stop),
}

/// Compares the stream with the source. Changes nothing.
pub(super) async fn assess(
    bus: &Bus,
    source: &dyn Source,
    settings: &StreamSettings,
    identity: &Identity,
) -> Result<Standing, Trouble> {
    let Some(info) = bus.stream(&settings.name).await? else { return Ok(Standing::Absent) };
    // Read after the stream: what is on the bus was in the log before.
    let head = source.head().await?;
    let found = identity_of(&info.config);
    if let Some(stop) = found.as_ref().and_then(|found| foreign(found, identity)) {
        return Ok(Standing::Stopped(stop));
    }
    if found.as_ref().is_some_and(|found| found.epoch < identity.epoch) {
        return Ok(Standing::Damaged("it is of an earlier epoch of the log".to_owned(), Box::new(info)));
    }
    Ok(match content(bus, source, settings, identity, &info, head).await? {
        Ok(Whole::At(cursor)) => Standing::At(cursor, Box::new(info)),
        Ok(Whole::Stopped(stop)) => Standing::Stopped(stop),
        Err(damage) => Standing::Damaged(damage, Box::new(info)),
    })
}

/// What a stream without damage is.
enum Whole {
    At(Seq),
    Stopped(Stop),
}

fn foreign(found: &Identity, identity: &Identity) -> Option<Stop> {
    if found.log_id != identity.log_id {
        Some(Stop::AnotherLog)
    } else if found.epoch > identity.epoch {
        Some(Stop::LaterEpoch { bus: found.epoch, log: identity.epoch })
    } else {
        None
    }
}

/// `Err` = damaged, with the reason.
async fn content(
    bus: &Bus,
    source: &dyn Source,
    settings: &StreamSettings,
    identity: &Identity,
    info: &Info,
    head: Seq,
) -> Result<Result<Whole, String>, Trouble> {
    let state = &info.state;
    let (first, last) = (state.first_sequence, state.last_sequence);
    if state.messages == 0 {
        return Ok(Ok(if last > head {
            Whole::Stopped(Stop::BusAhead { bus: last, head })
        } else {
            Whole::At(last)
        }));
    }
    let oldest = last.saturating_sub(FOREIGN_MESSAGES_MAX).max(first);
    let mut damage = None;
    for seq in (oldest..=last).rev() {
        let Some(message) = bus.message(&settings.name, seq).await? else {
            damage = Some(format!("its message {seq} is missing"));
            continue;
        };
        match source.judge(&message).await? {
            Verdict::Foreign => damage = Some(format!("its message {seq} was not published by a relay")),
            // From here on down nothing can be there that the source lacks.
            Verdict::Stands(of) if of != seq => {
                damage = Some(format!("event {of} stands at its position {seq}"));
                break;
            }
            Verdict::Stands(_) => break,
            Verdict::Beyond(bus) => return Ok(Ok(Whole::Stopped(Stop::BusAhead { bus, head }))),
            Verdict::Differs(seq) => return Ok(Ok(Whole::Stopped(Stop::Forked { seq }))),
            Verdict::OfAnotherLog => return Ok(Ok(Whole::Stopped(Stop::AnotherLog))),
            Verdict::OfEpoch(bus) if bus > identity.epoch => {
                return Ok(Ok(Whole::Stopped(Stop::LaterEpoch { bus, log: identity.epoch })));
            }
            Verdict::OfEpoch(_) => {
                damage = Some("it is of an earlier epoch of the log".to_owned());
                break;
            }
        }
    }
    if let Some(damage) = damage {
        return Ok(Err(damage));
    }
    if let Some(message) = bus.message(&settings.name, first).await?
        && source.judge(&message).await? != Verdict::Stands(first)
    {
        return Ok(Err(format!("its first message, {first}, is not the event of that position")));
    }
    if state.messages != last - first + 1 {
        return Ok(Err(format!("{} of its messages are missing", last + 1 - first - state.messages)));
    }
    Ok(Ok(Whole::At(last)))
}

/// Up to where the stream has what the source has, looked for up to `until`.
pub(super) async fn same_up_to(
    bus: &Bus,
    source: &dyn Source,
    info: &Info,
    until: Seq,
) -> Result<Seq, Trouble> {
    let end = until.min(info.state.last_sequence);
    let (mut same, mut other) = (info.state.first_sequence.saturating_sub(1), end + 1);
    let mut at = end;
    while same < at {
        let message = bus.message(&info.config.name, at).await?;
        let has = match &message {
            Some(message) => source.has(message).await?,
            None => false,
        };
        if has {
            same = at;
        } else {
            other = at;
        }
        at = same + (other - same) / 2;
    }
    // What the stream no longer shows is not taken from anybody.
    Ok(if same >= end { until } else { same })
}

/// Brings the stream's settings to what they must be; where the server refuses, a reason to stop.
pub(super) async fn correct(
    bus: &Bus,
    settings: &StreamSettings,
    identity: &Identity,
    found: &Config,
) -> Result<Option<Stop>, BusError> {
    let Some(config) = settings.corrected(found, identity) else { return Ok(None) };
    match bus.update_stream(&config).await {
        Ok(_) => {
            tracing::warn!(stream = settings.name, "brought the stream's settings to what they must be");
            Ok(None)
        }
        Err(BusError::Refused { reason, .. }) => Ok(Some(Stop::Misconfigured(reason))),
        Err(error) => Err(error),
    }
}
