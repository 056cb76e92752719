//! Two projectors that both believe in the same parts.

use super::{address, role, store, whole};
use crate::faults::killed::is_projected;
use crate::support::process::{Load, until};

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
        // The other one has all parts now, and this one still believes in its own.
        until("the other one takes over", || is_projected(&api).then_some(()));
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
