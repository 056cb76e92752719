//! Two projectors that both believe in the same parts.

use super::{address, role, store, whole};
use crate::support::place::blocking;
use crate::support::process::{Load, Store, until};

/// Whether every part was moved up to here.
fn projected_beyond(store: &Store, seq: u64) -> bool {
    blocking(async {
        let store = store.open().await;
        let versions = store.versions().await.unwrap();
        let active = versions.iter().find(|version| version.active).expect("read models").version;
        store.checkpoints(active).await.unwrap().iter().all(|checkpoint| checkpoint.seq >= seq)
    })
}

#[test]
fn a_projector_that_slept_beyond_its_leases_does_no_harm() {
    let store = store();
    let mut api = role(&store, "api,relay");
    let mut projectors = [role(&store, "project"), role(&store, "project")];
    let load = Load::start(&store, "leases", &vec![address(&api); 3]);
    for round in 0..4 {
        load.go_on(60);
        let asleep = &projectors[round % 2];
        asleep.process.signal("STOP");
        load.go_on(60);
        // The other one has all parts then, and this one still believes in its own.
        let head = load.acknowledged();
        until("the other one takes over", || projected_beyond(&store, head).then_some(()));
        asleep.process.signal("CONT");
    }
    load.go_on(60);
    let history = load.finish();
    whole(&store, &api, &history);
    for projector in &mut projectors {
        projector.stop();
    }
    whole(&store, &api, &history);
    api.stop();
}
