//! The scenario files: every line can be published as it stands, in the order in which it stands.

use banso_domain::{Case, CaseEvent, Entry, Propose, Registry, RegistryEvent, resolve};
use banso_kernel::{CloudEvent, EventId, Proposal, StreamId};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::test::TestFramework;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

const HARU: &str = include_str!("../scenarios/haru.jsonl");

#[test]
fn every_line_is_an_event_whose_payload_reads_strictly() {
    let haru = Scenario::read(HARU);
    assert_eq!(haru.registry.len() + haru.case.len(), HARU.lines().count());
    assert!(HARU.ends_with('\n') && !HARU.contains('\r'));
}

#[test]
fn no_two_lines_have_the_same_id() {
    let ids: BTreeSet<EventId> = proposals(HARU).iter().map(|proposal| proposal.event_id).collect();
    assert_eq!(ids.len(), HARU.lines().count());
}

#[test]
fn dates_refer_only_to_earlier_lines_of_the_same_person() {
    let mut earlier = BTreeSet::new();
    for proposal in proposals(HARU) {
        if let Some(anchor) = proposal.occurred.and_then(|when| when.anchor()) {
            assert!(earlier.contains(&(proposal.stream.clone(), anchor)), "{}", proposal.id);
        }
        earlier.insert((proposal.stream, proposal.event_id));
    }
}

#[test]
fn the_lines_stand_in_the_order_in_which_things_happened() {
    let entries = Scenario::read(HARU).case;
    let happened: Vec<u64> = resolve(&entries).facts.iter().map(|fact| fact.first.seq).collect();
    let recorded: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(happened, recorded);
}

#[test]
fn whoever_acts_or_records_is_registered_in_that_role() {
    let mut orgs = BTreeSet::new();
    let mut actors = BTreeMap::new();
    for proposal in proposals(HARU) {
        let data: Value = read_json(&proposal.id, std::str::from_utf8(&proposal.body).expect("UTF-8"));
        if proposal.stream == StreamId::Registry {
            match text(&data, "actor") {
                None => assert!(orgs.insert(text(&data, "org"))),
                Some(actor) => {
                    assert!(orgs.contains(&text(&data, "org")), "{}", proposal.id);
                    actors.insert((Some(actor), text(&data, "org")), data["role"].clone());
                }
            }
            continue;
        }
        let recorder = (Some(proposal.actor.actor.to_string()), Some(proposal.actor.org.to_string()));
        assert!(actors.contains_key(&recorder), "{}: {recorder:?}", proposal.id);
        for_each_object(&data, &mut |object| {
            let (actor, org) = (text(object, "actor"), text(object, "org"));
            assert!(org.is_none() || orgs.contains(&org), "{}: {org:?}", proposal.id);
            if actor.is_some() {
                assert_eq!(actors.get(&(actor, org)), Some(&object["role"]), "{}", proposal.id);
            }
        });
    }
}

#[test]
fn haru_is_admitted_line_by_line_and_only_the_second_report_of_an_answer_repeats() {
    let haru = Scenario::read(HARU);
    let mut registered = Vec::new();
    for entry in haru.registry {
        let enrol = Propose { owner: "registry".into(), entry: entry.clone() };
        let admitted =
            TestFramework::<Registry>::with(()).given(registered.clone()).when(enrol).inspect_result();
        registered.push(only(entry.event_id, admitted));
    }
    let mut recorded = Vec::new();
    for entry in haru.case {
        let propose = Propose { owner: "haru".into(), entry: entry.clone() };
        let admitted = TestFramework::<Case>::with(()).given(recorded.clone()).when(propose).inspect_result();
        recorded.push(only(entry.event_id, admitted));
    }

    let said_first = EventId::of("https://d-hoken.example", "haru-04-r1-accepted");
    let said_again = EventId::of("https://hokenjo.example", "haru-04-r1-accepted-too");
    let repeats: Vec<_> =
        recorded.iter().filter_map(|entry| Some((entry.event_id, entry.repeats?))).collect();
    assert_eq!(repeats, [(said_again, said_first)]);
    assert!(registered.iter().all(|entry| entry.repeats.is_none()));
}

