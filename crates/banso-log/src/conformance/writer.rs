//! What the [`crate::Writer`] promises, whatever the store.

use super::Fixture;
use super::case::{
    Answer, Case, PANIC, REFUSE, REPEAT, UNREADABLE, WAIT, admitted, expecting, numbered, proposal,
};
use crate::{AppendError, GROUP_EVENTS_MAX, Limits, Outcome, Unit};
use banso_kernel::{Expected, Recorded};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

async fn bodies(store: &dyn Fixture) -> Vec<String> {
    let events = store.log().read(0, 10_000).await.unwrap();
    events.iter().map(|event: &Recorded| String::from_utf8(event.body.to_vec()).unwrap()).collect()
}

/// Idempotency, also across a restart.
pub async fn the_same_proposal_gets_the_first_result(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let first = admitted(&case.append(proposal("person/haru", "1", "{}")).await);
    let repeat = admitted(&case.append(proposal("person/haru", "2", REPEAT)).await);
    assert_eq!(repeat.repeats, Some(first.event_id));
    let restarted = Case::on(store.log_of_another_process());
    for case in [&case, &restarted] {
        assert_eq!(case.append(proposal("person/haru", "2", REPEAT)).await, Outcome::Duplicate(repeat));
        // An expectation is about a first time.
        let late = expecting(Expected::NoStream, proposal("person/haru", "2", REPEAT));
        assert_eq!(case.append(late).await, Outcome::Duplicate(repeat));
        let other = case.append(proposal("person/haru", "2", "{}")).await;
        assert_eq!(other, Outcome::IdConflict { event_id: repeat.event_id });
    }
    assert_eq!(bodies(store).await, ["{}", REPEAT]);
}

/// Idempotency against what stands in the same batch.
pub async fn twice_in_one_batch_is_once_in_the_log(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let one = proposal("person/haru", "1", "{}");
    let other = proposal("person/haru", "1", "[]");
    let units = [one.clone(), one.clone(), other, one].map(Unit::Single).to_vec();
    let outcomes = case.submit(units).await.unwrap();
    let receipt = admitted(&outcomes[0]);
    assert_eq!(outcomes[1], Outcome::Duplicate(receipt));
    assert_eq!(outcomes[2], Outcome::IdConflict { event_id: receipt.event_id });
    assert_eq!(outcomes[3], Outcome::Duplicate(receipt));
    assert_eq!(bodies(store).await, ["{}"]);
}

/// Optimistic concurrency.
pub async fn of_twenty_proposals_at_one_version_exactly_one_is_admitted(store: &dyn Fixture) {
    let case = Arc::new(Case::on(store.log()));
    let other = Arc::new(Case::on(store.log_of_another_process()));
    for round in 0..5 {
        let expected = if round == 0 { Expected::NoStream } else { Expected::At(round) };
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let case = Arc::clone(if n % 2 == 0 { &case } else { &other });
                let item = expecting(expected, numbered("person/haru", round * 20 + n));
                tokio::spawn(async move { case.append(item).await })
            })
            .collect();
        let mut admitted = 0;
        for task in tasks {
            match task.await.unwrap() {
                Outcome::Admitted(receipt) => {
                    assert_eq!(receipt.stream_seq, round + 1);
                    admitted += 1;
                }
                conflict => assert_eq!(conflict, Outcome::VersionConflict { actual: round + 1 }),
            }
        }
        assert_eq!(admitted, 1);
    }
}

/// An expectation sees what stands before it in the same batch.
pub async fn an_expectation_is_about_the_moving_state(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let units = [
        expecting(Expected::At(1), numbered("person/haru", 0)),
        expecting(Expected::NoStream, numbered("person/haru", 1)),
        expecting(Expected::NoStream, numbered("person/haru", 2)),
        expecting(Expected::At(1), numbered("person/haru", 3)),
        expecting(Expected::Any, numbered("person/haru", 4)),
        expecting(Expected::NoStream, numbered("person/aki", 0)),
    ];
    let outcomes = case.submit(units.map(Unit::Single).to_vec()).await.unwrap();
    assert_eq!(outcomes[0], Outcome::VersionConflict { actual: 0 });
    assert_eq!(admitted(&outcomes[1]).stream_seq, 1);
    assert_eq!(outcomes[2], Outcome::VersionConflict { actual: 1 });
    assert_eq!(admitted(&outcomes[3]).stream_seq, 2);
    assert_eq!(admitted(&outcomes[4]).stream_seq, 3);
    assert_eq!(admitted(&outcomes[5]).seq, 4);
}

