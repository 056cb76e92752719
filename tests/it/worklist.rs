//! `GET /v1/worklists/unanswered-referrals`: who waits for whose answer.

use crate::support::event::{accepted, asked, retracted};
use crate::support::server::{Server, eventually};
use serde_json::{Value, json};

const LIST: &str = "/v1/worklists/unanswered-referrals";

/// The requests on a page.
fn requests(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["referral"].as_str().expect("a referral")).collect()
}

fn list(server: &Server, query: &str) -> Value {
    server.settle();
    server.json(&format!("{LIST}?{query}"))
}

#[test]
fn the_asked_and_the_asking_both_see_what_waits() {
    let server = Server::start();
    server.admit(
        &asked("haru", "r1", "minsei", &["d-hoken", "hokenjo"]).with_data("/respond_by", json!("2025-04-10")),
    );
    server.admit(&asked("aki", "r1", "d-hoken", &["city"]).with("id", "aki-r1"));

    let asked_side = list(&server, "org=hokenjo");
    assert_eq!(requests(&asked_side), ["haru:r1"]);
    assert_eq!(asked_side["items"][0]["side"], "asked");
    assert_eq!(asked_side["items"][0]["person"], "haru");
    assert_eq!(asked_side["items"][0]["respond_by"], "2025-04-10");
    let asking_side = list(&server, "org=minsei");
    let waits_for: Vec<_> =
        asking_side["items"].as_array().expect("items").iter().map(|item| &item["to"]["org"]).collect();
    assert_eq!(waits_for, ["d-hoken", "hokenjo"]);
    assert_eq!(asking_side["items"][0]["side"], "asking");
    // It was asked by one and asks another.
    let both = list(&server, "org=d-hoken");
    assert_eq!(requests(&both), ["haru:r1", "aki:r1"]);
    assert_eq!((&both["items"][0]["side"], &both["items"][1]["side"]), (&json!("asked"), &json!("asking")));
    assert_eq!(list(&server, "org=nobody"), json!({"items": []}));
}

#[test]
fn an_answer_takes_the_request_off_both_lists_and_taking_it_back_brings_it_again() {
    let server = Server::start();
    server.admit(&asked("haru", "r1", "minsei", &["d-hoken", "hokenjo"]));
    let answer = accepted("haru", "a1", "r1", "d-hoken");
    server.admit(&answer);
    assert_eq!(list(&server, "org=d-hoken"), json!({"items": []}));
    assert_eq!(requests(&list(&server, "org=minsei")), ["haru:r1"]);
    assert_eq!(requests(&list(&server, "org=hokenjo")), ["haru:r1"]);
    server.admit(&retracted("haru", "back", &answer.event_id()));
    assert_eq!(requests(&list(&server, "org=d-hoken")), ["haru:r1"]);
    server.admit(&accepted("haru", "a2", "r1", "hokenjo"));
    server.admit(&accepted("haru", "a3", "r1", "d-hoken"));
    assert_eq!(list(&server, "org=minsei"), json!({"items": []}));
}

#[test]
fn the_list_follows_by_itself() {
    let server = Server::start();
    server.admit(&asked("haru", "r1", "minsei", &["d-hoken"]));
    eventually("the request is on the list", || {
        let page = server.json(&format!("{LIST}?org=d-hoken"));
        (requests(&page) == ["haru:r1"]).then_some(())
    });
}

/// Requests of as many persons, the first record first.
fn with_requests(n: usize) -> Server {
    let server = Server::start();
    let requests: Vec<_> = (1..=n)
        .map(|n| asked(&format!("p{n}"), "r", "minsei", &["city"]).with("id", format!("r{n}")))
        .collect();
    assert!(server.publish_all(&requests).iter().all(|result| result["status"] == 201));
    server
}

fn next(page: &Value) -> String {
    page["next"].as_str().expect("a next page").replace('/', "%2F").replace(':', "%3A")
}

#[test]
fn pages_follow_each_other_without_a_gap_or_an_overlap() {
    let server = with_requests(7);
    let mut seen = Vec::new();
    let mut query = "org=city&limit=3".to_owned();
    loop {
        let page = list(&server, &query);
        seen.extend(requests(&page).into_iter().map(str::to_owned));
        if page.get("next").is_none() {
            break;
        }
        query = format!("org=city&limit=3&cursor={}", next(&page));
    }
    assert_eq!(seen, (1..=7).map(|n| format!("p{n}:r")).collect::<Vec<_>>());
}

#[test]
fn a_cursor_stays_good_while_rows_come_and_go() {
    let server = with_requests(6);
    let first = list(&server, "org=city&limit=3");
    assert_eq!(requests(&first), ["p1:r", "p2:r", "p3:r"]);
    // The row on which the cursor stands goes, one behind it goes, one comes.
    server.admit(&accepted("p3", "a3", "r", "city"));
    server.admit(&accepted("p4", "a4", "r", "city"));
    server.admit(&asked("p7", "r", "minsei", &["city"]).with("id", "r7"));
    let second = list(&server, &format!("org=city&limit=3&cursor={}", next(&first)));
    assert_eq!(requests(&second), ["p5:r", "p6:r", "p7:r"]);
    // A full page may be the last one: the next is empty and says so.
    let third = list(&server, &format!("org=city&limit=3&cursor={}", next(&second)));
    assert_eq!(third, json!({"items": []}));
    // A cursor of one list is none of another's rows.
    let asking = list(&server, &format!("org=minsei&cursor={}", next(&first)));
    assert_eq!(requests(&asking), ["p5:r", "p6:r", "p7:r"]);
}

#[test]
fn a_request_waits_from_the_day_on_which_it_was_made() {
    let server = Server::start();
    server.admit(&asked("haru", "r1", "minsei", &["city"]).with("bansooccurred", "2025-04-01"));
    server.admit(&asked("haru", "r2", "minsei", &["city"]).with("bansooccurred", "2025-05"));
    server.admit(&asked("haru", "r3", "minsei", &["city"]));
    assert_eq!(requests(&list(&server, "org=city")), ["haru:r1", "haru:r2", "haru:r3"]);
    assert_eq!(requests(&list(&server, "org=city&on=2025-03-31")), ["haru:r3"]);
    assert_eq!(requests(&list(&server, "org=city&on=2025-04-01")), ["haru:r1", "haru:r3"]);
    assert_eq!(requests(&list(&server, "org=city&on=2025-05-01")), ["haru:r1", "haru:r2", "haru:r3"]);
}

#[test]
fn a_question_about_a_list_that_cannot_be_read_is_malformed() {
    let server = Server::start();
    for (query, pointer) in [
        ("org=city&limit=0", "/limit"),
        ("org=city&limit=1001", "/limit"),
        ("org=a.b", "/org"),
        ("org=city&cursor=", "/cursor"),
        ("org=city&cursor=7", "/cursor"),
        ("org=city&cursor=00000000000000000001", "/cursor"),
        ("org=city&cursor='; DROP TABLE work_row; --", "/cursor"),
        ("org=city&on=2025-02-30", ""),
        ("org=city&page=2", ""),
        ("limit=10", ""),
    ] {
        let problem = server.get(&format!("{LIST}?{}", query.replace(' ', "%20"))).problem(400, "malformed");
        assert_eq!(problem["pointer"], pointer, "{query}");
    }
}
