//! From the publication of an event to a service that reads the bus, in an open loop.

use crate::bench::{Bench, PERSONS};
use crate::bus::{BUS_WAIT, Bus, relayed};
use crate::load::Period;
use crate::measured::{Latency, Measured, Quantity};
use crate::notes::Notes;
use crate::open_loop::{Arrived, Schedule, open_loop};
use crate::publisher::{attempt, event};
use crate::row::{BANSO, Goal, Row, Subject};
use crate::stores::Place;
use anyhow::Context;
use async_nats::jetstream::consumer::PullConsumer;
use async_trait::async_trait;
use banso_app::audit::{Attempt, AttemptOutcome};
use banso_app::{App, Door};
use banso_kernel::Seq;
use banso_nats::decode;
use futures::StreamExt;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Whose events they are.
const PUBLISHER: &str = "open";

pub(super) fn latency() -> Row {
    let at = |name, bus| Box::new(Arriving { name, per_second: 500.0, writers: 1, bus }) as Box<dyn Subject>;
    Row {
        id: "bus-latency",
        title: "publish → received from JetStream, 500/s, open loop",
        unit: "events",
        subjects: vec![at("append", false), at(BANSO, true)],
        goals: vec![Goal::at_most(Quantity::P50, 4.0, "append")],
    }
}

/// No goal but that nothing is lost.
pub(super) fn under_load() -> Row {
    let at = |name, writers| {
        Box::new(Arriving { name, per_second: 2_000.0, writers, bus: true }) as Box<dyn Subject>
    };
    Row {
        id: "bus-2000",
        title: "publish → received from JetStream, 2,000/s by 8 writers",
        unit: "events",
        subjects: vec![at("one writer", 1), at(BANSO, 8)],
        goals: Vec::new(),
    }
}

/// Events come on a schedule, each to the next of so many writers: processes of their own as far as the database
/// can see. Where there is a `bus`, a service reads them.
struct Arriving {
    name: &'static str,
    per_second: f64,
    writers: usize,
    bus: bool,
}

/// What the service got.
#[derive(Clone, Debug, PartialEq)]
struct Received {
    seq: Seq,
    id: String,
    at: Instant,
}

#[async_trait]
impl Subject for Arriving {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn round(&self, bench: &Bench) -> anyhow::Result<Measured> {
        let place = Place::in_postgres().await;
        let first = place.filled_app().await?;
        let mut others: Vec<App> = Vec::new();
        for _ in 1..self.writers {
            others.push(place.app(false).await?);
        }
        let doors = std::iter::once(&first).chain(&others).map(|app| app.door.clone()).collect();
        let before = first.log.head().await?;
        let bus = if self.bus { Some(Bus::start(bench).await?) } else { None };
        let mut service = None;
        let mut relay = None;
        if let Some(bus) = &bus {
            let started = bus.relay(first.store.clone());
            relayed(&started, before).await?;
            relay = Some(started);
            let mut reading = Reading::of(bus.subscriber().await?);
            reading.up_to(before).await;
            service = Some(reading);
        }

        let schedule = Schedule::at(self.per_second);
        let arrived = self.publish(doors, schedule, bench.period).await?;

        let head = first.log.head().await?;
        let attempts = arrived.iter().map(|one| one.outcome.clone()).collect::<Result<Vec<Attempt>, _>>();
        let mut wrong = Vec::new();
        let attempts = attempts.unwrap_or_else(|error| {
            wrong.push(error);
            arrived.iter().filter_map(|one| one.outcome.clone().ok()).collect()
        });
        let took = match service {
            None => took(&arrived, schedule, bench.period),
            Some(mut service) => {
                service.up_to(head).await;
                let received = service.ended().await?;
                wrong.extend(lost_or_wrong(&acknowledged(&attempts), &received, head));
                received_after(&received, schedule, bench.period)
            }
        };
        for app in std::iter::once(&first).chain(&others) {
            app.stop().await;
        }
        if let Some(relay) = relay {
            relay.stop().await;
        }
        if let Some(bus) = bus {
            wrong.extend(bus.wrong(first.log.as_ref(), head).await?);
        }
        wrong.extend(place.wrong(&attempts).await?);
        let measured = Measured::rate(took.len() as u64, bench.period.measured);
        Ok(Measured { latency: Latency::of(took), wrong, ..measured })
    }
}

impl Arriving {
    async fn publish(
        &self,
        doors: Vec<Door>,
        schedule: Schedule,
        period: Period,
    ) -> anyhow::Result<Vec<Arrived<Result<Attempt, String>>>> {
        let mut notes = Notes::of(PUBLISHER, PERSONS);
        let writers = self.writers as u64;
        let arrive = move |arrival: u64| {
            let (note, door) = (notes.any(), doors[(arrival % writers) as usize].clone());
            async move {
                let item = door.propose(event(&note), None).map_err(|error| error.to_string())?;
                let outcome = door.publish_one(item, false).await.map_err(|error| error.to_string())?;
                let attempt = attempt(note.id, &outcome);
                let is_new = attempt.outcome == AttemptOutcome::Admitted;
                is_new.then_some(attempt).ok_or_else(|| format!("not admitted: {outcome:?}"))
            }
        };
        open_loop(schedule, schedule.measured(period).end, arrive).await
    }
}

/// A service that reads, in the background.
struct Reading {
    received: mpsc::UnboundedReceiver<Received>,
    task: tokio::task::JoinHandle<anyhow::Result<()>>,
    all: Vec<Received>,
}