/// A refusal stores nothing, and the others of its batch are stored.
pub async fn a_refusal_disturbs_nobody(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let units = [
        numbered("person/haru", 0),
        proposal("person/haru", "r", REFUSE),
        numbered("person/aki", 0),
        proposal("person/new", "r", REFUSE),
        numbered("person/haru", 1),
    ];
    let outcomes = case.submit(units.map(Unit::Single).to_vec()).await.unwrap();
    assert_eq!(outcomes[1], Outcome::Refused("as asked"));
    assert_eq!(outcomes[3], Outcome::Refused("as asked"));
    let seqs = [0, 2, 4].map(|n: usize| admitted(&outcomes[n]).seq);
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!(case.append(proposal("person/haru", "r", REFUSE)).await, Outcome::Refused("as asked"));
    assert_eq!(store.log().head().await.unwrap(), 3);
    assert_eq!(admitted(&case.append(numbered("person/new", 0)).await).stream_seq, 1);
}

/// A refused proposal leaves no trace, not even its id.
pub async fn a_refused_id_may_come_again(store: &dyn Fixture) {
    let case = Case::on(store.log());
    assert_eq!(case.append(proposal("person/haru", "1", REFUSE)).await, Outcome::Refused("as asked"));
    assert_eq!(admitted(&case.append(proposal("person/haru", "1", "{}")).await).seq, 1);
}

/// Groups.
pub async fn a_group_is_all_or_nothing_across_streams(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let stored = admitted(&case.append(numbered("person/aki", 0)).await);
    let outcomes = case
        .submit(vec![
            Unit::Single(numbered("person/haru", 0)),
            Unit::Group(vec![
                numbered("person/haru", 1),
                numbered("person/aki", 0),
                numbered("person/new", 0),
                proposal("person/aki", "r", REFUSE),
                numbered("person/aki", 1),
            ]),
            Unit::Single(numbered("person/haru", 2)),
            Unit::Group(vec![numbered("person/aki", 2), numbered("person/new", 1)]),
            Unit::Group(vec![]),
            Unit::Group(vec![
                numbered("person/aki", 3),
                expecting(Expected::At(9), numbered("person/new", 2)),
            ]),
        ])
        .await
        .unwrap();
    assert_eq!(outcomes.len(), 11);
    assert_eq!(admitted(&outcomes[0]).stream_seq, 1);
    for n in [1, 3, 5] {
        assert_eq!(outcomes[n], Outcome::GroupRefused { because: 4 });
    }
    assert_eq!(outcomes[2], Outcome::Duplicate(stored));
    assert_eq!(outcomes[4], Outcome::Refused("as asked"));
    assert_eq!((admitted(&outcomes[6]).seq, admitted(&outcomes[6]).stream_seq), (3, 2));
    assert_eq!((admitted(&outcomes[7]).seq, admitted(&outcomes[7]).stream_seq), (4, 2));
    assert_eq!((admitted(&outcomes[8]).seq, admitted(&outcomes[8]).stream_seq), (5, 1));
    assert_eq!(outcomes[9], Outcome::GroupRefused { because: 10 });
    assert_eq!(outcomes[10], Outcome::VersionConflict { actual: 1 });
    assert_eq!(store.log().head().await.unwrap(), 5);
    // What was undone can come again.
    assert_eq!(admitted(&case.append(numbered("person/haru", 1)).await).stream_seq, 3);
}

/// Groups and idempotency.
pub async fn a_group_that_came_before_is_a_duplicate(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let group = || vec![Unit::Group(vec![numbered("person/haru", 0), numbered("person/aki", 0)])];
    let first = case.submit(group()).await.unwrap();
    let again = case.submit(group()).await.unwrap();
    for (first, again) in first.iter().zip(&again) {
        assert_eq!(*again, Outcome::Duplicate(admitted(first)));
    }
    assert_eq!(store.log().head().await.unwrap(), 2);
}

/// Dry run.
pub async fn a_dry_run_stores_nothing(store: &dyn Fixture) {
    let case = Case::on(store.log());
    case.fill("person/haru", 1).await;
    let units = || vec![Unit::Single(numbered("person/haru", 1)), Unit::Single(numbered("person/new", 0))];
    let dry = case.dry_run(units()).await;
    assert_eq!(admitted(&dry[0]).seq, 2);
    assert_eq!(store.log().head().await.unwrap(), 1);
    assert_eq!(case.dry_run(units()).await, dry);
    assert_eq!(case.submit(units()).await.unwrap(), dry);
}

