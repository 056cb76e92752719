//! The 65歳女性 (domain.md §2.2): a stay of five years ends by one sentence of the sister, without any plan.

use crate::support::event::{Event, event};
use crate::support::server::{Server, time};
use banso_kernel::ManualClock;
use chrono::{Months, NaiveDate};
use serde_json::{Value, json};
use std::sync::Arc;

const WOMAN65: &str = include_str!("../scenarios/woman65.jsonl");
const NATIONAL: &str = include_str!("../../ops/rules/national.toml");

/// The case line by line, each at the time at which its publisher wrote it down; no line repeats another.
fn told() -> Server {
    let clock = Arc::new(ManualClock::at(time("2024-12-01T00:00:00Z")));
    let server = Server::told(&clock, []);
    for line in WOMAN65.lines().map(Event::read) {
        let receipt = server.tell(&clock, &line);
        assert!(receipt.get("repeats").is_none(), "{}: {receipt}", line.text("id"));
    }
    server
}

fn view(server: &Server, view: &str) -> Value {
    server.json(&format!("/v1/persons/woman65/{view}"))
}

/// The rows of the timeline that the line `id` and those whose ids begin with it are.
fn rows(server: &Server, id: &str) -> Vec<Value> {
    let begins = format!("woman65-{id}");
    let lines = WOMAN65.lines().map(Event::read).filter(|line| line.text("id").starts_with(&begins));
    let of: Vec<String> = lines.map(|line| line.event_id()).collect();
    let timeline = view(server, "timeline");
    let rows = timeline["rows"].as_array().expect("rows");
    let found: Vec<Value> =
        rows.iter().filter(|row| of.iter().any(|id| row["event"] == *id)).cloned().collect();
    assert!(!found.is_empty(), "no row of {id}");
    found
}

/// The one day on which it was.
fn day(row: &Value) -> NaiveDate {
    let text = row["occurred"]["text"].as_str().expect("a date in words");
    text[..10].parse().unwrap_or_else(|_| panic!("a day at the front of {text}"))
}

/// The names in a layer of the roster.
fn names<'a>(team: &'a Value, layer: &str) -> Vec<&'a str> {
    let layers = team["layers"].as_array().expect("layers");
    let layer = layers.iter().find(|shown| shown["label"] == layer).expect("the layer");
    let members = layer["members"].as_array().expect("members");
    members.iter().filter_map(|member| member["who"]["name"].as_str()).collect()
}

