//! The rows of the engine's table.

mod append;
mod bus;
mod http;
mod relay;
mod visible;

use crate::row::Row;

/// All of them, in the table's order.
pub(crate) fn rows() -> Vec<Row> {
    vec![
        append::by_one(),
        append::by_eight(),
        append::by_thirty_two(),
        visible::to_one(),
        visible::to_eight(),
        bus::latency(),
        bus::under_load(),
        relay::into_jetstream(),
        http::single_events(),
    ]
}