/// A dry run with groups, in the middle of others' proposals.
pub async fn a_dry_run_answers_as_the_real_one(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let units = || {
        vec![
            Unit::Single(numbered("person/haru", 0)),
            Unit::Group(vec![numbered("person/haru", 1), proposal("person/aki", "r", REFUSE)]),
            Unit::Group(vec![numbered("person/haru", 2), numbered("person/aki", 0)]),
            Unit::Group(vec![numbered("person/aki", 1), proposal("person/haru", "r", REFUSE)]),
            Unit::Single(numbered("person/haru", 1)),
            Unit::Single(numbered("person/haru", 1)),
        ]
    };
    let dry = case.dry_run(units()).await;
    let real = case.submit(units()).await.unwrap();
    assert_eq!(dry, real);
    assert_eq!(store.log().head().await.unwrap(), 4);
    let after = case.dry_run(units()).await;
    assert_eq!(after[0], Outcome::Duplicate(admitted(&real[0])));
}

/// The queue is bounded by events and by bytes.
pub async fn a_full_queue_answers_at_once(store: &dyn Fixture) {
    let limits = Limits { queue_events: 3, queue_bytes: 10_000, ..Limits::default() };
    let case = Arc::new(Case::with_limits(store.log(), limits));
    let spawn = |item| {
        let case = Arc::clone(&case);
        tokio::spawn(async move { case.try_append(item).await })
    };
    let blocked = spawn(proposal("person/haru", "w", WAIT));
    let hooks = case.hooks.clone();
    tokio::task::spawn_blocking(move || hooks.wait_until_met()).await.unwrap();
    let large = format!("\"{}\"", "x".repeat(9_500));
    let started = Instant::now();
    let too_large = case.try_append(proposal("person/haru", "l", &large)).await;
    assert!(matches!(too_large, Err(AppendError::QueueFull)), "{too_large:?}");
    assert!(!case.writer.is_full());
    let mut waiting =
        Box::pin(case.submit((0..3).map(|n| Unit::Single(numbered("person/aki", n))).collect()));
    assert!(tokio::time::timeout(Duration::from_millis(1), &mut waiting).await.is_err(), "it waits");
    let full = case.try_append(numbered("person/aki", 9)).await;
    assert!(matches!(full, Err(AppendError::QueueFull)), "{full:?}");
    assert!(case.writer.is_full());
    assert!(started.elapsed() < Duration::from_secs(5));
    case.hooks.open();
    admitted(&blocked.await.unwrap().unwrap());
    for outcome in waiting.await.unwrap() {
        admitted(&outcome);
    }
    assert_eq!(case.fill("person/new", 3).await.len(), 3);
}

/// Also a batch of which nothing is stored is over.
pub async fn a_batch_is_over_before_it_is_answered(store: &dyn Fixture) {
    let case = Case::on(store.log());
    for (batches, body) in (1..).zip(["1", REFUSE, "2"]) {
        drop(case.try_append(proposal("person/haru", body, body)).await.unwrap());
        assert_eq!(case.hooks.settled.load(SeqCst), batches);
    }
}

/// Groups are bounded.
pub async fn a_group_has_a_limit(store: &dyn Fixture) {
    let case = Case::on(store.log());
    let group =
        |events: usize| vec![Unit::Group((0..events as u64).map(|n| numbered("person/haru", n)).collect())];
    let refused = case.submit(group(GROUP_EVENTS_MAX + 1)).await;
    assert!(matches!(refused, Err(AppendError::GroupTooLarge { events }) if events == GROUP_EVENTS_MAX + 1));
    assert_eq!(case.submit(group(GROUP_EVENTS_MAX)).await.unwrap().len(), GROUP_EVENTS_MAX);
}

