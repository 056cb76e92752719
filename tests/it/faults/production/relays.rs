//! Two relays at once.

use super::{address, bus_end, measured, role, store, until_on_bus, whole};
use crate::support::process::{Load, Server, until};
use std::time::Instant;

const PUBLISHED: &str = "banso_relay_published_total{stream=\"BANSO_EVENTS\"}";

/// Which of two is the one that publishes.
fn publishing(relays: &[Server; 2]) -> usize {
    let before = [0, 1].map(|n| measured(&relays[n], PUBLISHED));
    until("one publishes", || (0..2).find(|n| measured(&relays[*n], PUBLISHED) > before[*n]))
}

/// A relay that stands still in the middle of its work publishes behind the other one's back when it wakes.
#[test]
fn when_the_relay_that_publishes_sleeps_the_other_takes_over_and_is_not_disturbed() {
    let mut store = store();
    let mut api = role(&store, "api,project");
    let mut relays = [role(&store, "relay"), role(&store, "relay")];
    let load = Load::start(&store, "sleeps", &vec![address(&api); 3]);
    for _ in 0..3 {
        load.go_on(50);
        let sleeps = publishing(&relays);
        relays[sleeps].process.signal("STOP");
        load.go_on(20);
        until_on_bus(&mut store, load.acknowledged());
        relays[sleeps].process.signal("CONT");
    }
    load.go_on(50);
    let history = load.finish();
    whole(&store, &api, &history);
    for relay in &mut relays {
        relay.stop();
    }
    api.stop();
}

#[test]
#[allow(clippy::print_stderr, reason = "a measurement, not a limit")]
fn when_the_relay_that_publishes_is_killed_the_other_takes_over() {
    let mut store = store();
    let mut api = role(&store, "api,project");
    let mut relays = [role(&store, "relay"), role(&store, "relay")];
    let load = Load::start(&store, "relays", &vec![address(&api); 3]);
    for _ in 0..3 {
        load.go_on(100);
        until_on_bus(&mut store, load.acknowledged());
        let dies = publishing(&relays);
        relays[dies].process.kill();
        let (killed, stands) = (Instant::now(), bus_end(&mut store));
        until("the other one publishes", || (bus_end(&mut store) > stands).then_some(()));
        eprintln!("taken over after {} ms", killed.elapsed().as_millis());
        load.go_on(50);
        relays[dies] = role(&store, "relay");
    }
    let history = load.finish();
    whole(&store, &api, &history);
    for relay in &mut relays {
        relay.stop();
    }
    api.stop();
}
