//! What [`crate::Models`] promises.

use super::Fixture;
use super::case::{Case, numbered};
use crate::{
    Checkpoint, ModelVersion, Models, Move, Now, Page, PersonWrite, RowQuery, SMALL_PAGE_EVENTS_MAX,
    StoredState, WorkRow,
};
use banso_kernel::{Part, Seq, StreamId};
use bytes::Bytes;
use chrono::NaiveDate;

fn stream(person: &str) -> StreamId {
    format!("person/{person}").parse().unwrap()
}

fn part(number: u8) -> Part {
    number.try_into().unwrap()
}

fn at(seq: Seq, rev: u64) -> Checkpoint {
    Checkpoint { seq, rev }
}

fn step(number: u8, from: Checkpoint, to: Seq) -> Move {
    Move { part: part(number), from, to }
}

fn state(stream_seq: u64, body: &str) -> StoredState {
    StoredState { code: 7, stream_seq, body: Bytes::from(body.to_owned()) }
}

fn write(person: &str, stream_seq: u64, rows: Option<Vec<WorkRow>>) -> PersonWrite {
    PersonWrite { stream: stream(person), state: state(stream_seq, person), rows }
}

fn row(view: &str, key: &str, person: &str) -> WorkRow {
    WorkRow {
        view: view.to_owned(),
        key: key.to_owned(),
        person: person.parse().unwrap(),
        organisation: None,
        zone: Some("east".to_owned()),
        due_from: None,
        due_to: None,
        body: Bytes::from_static(b"{ }"),
    }
}

fn keys(rows: &[WorkRow]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}

fn list(view: &str) -> RowQuery {
    RowQuery { view: view.to_owned(), limit: 100, ..RowQuery::default() }
}

/// What a question about a person finds stored.
async fn stored(models: &dyn Models, person: &str) -> Option<StoredState> {
    models.now(&stream(person), 0).await.unwrap().state
}

async fn active(models: &dyn Models) -> u32 {
    let version = models.create(7).await.unwrap();
    models.activate(version).await.unwrap();
    version
}

/// Versions and checkpoints.
pub async fn a_new_version_stands_at_zero(store: &dyn Fixture) {
    let models = store.models();
    assert_eq!(models.versions().await.unwrap(), []);
    assert_eq!(stored(models.as_ref(), "haru").await, None);
    assert_eq!(models.rows(&list("todo")).await.unwrap(), []);
    let first = models.create(7).await.unwrap();
    let second = models.create(8).await.unwrap();
    assert!(second > first);
    let version = |version, code| ModelVersion { version, code, active: false };
    assert_eq!(models.versions().await.unwrap(), [version(first, 7), version(second, 8)]);
    assert_eq!(models.checkpoints(first).await.unwrap(), vec![at(0, 0); 64]);
    assert!(models.activate(99).await.is_err());
}

/// 1
pub async fn of_two_racing_projectors_one_succeeds(store: &dyn Fixture) {
    let models = store.models();
    let version = active(models.as_ref()).await;
    for round in 0..10u64 {
        let from = at(round * 10, round);
        let tasks: Vec<_> = (0..2u64)
            .map(|projector| {
                let models = store.models();
                let writes = [write("haru", round * 10 + projector, None)];
                let moves = [step(5, from, round * 10 + 10), step(6, from, round * 10 + 10)];
                tokio::spawn(async move { models.commit(version, &moves, &writes).await.unwrap() })
            })
            .collect();
        let mut won = Vec::new();
        for task in tasks {
            won.push(task.await.unwrap());
        }
        assert_eq!(won.iter().filter(|won| **won).count(), 1);
        let winner = u64::from(!won[0]);
        let stored = stored(models.as_ref(), "haru").await.unwrap();
        assert_eq!(stored.stream_seq, round * 10 + winner);
        let checkpoints = models.checkpoints(version).await.unwrap();
        assert_eq!(
            (checkpoints[5], checkpoints[6]),
            (at(round * 10 + 10, round + 1), at(round * 10 + 10, round + 1))
        );
        assert_eq!(checkpoints[7], at(0, 0));
    }
    // The position alone does not tell two projectors apart.
    assert!(!models.commit(version, &[step(5, at(100, 3), 110)], &[]).await.unwrap());
}

