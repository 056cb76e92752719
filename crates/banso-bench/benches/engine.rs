//! Where the time of one event goes: `cargo bench -p banso-bench`. What a proposal costs before the writer has it,
//! what the writer hashes, what a reader decodes and folds. Nothing here waits for a disk or a server.

// What the publishers of the table write, so that the same is measured here; the rest is what they are made of.
#[allow(dead_code)]
#[path = "../src/bench.rs"]
mod bench;
#[allow(dead_code, unused_imports)]
#[path = "../src/load.rs"]
mod load;
#[allow(dead_code, unused_imports)]
#[path = "../src/measured.rs"]
mod measured;
#[allow(dead_code, unused_imports)]
#[path = "../src/notes.rs"]
mod notes;
#[allow(dead_code)]
#[path = "../src/publisher.rs"]
mod publisher;

use anyhow::{Context, ensure};
use banso_app::views::PersonState;
use banso_app::{App, Outcome, decode};
use banso_domain::{CaseEvent, Entry, resolve};
use banso_kernel::{Clock, CloudEvent, Header, Recorded, SystemClock, SystemIds, leaf, link};
use banso_log::{Limits, READ_EVENTS_MAX, Sealed, SqliteStore};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use notes::{Note, Notes};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

/// Events of the person who is read.
const EVENTS: usize = 100;
/// ハルさん's case, as the services around it publish it.
const HARU: &str = include_str!("../../../tests/scenarios/haru.jsonl");

fn main() -> anyhow::Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let notes: Vec<Note> = {
        let mut notes = Notes::of("bench", 1);
        (0..EVENTS).map(|_| notes.about(0)).collect()
    };
    let written = recorded(notes.iter().map(publisher::event).collect())?;
    ensure!(written.len() == EVENTS, "{} events were recorded", written.len());
    proposal(&mut criterion, &notes);
    hashes(&mut criterion, &written)?;
    decoding(&mut criterion, &written)?;
    folding(&mut criterion, "notes", &written)?;
    folding(&mut criterion, "haru", &recorded(haru()?)?)?;
    criterion.final_summary();
    Ok(())
}

/// From the CloudEvent to the proposal: form, dates, RFC 8785 and the fingerprint.
fn proposal(criterion: &mut Criterion, notes: &[Note]) {
    let received_at = SystemClock.now();
    let mut turns = notes.iter().cycle();
    let mut group = criterion.benchmark_group("proposal");
    group.throughput(Throughput::Elements(1));
    group.bench_function("note", |bencher| {
        bencher.iter_batched(
            || turns.next().map(publisher::event).unwrap_or_default(),
            |event| event.into_proposal(received_at),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// What proves one event: its leaf, its link in the chain of its stream, its link in the chain of the log.
fn hashes(criterion: &mut Criterion, written: &[Sealed]) -> anyhow::Result<()> {
    let sealed = written.last().context("nothing was recorded")?;
    let mut group = criterion.benchmark_group("hash");
    group.throughput(Throughput::Elements(1));
    group.bench_function("leaf and links", |bencher| {
        bencher.iter(|| {
            let leaf = leaf(black_box(&sealed.header), &sealed.salt, &sealed.event.body);
            (link(&sealed.stream_chain, &leaf), link(&sealed.log_chain, &leaf))
        });
    });
    group.finish();
    Ok(())
}

/// From the bytes of a row to what a fold sees.
fn decoding(criterion: &mut Criterion, written: &[Sealed]) -> anyhow::Result<()> {
    let sealed = written.last().context("nothing was recorded")?;
    ensure!(header(sealed)? == sealed.event.header, "the header does not come back as it was written");
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(1));
    group.bench_function("header", |bencher| bencher.iter(|| header(black_box(sealed))));
    group.bench_function("body", |bencher| bencher.iter(|| decode(black_box(&sealed.event))));
    group.bench_function("header and body", |bencher| {
        bencher.iter(|| {
            let header = header(black_box(sealed)).map_err(|_| ())?;
            decode(&Recorded { header, body: sealed.event.body.clone() }).map_err(|_| ())
        });
    });
    group.finish();
    Ok(())
}

/// From one person's events to their state.
fn folding(criterion: &mut Criterion, whose: &str, written: &[Sealed]) -> anyhow::Result<()> {
    let of_person = written.iter().filter(|sealed| sealed.columns.stream.person().is_some());
    let entries: Vec<Entry<CaseEvent>> =
        of_person.map(|sealed| decode(&sealed.event)).collect::<Result<_, _>>()?;
    let last = entries.last().context("nothing was recorded about the person")?.stream_seq;
    ensure!(last == entries.len() as u64, "the events are about several persons");
    let of = BenchmarkId::new(whose, entries.len());
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(last));
    group.bench_with_input(of.clone(), &entries, |bencher, entries| {
        bencher.iter(|| PersonState::fold(&resolve(black_box(entries)), last));
    });
    group.finish();
    let mut group = criterion.benchmark_group("resolve");
    group.throughput(Throughput::Elements(last));
    group.bench_with_input(of, &entries, |bencher, entries| {
        bencher.iter(|| resolve(black_box(entries)));
    });
    group.finish();
    Ok(())
}

fn header(sealed: &Sealed) -> serde_json::Result<Header> {
    Header::read(&sealed.header)
}

/// What a store has of these events, whose publisher went through the door.
fn recorded(events: Vec<CloudEvent>) -> anyhow::Result<Vec<Sealed>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir()?;
        SqliteStore::migrate(folder.path(), &SystemIds)?;
        let store = Arc::new(SqliteStore::open(folder.path())?);
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let app = App::start(store, clock, ids, Limits::default(), false).await?;
        let items = events.into_iter().map(|event| app.door.propose(event, None));
        let outcomes = app.door.publish(items.collect::<Result<_, _>>()?, false).await?;
        let refused = outcomes.iter().find(|outcome| !matches!(outcome, Outcome::Admitted(_)));
        ensure!(refused.is_none(), "not admitted: {refused:?}");
        let sealed = app.log.read_sealed(0, READ_EVENTS_MAX).await?;
        app.stop().await;
        Ok(sealed)
    })
}

/// The lines of the case: structured JSON, of which all members but `data` are attributes.
fn haru() -> anyhow::Result<Vec<CloudEvent>> {
    let event = |line: &str| {
        let mut members: BTreeMap<String, serde_json::Value> = serde_json::from_str(line)?;
        let data = members.remove("data").context("an event without data")?;
        let text = |(name, value): (String, serde_json::Value)| {
            let value = value.as_str().with_context(|| format!("{name} is not a text"))?.to_owned();
            Ok((name, value))
        };
        let attributes = members.into_iter().map(text).collect::<anyhow::Result<_>>()?;
        Ok(CloudEvent { attributes, data: serde_json::to_vec(&data)?.into() })
    };
    HARU.lines().map(event).collect()
}
