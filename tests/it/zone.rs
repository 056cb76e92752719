//! `GET /v1/zones/{id}/issues`: what a zone works on, published through the same doors as everything else.

use crate::support::event::{Event, event, retracted};
use crate::support::server::Server;
use serde_json::json;

const ISSUES: &str = "/v1/zones/area/issues";

fn extracted(id: &str, theme: &str) -> Event {
    let data = json!({"issue": format!("area:{id}"), "theme": theme, "source": "meeting", "cases": "few"});
    event(id, "RegionalIssueExtracted", "zone/area", data)
}

fn submitted(id: &str, issue: &str) -> Event {
    let data = json!({"issue": format!("area:{issue}"), "council": "kyogikai"});
    event(id, "IssueSubmitted", "zone/area", data)
}

/// The five issues of the 65歳女性.
const THEMES: [&str; 5] = [
    "在宅医療・介護との連携強化",
    "社会資源の開発",
    "家族支援",
    "こころのサポーター養成",
    "高齢長期入院者の受け皿",
];

#[test]
fn every_theme_stays_visible_though_all_come_from_one_case() {
    let server = Server::start();
    for (n, theme) in THEMES.iter().enumerate() {
        server.admit(&extracted(&format!("i{n}"), theme).with("bansooccurred", "2025-07-01"));
        server.admit(&submitted(&format!("s{n}"), &format!("i{n}")).with("bansooccurred", "2025-08-01"));
    }
    let answer = server.get(ISSUES);
    assert_eq!(answer.header("etag"), Some("\"10\""));
    let shown = answer.ok();
    let issues = shown["issues"].as_array().expect("issues");
    let themes: Vec<_> = issues.iter().filter_map(|issue| issue["theme"].as_str()).collect();
    assert_eq!(themes, THEMES);
    assert!(issues.iter().all(|issue| issue["cases"] == "少数" && issue["stage"] == "提出"), "{shown}");

    // As it was in July, and as it was known at first.
    let july = server.json(&format!("{ISSUES}?valid_at=2025-07-02"));
    assert!(
        july["issues"].as_array().expect("issues").iter().all(|issue| issue["stage"] == "整理"),
        "{july}"
    );
    let first = server.json(&format!("{ISSUES}?known_at=1"));
    assert_eq!(first["issues"].as_array().expect("issues").len(), 1);
    assert_eq!(server.get(&format!("{ISSUES}?valid_at=2025-01-01")).status, 404);
    assert_eq!(server.get("/v1/zones/nowhere/issues").status, 404);
    assert_eq!(server.get("/v1/zones/%E5%9C%8F/issues").status, 400);
    server.settle();
}

#[test]
fn a_zone_is_judged_like_a_person() {
    let server = Server::start();
    let issue = extracted("i1", "家族支援");
    let first = server.admit(&issue);
    // Again, by another recorder; corrected; taken back.
    let again = server.admit(&issue.clone().with("id", "again").with("bansoactor", "officer@city"));
    assert_eq!(again["repeats"], first["event_id"]);
    let corrected = extracted("i1", "家族の休息").with("id", "i1-again");
    let corrected = corrected.with("bansocorrects", issue.event_id());
    server.admit(&corrected);
    assert_eq!(server.json(ISSUES)["issues"][0]["theme"], "家族の休息");
    server.admit(&retracted("x", "back", &corrected.event_id()).with("subject", "zone/area"));
    assert_eq!(server.json(ISSUES)["issues"][0]["theme"], "家族支援");

    let of_somebody = extracted("i2", "受給者証0123456789の方の住まい");
    assert_eq!(server.publish(&of_somebody).problem(422, "refused")["rule"], "names-somebody");
    let elsewhere = extracted("i3", "住まい").with("subject", "zone/west");
    assert_eq!(server.publish(&elsewhere).problem(422, "refused")["rule"], "foreign-reference");
    // What is about a person is no event of a zone, and the other way round.
    for (subject, event) in [
        ("zone/area", crate::support::event::said("haru", "v", "はい")),
        ("person/haru", extracted("i4", "x")),
    ] {
        server.publish(&event.with("subject", subject)).problem(400, "malformed");
    }
    assert_eq!(server.head(), 4);
}
