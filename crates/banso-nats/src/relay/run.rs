//! The relay's one task: look, then publish, or stand by, or fill anew.

use super::assess::{Standing, assess, correct, same_up_to};
use super::batch::{self, Published};
use super::repair::{Note, Noted, Notes, SavedConsumer, consumers_of, floor_of, restore};
use super::source::{Source, Waiting};
use super::status::{State, Status, Stop};
use super::{
    LOOK_AFTER_MS, POLL_MS, RelaySettings, STAND_BY_LOOK_MS, STOPPED_LOOK_MS, TRY_AGAIN_MS, Trouble,
};
use crate::bus::{Bus, BusError};
use crate::codec::Outgoing;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::stream::Info;
use banso_kernel::{Clock, Hash, IdGen, Seq, hex};
use banso_log::Identity;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

pub(super) struct Run {
    bus: Bus,
    source: Arc<dyn Source>,
    settings: RelaySettings,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    status: watch::Sender<Status>,
    notes: Notes,
    /// Tells this relay's notes from those of others.
    name: String,
    phase: Phase,
    last_heartbeat: Option<Instant>,
}

enum Phase {
    /// Compare the stream with the log. `patient`: nobody else does anything about it, as far as was seen.
    Assess { patient: bool },
    /// Publish behind the cursor.
    Follow(Follow),
    /// Somebody else publishes.
    StandBy(Watched),
    /// Look again after a while.
    Wait { wait: Duration, patient: bool },
}

struct Follow {
    cursor: Seq,
    /// What the log said of the cursor when it was verified or published.
    proof: Option<Hash>,
    identity: Identity,
    /// A repair that is to be ended once the stream is filled so far.
    repair: Option<Repair>,
    /// How often the client had connected when the stream was assessed.
    connects: u64,
    looked: Instant,
}

struct Repair {
    noted_at: Seq,
    note: Note,
}

/// What a relay that stands by saw last, and since when.
#[derive(Default)]
struct Watched {
    seen: Option<Seen>,
    since: Option<Instant>,
}

/// What moves while somebody publishes or repairs.
#[derive(PartialEq, Eq)]
struct Seen {
    /// When the stream was made, and where it ends; `None` = there is none.
    stream: Option<(DateTime<Utc>, Seq)>,
    /// The last note about a repair.
    noted_at: Seq,
}

impl Run {
    pub(super) fn new(
        bus: Bus,
        source: Arc<dyn Source>,
        settings: RelaySettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        status: watch::Sender<Status>,
    ) -> Self {
        Self {
            notes: Notes::about(bus.clone(), &settings.stream.name, settings.stream.replicas),
            name: hex(ids.salt()),
            bus,
            source,
            settings,
            clock,
            ids,
            status,
            phase: Phase::Assess { patient: false },
            last_heartbeat: None,
        }
    }

    pub(super) async fn until(mut self, mut stopping: watch::Receiver<bool>) {
        while !*stopping.borrow_and_update() {
            let step = async {
                match std::mem::replace(&mut self.phase, Phase::Assess { patient: false }) {
                    Phase::Assess { patient } => self.assess(patient).await,
                    Phase::Follow(follow) => self.follow(follow, &mut stopping).await,
                    Phase::StandBy(watched) => self.stand_by(watched, &mut stopping).await,
                    Phase::Wait { wait, patient } => {
                        pause(wait, &mut stopping).await;
                        Ok(Phase::Assess { patient })
                    }
                }
            };
            self.phase = match step.await {
                Ok(next) => next,
                Err(trouble) => {
                    self.say(State::Unreachable(trouble.to_string()));
                    Phase::Wait { wait: Duration::from_millis(TRY_AGAIN_MS), patient: false }
                }
            };
        }
    }

