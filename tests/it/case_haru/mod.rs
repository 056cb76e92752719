//! ハルさん's case (tests/scenarios/haru.jsonl) through the HTTP door, and all that must be seen of it.

mod as_of;
mod assertions;
mod changes;
mod versions;
mod views;

use crate::support::event::Event;
use crate::support::server::{Server, time};
use banso_kernel::ManualClock;
use serde_json::Value;
use std::sync::Arc;

const HARU: &str = include_str!("../../scenarios/haru.jsonl");

/// A server that was told the case, and its clock.
struct Told {
    server: Server,
    clock: Arc<ManualClock>,
}

fn lines() -> Vec<Event> {
    HARU.lines().map(Event::read).collect()
}

/// The case line by line, each at the time at which its publisher wrote it down.
fn told() -> Told {
    let clock = Arc::new(ManualClock::at(time("2025-01-01T00:00:00Z")));
    let server = Server::told(&clock, &lines());
    Told { server, clock }
}

/// The line with this id.
fn line(id: &str) -> Event {
    let found = lines().into_iter().find(|line| line.text("id") == id);
    found.unwrap_or_else(|| panic!("the case has no line {id}"))
}

/// The position of a line in the log when the case is told line by line.
fn seq(id: &str) -> u64 {
    let place = lines().iter().position(|line| line.text("id") == id);
    place.unwrap_or_else(|| panic!("the case has no line {id}")) as u64 + 1
}

impl Told {
    fn haru(&self, view: &str) -> Value {
        self.server.json(&format!("/v1/persons/haru/{view}"))
    }
}

/// A value without the members of these names, however deep.
fn without(mut value: Value, names: &[&str]) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !names.contains(&name.as_str()));
            for field in fields.values_mut() {
                *field = without(field.take(), names);
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without(item.take(), names);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}

/// The texts at a path of members through all lists.
fn texts<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a str> {
    match (path, value) {
        (_, Value::Array(items)) => items.iter().flat_map(|item| texts(item, path)).collect(),
        ([], Value::String(text)) => vec![text],
        ([name, rest @ ..], Value::Object(fields)) => {
            fields.get(*name).map(|field| texts(field, rest)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
