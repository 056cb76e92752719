//! Rebuilding: the same bytes, whatever happens meanwhile.

use super::fixture::{Fixture, event, fact, fact_on, models_but_for_commits, person_of};
use crate::rebuild::{rebuild, rebuild_within};
use banso_kernel::{Part, SystemClock, SystemIds};
use banso_log::{Limits, Log, LogError, Models, Move, PersonWrite, SqliteStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

/// Fails at one of its commits, or lets a projector in before each.
struct Failing {
    store: Arc<SqliteStore>,
    commits_left: AtomicU32,
    projector_comes_first: bool,
}

models_but_for_commits!(Failing, store, commit_as_asked);

impl Failing {
    async fn commit_as_asked(
        &self,
        version: u32,
        moves: &[Move],
        writes: &[PersonWrite],
    ) -> Result<bool, LogError> {
        if self.projector_comes_first {
            // The two ranges are written at once: until it comes through.
            let mut came_first = false;
            while !came_first {
                let checkpoints = self.store.checkpoints(version).await?;
                let touched =
                    Part::all().zip(checkpoints).map(|(part, from)| Move { part, from, to: from.seq });
                came_first = self.store.commit(version, &touched.collect::<Vec<_>>(), &[]).await?;
            }
        }
        let left = self.commits_left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        if left.is_err() {
            return Err(LogError::Unavailable { attempt: "survive a test", source: "as asked".into() });
        }
        self.store.commit(version, moves, writes).await
    }
}

#[tokio::test]
async fn one_that_dies_leaves_what_is_read_as_it_is_and_the_next_one_cleans_up() {
    let fixture = Fixture::new();
    let persons: Vec<String> = (0..40).map(|n| format!("p{n}")).collect();
    fixture.facts(&persons.iter().map(String::as_str).collect::<Vec<_>>()).await;
    fixture.project().await;
    let (active, before) = (fixture.active().await, fixture.stored(fixture.active().await).await);
    let mut died = 0;
    for commits_left in 0..4 {
        let models = Failing {
            store: fixture.store.clone(),
            commits_left: AtomicU32::new(commits_left),
            projector_comes_first: false,
        };
        if rebuild(fixture.store.clone(), Arc::new(models), |_, _| {}).await.is_err() {
            died += 1;
            assert_eq!(fixture.active().await, active);
            assert_eq!(fixture.stored(active).await, before);
            fixture.audited().await;
            // A projector goes on with the one that is read.
            fixture.project().await;
            assert_eq!(fixture.active().await, active);
        }
    }
    assert!(died >= 2, "{died}");
    rebuild(fixture.store.clone(), fixture.store.clone(), |_, _| {}).await.unwrap();
    assert_eq!(fixture.store.versions().await.unwrap().len(), 1);
    assert_eq!(fixture.stored(fixture.active().await).await, before);
    fixture.audited().await;
}

#[tokio::test]
async fn it_does_not_write_over_what_a_projector_wrote_into_its_version() {
    let fixture = Fixture::new();
    fixture.facts(&["haru", "aki"]).await;
    let commits_left = AtomicU32::new(u32::MAX);
    let models = Failing { store: fixture.store.clone(), commits_left, projector_comes_first: true };
    let refused = rebuild(fixture.store.clone(), Arc::new(models), |_, _| {}).await.unwrap_err();
    assert!(refused.to_string().contains("write the new version"), "{refused}");
    fixture.project().await;
    fixture.audited().await;
}

#[tokio::test]
async fn during_load_nothing_is_lost_and_the_process_goes_on_with_the_new_version() {
    let fixture = Fixture::new();
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let app = Arc::new(crate::App::open_sqlite(fixture.path(), clock, ids, Limits::default()).await.unwrap());
    let publisher = |name: &'static str| {
        let app = app.clone();
        tokio::spawn(async move {
            for n in 0..60 {
                let item = app.door.propose(fact(name, n), None).unwrap();
                assert!(matches!(
                    app.door.publish_one(item, false).await.unwrap(),
                    crate::Outcome::Admitted(_)
                ));
            }
        })
    };
    let load = [publisher("haru"), publisher("aki")];
    let other = fixture.opened_again();
    for _ in 0..3 {
        rebuild(other.clone(), other.clone(), |_, _| {}).await.unwrap();
    }
    for publisher in load {
        publisher.await.unwrap();
    }
    rebuild(other.clone(), other.clone(), |_, _| {}).await.unwrap();
    app.projected_up_to(120).await.unwrap();
    let version = fixture.active().await;
    while fixture.checkpoints(version).await.iter().any(|at| *at < 120) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    app.stop().await;
    assert_eq!(fixture.audited().await.looked_at, 2);
    assert_eq!(fixture.store.versions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn it_says_how_far_it_is() {
    let fixture = Fixture::new();
    fixture.facts(&["haru", "aki", "haru"]).await;
    let heard = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let hears = heard.clone();
    let rebuilt = rebuild(fixture.store.clone(), fixture.store.clone(), move |read, total| {
        hears.0.fetch_max(read, SeqCst);
        hears.1.store(total, SeqCst);
    });
    let rebuilt = rebuilt.await.unwrap();
    assert_eq!((rebuilt.persons, rebuilt.up_to, rebuilt.stopped_parts), (2, 3, 0));
    assert_eq!(heard.0.load(SeqCst), heard.1.load(SeqCst));
    assert!(heard.1.load(SeqCst) >= fixture.store.head().await.unwrap());
}

/// Thirty persons, whose events come in order, late, unreadable, or of a type that is not known.
async fn a_region() -> Fixture {
    let fixture = Fixture::new();
    let of_part_5 = person_of(5, "haru");
    let events = (0..300_u64).map(|n| {
        let (person, day) = (format!("p{}", n % 30), format!("2025-04-{:02}", 1 + n / 30));
        match n {
            107 => event(&person, "broken", "banso.FactRecorded.v1", "unknown", r#"{"fact":"p17:f9"}"#),
            150 => event("haru", "new", "banso.FromTheFuture.v1", "unknown", "{}"),
            20 | 160 => fact_on(&of_part_5, n, "2025-04-01"),
            _ if n % 30 % 2 == 0 && n % 4 == 0 => fact_on(&person, n, "2025-01-01"),
            _ => fact_on(&person, n, &day),
        }
    });
    fixture.append_all(events).await;
    fixture
}

#[tokio::test]
async fn what_came_late_cannot_be_read_or_is_not_known_becomes_what_the_projector_makes_of_it() {
    let fixture = a_region().await;
    fixture.project().await;
    let (version, parked) = (fixture.active().await, fixture.audited().await.parked);
    assert_eq!(parked, 1);
    let before = (fixture.stored(version).await, fixture.checkpoints(version).await);
    let rebuilt = rebuild(fixture.store.clone(), fixture.store.clone(), |_, _| {}).await.unwrap();
    assert_eq!((rebuilt.persons, rebuilt.stopped_parts), (before.0.len() as u64, 1));
    let after = (fixture.stored(rebuilt.version).await, fixture.checkpoints(rebuilt.version).await);
    assert_eq!(after, before);
    fixture.audited().await;
}

#[tokio::test]
async fn where_persons_do_not_fit_in_memory_the_log_is_read_more_than_once_and_nobody_is_left_out() {
    let fixture = a_region().await;
    fixture.project().await;
    let before = fixture.stored(fixture.active().await).await;
    for persons_max in [0, 2, 12, 20, 1_000] {
        let heard = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let hears = heard.clone();
        let store = fixture.store.clone();
        let rebuilt = rebuild_within(persons_max, store.clone(), store, move |read, total| {
            assert!(hears.0.swap(read, SeqCst) <= read && read <= total);
            hears.1.store(total, SeqCst);
        });
        let rebuilt = rebuilt.await.unwrap();
        assert_eq!((rebuilt.persons, rebuilt.stopped_parts), (before.len() as u64, 1), "{persons_max}");
        assert_eq!(fixture.stored(rebuilt.version).await, before);
        fixture.audited().await;
        let (read, total) = (heard.0.load(SeqCst), heard.1.load(SeqCst));
        assert_eq!(read, total);
        assert_eq!(read > 300, persons_max < 1_000, "{read} events of 300 with {persons_max} persons");
    }
}
