//! `GET /v1/persons/{id}/findings`: what a review would ask, by rule packs that came through the door like every event.

use crate::support::event::{Event, event};
use crate::support::server::{Server, time};
use banso_kernel::ManualClock;
use banso_log::Limits;
use serde_json::{Value, json};
use std::sync::Arc;

const FINDINGS: &str = "/v1/persons/haru/findings";

/// The pack that banso comes with.
const NATIONAL: &str = include_str!("../../ops/rules/national.toml");

fn activated(id: &str, content: &str) -> Event {
    event(id, "RulePackActivated", "registry", json!({"pack": "national", "content": content}))
}

fn mother_lost() -> Event {
    let data = json!({"relation": "mother", "label": "母", "change": "lost", "cause": "母が死去"});
    event("lost", "KeyPersonChanged", "person/haru", data).with("bansooccurred", "2025-04-01")
}

fn reassessed() -> Event {
    let consultant = json!({"org": "c-soudan"});
    let data = json!({"formulation": "haru:v1", "by": [consultant], "view": "まず関係作りが必要"});
    event("read", "FormulationRecorded", "person/haru", data).with("bansooccurred", "2025-04-20")
}

fn sentences(shown: &Value) -> Vec<&str> {
    let findings = shown["findings"].as_array().expect("findings");
    findings.iter().filter_map(|finding| finding["sentence"].as_str()).collect()
}

const QUESTION: &str = "お母さまが亡くなった後、アセスメントを見直した記録がありません。";

#[test]
fn a_finding_comes_with_the_rule_goes_with_what_satisfies_it_and_stays_where_it_was_known() {
    let server = Server::start();
    server.admit(&mother_lost());
    let before = server.json(FINDINGS);
    assert_eq!(before["heading"], "記録から確かめたいこと");
    assert!(sentences(&before).is_empty(), "no pack, no question: {before}");

    let pack = activated("pack", NATIONAL);
    let seq = server.admit(&pack)["seq"].as_u64().expect("a position");
    let shown = server.json(FINDINGS);
    assert_eq!(sentences(&shown), [QUESTION]);
    let finding = &shown["findings"][0];
    assert_eq!((&finding["rule"], &finding["verified"]), (&json!("R22"), &json!(false)));
    assert_eq!(finding["severity"], "確かめたいこと");
    assert_eq!(finding["basis"], json!([mother_lost().event_id()]));
    assert_eq!(server.get(FINDINGS).header("etag"), Some("\"1\""));
    // Within the days that the rule gives, nothing was to be asked.
    assert!(sentences(&server.json(&format!("{FINDINGS}?valid_at=2025-04-10"))).is_empty());

    server.admit(&reassessed());
    assert!(sentences(&server.json(FINDINGS)).is_empty());
    assert_eq!(sentences(&server.json(&format!("{FINDINGS}?known_at={seq}"))), [QUESTION]);
    assert_eq!(sentences(&server.json(&format!("{FINDINGS}?valid_at=2025-04-19"))), [QUESTION]);
    // Before the pack was known, nobody asked.
    assert!(sentences(&server.json(&format!("{FINDINGS}?known_at={}", seq - 1))).is_empty());

    assert_eq!(server.get("/v1/persons/nobody/findings").status, 404);
    assert_eq!(server.get(&format!("{FINDINGS}?known_at=yesterday")).status, 400);
    server.publish(&activated("wrong", "rule = 1")).problem(422, "refused");
    server.settle();
}

#[test]
fn without_a_day_what_has_passed_is_counted_up_to_today() {
    let clock = Arc::new(ManualClock::at(time("2025-04-10T00:00:00Z")));
    let server = Server::with(clock.clone(), Limits::default());
    server.admit(&activated("pack", NATIONAL));
    server.admit(&mother_lost());
    let shown = server.json(FINDINGS);
    assert_eq!(shown["day"], "2025-04-10");
    assert!(sentences(&shown).is_empty());
    clock.set(time("2025-04-16T00:00:00Z"));
    assert_eq!(sentences(&server.json(FINDINGS)), [QUESTION]);
}
