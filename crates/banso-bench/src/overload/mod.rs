//! `banso-bench overload`: what the doors do when twice as much comes as they can take, for how long, and after.
//!
//! Events come on a schedule, whatever becomes of those before: over HTTP each on a connection of its own for as
//! long as it waits, over gRPC as a call of its own. There are as many connections as the door lets in; who finds none
//! free waits for one, and that counts. The server is a process of its own with everything as it is by
//! default; clients and server share the machine, also while the capacity is measured.

mod doors;
mod goals;
mod load;
mod ramp;
mod report;

use crate::bench::{Bench, EVENTS_BEFORE};
use crate::holds::Holds;
use crate::machine::Machine;
use crate::open_loop::Schedule;
use crate::server::Server;
use crate::show::{Files, Heard};
use crate::stores::Place;
use anyhow::{Context, ensure};
use banso_app::audit::Attempt;
use doors::Doors;
use load::{Load, Through};
use ramp::Ramp;
use report::OverloadReport;
use serde::{Serialize, Serializer};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often more comes than the door can take.
const TIMES_THE_CAPACITY: f64 = 2.0;
/// What comes before and after, as a share of it.
const ORDINARY: f64 = 0.5;
/// How long that is.
const ORDINARY_TIME: Duration = Duration::from_secs(6);
/// Between two loads, so that nothing of the one is left in the other.
const PAUSE: Duration = Duration::from_secs(1);
/// How soon an ordinary load is to be answered again as before.
const BACK_WITHIN: Duration = Duration::from_secs(2);
/// How often the server's memory is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Files that this process needs beside its connections.
const OTHER_FILES: usize = 500;

/// Overloads the doors of a server.
#[derive(clap::Args)]
pub(crate) struct Overload {
    /// How long.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(4..))]
    seconds: u64,
    /// Connections over HTTP; of those above what the door lets in, each is told so once.
    #[arg(long, default_value_t = 1_000)]
    connections: usize,
    /// How many persons the events are about: with few of them, each would have hundreds within a minute.
    #[arg(long, default_value_t = 100_000)]
    persons: u64,
    /// How long a step lasts by which the capacity is found.
    #[arg(long, default_value_t = 3)]
    step_seconds: u64,
    #[command(flatten)]
    pub(crate) files: Files,
}

/// The server at a time under load.
#[derive(Clone, Copy, Debug, Serialize)]
struct Sample {
    #[serde(rename = "second", serialize_with = "seconds")]
    since: Duration,
    server: Holds,
    clients: Holds,
    /// Connections of the clients over HTTP that wait for an answer.
    #[serde(rename = "http_connections_busy")]
    busy: usize,
}

fn seconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64())
}

impl Overload {
    /// What it tells of while it runs, about.
    pub(crate) fn steps(&self) -> u64 {
        4 + ramp::STEPS
    }

    /// Runs it.
    pub(crate) async fn run(&self, heard: &Heard<'_>) -> anyhow::Result<OverloadReport> {
        let Self { seconds, connections, persons, step_seconds, .. } = *self;
        let files = open_files_max()?;
        ensure!(
            connections + OTHER_FILES <= files,
            "{connections} connections need more than {files} open files (ulimit -n)"
        );
        let machine = Machine::look(Bench::new(Duration::ZERO)?.scratch())?;
        let time = Duration::from_secs(seconds);
        heard("fills a store");
        let place = Place::in_postgres().await;
        place.fill(EVENTS_BEFORE).await?;
        let server = Server::start(&place, "api,project").await?;
        let doors = Arc::new(Doors::of(server.http, server.grpc, connections)?);
        let at = |name: &str, through, schedule, time| {
            Load::of(doors.clone(), name.to_owned(), persons, through, schedule, time)
        };

        let ramp = Ramp::of(Duration::from_secs(step_seconds), heard, |name, schedule, time| {
            at(name, Through::Http, schedule, time)
        });
        let ramp = ramp.await?;
        let capacity = ramp.capacity;
        tokio::time::sleep(PAUSE).await;

        heard("an ordinary load");
        let before = at("before-it", Through::Both, Schedule::at(capacity * ORDINARY), ORDINARY_TIME).await?;
        tokio::time::sleep(PAUSE).await;

        heard("twice the capacity");
        let schedule = Schedule::at(capacity * TIMES_THE_CAPACITY);
        let end = schedule.begin + time;
        let afterwards = Schedule { begin: end, per_second: capacity * ORDINARY };
        let (overload, after, samples) = tokio::try_join!(
            at("overload", Through::Both, schedule, time),
            at("after-it", Through::Both, afterwards, ORDINARY_TIME),
            watch(&server, &doors, schedule.begin, end),
        )?;

        heard("looks for what is lost or wrong");
        drop(doors);
        server.stop().await?;
        let loads = ramp.steps.iter().map(|step| &step.load).chain([&before, &overload, &after]);
        let attempts: Vec<Attempt> = loads.flat_map(Load::attempts).collect();
        let wrong = place.wrong(&attempts).await?;
        Ok(OverloadReport::of(machine, &ramp, [&before, &overload, &after], samples, wrong))
    }
}

async fn watch(server: &Server, doors: &Doors, begin: Instant, end: Instant) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let mut next = begin;
    while next <= end {
        tokio::time::sleep_until(next.into()).await;
        let clients = Holds::of(std::process::id())?;
        samples.push(Sample { since: begin.elapsed(), server: server.holds()?, clients, busy: doors.busy() });
        next += LOOK;
    }
    Ok(samples)
}

/// `Max open files            20000                20000                files`, the first: what holds now.
fn open_files_max() -> anyhow::Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").context("read this process's limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).context("how many files may be open")?;
    Ok(if soft == "unlimited" { usize::MAX } else { soft.parse()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_open_files() {
        assert!(open_files_max().unwrap() > 0);
    }
}