/// An event that this binary cannot read.
pub async fn an_unreadable_stream_stops_only_itself(store: &dyn Fixture) {
    let newer = Case::on(store.log());
    let unreadable = admitted(&newer.append(proposal("person/haru", "1", UNREADABLE)).await);
    let older = Case::on(store.log_of_another_process());
    for _ in 0..2 {
        let units = [
            numbered("person/haru", 0),
            numbered("person/aki", 0),
            proposal("person/haru", "1", UNREADABLE),
            expecting(Expected::NoStream, numbered("person/haru", 7)),
        ];
        let outcomes = older.submit(units.map(Unit::Single).to_vec()).await.unwrap();
        assert!(
            matches!(&outcomes[0], Outcome::Undecidable(why) if why.seq == unreadable.seq),
            "{:?}",
            outcomes[0]
        );
        assert!(matches!(&outcomes[1], Outcome::Admitted(_) | Outcome::Duplicate(_)), "{:?}", outcomes[1]);
        assert_eq!(outcomes[2], Outcome::Duplicate(unreadable));
        assert_eq!(outcomes[3], Outcome::VersionConflict { actual: 1 });
    }
    let group = Unit::Group(vec![numbered("person/aki", 1), numbered("person/haru", 0)]);
    let outcomes = older.submit(vec![group]).await.unwrap();
    assert_eq!(outcomes[0], Outcome::GroupRefused { because: 1 });
    assert_eq!(store.log().head().await.unwrap(), 2);
}

/// A bug in the rules.
pub async fn a_panic_of_the_rules_leaves_nobody_hanging(store: &dyn Fixture) {
    let case = Case::on(store.log());
    case.fill("person/haru", 2).await;
    let panicking = || proposal("person/haru", "p", PANIC);
    let batches = [
        vec![Unit::Single(panicking())],
        vec![Unit::Group(vec![numbered("person/haru", 8), panicking()])],
        vec![Unit::Single(numbered("person/haru", 9)), Unit::Single(panicking())],
    ];
    let mut answers = Vec::new();
    for (units, n) in batches.into_iter().zip(2..) {
        let mut submitted = units;
        // Nobody else of the batch is concerned.
        submitted.push(Unit::Single(numbered("person/aki", n)));
        answers.push(case.submit(submitted).await.unwrap());
        admitted(&case.append(numbered("person/haru", n)).await);
    }
    let undecidable = |answer: &Answer| matches!(answer, Outcome::Undecidable(_));
    assert!(undecidable(&answers[0][0]));
    assert_eq!(answers[1][0], Outcome::GroupRefused { because: 1 });
    assert!(undecidable(&answers[1][1]));
    admitted(&answers[2][0]);
    assert!(undecidable(&answers[2][1]));
    for answers in &answers {
        admitted(answers.last().unwrap());
    }
    assert_eq!(store.log().head().await.unwrap(), 2 + 3 + 3 + 1);
    let report = crate::verify::verify(store.log().as_ref(), 0, None, &mut |_| {}).await.unwrap();
    assert_eq!(report.breaches, []);
}

