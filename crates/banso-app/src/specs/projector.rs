//! The projector: what it cannot fold, what it does not know, and company.

use super::fixture::{Fixture, event, fact, fact_on, person_of, run_out, told};
use crate::projector::Projector;
use crate::stored::Stored;
use crate::{As, QueryError, rebuild::rebuild};
use banso_domain::{Payload, case::plan::PlanDrafted, case::referral::ReferralMade};
use banso_kernel::{Part, PersonId, Stated, SystemClock, SystemIds};
use banso_log::{Limits, Log, Models, Move, PersonWrite, StoredState};
use banso_views::VERSION;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const FACT: &str = "banso.FactRecorded.v1";

fn person(name: &str) -> PersonId {
    name.parse().unwrap()
}

#[tokio::test]
async fn a_body_that_does_not_fit_sets_its_person_aside_and_nobody_else() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _here = metrics::set_default_local_recorder(&recorder);
    let fixture = Fixture::new();
    fixture.facts(&["haru", "aki"]).await;
    let broken = fixture.append(event("haru", "broken", FACT, "unknown", r#"{"fact":"haru:f9"}"#)).await;
    fixture.facts(&["haru", "aki"]).await;
    fixture.project().await;
    fixture.facts(&["haru", "aki"]).await;
    fixture.project().await;

    match fixture.queries.plan(&person("haru"), As::default()).await {
        Err(QueryError::Parked { seq, .. }) => assert_eq!(seq, broken),
        other => panic!("{other:?}"),
    }
    match fixture.queries.timeline(&person("haru"), As::default()).await {
        Err(QueryError::Unreadable { seq, .. }) => assert_eq!(seq, broken),
        other => panic!("{other:?}"),
    }
    assert_eq!(fixture.queries.team(&person("aki"), As::default()).await.unwrap().as_of.stream_seq, 3);
    assert!(recorder.handle().render().contains("banso_parked_persons_total 1"));
    let head = fixture.store.head().await.unwrap();
    assert!(fixture.checkpoints(fixture.active().await).await.iter().all(|at| *at == head));
    assert_eq!(fixture.audited().await.parked, 1);
    // Nothing more is recorded of that person, until somebody mends it.
    let refused = fixture.publish(fact("haru", 99)).await;
    assert!(matches!(refused, crate::Outcome::Undecidable(ref why) if why.seq == broken), "{refused:?}");

    let before = fixture.stored(fixture.active().await).await;
    rebuild(fixture.store.clone(), fixture.store.clone(), |_, _| {}).await.unwrap();
    assert_eq!(fixture.stored(fixture.active().await).await, before);
}

/// As after a crash that took its last commits away: nothing new comes, and the store stands elsewhere.
#[tokio::test]
async fn an_idle_projector_notices_that_the_store_does_not_stand_where_it_left_it() {
    let fixture = Fixture::new();
    fixture.facts(&["haru", "aki"]).await;
    let mut projector = fixture.projector().await;
    run_out(&mut projector).await;
    assert!(!projector.step().await.unwrap(), "nothing is new");
    let version = fixture.active().await;
    let stored = fixture.store.checkpoints(version).await.unwrap();
    let elsewhere = Move { part: Part::all().next().unwrap(), from: stored[0], to: stored[0].seq };
    assert!(fixture.store.commit(version, &[elsewhere], &[]).await.unwrap());
    assert!(projector.step().await.unwrap(), "it looks again");
    run_out(&mut projector).await;
    assert!(!projector.step().await.unwrap(), "and knows where the store stands");
}

#[tokio::test]
async fn an_event_that_is_not_known_stops_its_part_before_it_and_no_other() {
    for unknown_type in ["banso.FromTheFuture.v1", "banso.FactRecorded.v2"] {
        let fixture = Fixture::new();
        let haru = StreamPart::of("haru");
        let neighbour = person_of(haru.0, "haru");
        let neighbour = neighbour.as_str();
        fixture.facts(&["haru", neighbour, "aki"]).await;
        let unknown = fixture.append(event("haru", "new", unknown_type, "unknown", "{}")).await;
        fixture.facts(&["haru", neighbour, "aki"]).await;

        let mut projector = fixture.projector().await;
        run_out(&mut projector).await;
        let head = fixture.store.head().await.unwrap();
        let version = fixture.active().await;
        let expected = |part: usize| if part == usize::from(haru.0) { unknown - 1 } else { head };
        let as_expected: Vec<u64> = (0..64).map(expected).collect();
        assert_eq!(fixture.checkpoints(version).await, as_expected);
        let state = projector.state();
        assert_eq!(state.lock().unwrap().stopped, [(haru.0, unknown)].into());
        // What came before is there, also of the person herself; nobody is set aside.
        assert_eq!(fixture.stored(version).await.len(), 3);
        assert_eq!(fixture.audited().await.parked, 0);
        assert!(matches!(
            fixture.queries.plan(&person("haru"), As::default()).await,
            Err(QueryError::Unreadable { seq, .. }) if seq == unknown
        ));
        for other in [neighbour, "aki"] {
            let shown = fixture.queries.plan(&person(other), As::default()).await.unwrap();
            assert_eq!(shown.as_of.stream_seq, 2, "{other}");
        }

        // Later events, another process, a rebuild: it stays so.
        fixture.facts(&["aki", neighbour]).await;
        fixture.project().await;
        let head = fixture.store.head().await.unwrap();
        let expected = |part: usize| if part == usize::from(haru.0) { unknown - 1 } else { head };
        let as_expected: Vec<u64> = (0..64).map(expected).collect();
        assert_eq!(fixture.checkpoints(version).await, as_expected);
        let before = fixture.stored(version).await;
        let rebuilt = rebuild(fixture.store.clone(), fixture.store.clone(), |_, _| {}).await.unwrap();
        assert_eq!(rebuilt.stopped_parts, 1);
        assert_eq!(fixture.stored(rebuilt.version).await, before);
        assert_eq!(fixture.checkpoints(rebuilt.version).await, as_expected);
        fixture.audited().await;
    }
}

struct StreamPart(u8);

impl StreamPart {
    fn of(name: &str) -> Self {
        let stream: banso_kernel::StreamId = format!("person/{name}").parse().unwrap();
        Self(stream.part().number())
    }
}

#[tokio::test]
async fn the_process_says_that_a_part_needs_a_newer_binary() {
    let fixture = Fixture::new();
    let unknown = fixture.append(event("haru", "new", "banso.FromTheFuture.v1", "unknown", "{}")).await;
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let app = crate::App::open_sqlite(fixture.path(), clock, ids, Limits::default()).await.unwrap();
    assert_eq!(app.projected_up_to(unknown).await.unwrap_err(), crate::PART_STOPPED);
    let status = app.projector_status().await.unwrap();
    assert_eq!(status.stopped, [(5, unknown)].into());
    assert_eq!((status.lag[&5].events, status.failing), (1, None));
    app.stop().await;
}

#[tokio::test]
async fn two_projectors_on_one_store_neither_lose_nor_double_anything() {
    let fixture = Fixture::new();
    let other = fixture.opened_again();
    let (stop, _) = watch::channel(false);
    let mut running = Vec::new();
    for store in [fixture.store.clone(), other] {
        let projector = Projector::start(store.clone(), store).await.unwrap();
        running.push(tokio::spawn(projector.run(stop.subscribe())));
    }
    for n in 0..40 {
        let person = ["haru", "aki", "natsu"][n as usize % 3];
        let made = ReferralMade {
            referral: format!("{person}:r{n}").parse().unwrap(),
            parent: None,
            ..ReferralMade::sample()
        };
        fixture.append(told(person, &format!("r{n}"), "unknown", made)).await;
    }
    let head = fixture.store.head().await.unwrap();
    let version = fixture.active().await;
    while fixture.checkpoints(version).await.iter().any(|at| *at < head) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send_replace(true);
    for projector in running {
        projector.await.unwrap();
    }
    fixture.audited().await;
    let revs: Vec<u64> =
        fixture.store.checkpoints(version).await.unwrap().iter().map(|checkpoint| checkpoint.rev).collect();
    assert!(revs.iter().all(|rev| *rev <= head), "more commits than events: {revs:?}");
}

#[tokio::test]
async fn steps_of_two_projectors_in_any_order_come_to_the_same() {
    let fixture = Fixture::new();
    let mut one = fixture.projector().await;
    let other = fixture.opened_again();
    let mut two = Projector::start(other.clone(), other).await.unwrap();
    for turn in 0..24_u32 {
        fixture.facts(&["haru", "aki"]).await;
        let first = if turn.count_ones() % 2 == 0 { &mut one } else { &mut two };
        first.step().await.unwrap();
        if turn % 5 == 0 {
            two.step().await.unwrap();
            one.step().await.unwrap();
        }
        fixture.audited().await;
    }
    run_out(&mut one).await;
    run_out(&mut two).await;
    assert_eq!(fixture.audited().await.looked_at, 2);
}

#[tokio::test]
async fn what_other_code_folded_is_not_read_and_replaced_when_this_code_has_caught_up() {
    let fixture = Fixture::new();
    fixture.facts(&["haru", "haru"]).await;
    let old = fixture.store.create(VERSION - 1).await.unwrap();
    fixture.store.activate(old).await.unwrap();
    let state = StoredState { code: VERSION - 1, stream_seq: 2, body: r#""of another time""#.into() };
    let stream: banso_kernel::StreamId = "person/haru".parse().unwrap();
    let write = PersonWrite { stream: stream.clone(), state, rows: None };
    assert!(fixture.store.commit(old, &[], std::slice::from_ref(&write)).await.unwrap());
    let shown =
        || async { fixture.queries.plan(&person("haru"), As::default()).await.unwrap().as_of.stream_seq };
    assert_eq!(shown().await, 2);

    let mut projector = fixture.projector().await;
    assert_eq!(fixture.active().await, old, "not before it has caught up");
    assert!(projector.step().await.unwrap());
    assert_eq!(fixture.active().await, old);
    run_out(&mut projector).await;
    let new = fixture.active().await;
    assert_ne!(new, old);
    assert_eq!(shown().await, 2);
    fixture.audited().await;
    // The same binary started again goes on with it; the old one is kept until a rebuild.
    fixture.project().await;
    assert_eq!(fixture.store.versions().await.unwrap().len(), 2);
    assert_eq!(fixture.store.states(old, &[stream]).await.unwrap(), [Some(write.state)]);
}

#[tokio::test]
async fn an_older_binary_does_not_take_the_read_models_from_a_newer_one() {
    let fixture = Fixture::new();
    fixture.facts(&["haru"]).await;
    let newer = fixture.store.create(VERSION + 1).await.unwrap();
    fixture.store.activate(newer).await.unwrap();
    fixture.project().await;
    fixture.project().await;
    assert_eq!(fixture.active().await, newer);
    let team = fixture.queries.team(&person("haru"), As::default()).await.unwrap();
    assert_eq!(team.as_of.stream_seq, 1, "it answers from the log");
}

#[tokio::test]
async fn read_models_beyond_the_end_of_a_log_that_was_put_back_are_not_shown_and_folded_anew() {
    let (ahead, put_back) = (Fixture::new(), Fixture::new());
    ahead.facts(&["haru", "haru", "haru"]).await;
    ahead.project().await;
    put_back.facts(&["haru"]).await;
    let version = put_back.store.create(VERSION).await.unwrap();
    put_back.store.activate(version).await.unwrap();
    let stream: banso_kernel::StreamId = "person/haru".parse().unwrap();
    let state = ahead.store.now(&stream, 0).await.unwrap().state.unwrap();
    let write = PersonWrite { stream: stream.clone(), state, rows: None };
    let checkpoints = put_back.store.checkpoints(version).await.unwrap();
    let moves: Vec<Move> =
        Part::all().zip(checkpoints).map(|(part, from)| Move { part, from, to: 3 }).collect();
    assert!(put_back.store.commit(version, &moves, &[write]).await.unwrap());

    let shown =
        || async { put_back.queries.team(&person("haru"), As::default()).await.unwrap().as_of.stream_seq };
    assert_eq!(shown().await, 1, "what the log does not have is not shown");
    put_back.project().await;
    assert_ne!(put_back.active().await, version);
    assert_eq!(shown().await, 1);
    put_back.audited().await;
}

#[tokio::test]
async fn a_state_that_is_too_large_is_not_stored_and_questions_are_answered_all_the_same() {
    let fixture = Fixture::new();
    let plan =
        PlanDrafted { policy: Stated::Value("長".repeat(70_000).as_str().into()), ..PlanDrafted::sample() };
    fixture.append(told("haru", "plan", "unknown", plan)).await;
    let mut kept = fixture.projector().await;
    run_out(&mut kept).await;
    let stored = fixture.stored(fixture.active().await).await;
    assert!(stored[0].1.body.is_empty() && Stored::read(&stored[0].1).is_none());
    for n in 2..4 {
        let made = ReferralMade {
            parent: None,
            referral: format!("haru:r{n}").parse().unwrap(),
            ..ReferralMade::sample()
        };
        fixture.append(told("haru", &format!("r{n}"), "unknown", made)).await;
        // With the state in memory, and without it.
        if n == 2 {
            run_out(&mut kept).await
        } else {
            fixture.project().await
        }
        let shown = fixture.queries.plan(&person("haru"), As::default()).await.unwrap();
        assert_eq!((shown.as_of.stream_seq, shown.plans.len()), (n, 1));
        let (_, state, rows) = fixture.stored(fixture.active().await).await.remove(0);
        assert_eq!((state.stream_seq, state.body.len(), rows.is_empty()), (n, 0, false));
        fixture.audited().await;
    }
}

#[tokio::test]
async fn a_version_that_was_put_in_its_place_is_completed_without_waiting_for_an_event() {
    let fixture = Fixture::new();
    fixture.facts(&["haru", "aki"]).await;
    let mut projector = fixture.projector().await;
    run_out(&mut projector).await;
    let old = fixture.active().await;
    // A rebuild that did not see the last events.
    let new = fixture.store.create(VERSION).await.unwrap();
    fixture.store.activate(new).await.unwrap();
    fixture.store.drop_version(old).await.unwrap();
    run_out(&mut projector).await;
    assert_eq!(fixture.checkpoints(new).await, [2; 64]);
    assert_eq!(fixture.audited().await.looked_at, 2);
}

#[tokio::test]
async fn it_ends_when_nobody_is_left_who_could_stop_it() {
    let fixture = Fixture::new();
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(fixture.projector().await.run(stopping));
    drop(stop);
    running.await.unwrap();
}

#[tokio::test]
async fn far_behind_it_takes_larger_steps() {
    let fixture = Fixture::new();
    // Half of them late.
    let fact = |n: u64| {
        fact_on(["haru", "aki", "natsu"][n as usize % 3], n, ["2025-01-01", "unknown"][n as usize % 2])
    };
    fixture.append_all((0..4_300).map(fact)).await;
    let mut projector = fixture.projector().await;
    assert!(projector.step().await.unwrap());
    let version = fixture.active().await;
    for checkpoint in fixture.store.checkpoints(version).await.unwrap() {
        assert_eq!((checkpoint.seq, checkpoint.rev), (4_300, 1));
    }
    fixture.audited().await;
    // Another page for persons who are in memory, one of whom has a late event again.
    fixture.append_all((4_300..4_400).map(fact)).await;
    run_out(&mut projector).await;
    assert_eq!(fixture.checkpoints(version).await, [4_400; 64]);
    fixture.audited().await;
}
