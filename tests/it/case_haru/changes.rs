//! Late facts, corrections and retractions: they change what is known from then on, never what was known.

use super::{Told, line, seq, told};
use crate::support::event::{event, retracted, said};
use serde_json::{Value, json};

const VIEWS: [&str; 4] = ["plan", "team", "timeline", "events"];

/// All answers about a state of the world.
fn answers(told: &Told, query: &str) -> Vec<Value> {
    VIEWS.iter().map(|view| told.haru(&format!("{view}?{query}"))).collect()
}

fn row<'a>(timeline: &'a Value, event_id: &str) -> &'a Value {
    let rows = timeline["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["event"] == event_id).expect("a row")
}

#[test]
fn a_late_fact_changes_the_past_but_not_what_was_known_then() {
    let told = told();
    let head = told.server.head();
    let then = answers(&told, &format!("valid_at=2025-04-30&known_at={head}"));

    // Recorded in December: a 訪問看護 had been on the team since 20 April.
    let joined = json!({
        "party": {"actor": {"actor": "nurse", "org": "houmon", "role": "visiting_nurse"}},
        "layer": "formal", "basis": "referral",
    });
    let late = event("late", "MemberJoined", "person/haru", joined)
        .with("time", "2025-12-01T09:00:00Z")
        .with("bansooccurred", "2025-04-20");
    told.server.tell(&told.clock, &late);

    let on_team = |query: &str| told.haru(&format!("team?{query}")).to_string().contains("houmon");
    assert!(on_team("valid_at=2025-04-30"), "the past has changed");
    assert!(!on_team("valid_at=2025-04-19"));
    assert!(!on_team("valid_at=2025-04-30&known_at=2025-11-30"), "what was known has not");
    assert!(on_team("valid_at=2025-04-30&known_at=2025-12-01"));
    assert_eq!(answers(&told, &format!("valid_at=2025-04-30&known_at={head}")), then);

    // On the timeline it stands where it happened, not where it was recorded.
    let timeline = told.haru("timeline");
    let rows = timeline["rows"].as_array().expect("rows");
    let place = |id: &str| rows.iter().position(|row| row["event"] == id).expect("a row");
    assert!(place(&line("haru-05-admitted").event_id()) < place(&late.event_id()));
    assert!(place(&late.event_id()) < place(&line("haru-13-transition-started").event_id()));
}

#[test]
fn a_correction_is_seen_on_the_timeline_and_changes_nothing_that_was_known() {
    let told = told();
    let head = told.server.head();
    let then = answers(&told, &format!("known_at={head}"));
    let voice = line("haru-09-voice");
    let correction = voice
        .clone()
        .with("id", "haru-09-voice-corrected")
        .with("time", "2025-12-01T09:00:00Z")
        .with("bansocorrects", voice.event_id())
        .without("bansooccurred")
        .with_data("/text", json!("時々来てくれるのはいいな"));
    told.server.tell(&told.clock, &correction);

    let now = told.haru("timeline");
    let corrected = row(&now, &voice.event_id());
    assert_eq!(corrected["corrected"], true);
    assert_eq!(corrected["detail"], "「時々来てくれるのはいいな」");
    assert_eq!(corrected["seq"], seq("haru-09-voice"), "it keeps its place");
    assert_eq!(corrected["changes"][0]["label"], "訂正");
    assert_eq!(corrected["changes"][0]["event"], correction.event_id());
    assert_eq!(answers(&told, &format!("known_at={head}")), then);

    // Taking the correction back restores what stood before it.
    let back = retracted("haru", "back", &correction.event_id()).with("time", "2025-12-02T09:00:00Z");
    told.server.tell(&told.clock, &back);
    let now = told.haru("timeline");
    let restored = row(&now, &voice.event_id());
    assert_eq!(restored["detail"], "「時々病院に来てくれて一緒に考えてくれることはいいな」");
    assert!(restored.get("corrected").is_none());
    assert_eq!(restored["changes"][0]["retracted"], true);
    let between = told.haru("timeline?known_at=2025-12-01");
    assert_eq!(row(&between, &voice.event_id()), corrected);
}

#[test]
fn a_corrected_date_moves_what_hangs_on_it() {
    let told = told();
    let head = told.server.head();
    let then = answers(&told, &format!("known_at={head}"));
    let admission = line("haru-05-admitted");
    let correction = admission
        .clone()
        .with("id", "haru-05-corrected")
        .with("time", "2025-12-01T09:00:00Z")
        .with("bansocorrects", admission.event_id())
        .with("bansooccurred", "2025-03-31");
    told.server.tell(&told.clock, &correction);
    let now = told.haru("timeline");
    let started = row(&now, &line("haru-13-transition-started").event_id());
    assert!(
        started["occurred"]["text"].as_str().is_some_and(|text| text.starts_with("2025-04-30")),
        "{started}"
    );
    assert_eq!(answers(&told, &format!("known_at={head}")), then);
}

#[test]
fn what_was_taken_back_stays_visible_and_no_longer_counts() {
    let told = told();
    let head = told.server.head();
    let then = answers(&told, &format!("known_at={head}"));
    let started = line("haru-22-day-care-started");
    let back = retracted("haru", "back", &started.event_id()).with("time", "2025-12-01T09:00:00Z");
    told.server.tell(&told.clock, &back);

    let now = told.haru("timeline");
    let row = row(&now, &started.event_id());
    assert_eq!(row["retracted"], true);
    assert_eq!(
        (&row["changes"][0]["label"], &row["changes"][0]["detail"]),
        (&json!("取り消し"), &json!("別の方の記録でした"))
    );
    assert!(!told.haru("team").to_string().contains("Bクリニック"));
    assert_eq!(answers(&told, &format!("known_at={head}")), then);
    assert!(told.haru(&format!("team?known_at={head}")).to_string().contains("Bクリニック"));
}

#[test]
fn a_person_of_whom_everything_was_taken_back_is_still_there() {
    let told = told();
    let only = said("aki", "1", "はい").with("time", "2025-12-01T09:00:00Z");
    told.server.tell(&told.clock, &only);
    let back = retracted("aki", "2", &only.event_id()).with("time", "2025-12-02T09:00:00Z");
    told.server.tell(&told.clock, &back);
    let timeline = told.server.json("/v1/persons/aki/timeline");
    assert_eq!(timeline["rows"][0]["retracted"], true);
    assert_eq!(told.server.json("/v1/persons/aki/plan")["plans"], json!([]));
}