/// 1
pub async fn a_commit_is_all_or_nothing(store: &dyn Fixture) {
    let models = store.models();
    let version = active(models.as_ref()).await;
    let writes = [write("haru", 1, Some(vec![row("todo", "1", "haru")]))];
    let moves = [step(1, at(0, 0), 9), step(2, at(1, 0), 9)];
    assert!(!models.commit(version, &moves, &writes).await.unwrap());
    assert_eq!(models.checkpoints(version).await.unwrap(), vec![at(0, 0); 64]);
    assert_eq!(stored(models.as_ref(), "haru").await, None);
    assert_eq!(models.rows(&list("todo")).await.unwrap(), []);
    // Two rows with one identity: the commit fails as a whole.
    let twice = [write("haru", 1, Some(vec![row("todo", "1", "haru"), row("todo", "1", "haru")]))];
    assert!(models.commit(version, &[step(1, at(0, 0), 9)], &twice).await.is_err());
    assert_eq!(models.checkpoints(version).await.unwrap(), vec![at(0, 0); 64]);
    // A checkpoint never goes back.
    assert!(models.commit(version, &[step(1, at(0, 0), 9)], &writes).await.unwrap());
    assert!(models.commit(version, &[step(1, at(9, 1), 8)], &[]).await.is_err());
    // A version that was dropped takes nothing.
    assert!(!models.commit(version + 1, &[], &writes).await.unwrap());
}

/// 2
pub async fn only_the_active_version_is_read(store: &dyn Fixture) {
    let models = store.models();
    let old = active(models.as_ref()).await;
    let new = models.create(8).await.unwrap();
    let rows = |key: &str| Some(vec![row("todo", key, "haru")]);
    models.commit(old, &[], &[write("haru", 1, rows("old"))]).await.unwrap();
    models.commit(new, &[], &[write("haru", 2, rows("new"))]).await.unwrap();
    assert_eq!(stored(models.as_ref(), "haru").await, Some(state(1, "haru")));
    assert_eq!(keys(&models.rows(&list("todo")).await.unwrap()), ["old"]);
    assert!(models.drop_version(old).await.is_err());
    models.activate(new).await.unwrap();
    assert_eq!(stored(models.as_ref(), "haru").await, Some(state(2, "haru")));
    assert_eq!(keys(&models.rows(&list("todo")).await.unwrap()), ["new"]);
    models.drop_version(old).await.unwrap();
    let left = models.versions().await.unwrap();
    assert_eq!(left, [ModelVersion { version: new, code: 8, active: true }]);
    assert_eq!(models.states(old, &[stream("haru")]).await.unwrap(), [None]);
    assert_eq!(models.rows_of(old, &"haru".parse().unwrap()).await.unwrap(), []);
    assert_eq!(models.checkpoints(old).await.unwrap(), []);
    models.drop_version(old).await.unwrap();
}

fn seqs(page: &Page) -> Vec<Seq> {
    page.events.iter().map(|event| event.header.seq).collect()
}

/// 4
pub async fn a_question_about_now_finds_the_state_and_what_came_since(store: &dyn Fixture) {
    let (models, case) = (store.models(), Case::on(store.log()));
    let none = Page { events: Vec::new(), is_last: true };
    let nothing = Now { head: 0, state: None, tail: none.clone(), registry: none };
    assert_eq!(models.now(&stream("haru"), 0).await.unwrap(), nothing);
    let streams = ["person/haru", "person/aki", "registry", "person/haru-2"];
    for n in 0..12 {
        case.append(numbered(streams[n as usize % 4], n)).await;
    }
    let version = active(models.as_ref()).await;
    let found = async |registry_after| {
        let now = models.now(&stream("haru"), registry_after).await.unwrap();
        assert_eq!((now.head, now.tail.is_last, now.registry.is_last), (12, true, true));
        (now.state.map(|state| state.stream_seq), seqs(&now.tail), seqs(&now.registry))
    };
    assert_eq!(found(0).await, (None, vec![1, 5, 9], vec![3, 7, 11]));
    for (stands_at, tail) in [(0, vec![1, 5, 9]), (1, vec![1, 5, 9]), (2, vec![5, 9]), (3, vec![9])] {
        models.commit(version, &[], &[write("haru", stands_at, None)]).await.unwrap();
        assert_eq!(found(2).await, (Some(stands_at), tail, vec![11]));
    }
    // Of a log that was put back.
    models.commit(version, &[], &[write("haru", 4, None)]).await.unwrap();
    assert_eq!(found(9).await, (Some(4), vec![], vec![]));
}

