//! The rows of the engine's table.

mod append;
mod batch;
mod bus;
mod http;
mod late;
mod person;
pub(crate) mod processes;
pub(crate) mod rebuild;
mod relay;
mod replay;
mod sqlite;
mod visible;

use crate::row::Row;

/// All of them, in the table's order.
pub(crate) fn rows() -> Vec<Row> {
    vec![
        append::by_one(),
        append::by_eight(),
        append::by_thirty_two(),
        processes::four(),
        batch::by_one(),
        batch::by_eight(),
        person::by_one(),
        replay::of_the_log(),
        rebuild::row(),
        late::row(),
        sqlite::by_one(),
        sqlite::by_thirty_two(),
        visible::to_one(),
        visible::to_eight(),
        bus::latency(),
        bus::under_load(),
        relay::into_jetstream(),
        http::single_events(),
    ]
}
