//! kill -9 of each role, while the others work.

use super::over_nats::{Order, OverNats};
use super::{address, joined, role, store, whole};
use crate::support::process::{Load, Server};

/// How often each process is killed.
const ROUNDS: usize = 2;

fn killed_in_turn(roles: &[&str]) {
    let mut store = store();
    let mut servers: Vec<Server> = roles.iter().map(|roles| role(&store, roles)).collect();
    let address = address(&servers[0]);
    let load = Load::start(&store, "roles", &vec![address.clone(); 3]);
    let over_nats = OverNats::start(&mut store, Order::Kept);
    for _ in 0..ROUNDS {
        for (n, roles) in roles.iter().enumerate() {
            load.go_on(60);
            over_nats.go_on(10);
            servers[n].process.kill();
            over_nats.go_on(10);
            if n > 0 {
                load.go_on(60);
            }
            servers[n] = role(&store, roles);
            address.lock().unwrap().clone_from(&servers[0].url);
        }
    }
    load.go_on(60);
    over_nats.go_on(10);
    let told = over_nats.finish(&mut store);
    assert!(told.events.values().all(|(admitted, _)| *admitted == 1), "{:?}", told.events);
    let history = joined(&store, &[load.finish(), told.history]);
    whole(&store, &servers[0], &history);
    for server in &mut servers {
        server.stop();
    }
}

#[test]
fn each_role_killed_under_load_goes_on_where_it_stood() {
    killed_in_turn(&["api", "intake", "relay", "project"]);
}

#[test]
fn a_process_that_does_everything_killed_under_load_goes_on_where_it_stood() {
    killed_in_turn(&["api,intake,relay,project"]);
}