/// A scenario, decoded, as the log would have it.
struct Scenario {
    registry: Vec<Entry<RegistryEvent>>,
    case: Vec<Entry<CaseEvent>>,
}

impl Scenario {
    fn read(file: &str) -> Self {
        let mut scenario = Scenario { registry: Vec::new(), case: Vec::new() };
        for (at, proposal) in proposals(file).into_iter().enumerate() {
            let seq = at as u64 + 1;
            let (id, event_type, body) = (&proposal.id, &proposal.event_type, &proposal.body);
            match &proposal.stream {
                StreamId::Registry => {
                    let event = must(id, RegistryEvent::read(event_type, body));
                    let stream_seq = scenario.registry.len() as u64 + 1;
                    scenario.registry.push(entry(&proposal, seq, stream_seq, event));
                }
                StreamId::Person(person) => {
                    assert_eq!(person.as_str(), "haru", "{id}");
                    let event = must(id, CaseEvent::read(event_type, body));
                    let stream_seq = scenario.case.len() as u64 + 1;
                    scenario.case.push(entry(&proposal, seq, stream_seq, event));
                }
                StreamId::Zone(_) => panic!("{id}: the scenario has no zone"),
            }
        }
        scenario
    }
}

fn entry<E>(proposal: &Proposal, seq: u64, stream_seq: u64, event: E) -> Entry<E> {
    Entry {
        event_id: proposal.event_id,
        seq,
        stream_seq,
        recorded_at: published_at() + TimeDelta::seconds(seq as i64),
        occurred: proposal.occurred,
        actor: proposal.actor.clone(),
        corrects: proposal.corrects,
        repeats: None,
        event: Arc::new(event),
    }
}

/// No thing of a scenario happens later than this.
fn published_at() -> DateTime<Utc> {
    must("published_at", "2026-01-01T00:00:00Z".parse())
}

/// What the HTTP door makes of the lines in structured mode: attributes by name, the data's bytes as they are.
fn proposals(file: &str) -> Vec<Proposal> {
    file.lines().enumerate().map(|(at, line)| proposal(at + 1, line)).collect()
}

fn proposal(number: usize, line: &str) -> Proposal {
    let what = format!("line {number}");
    let mut fields: BTreeMap<String, &RawValue> = read_json(&what, line);
    let data = fields.remove("data").map_or("", RawValue::get);
    let attributes = fields
        .into_iter()
        .map(|(name, value)| {
            let value = read_json(&format!("{what}: {name}"), value.get());
            (name, value)
        })
        .collect();
    let event = CloudEvent { attributes, data: Bytes::copy_from_slice(data.as_bytes()) };
    must(&what, event.into_proposal(published_at()))
}

fn read_json<'a, T: serde::Deserialize<'a>>(what: &str, json: &'a str) -> T {
    must(what, serde_json::from_str(json))
}

fn text(object: &Value, field: &str) -> Option<String> {
    object.get(field).and_then(Value::as_str).map(str::to_owned)
}

fn for_each_object(value: &Value, look: &mut impl FnMut(&Value)) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        Value::Array(items) => items.iter().for_each(|item| for_each_object(item, look)),
        Value::Object(fields) => {
            look(value);
            fields.values().for_each(|field| for_each_object(field, look));
        }
    }
}

#[track_caller]
fn only<E, R: Debug>(event: EventId, admitted: Result<Vec<Entry<E>>, R>) -> Entry<E> {
    let mut admitted = must(&event.to_string(), admitted);
    assert_eq!(admitted.len(), 1, "{event}");
    admitted.remove(0)
}

#[track_caller]
fn must<T, E: Debug>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}