impl Reading {
    fn of(consumer: PullConsumer) -> Self {
        let (tell, received) = mpsc::unbounded_channel();
        Self { received, task: tokio::spawn(read(consumer, tell)), all: Vec::new() }
    }

    /// Goes on until it has this position, or nothing comes any more.
    async fn up_to(&mut self, seq: Seq) {
        while self.all.last().is_none_or(|last| last.seq < seq) {
            match timeout(BUS_WAIT, self.received.recv()).await {
                Ok(Some(one)) => self.all.push(one),
                // What is missing is told by what came.
                Ok(None) | Err(_) => return,
            }
        }
    }

    /// All that came, and why it ended before it was told to.
    async fn ended(mut self) -> anyhow::Result<Vec<Received>> {
        // What comes twice comes behind.
        while let Ok(one) = self.received.try_recv() {
            self.all.push(one);
        }
        self.task.abort();
        match self.task.await {
            Ok(ended) => ended.context("the service ended")?,
            Err(stopped) if stopped.is_cancelled() => {}
            Err(panicked) => return Err(panicked).context("the service"),
        }
        Ok(self.all)
    }
}

/// As a service does: takes a message, reads it, acknowledges it.
async fn read(consumer: PullConsumer, tell: mpsc::UnboundedSender<Received>) -> anyhow::Result<()> {
    let mut messages = consumer.messages().await?;
    while let Some(message) = messages.next().await {
        let message = message?;
        let at = Instant::now();
        let event = decode(&message.headers.clone().unwrap_or_default(), &message.payload)?;
        let header = &event.sealed.event.header;
        // Fails where nobody wants to know any more.
        drop(tell.send(Received { seq: header.seq, id: header.id.to_string(), at }));
        message.ack().await.map_err(anyhow::Error::from_boxed)?;
    }
    Ok(())
}

fn acknowledged(attempts: &[Attempt]) -> BTreeMap<&str, Option<Seq>> {
    attempts.iter().map(|attempt| (attempt.id.as_str(), attempt.seq)).collect()
}

/// The log up to `head` is what the service must have got: in order, each once, and among it all that was
/// acknowledged, where it was acknowledged.
fn lost_or_wrong(
    acknowledged: &BTreeMap<&str, Option<Seq>>,
    received: &[Received],
    head: Seq,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut last = 0;
    let out_of_order = received.iter().filter(|one| std::mem::replace(&mut last, one.seq) + 1 != one.seq);
    let (out_of_order, count) = (out_of_order.count(), received.len() as u64);
    if out_of_order > 0 {
        wrong.push(format!("{out_of_order} events did not come right behind the one before them"));
    }
    if count != head {
        wrong.push(format!("{count} events came of {head}"));
    }
    let by_id: HashMap<&str, Seq> = received.iter().map(|one| (one.id.as_str(), one.seq)).collect();
    let lost = acknowledged.iter().filter(|(id, seq)| by_id.get(**id) != seq.as_ref()).count();
    if lost > 0 {
        wrong.push(format!("{lost} acknowledged events did not come as they were acknowledged"));
    }
    wrong
}

fn took<T>(arrived: &[Arrived<T>], schedule: Schedule, period: Period) -> Vec<Duration> {
    let measured = schedule.measured(period);
    arrived.iter().filter(|one| measured.contains(&one.arrival)).map(Arrived::took).collect()
}

/// From when they were due until the service had them.
fn received_after(received: &[Received], schedule: Schedule, period: Period) -> Vec<Duration> {
    let measured = schedule.measured(period);
    let arrivals = received.iter().filter_map(|one| Some((arrival_of(&one.id)?, one.at)));
    let own = arrivals.filter(|(arrival, _)| measured.contains(arrival));
    own.map(|(arrival, at)| at - schedule.due(arrival)).collect()
}

/// Its notes are counted from 1, the arrivals from 0.
fn arrival_of(id: &str) -> Option<u64> {
    let number: u64 = id.strip_prefix(PUBLISHER)?.strip_prefix('-')?.parse().ok()?;
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(of: &[(Seq, &str)]) -> Vec<Received> {
        let at = Instant::now();
        of.iter().map(|(seq, id)| Received { seq: *seq, id: (*id).to_owned(), at }).collect()
    }

    #[test]
    fn what_is_lost_twice_or_elsewhere_is_found() {
        let acknowledged = BTreeMap::from([("open-1", Some(2)), ("open-2", Some(3))]);
        let wrong = |of: &[(Seq, &str)]| lost_or_wrong(&acknowledged, &received(of), 3).len();
        assert_eq!(wrong(&[(1, "before-1"), (2, "open-1"), (3, "open-2")]), 0);
        // Lost at the end; in the middle; twice; elsewhere; in another order.
        assert_eq!(wrong(&[(1, "before-1"), (2, "open-1")]), 2);
        assert_eq!(wrong(&[(1, "before-1"), (3, "open-2")]), 3);
        assert_eq!(wrong(&[(1, "before-1"), (2, "open-1"), (2, "open-1"), (3, "open-2")]), 2);
        assert_eq!(wrong(&[(1, "before-1"), (2, "open-2"), (3, "open-1")]), 1);
        assert_eq!(wrong(&[(2, "open-1"), (1, "before-1"), (3, "open-2")]), 1);
    }

    #[test]
    fn an_arrival_is_known_by_its_note() {
        let note = Notes::of(PUBLISHER, 10).any();
        assert_eq!(arrival_of(&note.id), Some(0));
        assert_eq!(arrival_of("before-7"), None);
    }
}