    async fn assess(&mut self, patient: bool) -> Result<Phase, Trouble> {
        let connects = self.bus.connects();
        let identity = self.source.identity().await?;
        // Before the stream: whoever repairs meanwhile writes behind it.
        let noted = self.notes.read().await?;
        let others = noted.under_way().is_some_and(|note| note.by != self.name);
        match assess(&self.bus, self.source.as_ref(), &self.settings.stream, &identity).await? {
            // Whoever repairs: nobody can mend this one.
            Standing::Stopped(stop) => Ok(self.stopped(stop)),
            _ if others && !patient => Ok(Phase::StandBy(Watched::default())),
            Standing::At(cursor, info) => {
                if let Some(stop) = correct(&self.bus, &self.settings.stream, &identity, &info.config).await?
                {
                    return Ok(self.stopped(stop));
                }
                self.status.send_modify(|status| status.cursor = Some(cursor));
                let repair = match noted.under_way() {
                    None => None,
                    Some(note) => match self.note(note.clone(), noted.at).await? {
                        Some(repair) => Some(repair),
                        None => return Ok(Phase::StandBy(Watched::default())),
                    },
                };
                self.following(cursor, identity, repair, connects).await
            }
            Standing::Absent => self.fill(None, noted, identity, connects).await,
            Standing::Damaged(reason, info) => {
                self.fill(Some((reason, *info)), noted, identity, connects).await
            }
        }
    }

    /// Makes the stream, after deleting it where it is damaged.
    async fn fill(
        &mut self,
        damaged: Option<(String, Info)>,
        noted: Noted,
        identity: Identity,
        connects: u64,
    ) -> Result<Phase, Trouble> {
        let stream = self.settings.stream.name.clone();
        let mut repair = None;
        if damaged.is_some() || noted.under_way().is_some() {
            let reason = match (&damaged, noted.under_way()) {
                (Some((reason, _)), _) => reason.clone(),
                (None, Some(note)) => note.reason.clone(),
                (None, None) => String::new(),
            };
            self.say(State::Repairing(reason.clone()));
            tracing::warn!(stream, reason, "filling a stream anew");
            let consumers = match &damaged {
                Some((_, info)) => self.places(info, noted.under_way()).await?,
                None => noted.under_way().map(|note| note.consumers.clone()).unwrap_or_default(),
            };
            let note =
                Note { under_way: true, by: self.name.clone(), reason, at: self.clock.now(), consumers };
            repair = self.note(note, noted.at).await?;
            if repair.is_none() {
                return Ok(Phase::StandBy(Watched::default()));
            }
        }
        if damaged.is_some() {
            self.bus.delete_stream(&stream).await?;
        }
        let known = self.status.borrow().cursor.is_some();
        if known || damaged.is_some() {
            self.status.send_modify(|status| status.repairs += 1);
            metrics::counter!("banso_relay_repairs_total", "stream" => stream.clone()).increment(1);
        }
        let age = TimeDelta::from_std(self.settings.stream.max_age).unwrap_or(TimeDelta::MAX);
        let since = self.clock.now().checked_sub_signed(age).unwrap_or(DateTime::UNIX_EPOCH);
        let first = self.source.first_since(since).await?;
        match self.bus.create_stream(&self.settings.stream.config(&identity, first)).await {
            Ok(_) => tracing::info!(stream, first, "made the stream"),
            // Another relay did.
            Err(BusError::Refused { code, .. }) if code == ErrorCode::STREAM_NAME_EXIST.0 => {
                return Ok(Phase::StandBy(Watched::default()));
            }
            Err(BusError::Refused { reason, .. }) => return Ok(self.stopped(Stop::Misconfigured(reason))),
            Err(error) => return Err(error.into()),
        }
        self.following(first - 1, identity, repair, connects).await
    }

