//! `POST /v1/events`: what a service that publishes can rely on.

mod anything;
mod crowded;
mod expected;
mod forms;
mod groups;
mod limits;
mod malformed;
mod once;
mod refused;
mod trial;

use crate::support::event::said;
use crate::support::server::{Answer, Server};

/// Sends what must not be recorded: nothing is, and nothing else is disturbed.
#[track_caller]
fn not_recorded(server: &Server, send: impl FnOnce() -> Answer) -> Answer {
    let before = server.head();
    let answer = send();
    assert_eq!(server.head(), before, "{}", answer.body);
    let next = server.admit(&said("aki", &format!("after-{before}"), &format!("{before}")));
    assert_eq!(next["seq"], before + 1, "{}", answer.body);
    answer
}
