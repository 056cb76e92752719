//! What domain.md §2.1 says of the case: who is on the team when, who asked whom, what the plan holds.

use super::{Told, lines, seq, texts, told};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The names of all layers.
fn roster(team: &Value) -> BTreeSet<&str> {
    texts(team, &["layers", "members", "who", "name"]).into_iter().collect()
}

const BEFORE_ROW_6: [&str; 5] = [
    "本人",
    "民生委員@民生委員児童委員協議会",
    "保健師@D保健センター",
    "精神保健福祉士@保健所",
    "精神科病院",
];

#[test]
fn the_team_before_the_consultant_was_asked() {
    let told = told();
    let before = seq("haru-06-referral-r2") - 1;
    let team = told.haru(&format!("team?known_at={before}"));
    assert_eq!(roster(&team), BEFORE_ROW_6.into());
    // By what was true: on the day before the admission the hospital is not there yet.
    let team = told.haru("team?valid_at=2025-03-31");
    let without_hospital: BTreeSet<&str> =
        BEFORE_ROW_6.into_iter().filter(|name| *name != "精神科病院").collect();
    assert_eq!(roster(&team), without_hospital);
}

#[test]
fn the_team_in_the_end() {
    let told = told();
    let team = told.haru("team");
    let roster = roster(&team);
    for name in [
        "本人",
        "相談支援専門員@C相談支援事業所",
        "障害福祉担当@市 障害福祉担当課",
        "A居宅介護支援事業所",
        "Bクリニック",
        "C相談支援事業所",
        "保健師@D保健センター",
        "民生委員@民生委員児童委員協議会",
        // Nobody leaves because the source falls silent.
        "精神保健福祉士@保健所",
        "病院相談員（PSW）@精神科病院",
    ] {
        assert!(roster.contains(name), "{name}: {roster:?}");
    }
    assert_eq!(texts(&team["former"], &["who", "name"]), ["精神科病院"]);
    let community = &team["layers"][2];
    assert_eq!(community["label"], "地域");
    assert_eq!(texts(community, &["members", "who", "name"]), ["民生委員@民生委員児童委員協議会"]);
}

#[test]
fn the_second_referral_follows_from_the_first_and_the_visit_request_from_none() {
    let told = told();
    let page = told.server.get("/v1/events?type=ReferralMade");
    let chain: Vec<_> = page
        .lines()
        .iter()
        .map(|event| (event["data"]["referral"].clone(), event["data"]["parent"].clone()))
        .collect();
    assert_eq!(
        chain,
        [
            (json!("haru:r1"), Value::Null),
            (json!("haru:r2"), json!("haru:r1")),
            (json!("haru:r2b"), Value::Null),
        ]
    );
}

#[test]
fn no_plan_is_known_before_the_first_draft() {
    let told = told();
    let draft = seq("haru-11b-request-drafted");
    let plans = |at: u64| told.haru(&format!("plan?known_at={at}"))["plans"].clone();
    assert_eq!(plans(draft - 1), json!([]));
    assert_eq!(texts(&plans(draft), &["plan"]), ["haru:plan-transition-request"]);
}

fn plan(told: &Told) -> Value {
    let plans = told.haru("plan")["plans"].clone();
    let plan = plans.as_array().and_then(|plans| plans.iter().find(|plan| plan["plan"] == "haru:plan"));
    plan.expect("the plan in force").clone()
}

#[test]
fn every_need_has_somebody_who_helps_and_the_fourth_has_no_goal() {
    let told = told();
    let plan = plan(&told);
    assert_eq!(plan["stage"], "final");
    let items = plan["items"].as_array().expect("rows");
    assert_eq!(items.len(), 4);
    for (place, item) in items.iter().enumerate() {
        assert_eq!(item["priority"], place + 1);
        assert!(item["need"].as_str().is_some_and(|need| !need.is_empty()));
        assert_eq!((&item["due"], &item["evaluation"]), (&json!("1年"), &json!("3ケ月")));
        let services = item["services"].as_array().expect("services");
        let helped = services.iter().any(|service| {
            service["provider"]["name"].is_string() || service["supporter"]["name"].is_string()
        });
        assert!(helped, "{item}");
        assert_eq!(item["goal"] == "not_recorded", place == 3, "{item}");
    }
    assert_eq!(items[3]["services"][0]["supporter"]["role"], "民生委員");
    assert!(items[3]["services"][0].get("provider").is_none());
}

#[test]
fn what_has_no_day_and_hour_stands_below_the_grid() {
    let told = told();
    let week = plan(&told)["weekly"].clone();
    let unplaced = week["unplaced"].as_array().expect("what has no place in the grid");
    for (activity, text) in [("デイケア", "週3回（曜日"), ("ヘルパー", "週2回（曜日")] {
        let slot = unplaced.iter().find(|slot| slot["activity"] == activity).expect("below the grid");
        for unknown in ["days", "start", "end"] {
            assert_eq!(slot[unknown], "not_recorded", "{slot}");
        }
        assert!(slot["text"].as_str().is_some_and(|shown| shown.starts_with(text)), "{slot}");
        assert!(!texts(&week["grid"], &["activity"]).contains(&activity), "{week}");
    }
}

#[test]
fn the_second_report_of_the_acceptance_is_marked_as_a_repeat() {
    let told = told();
    let timeline = told.haru("timeline");
    let rows = timeline["rows"].as_array().expect("rows");
    let repeats: Vec<_> = rows.iter().filter(|row| row.get("repeats").is_some()).collect();
    assert_eq!(repeats.len(), 1);
    assert_eq!(repeats[0]["seq"], seq("haru-04-r1-accepted-too"));
    let first = rows.iter().find(|row| row["seq"] == seq("haru-04-r1-accepted")).expect("the first report");
    assert_eq!(repeats[0]["repeats"]["event"], first["event"]);
    assert_ne!(repeats[0]["recorder"], first["recorder"]);
}

#[test]
fn the_timeline_shows_every_event_unknown_dates_first() {
    let told = told();
    let timeline = told.haru("timeline");
    let rows = timeline["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), lines().iter().filter(|line| line.text("subject") == "person/haru").count());
    assert_eq!(rows[0]["occurred"]["precision"], "unknown");
    let labels = texts(&timeline["tracks"], &["label"]);
    assert_eq!(labels, ["暮らしの場", "支援の段階", "利用中の制度"]);
    assert_eq!(texts(&timeline["tracks"][0], &["intervals", "label"]), ["入院", "在宅"]);
    let mut rest = timeline["rows"].as_array().expect("rows").iter().map(|row| row["seq"].as_u64());
    assert!(rest.all(|seq| seq.is_some()));
}