/// Several processes on one log.
pub async fn two_writers_on_one_log_keep_it_whole(store: &dyn Fixture) {
    let cases = [Case::on(store.log()), Case::on(store.log_of_another_process())].map(Arc::new);
    let mut tasks = Vec::new();
    for (writer, case) in cases.iter().enumerate() {
        for publisher in 0..4 {
            let case = Arc::clone(case);
            tasks.push(tokio::spawn(async move {
                for n in 0..25u64 {
                    let name = format!("person/p{}", n % 3);
                    let id = format!("{writer}-{publisher}-{n}");
                    admitted(&case.append(proposal(&name, &id, "{}")).await);
                    // The same event through both writers: one of them is first.
                    let shared = format!("{publisher}-{n}");
                    let answer = case.append(proposal("zone/shared", &shared, "{}")).await;
                    assert!(matches!(answer, Outcome::Admitted(_) | Outcome::Duplicate(_)), "{answer:?}");
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    // However the threads above took turns, here each one writes behind the other.
    for turn in 0..4 {
        admitted(&cases[turn % 2].append(proposal("person/p0", &format!("turn-{turn}"), "{}")).await);
    }
    let log = store.log();
    assert_eq!(log.head().await.unwrap(), 2 * 4 * 25 + 4 * 25 + 4);
    let report = crate::verify::verify(log.as_ref(), 0, None, &mut |_| {}).await.unwrap();
    assert_eq!(report.breaches, []);
    for case in &cases {
        assert!(case.hooks.observed.load(SeqCst) > 0, "each writer sees what the other one appends");
    }
}

/// What is in memory may be old: a no, and a yes that others made wrong, are found out.
pub async fn a_no_never_rests_on_memory(store: &dyn Fixture) {
    let one = Case::on(store.log());
    let other = Case::on(store.log_of_another_process());
    // From here on `one` goes without the lock, where the store has such a way.
    for n in 0..3 {
        admitted(&one.append(numbered("person/haru", n)).await);
    }
    let elsewhere = admitted(&other.append(numbered("person/haru", 3)).await);
    // Memory says no, the log says yes.
    admitted(&one.append(expecting(Expected::At(4), numbered("person/haru", 4))).await);
    for n in 5..8 {
        admitted(&one.append(numbered("person/haru", n)).await);
    }
    admitted(&other.append(numbered("person/haru", 8)).await);
    // Memory says yes, the log says no.
    let stale = one.append(expecting(Expected::At(8), numbered("person/haru", 9))).await;
    assert_eq!(stale, Outcome::VersionConflict { actual: 9 });
    for n in 10..13 {
        admitted(&one.append(numbered("person/haru", n)).await);
    }
    admitted(&other.append(numbered("person/aki", 0)).await);
    // Memory knows nothing of this id.
    assert_eq!(one.append(numbered("person/haru", 3)).await, Outcome::Duplicate(elsewhere));
    let refused = one.append(proposal("person/haru", "no", REFUSE)).await;
    assert_eq!(refused, Outcome::Refused("as asked"));
    // A duplicate, a no and a yes in one batch.
    let units =
        [numbered("person/haru", 3), proposal("person/haru", "no", REFUSE), numbered("person/aki", 1)];
    let outcomes = one.submit(units.map(Unit::Single).to_vec()).await.unwrap();
    assert_eq!(outcomes[..2], [Outcome::Duplicate(elsewhere), Outcome::Refused("as asked")]);
    assert_eq!(admitted(&outcomes[2]).stream_seq, 2);
    let report = crate::verify::verify(store.log().as_ref(), 0, None, &mut |_| {}).await.unwrap();
    assert_eq!(report.breaches, []);
}

/// Memory says yes to all of a batch, and another process has recorded one of it: whichever way the batch goes.
pub async fn what_another_process_recorded_is_a_duplicate_among_new_ones(store: &dyn Fixture) {
    for others_first in [false, true] {
        let one = Case::on(store.log());
        let other = Case::on(store.log_of_another_process());
        let numbered = |n| numbered(&format!("person/haru-{others_first}"), n);
        for n in 0..3 {
            admitted(&one.append(numbered(n)).await);
        }
        let theirs = admitted(&other.append(numbered(3)).await);
        if others_first {
            // The next batch takes the lock, because others append.
            admitted(&one.append(numbered(4)).await);
        }
        let units = [numbered(5), numbered(3), numbered(6)].map(Unit::Single).to_vec();
        let outcomes = one.submit(units).await.unwrap();
        assert_eq!(outcomes[1], Outcome::Duplicate(theirs));
        let behind = admitted(&outcomes[0]).stream_seq;
        assert_eq!(admitted(&outcomes[2]).stream_seq, behind + 1);
    }
    let report = crate::verify::verify(store.log().as_ref(), 0, None, &mut |_| {}).await.unwrap();
    assert_eq!(report.breaches, []);
}

/// A graceful end.
pub async fn stopping_finishes_what_is_queued(store: &dyn Fixture) {
    let limits = Limits { batch_events: 2, ..Limits::default() };
    let case = Arc::new(Case::with_limits(store.log(), limits));
    let spawn = |item| {
        let case = Arc::clone(&case);
        tokio::spawn(async move { case.try_append(item).await })
    };
    let first = spawn(proposal("person/haru", "w", WAIT));
    let hooks = case.hooks.clone();
    tokio::task::spawn_blocking(move || hooks.wait_until_met()).await.unwrap();
    let queued: Vec<_> = (0..7).map(|n| spawn(numbered("person/aki", n))).collect();
    // All of them are in the queue before it is closed.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let stopping = {
        let case = Arc::clone(&case);
        tokio::spawn(async move { case.writer.stop().await })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    case.hooks.open();
    stopping.await.unwrap();
    admitted(&first.await.unwrap().unwrap());
    for task in queued {
        admitted(&task.await.unwrap().unwrap());
    }
    let late = case.try_append(numbered("person/aki", 8)).await;
    assert!(matches!(late, Err(AppendError::Stopped)), "{late:?}");
    case.writer.stop().await;
    assert_eq!(store.log().head().await.unwrap(), 8);
}
