//! PostgreSQL dies, or is restarted, under load.

use super::over_nats::{Order, OverNats};
use super::{address, joined, role, whole};
use crate::support::cluster::Cluster;
use crate::support::place::Place;
use crate::support::process::{Load, Server, Store, until};

fn goes_on_after(ends: &[fn(&mut Cluster)]) {
    let mut cluster = Cluster::start();
    let mut store = Store::in_production(Place::in_cluster(&cluster));
    // Two, so that both ways of appending are met.
    let mut servers = [Server::start(&store), role(&store, "api")];
    let addresses = servers.each_ref().map(address);
    let load = Load::start(&store, "postgres", &[addresses.clone(), addresses].concat());
    let over_nats = OverNats::start(&mut store, Order::Kept);
    for end in ends {
        load.go_on(100);
        end(&mut cluster);
        let unknown = load.unknown();
        until("publishers are told so", || (load.unknown() >= unknown + 4).then_some(()));
        assert_eq!(servers[0].get("/readyz").0, 503);
        assert_eq!(servers[0].get("/healthz").0, 200);
        over_nats.go_on(10);
        cluster.run();
        load.go_on(100);
    }
    until("it is ready", || (servers[0].get("/readyz").0 == 200).then_some(()));
    let told = over_nats.finish(&mut store);
    assert!(told.events.values().all(|(admitted, _)| *admitted == 1), "{:?}", told.events);
    let history = joined(&store, &[load.finish(), told.history]);
    whole(&store, &servers[0], &history);
    for server in &mut servers {
        server.stop();
    }
}

#[test]
fn postgresql_killed_under_load_loses_and_doubles_nothing() {
    goes_on_after(&[Cluster::kill, Cluster::kill]);
}

#[test]
fn postgresql_restarted_under_load_loses_and_doubles_nothing() {
    goes_on_after(&[Cluster::stop, Cluster::stop]);
}