    /// The consumers of a damaged stream, none further than the stream and the source are the same: what stands
    /// behind that in the source, nobody was given.
    async fn places(&self, info: &Info, unfinished: Option<&Note>) -> Result<Vec<SavedConsumer>, Trouble> {
        let mut consumers = consumers_of(&self.bus, &self.settings.stream.name, unfinished).await?;
        let same = same_up_to(&self.bus, self.source.as_ref(), info, floor_of(&consumers)).await?;
        consumers.iter_mut().for_each(|consumer| consumer.go_back_to(same));
        Ok(consumers)
    }

    /// Writes down that this relay repairs; `None` where another one was first.
    async fn note(&self, note: Note, behind: Seq) -> Result<Option<Repair>, BusError> {
        let note = Note { by: self.name.clone(), ..note };
        let noted_at = self.notes.write(&note, behind).await?;
        Ok(noted_at.map(|noted_at| Repair { noted_at, note }))
    }

    async fn following(
        &self,
        cursor: Seq,
        identity: Identity,
        repair: Option<Repair>,
        connects: u64,
    ) -> Result<Phase, Trouble> {
        let proof = self.source.proof(cursor).await?;
        self.status.send_modify(|status| status.cursor = Some(cursor));
        match &repair {
            Some(repair) => drop(self.say(State::Repairing(repair.note.reason.clone()))),
            // A message that is too large shows again only when it is tried.
            None if matches!(self.status.borrow().state, State::Stopped(Stop::TooLarge { .. })) => {}
            None => drop(self.say(State::Following)),
        }
        Ok(Phase::Follow(Follow { cursor, proof, identity, repair, connects, looked: Instant::now() }))
    }