/// 4
pub async fn a_question_about_now_keeps_its_bounds(store: &dyn Fixture) {
    let (models, case) = (store.models(), Case::on(store.log()));
    let most = SMALL_PAGE_EVENTS_MAX as u64;
    case.fill("person/haru", most + 1).await;
    case.fill("registry", most + 1).await;
    let lengths = async |registry_after| {
        let Now { tail, registry, .. } = models.now(&stream("haru"), registry_after).await.unwrap();
        [(tail.events.len(), tail.is_last), (registry.events.len(), registry.is_last)]
    };
    assert_eq!(lengths(0).await, [(SMALL_PAGE_EVENTS_MAX, false), (SMALL_PAGE_EVENTS_MAX, false)]);
    let version = active(models.as_ref()).await;
    models.commit(version, &[], &[write("haru", 3, None)]).await.unwrap();
    assert_eq!(lengths(2).await, [(SMALL_PAGE_EVENTS_MAX - 1, true), (SMALL_PAGE_EVENTS_MAX - 1, true)]);
}

/// 4
pub async fn a_question_about_now_sees_one_moment(store: &dyn Fixture) {
    const EVENTS: u64 = 200;
    let (models, case) = (store.models(), Case::on(store.log()));
    let version = active(models.as_ref()).await;
    let writing = store.models();
    let written = tokio::spawn(async move {
        for n in 0..EVENTS {
            case.append(numbered(["person/haru", "registry"][n as usize % 2], n)).await;
            let states = [write("haru", n / 2 + 1, None)];
            writing.commit(version, &[], &states).await.unwrap();
        }
    });
    let mut head = 0;
    while head < EVENTS {
        let now = models.now(&stream("haru"), 0).await.unwrap();
        assert!(now.head >= head, "{} after {head}", now.head);
        head = now.head;
        assert!(seqs(&now.tail).iter().chain(&seqs(&now.registry)).all(|seq| *seq <= head));
        // All that stands in the registry up to the head, as far as a page goes.
        assert_eq!(now.registry.events.len(), SMALL_PAGE_EVENTS_MAX.min(head as usize / 2));
        if let Some(state) = now.state {
            let first = now.tail.events.first().map(|event| event.header.stream_seq);
            assert_eq!(first, Some(state.stream_seq), "a state is never ahead of the log beside it");
        }
    }
    written.await.unwrap();
}

/// States in the order asked for, and in the order of their names.
pub async fn states_are_paged_in_order(store: &dyn Fixture) {
    let models = store.models();
    let version = models.create(7).await.unwrap();
    let writes: Vec<_> = ["c", "a", "b", "B"].into_iter().zip(1..).map(|(p, n)| write(p, n, None)).collect();
    models.commit(version, &[], &writes).await.unwrap();
    let asked = models.states(version, &[stream("b"), stream("x"), stream("c")]).await.unwrap();
    assert_eq!(asked, [Some(state(3, "b")), None, Some(state(1, "c"))]);
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page = models.states_from(version, after.as_ref(), 3).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        names.extend(page.into_iter().map(|(stream, _)| stream.to_string()));
    }
    assert_eq!(names, ["person/B", "person/a", "person/b", "person/c"]);
}

