//! Several processes on one store share the parts.

use super::fixture::Fixture;
use crate::App;
use crate::share::{Share, group_of, part_names};
use banso_kernel::{Part, SystemClock, SystemIds};
use banso_log::{Leases, Limits, Log, Models};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const PERSONS: [&str; 12] =
    ["haru", "aki", "natsu", "fuyu", "sora", "umi", "yama", "kawa", "mori", "hana", "kaze", "hoshi"];

async fn process(fixture: &Fixture) -> App {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    App::open_sqlite(fixture.path(), clock, ids, Limits::default()).await.unwrap()
}

/// Which parts somebody moved up to the head.
async fn at_head(fixture: &Fixture) -> BTreeSet<u8> {
    let head = fixture.store.head().await.unwrap();
    let checkpoints = fixture.checkpoints(fixture.active().await).await;
    Part::all().map(Part::number).filter(|part| checkpoints[usize::from(*part)] == head).collect()
}

async fn until(fixture: &Fixture, parts: usize) {
    while at_head(fixture).await.len() != parts {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_process_leaves_what_another_one_holds_and_takes_it_when_that_one_is_gone() {
    let fixture = Fixture::new();
    let ghosts: Vec<String> = (0..20u8).map(|part| part.to_string()).collect();
    // Somebody who renews as long as he lives.
    let renew = |time| {
        let (store, ghosts) = (fixture.store.clone(), ghosts.clone());
        let group = group_of("project", &part_names());
        async move { store.renew(&group, "!ghost", &ghosts, time).await.unwrap() }
    };
    renew(Duration::from_secs(600)).await;
    let app = process(&fixture).await;
    fixture.facts(&PERSONS).await;
    // The ghost is the first of two in their order, so this one wants the 32 odd parts; the ghost has 10 of
    // them.
    let wanted = 32 - 10;
    until(&fixture, wanted).await;
    assert!(at_head(&fixture).await.iter().all(|part| *part >= 20 && part % 2 == 1));
    renew(Duration::ZERO).await;
    until(&fixture, 64).await;
    fixture.audited().await;
    app.stop().await;
}

#[tokio::test]
async fn a_process_that_is_not_able_to_work_keeps_nobody_else_from_it() {
    let fixture = Fixture::new();
    let names = || vec!["one".to_owned(), "two".to_owned()];
    let all: BTreeSet<String> = names().into_iter().collect();
    let (say, able) = tokio::sync::watch::channel(true);
    let one = Share::join_while(able, fixture.store.clone(), &SystemIds, "work", names());
    let other = Share::join(fixture.store.clone(), &SystemIds, "work", names());
    let (mut sometimes, mut always) = (one.held(), other.held());
    for _ in 0..2 {
        sometimes.wait_for(|held| held.len() == 1).await.unwrap();
        always.wait_for(|held| held.len() == 1).await.unwrap();
        say.send_replace(false);
        sometimes.wait_for(BTreeSet::is_empty).await.unwrap();
        always.wait_for(|held| *held == all).await.unwrap();
        say.send_replace(true);
    }
    one.leave().await;
    other.leave().await;
}

#[tokio::test]
async fn processes_come_and_go_and_every_part_is_projected_to_the_end() {
    let fixture = Fixture::new();
    let one = process(&fixture).await;
    fixture.facts(&PERSONS).await;
    let two = process(&fixture).await;
    fixture.facts(&PERSONS).await;
    let three = process(&fixture).await;
    fixture.facts(&PERSONS).await;
    until(&fixture, 64).await;
    one.stop().await;
    fixture.facts(&PERSONS).await;
    until(&fixture, 64).await;
    two.stop().await;
    three.stop().await;
    let version = fixture.active().await;
    let head = fixture.store.head().await.unwrap();
    let checkpoints = fixture.store.checkpoints(version).await.unwrap();
    assert!(checkpoints.iter().all(|checkpoint| checkpoint.seq == head), "{checkpoints:?}");
    fixture.audited().await;
}

#[tokio::test]
async fn what_only_one_process_knows_of_is_done_by_that_one() {
    let fixture = Fixture::new();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let join = |known| Share::join(fixture.store.clone(), &SystemIds, "intake", names(known));
    // Whichever of them comes first in the order of their names.
    let shares = [&["clinic"][..], &["hospital"], &["city", "ward"]].map(|known| (known, join(known)));
    for (known, share) in &shares {
        let all: BTreeSet<String> = names(known).into_iter().collect();
        let held = async { share.held().wait_for(|held| *held == all).await.map(|held| held.len()) };
        let held = tokio::time::timeout(Duration::from_secs(20), held).await;
        assert_eq!(held.expect("in time").unwrap(), known.len());
    }
    for (_, share) in shares {
        share.leave().await;
    }
}
