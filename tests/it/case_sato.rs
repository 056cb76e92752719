//! The start of 佐藤誠さん's case (tests/scenarios/sato.jsonl) through the HTTP door: all that the source tells.

use crate::support::event::{Event, event};
use crate::support::server::{Server, time};
use banso_kernel::ManualClock;
use serde_json::{Value, json};
use std::sync::Arc;

const SATO: &str = include_str!("../scenarios/sato.jsonl");
const NATIONAL: &str = include_str!("../../ops/rules/national.toml");

fn lines() -> Vec<Event> {
    SATO.lines().map(Event::read).collect()
}

/// The case line by line, each at the time at which its publisher wrote it down.
fn told() -> (Server, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(time("2025-01-01T00:00:00Z")));
    let server = Server::told(&clock, &lines());
    (server, clock)
}

fn sato(server: &Server, view: &str) -> Value {
    server.json(&format!("/v1/persons/sato/{view}"))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no {name}: {value}"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

#[test]
fn every_line_is_new_and_the_timeline_reads_as_the_source() {
    let timeline = sato(&told().0, "timeline");
    let rows = list(&timeline, "rows");
    assert_eq!(rows.len(), lines().iter().filter(|line| line.text("subject") == "person/sato").count());
    assert!(rows.iter().all(|row| row.get("repeats").is_none()), "nothing was told twice");
    let row = |row: &Value| {
        let detail = row["detail"].as_str().unwrap_or_default();
        format!("{} | {} | {detail}", text(&row["occurred"], "text"), text(row, "label"))
    };
    let shown: Vec<String> = rows.iter().map(row).collect();
    insta::assert_snapshot!("timeline", shown.join("\n"));
}

#[test]
fn the_consultation_is_urgent_and_who_came_is_not_recorded() {
    let (server, _) = told();
    let timeline = sato(&server, "timeline");
    let rows = list(&timeline, "rows");
    let consulted = rows.iter().find(|row| row["label"] == "相談受付").expect("the consultation");
    assert!(text(consulted, "detail").ends_with("（至急）"), "{consulted}");
    let page = server.get("/v1/events?type=ConsultationReceived");
    let events = page.lines();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["data"]["urgency"], "urgent");
    assert_eq!(events[0]["data"]["from"], json!(["not_recorded"]));
}

#[test]
fn there_is_no_plan_no_service_and_no_stay_in_hospital() {
    let (server, _) = told();
    assert_eq!(sato(&server, "plan")["plans"], json!([]));
    let timeline = sato(&server, "timeline");
    let tracks: Vec<(&str, Vec<&str>)> = list(&timeline, "tracks")
        .iter()
        .map(|track| {
            let labels = list(track, "intervals").iter().map(|interval| text(interval, "label")).collect();
            (text(track, "label"), labels)
        })
        .collect();
    // It is the mother who is to go to hospital.
    let expected = [("暮らしの場", vec![]), ("支援の段階", vec!["相談・把握"]), ("利用中の制度", vec![])];
    assert_eq!(tracks, expected);
}

#[test]
fn nobody_supports_him_yet_and_the_mother_no_longer_can() {
    let (server, _) = told();
    let team = sato(&server, "team");
    let names: Vec<&str> = list(&team, "layers")
        .iter()
        .flat_map(|layer| list(layer, "members"))
        .map(|member| text(&member["who"], "name"))
        .collect();
    assert_eq!(names, ["本人"]);
    assert_eq!(team["former"], json!([]));
}

#[test]
fn a_new_look_at_the_assessment_is_asked_for() {
    let (server, clock) = told();
    let pack = json!({"pack": "national", "content": NATIONAL});
    server.admit(&event("pack", "RulePackActivated", "registry", pack));
    // Nobody knows since when the mother is ill: the question does not wait for the days that the rule gives.
    clock.set(time("2025-04-02T00:00:00Z"));
    let shown = sato(&server, "findings");
    let findings = list(&shown, "findings");
    let asked: Vec<(&str, &str)> =
        findings.iter().map(|finding| (text(finding, "rule"), text(finding, "sentence"))).collect();
    let sentence = "お母さまが支えられなくなった後、アセスメントを見直した記録がありません。";
    assert_eq!(asked, [("R22", sentence)]);
    let ill = lines().into_iter().find(|line| line.text("id") == "sato-01-mother-ill").expect("the line");
    assert_eq!(findings[0]["basis"], json!([ill.event_id()]));
}