#[test]
fn the_timeline_as_people_read_it() {
    let server = told();
    let timeline = view(&server, "timeline");
    let rows = timeline["rows"].as_array().expect("rows");
    let shown: Vec<Value> =
        rows.iter().map(|row| json!([row["occurred"]["text"], row["label"], row["detail"]])).collect();
    let of_the_person = WOMAN65.lines().filter(|line| line.contains(r#""subject":"person/woman65""#));
    assert_eq!(shown.len(), of_the_person.count(), "every line stands in the timeline");
    insta::assert_json_snapshot!("timeline", shown);
}

#[test]
fn the_lines_stand_in_the_order_in_which_things_happened_but_for_the_persons_wish() {
    let server = told();
    let timeline = view(&server, "timeline");
    let rows = timeline["rows"].as_array().expect("rows");
    let wish = rows.iter().position(|row| row["label"] == "本人のことば").expect("the wish");
    let admission = rows.iter().position(|row| row["label"] == "入院").expect("the admission");
    assert_eq!(wish + 1, admission, "without any date it comes before the first that has one");
    let mut seqs: Vec<_> = rows.iter().filter_map(|row| row["seq"].as_u64()).collect();
    seqs.remove(wish);
    assert!(seqs.is_sorted(), "{seqs:?}");
}

#[test]
fn the_outpatient_conference_is_two_months_after_the_transfer_and_three_after_the_discharge() {
    let server = told();
    let conference = day(&rows(&server, "16-meeting")[0]);
    let discharge = day(&rows(&server, "10-discharged")[0]);
    let transfer = day(&rows(&server, "14-transferred")[0]);
    assert_eq!(conference, NaiveDate::from_ymd_opt(2025, 5, 13).expect("a day"));
    assert_eq!(discharge + Months::new(3), conference, "D+3m");
    assert_eq!(transfer + Months::new(2), conference, "T+2m");
    assert_eq!(rows(&server, "16-meeting")[0]["doers"].as_array().map(Vec::len), Some(12));
    // The call came three days before the first conference (即応性).
    let latency = day(&rows(&server, "08-meeting")[0]) - day(&rows(&server, "06-called")[0]);
    assert_eq!(latency.num_days(), 3);
}

#[test]
fn five_times_somebody_looked_after_the_transfer_without_any_plan() {
    let server = told();
    let looked: Vec<String> = rows(&server, "15-monitoring").iter().map(|row| day(row).to_string()).collect();
    assert_eq!(looked, ["2025-03-20", "2025-03-27", "2025-04-13", "2025-05-13", "2025-06-13"]);
    assert_eq!(rows(&server, "15-follow-up")[0]["detail"], "１週間・２週間・１月・２月・３月後");
    assert_eq!(rows(&server, "11-nursing-started")[0]["detail"], "訪問看護");
    assert_eq!(view(&server, "plan")["plans"], json!([]));
}

#[test]
fn what_the_family_needs_stands_apart_from_what_the_person_needs() {
    let server = told();
    let family = &rows(&server, "03-family-need")[0];
    assert_eq!((&family["label"], &family["doers"][0]["name"]), (&json!("家族の思い"), &json!("妹")));
    let person = &rows(&server, "03b-voice")[0];
    assert_eq!((&person["label"], &person["doers"][0]["name"]), (&json!("本人のことば"), &json!("本人")));
    // Neither is a quotation.
    assert_eq!(
        (&family["detail"], &person["detail"]),
        (&json!("姉を退院させたい"), &json!("自宅でゆっくり過ごしたい"))
    );
}

#[test]
fn the_requests_follow_from_each_other_and_the_request_for_visits_begins_a_chain_of_its_own() {
    let server = told();
    let page = server.get("/v1/events?type=ReferralMade");
    let mut chain: Vec<_> = page
        .lines()
        .iter()
        .map(|event| (event["data"]["referral"].clone(), event["data"]["parent"].clone()))
        .collect();
    chain.sort_by_key(|(referral, _)| referral.to_string());
    let links = [
        ("r1", Value::Null),
        ("r2", json!("woman65:r1")),
        ("r3a", json!("woman65:r2")),
        ("r3b", json!("woman65:r2")),
        ("r4", Value::Null),
        ("r4a", json!("woman65:r4")),
    ];
    assert_eq!(chain, links.map(|(referral, parent)| (json!(format!("woman65:{referral}")), parent)));
}

#[test]
fn the_person_was_met_three_times_up_to_the_discharge() {
    let server = told();
    let discharge = day(&rows(&server, "10-discharged")[0]);
    let timeline = view(&server, "timeline");
    let met: Vec<NaiveDate> = timeline["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["type"] == "banso.ContactRecorded.v1")
        .filter(|row| {
            row["counterparts"].as_array().is_some_and(|met| met.iter().any(|who| who["name"] == "本人"))
        })
        .map(day)
        .filter(|on| *on <= discharge)
        .collect();
    assert_eq!(
        met.iter().map(NaiveDate::to_string).collect::<Vec<_>>(),
        ["2025-01-13", "2025-01-27", "2025-02-13"]
    );
    assert_eq!(met.last(), Some(&discharge), "the third at the discharge");
}

#[test]
fn the_city_holds_it_together_and_nobody_is_a_consultation_support_specialist() {
    let server = told();
    let team = view(&server, "team");
    assert_eq!(names(&team, "本人"), ["本人"]);
    assert_eq!(names(&team, "家族・親族"), ["妹"]);
    assert!(names(&team, "地域").is_empty());
    assert_eq!(
        names(&team, "専門機関"),
        [
            "病院相談員（PSW）@遠隔地の精神科病院",
            "精神保健福祉相談員@保健所",
            "精神保健福祉相談員@市 福祉課",
            "主任介護支援専門員@地域包括支援センター",
            "保健師",
            "訪問看護ステーション",
            "地域包括支援センター",
            "市内精神科病院",
        ]
    );
    assert!(!team.to_string().contains("相談支援専門員"), "{team}");
    let leads = |member: &&Value| {
        member["basis"].as_array().expect("bases").iter().any(|basis| basis["label"] == "まとめ役")
    };
    let members = team["layers"][3]["members"].as_array().expect("members");
    let leaders: Vec<_> = members.iter().filter(leads).map(|member| &member["who"]["name"]).collect();
    assert_eq!(leaders, ["精神保健福祉相談員@市 福祉課"]);
    assert_eq!(team["former"][0]["who"]["name"], "遠隔地の精神科病院");
    // The day before the discharge nobody visits the home yet.
    let before = view(&server, "team?valid_at=2025-02-12");
    assert!(!names(&before, "専門機関").contains(&"訪問看護ステーション"));
    assert!(names(&before, "専門機関").contains(&"遠隔地の精神科病院"));
}

#[test]
fn from_the_hospital_to_the_home_and_on() {
    let server = told();
    let timeline = view(&server, "timeline");
    let tracks: Vec<Value> = timeline["tracks"]
        .as_array()
        .expect("tracks")
        .iter()
        .map(|track| {
            let intervals = track["intervals"].as_array().expect("intervals").iter();
            let shown = intervals.map(|interval| json!([interval["label"], interval["from"]["text"]]));
            json!([track["label"], shown.collect::<Vec<_>>()])
        })
        .collect();
    assert_eq!(
        tracks,
        [
            json!(["暮らしの場", [["入院", "2020-01"], ["在宅", "2025-02-13"]]]),
            json!([
                "支援の段階",
                [
                    ["入院中の関係づくり", "2020-01"],
                    ["退院直後", "2025-02-13"],
                    ["地域生活の継続", "2025-03-13"]
                ]
            ]),
            json!(["利用中の制度", [["訪問看護", "2025-02-13以後"]]]),
        ]
    );
}

#[test]
fn a_review_asks_why_the_person_was_not_at_the_first_conference() {
    let server = told();
    let content = json!({"pack": "national", "content": NATIONAL});
    server.admit(&event("pack", "RulePackActivated", "registry", content));
    let asked = |query: &str| -> Vec<(String, String)> {
        let shown = view(&server, &format!("findings{query}"));
        let findings = shown["findings"].as_array().expect("findings").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        findings.map(|finding| (text(&finding["subject"]), text(&finding["sentence"]))).collect()
    };
    let of = |subject: &str, sentence: &str| (subject.to_owned(), sentence.to_owned());
    let absent = "この会議は本人が参加していません。理由の記載がありません。";
    let row_8 = of("退院支援会議 woman65:m1（2025-01-13）", absent);
    // The conference of row 9 names the team and the sister only; those with the person ask nothing.
    assert_eq!(
        asked(""),
        [
            of(
                "母: 亡くなる・いなくなる",
                "お母さまがいなくなった後、アセスメントを見直した記録がありません。"
            ),
            row_8.clone(),
            of("退院後支援カンファレンス woman65:m2（2025-01-27）", absent),
        ]
    );
    assert!(asked("?valid_at=2025-01-13").contains(&row_8));
    assert!(!asked("?valid_at=2025-01-12").contains(&row_8));
}

#[test]
fn what_others_may_not_see_is_marked_as_such() {
    let server = told();
    let events = view(&server, "events");
    let restricted: Vec<&Value> = events["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter(|event| event["bansoconfidentiality"] == "restricted")
        .map(|event| &event["data"]["statement"])
        .collect();
    assert_eq!(restricted, ["20年来、繰り返し措置入院"]);
}

#[test]
fn the_themes_stay_visible_though_they_come_from_one_case() {
    let server = told();
    let shown = server.json("/v1/zones/city/issues");
    let issues = shown["issues"].as_array().expect("issues");
    let themes: Vec<_> = issues.iter().filter_map(|issue| issue["theme"].as_str()).collect();
    assert_eq!(
        themes,
        [
            "在宅医療・介護との連携強化",
            "社会資源の開発",
            "家族支援",
            "こころのサポーター養成",
            "高齢長期入院者の受け皿",
        ]
    );
    assert!(issues.iter().all(|issue| issue["cases"] == "少数" && issue["stage"] == "提出"), "{shown}");
    assert!(!shown.to_string().contains("woman65"), "no way back to the person: {shown}");
}