    async fn follow(
        &mut self,
        follow: Follow,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<Phase, Trouble> {
        // Behind a lost connection the server may have lost something too.
        if self.bus.connects() != follow.connects {
            return Ok(Phase::Assess { patient: false });
        }
        let mut grown = self.source.grown();
        grown.mark_unchanged();
        let Waiting { messages: page, is_last, proof, identity } =
            self.source.waiting(follow.cursor, self.settings.batch_messages_max).await?;
        // An operator put the database back, or began a new epoch.
        if proof != follow.proof || identity != follow.identity {
            return Ok(Phase::Assess { patient: false });
        }
        let filled = follow
            .repair
            .as_ref()
            .is_some_and(|repair| page.is_empty() || follow.cursor >= floor_of(&repair.note.consumers));
        if filled {
            return self.end_repair(follow).await;
        }
        if page.is_empty() {
            return self.idle(follow, grown, stopping).await;
        }
        self.publish(follow, page, is_last).await
    }

    async fn publish(
        &mut self,
        follow: Follow,
        page: Vec<Outgoing>,
        is_last: bool,
    ) -> Result<Phase, Trouble> {
        let head = match page.last() {
            Some(last) if is_last => last.seq,
            _ => self.source.head().await?,
        };
        let waiting_since = page.first().map(|message| message.recorded_at);
        self.status.send_modify(|status| {
            status.head = head;
            status.waiting_since = waiting_since;
        });
        let mut phase = Phase::Follow(follow);
        for messages in batch::of(page, is_last, self.settings.batch_bytes_max) {
            let Phase::Follow(follow) = phase else { break };
            phase = self.publish_batch(follow, messages, head).await?;
        }
        Ok(phase)
    }

    async fn publish_batch(
        &mut self,
        follow: Follow,
        mut messages: Vec<Outgoing>,
        head: Seq,
    ) -> Result<Phase, Trouble> {
        if let Some((seq, bytes, limit)) = batch::too_large(&self.bus, &messages) {
            messages.retain(|message| message.seq < seq);
            if messages.is_empty() {
                return Ok(self.stopped(Stop::TooLarge { seq, bytes, limit }));
            }
        }
        let (count, last) = (messages.len() as u64, follow.cursor + messages.len() as u64);
        let newest = messages.last().map(|message| message.recorded_at);
        let proof = messages.last().map(|message| message.proof);
        let fenced = self.settings.fenced();
        let fence = fenced.then_some(follow.cursor);
        let stream = &self.settings.stream.name;
        match batch::publish(&self.bus, stream, self.ids.salt(), fence, messages).await? {
            Published::Committed(at) if at == last || !fenced => {
                self.published(count, last, head, newest);
                if follow.repair.is_none() {
                    self.say(State::Following);
                }
                self.heartbeat(last).await?;
                Ok(Phase::Follow(Follow { cursor: last, proof, ..follow }))
            }
            Published::Committed(at) => {
                tracing::error!(stream, at, last, "a batch stands at another position than it should");
                Ok(Phase::Assess { patient: false })
            }
            Published::FenceLost => {
                self.status.send_modify(|status| status.fence_losses += 1);
                metrics::counter!("banso_relay_fence_losses_total", "stream" => stream.clone()).increment(1);
                tracing::info!(stream, cursor = follow.cursor, "another one published first: standing by");
                Ok(Phase::StandBy(Watched::default()))
            }
        }
    }

    fn published(&self, count: u64, last: Seq, head: Seq, newest: Option<DateTime<Utc>>) {
        let stream = &self.settings.stream.name;
        metrics::counter!("banso_relay_published_total", "stream" => stream.clone()).increment(count);
        metrics::counter!("banso_relay_batches_total", "stream" => stream.clone()).increment(1);
        self.status.send_modify(|status| {
            status.cursor = Some(last);
            status.published += count;
            status.batches += 1;
            status.waiting_since = if last < head { newest } else { None };
        });
        self.measure();
    }

    /// Nothing to publish: waits for the log, tells where the bus stands, and looks after the stream.
    async fn idle(
        &mut self,
        mut follow: Follow,
        mut grown: watch::Receiver<Seq>,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<Phase, Trouble> {
        self.status.send_modify(|status| {
            status.head = follow.cursor;
            status.waiting_since = None;
        });
        self.say(State::Following);
        let look = follow.looked.elapsed() >= Duration::from_millis(LOOK_AFTER_MS);
        if look && self.settings.fenced() {
            let end = self.bus.stream(&self.settings.stream.name).await?.map(|info| info.state.last_sequence);
            if end != Some(follow.cursor) {
                return Ok(Phase::Assess { patient: false });
            }
            follow.looked = Instant::now();
        }
        self.heartbeat(follow.cursor).await?;
        let wait = self.settings.heartbeat.min(Duration::from_millis(POLL_MS));
        tokio::select! {
            _ = grown.changed() => {}
            () = pause(wait, stopping) => {}
        }
        Ok(Phase::Follow(follow))
    }

    async fn end_repair(&mut self, follow: Follow) -> Result<Phase, Trouble> {
        let Some(Repair { noted_at, note }) = follow.repair else { return Ok(Phase::Follow(follow)) };
        let stream = &self.settings.stream.name;
        for consumer in &note.consumers {
            self.restore(stream, consumer, follow.cursor).await?;
        }
        let ended = Note { under_way: false, consumers: Vec::new(), ..note };
        if self.notes.write(&ended, noted_at).await?.is_none() {
            return Ok(Phase::StandBy(Watched::default()));
        }
        tracing::info!(stream, "the stream is filled and its consumers are restored");
        self.say(State::Following);
        Ok(Phase::Follow(Follow { repair: None, ..follow }))
    }

    async fn restore(&self, stream: &str, consumer: &SavedConsumer, cursor: Seq) -> Result<(), BusError> {
        match restore(&self.bus, stream, consumer, cursor, self.clock.as_ref()).await {
            // Its reader made another one of the name meanwhile; the others must not wait for it.
            Err(error @ BusError::Refused { .. }) => {
                tracing::error!(stream, %error, "a consumer is not restored: its reader has to begin anew");
                Ok(())
            }
            restored => restored,
        }
    }

    /// Watches whether somebody publishes, and takes over where nobody does although there is work.
    async fn stand_by(
        &mut self,
        mut watched: Watched,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<Phase, Trouble> {
        pause(Duration::from_millis(STAND_BY_LOOK_MS), stopping).await;
        let noted = self.notes.read().await?;
        let info = self.bus.stream(&self.settings.stream.name).await?;
        // Read after the stream: what is on the bus was in the log before.
        let head = self.source.head().await?;
        let end = info.as_ref().map(|info| info.state.last_sequence);
        let waiting_since = match end.filter(|end| *end < head) {
            Some(end) => {
                self.source.waiting(end, 1).await?.messages.first().map(|message| message.recorded_at)
            }
            None => None,
        };
        self.status.send_modify(|status| {
            (status.head, status.cursor) = (head, end.or(status.cursor));
            status.waiting_since = waiting_since;
        });
        self.say(State::StandBy);
        let stream = info.map(|info| (info.created, info.state.last_sequence));
        let seen = Seen { stream, noted_at: noted.at };
        let still = watched.seen.as_ref() == Some(&seen);
        if !still || watched.since.is_none_or(|since| since.elapsed() < self.settings.stand_still) {
            if !still {
                watched = Watched { seen: Some(seen), since: Some(Instant::now()) };
            }
            return Ok(Phase::StandBy(watched));
        }
        let work = end != Some(head) || noted.under_way().is_some() || !self.is_whole().await?;
        if work {
            tracing::info!(stream = self.settings.stream.name, "nobody publishes: taking over");
            return Ok(Phase::Assess { patient: true });
        }
        Ok(Phase::StandBy(Watched { since: Some(Instant::now()), ..watched }))
    }

    /// Whether the stream is what the log says, all of it.
    async fn is_whole(&self) -> Result<bool, Trouble> {
        let identity = self.source.identity().await?;
        let standing = assess(&self.bus, self.source.as_ref(), &self.settings.stream, &identity).await?;
        Ok(matches!(standing, Standing::At(..)))
    }

    fn stopped(&self, stop: Stop) -> Phase {
        if self.say(State::Stopped(stop.clone())) {
            tracing::error!(stream = self.settings.stream.name, %stop, "the relay stopped");
        }
        Phase::Wait { wait: Duration::from_millis(STOPPED_LOOK_MS), patient: false }
    }

    async fn heartbeat(&mut self, cursor: Seq) -> Result<(), Trouble> {
        if self.last_heartbeat.is_some_and(|last| last.elapsed() < self.settings.heartbeat) {
            return Ok(());
        }
        if let Some((subject, message)) = self.source.heartbeat(cursor).await? {
            let sent = self.bus.client.publish(subject, message).await;
            sent.map_err(crate::bus::no_answer("take a heartbeat"))?;
        }
        self.last_heartbeat = Some(Instant::now());
        Ok(())
    }

    /// Whether this is news.
    fn say(&self, state: State) -> bool {
        let news = self.status.send_if_modified(|status| {
            let news = status.state != state;
            status.state = state;
            news
        });
        self.measure();
        news
    }

    fn measure(&self) {
        let status = self.status.borrow();
        let stream = || self.settings.stream.name.clone();
        for name in State::NAMES {
            let is = f64::from(u8::from(status.state.name() == name));
            metrics::gauge!("banso_relay_state", "stream" => stream(), "state" => name).set(is);
        }
        let seconds = status.waiting_since.map_or(0.0, |since| (self.clock.now() - since).as_seconds_f64());
        metrics::gauge!("banso_relay_lag_events", "stream" => stream()).set(status.lag_events() as f64);
        metrics::gauge!("banso_relay_lag_seconds", "stream" => stream()).set(seconds.max(0.0));
    }
}

/// Waits so long, or until the relay is to stop.
async fn pause(wait: Duration, stopping: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = sleep(wait) => {}
        // Where nobody can say it any more, the task is aborted.
        Ok(()) = stopping.changed() => stopping.mark_changed(),
    }
}
