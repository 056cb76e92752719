//! Two times: what was true then, and what was known then.

use super::{seq, texts, told, without};
use crate::support::event::{admitted, said};
use crate::support::server::Server;
use serde_json::json;

#[test]
fn a_position_and_the_time_of_its_record_are_the_same_knowledge() {
    let told = told();
    let drafted = seq("haru-16-plan-drafted");
    for view in ["plan", "team", "timeline", "events"] {
        let by_seq = told.haru(&format!("{view}?known_at={drafted}"));
        // 2025-06-26T17:30 in Tokyo.
        let by_time = told.haru(&format!("{view}?known_at=2025-06-26T08:30:00Z"));
        let by_offset = told.haru(&format!("{view}?known_at=2025-06-26T17:30:00%2B09:00"));
        assert_eq!(by_seq, by_time, "{view}");
        assert_eq!(by_seq, by_offset, "{view}");
        // As people type it: the plus sign of an address is a space.
        let as_typed = told.haru(&format!("{view}?known_at=2025-06-26T17:30:00+09:00"));
        assert_eq!(by_seq, as_typed, "{view}");
        assert_eq!(by_seq["as_of"]["known_seq"], drafted);
        let before = told.haru(&format!("{view}?known_at=2025-06-26T08:29:59Z"));
        assert_eq!(before["as_of"]["known_seq"], drafted - 1);
    }
    // A day is its end, in Tokyo: the last line of that day.
    let by_day = told.haru("team?known_at=2025-06-26");
    assert_eq!(by_day["as_of"]["known_seq"], seq("haru-18-meeting"));
}

#[test]
fn every_answer_says_what_it_rests_on() {
    let told = told();
    let head = told.server.head();
    for view in ["plan", "team", "timeline", "events"] {
        let now = told.haru(view);
        assert_eq!(now["as_of"], json!({"person": "haru", "known_seq": head, "stream_seq": head - 14}));
        let then = told.haru(&format!("{view}?valid_at=2025-07-31&known_at=60"));
        assert_eq!(then["as_of"]["known_seq"], 60);
        assert_eq!(then["as_of"]["stream_seq"], 46);
        assert_eq!(then["as_of"]["valid_at"], "2025-07-31T14:59:59.999999Z");
        // Beyond the log is its head.
        assert_eq!(
            told.haru(&format!("{view}?known_at=999999")),
            told.haru(&format!("{view}?known_at={head}"))
        );
        // The same question later gets the same answer.
        assert_eq!(then, told.haru(&format!("{view}?valid_at=2025-07-31&known_at=60")));
    }
}

#[test]
fn known_now_and_known_at_the_head_are_the_same() {
    let told = told();
    let head = told.server.head();
    for view in ["plan", "team", "timeline", "events"] {
        assert_eq!(told.haru(view), told.haru(&format!("{view}?known_at={head}")), "{view}");
        let future = told.haru(&format!("{view}?valid_at=2999-01-01"));
        assert_eq!(told.haru(view), without(future, &["valid_at"]), "{view}: the future means the latest");
    }
}

#[test]
fn the_events_of_a_time_are_those_whose_fact_may_have_happened_by_then() {
    let told = told();
    let ids = |query: &str| -> Vec<String> {
        let events = told.haru(&format!("events{query}"));
        texts(&events["events"], &["id"]).into_iter().map(str::to_owned).collect()
    };
    let all = ids("");
    let before = ids("?valid_at=2025-07-31");
    assert!(all.starts_with(&before), "the case is told in order");
    assert_eq!(all.get(before.len()).map(String::as_str), Some("haru-21-discharged"));
    assert_eq!(ids("?valid_at=2025-08-01"), all);
}

#[test]
fn of_a_person_nothing_is_known_before_the_first_record() {
    let told = told();
    for view in ["plan", "team", "timeline", "events"] {
        for path in [
            format!("/v1/persons/haru/{view}?known_at=0"),
            format!("/v1/persons/haru/{view}?known_at=14"),
            format!("/v1/persons/haru/{view}?known_at=2025-03-09"),
            format!("/v1/persons/nobody/{view}"),
        ] {
            let problem = told.server.get(&path).problem(404, "not-found");
            assert_eq!(problem["title"], "nothing is here");
        }
        told.haru(&format!("{view}?known_at=15"));
    }
}

#[test]
fn before_the_first_event_of_a_person_there_is_nothing_to_see() {
    let server = Server::start();
    server.admit(&admitted("haru", "1", "2025-04-01"));
    server.admit(&said("haru", "2", "はい").with("bansooccurred", "2025-05"));
    for view in ["plan", "team", "timeline", "events"] {
        let at = |day: &str| server.get(&format!("/v1/persons/haru/{view}?valid_at={day}"));
        at("2025-03-31").problem(404, "not-found");
        at("2025-03-31T14:59:59.999999Z").problem(404, "not-found");
        assert_eq!(at("2025-03-31T15:00:00Z").status, 200);
        assert_eq!(at("2025-04-01").status, 200);
    }
    // An event without a date may have happened at any time.
    server.admit(&said("haru", "3", "いいえ"));
    assert_eq!(server.get("/v1/persons/haru/timeline?valid_at=1900-01-01").status, 200);
}

#[test]
fn what_may_not_have_happened_yet_is_marked() {
    let server = Server::start();
    server.admit(&said("haru", "1", "はい").with("bansooccurred", "2025-04"));
    let uncertain = |day: &str| {
        let timeline = server.json(&format!("/v1/persons/haru/timeline?valid_at={day}"));
        timeline["rows"][0]["occurred"]["uncertain"] == true
    };
    assert!(uncertain("2025-04-01"));
    assert!(uncertain("2025-04-29"));
    assert!(!uncertain("2025-04-30"));
}

#[test]
fn a_question_that_cannot_be_read_is_malformed() {
    let told = told();
    for (query, pointer) in [
        ("valid_at=yesterday", "/valid_at"),
        ("valid_at=60", "/valid_at"),
        ("valid_at=2025-02-30", "/valid_at"),
        ("known_at=-1", "/known_at"),
        ("known_at=2025-04", "/known_at"),
        ("known_at=", "/known_at"),
        ("at=2025-04-01", ""),
        ("known_at=1&known_at=2", ""),
    ] {
        for view in ["plan", "team", "timeline", "events"] {
            let problem =
                told.server.get(&format!("/v1/persons/haru/{view}?{query}")).problem(400, "malformed");
            assert_eq!(problem["pointer"], pointer, "{query}");
        }
    }
    told.server.get("/v1/persons/%E3%83%8F%E3%83%AB/plan").problem(400, "malformed");
    told.server.get("/v1/persons/%ff/plan").problem(400, "malformed");
}
