//! A process on a long log: appends by publishers at the same time, and questions about one person, as the
//! doors ask them; about those who were active last, and about anybody.

use crate::holds::Holds;
use crate::load::{Period, Worker, closed_loop};
use crate::measured::Measured;
use crate::notes::{Notes, number_of, person_id};
use crate::publisher::Publisher;
use crate::wrong;
use anyhow::Context;
use banso_app::audit::{self, Attempt};
use banso_app::{App, As, Queries};
use banso_kernel::{Seq, SystemIds};
use banso_log::{Limits, Log, PgConfig, PgStore};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many were active last.
const RECENT_PERSONS: usize = 1_000;
/// Events that are read at a time to find them: their bodies stay small beside what the process holds anyway.
const PAGE_EVENTS: usize = 1_000;
/// Publishers at the same time.
pub(crate) const PUBLISHERS: [u64; 2] = [8, 32];

/// How it is measured.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Measuring {
    #[arg(long)]
    persons: u64,
    #[command(flatten)]
    period: Period,
}

/// What was measured on one log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Grown {
    pub(crate) asked: Among,
    /// In the order of [`PUBLISHERS`].
    pub(crate) appended: [Among; 2],
    pub(crate) resident_bytes_max: u64,
    pub(crate) wrong: Vec<String>,
}

/// The same about two choices of persons.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Among {
    /// Those who were active last.
    pub(crate) recent: Measured,
    /// Everybody, each as likely.
    pub(crate) any: Measured,
}

/// Opens the store, which has its read models, and works.
pub(crate) async fn in_this_process(store: &PgConfig, measuring: Measuring) -> anyhow::Result<Grown> {
    let store = Arc::new(PgStore::open(store).await.context("open the store")?);
    let recent = recent(&*store).await?;
    let any: Arc<[u64]> = (0..measuring.persons).collect();
    let app = App::start(store.clone(), store.clock(), Arc::new(SystemIds), Limits::default(), false).await?;
    let period = measuring.period;

    // Asked before anything is added: the read models are as far as the log.
    let asked = Among {
        recent: ask(&app.queries, "asker-recent", &recent, period).await,
        any: ask(&app.queries, "asker-any", &any, period).await,
    };
    let mut attempts = Vec::new();
    let [few, many] = PUBLISHERS;
    let few = append(&app, few, &recent, &any, period, &mut attempts).await;
    let many = append(&app, many, &recent, &any, period, &mut attempts).await;
    let resident_bytes_max = Holds::of(std::process::id())?.resident_bytes_max;
    app.stop().await;

    let mut grown = Grown { asked, appended: [few, many], resident_bytes_max, wrong: Vec::new() };
    let told = audit::history(&*store, &attempts).await?;
    grown.wrong.extend(wrong::in_findings("what publishers were told", &told));
    for among in [&mut grown.asked].into_iter().chain(&mut grown.appended) {
        for measured in [&mut among.recent, &mut among.any] {
            grown.wrong.append(&mut measured.wrong);
        }
    }
    Ok(grown)
}

/// Those who were active last.
async fn recent(log: &dyn Log) -> anyhow::Result<Arc<[u64]>> {
    let mut recent = BTreeSet::new();
    let mut before = Seq::MAX;
    while recent.len() < RECENT_PERSONS {
        let page = log.read_back(before, PAGE_EVENTS).await?;
        let Some(oldest) = page.last() else { break };
        before = oldest.header.seq;
        for event in &page {
            let person = event.header.stream.person().and_then(|person| number_of(person.as_str()));
            if recent.len() < RECENT_PERSONS {
                recent.extend(person);
            }
        }
    }
    Ok(recent.into_iter().collect())
}

async fn append(
    app: &App,
    publishers: u64,
    recent: &Arc<[u64]>,
    any: &Arc<[u64]>,
    period: Period,
    attempts: &mut Vec<Attempt>,
) -> Among {
    let mut of = async |choice: &str, persons: &Arc<[u64]>| {
        let names = (1..=publishers).map(|number| format!("{choice}-{number}-of-{publishers}"));
        let publishing = |name| Publishing {
            publisher: Publisher::about(&app.door, name, persons.len() as u64),
            persons: Arc::clone(persons),
        };
        let (measured, publishing) = closed_loop(names.map(publishing).collect(), period).await;
        attempts.extend(publishing.into_iter().flat_map(|own| own.publisher.attempts));
        measured
    };
    Among { recent: of("recent", recent).await, any: of("any", any).await }
}

/// A publisher that writes about these.
struct Publishing {
    publisher: Publisher,
    persons: Arc<[u64]>,
}

impl Worker for Publishing {
    async fn once(&mut self) -> anyhow::Result<()> {
        let person = self.persons[self.publisher.notes.anybody() as usize];
        let note = self.publisher.notes.about(person);
        self.publisher.publish(note).await
    }
}

async fn ask(queries: &Queries, name: &str, persons: &Arc<[u64]>, period: Period) -> Measured {
    let asker = Asker {
        queries: queries.clone(),
        chance: Notes::of(name, persons.len() as u64),
        persons: Arc::clone(persons),
        asks_for_plan: false,
    };
    closed_loop(vec![asker], period).await.0
}

/// Somebody who asks for the plan and the team of these in turns.
struct Asker {
    queries: Queries,
    chance: Notes,
    persons: Arc<[u64]>,
    asks_for_plan: bool,
}

impl Worker for Asker {
    async fn once(&mut self) -> anyhow::Result<()> {
        let person = person_id(self.persons[self.chance.anybody() as usize]).parse()?;
        self.asks_for_plan = !self.asks_for_plan;
        if self.asks_for_plan {
            self.queries.plan(&person, As::default()).await?;
        } else {
            self.queries.team(&person, As::default()).await?;
        }
        Ok(())
    }
}