/// Lists.
pub async fn a_list_has_a_stable_cursor(store: &dyn Fixture) {
    let models = store.models();
    let version = active(models.as_ref()).await;
    let of = |key: &str, organisation: &str| WorkRow {
        organisation: Some(organisation.to_owned()),
        ..row("todo", key, "haru")
    };
    let rows =
        vec![of("5", "a"), of("1", "a"), of("3", "b"), row("todo", "2", "haru"), row("other", "1", "haru")];
    models.commit(version, &[], &[write("haru", 1, Some(rows.clone()))]).await.unwrap();
    let first = models.rows(&RowQuery { limit: 2, ..list("todo") }).await.unwrap();
    assert_eq!(first, [rows[1].clone(), rows[3].clone()]);
    // What comes before the cursor in the meantime does not move what stands behind it.
    models.commit(version, &[], &[write("aki", 1, Some(vec![row("todo", "0", "aki")]))]).await.unwrap();
    let after = |key: &str| RowQuery { after: Some(key.to_owned()), ..list("todo") };
    assert_eq!(keys(&models.rows(&after("2")).await.unwrap()), ["3", "5"]);
    assert_eq!(keys(&models.rows(&after("5")).await.unwrap()), Vec::<&str>::new());
    let of_a = RowQuery { organisation: Some("a".to_owned()), ..list("todo") };
    assert_eq!(keys(&models.rows(&of_a).await.unwrap()), ["1", "5"]);
    assert_eq!(keys(&models.rows(&RowQuery { after: Some("1".to_owned()), ..of_a }).await.unwrap()), ["5"]);
}

/// Lists on a day.
pub async fn a_list_shows_what_holds_on_a_day(store: &dyn Fixture) {
    let models = store.models();
    let version = active(models.as_ref()).await;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let holds = |key: &str, from: Option<&str>, to: Option<&str>| WorkRow {
        due_from: from.map(day),
        due_to: to.map(day),
        organisation: Some("a".to_owned()),
        ..row("todo", key, "haru")
    };
    let rows = vec![
        holds("always", None, None),
        holds("from", Some("2025-04-02"), None),
        holds("one day", Some("2025-04-01"), Some("2025-04-01")),
        holds("until", None, Some("2025-03-31")),
        WorkRow { due_from: Some(NaiveDate::MIN), due_to: Some(NaiveDate::MIN), ..holds("xxx", None, None) },
        WorkRow { due_from: Some(NaiveDate::MAX), ..holds("yyy", None, None) },
    ];
    models.commit(version, &[], &[write("haru", 1, Some(rows.clone()))]).await.unwrap();
    for organisation in [None, Some("a".to_owned())] {
        let on =
            |text: &str| RowQuery { on: Some(day(text)), organisation: organisation.clone(), ..list("todo") };
        assert_eq!(keys(&models.rows(&on("2025-03-31")).await.unwrap()), ["always", "until"]);
        assert_eq!(keys(&models.rows(&on("2025-04-01")).await.unwrap()), ["always", "one day"]);
        assert_eq!(keys(&models.rows(&on("2025-04-02")).await.unwrap()), ["always", "from"]);
        // The first and the last day that there is.
        let on = |day| RowQuery { on: Some(day), organisation: organisation.clone(), ..list("todo") };
        assert_eq!(keys(&models.rows(&on(NaiveDate::MIN)).await.unwrap()), ["always", "until", "xxx"]);
        assert_eq!(keys(&models.rows(&on(NaiveDate::MAX)).await.unwrap()), ["always", "from", "yyy"]);
    }
    assert_eq!(models.rows(&list("todo")).await.unwrap(), rows);
}

/// Rows of one person.
pub async fn the_rows_of_a_person_are_replaced_as_a_whole(store: &dyn Fixture) {
    let models = store.models();
    let version = active(models.as_ref()).await;
    let haru = "haru".parse().unwrap();
    let rows = vec![row("a", "1", "haru"), row("a", "2", "haru"), row("b", "1", "haru")];
    models.commit(version, &[], &[write("haru", 1, Some(rows.clone()))]).await.unwrap();
    assert_eq!(models.rows_of(version, &haru).await.unwrap(), rows);
    models.commit(version, &[], &[write("haru", 2, None)]).await.unwrap();
    assert_eq!(models.rows_of(version, &haru).await.unwrap(), rows);
    // A key goes to another person in one page.
    let page = [
        write("aki", 1, Some(vec![row("a", "1", "aki")])),
        write("haru", 3, Some(vec![row("a", "2", "haru")])),
    ];
    models.commit(version, &[], &page).await.unwrap();
    assert_eq!(models.rows_of(version, &haru).await.unwrap(), [row("a", "2", "haru")]);
    assert_eq!(keys(&models.rows(&list("a")).await.unwrap()), ["1", "2"]);
    models.commit(version, &[], &[write("haru", 4, Some(vec![]))]).await.unwrap();
    assert_eq!(models.rows_of(version, &haru).await.unwrap(), []);
}
