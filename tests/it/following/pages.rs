//! The log page by page, one CloudEvent a line.

use crate::support::event::{admitted, asked, event, said};
use crate::support::server::Server;
use serde_json::{Value, json};

/// Three persons and the registry, in turn: 1 to 12.
fn with_events() -> Server {
    let server = Server::start();
    for n in 1..=3 {
        let id = |what: &str| format!("{what}{n}");
        let org = json!({"org": id("org"), "kind": "clinic", "name": "Bクリニック"});
        server.admit(&event(&id("org"), "OrgRegistered", "registry", org));
        server.admit(&said("haru", &id("said"), &id("said")));
        server.admit(&asked("aki", &id("r"), "city", &["d-hoken"]));
        server.admit(&admitted("natsu", &id("stay"), "2025-04-01"));
    }
    server
}

fn seqs(lines: &[Value]) -> Vec<u64> {
    let seq = |line: &Value| line["bansoseq"].as_str().and_then(|seq| seq.parse().ok()).expect("a position");
    lines.iter().map(seq).collect()
}

fn read(server: &Server, query: &str) -> Vec<u64> {
    seqs(&server.get(&format!("/v1/events?{query}")).lines())
}

#[test]
fn a_page_says_where_the_next_one_begins() {
    let server = with_events();
    let mut after = 0;
    let mut all = Vec::new();
    for expected in [5, 5, 2, 0] {
        let page = server.get(&format!("/v1/events?after={after}&limit=5"));
        assert_eq!(page.header("content-type"), Some("application/x-ndjson"));
        assert_eq!(page.header("banso-head"), Some("12"));
        let lines = page.lines();
        assert_eq!(lines.len(), expected);
        all.extend(seqs(&lines));
        after = page.header("banso-next-after").and_then(|after| after.parse().ok()).expect("a position");
    }
    assert_eq!(all, (1..=12).collect::<Vec<_>>());
    assert_eq!(after, 12);
    assert_eq!(read(&server, "after=999"), [0; 0]);
    let beyond = server.get("/v1/events?after=999");
    assert_eq!(beyond.header("banso-next-after"), Some("999"), "{}", beyond.body);
    assert_eq!(beyond.header("banso-head"), Some("12"), "the log may have been put back");
}

#[test]
fn an_empty_log_is_an_empty_page() {
    let server = Server::start();
    let page = server.get("/v1/events");
    assert_eq!((page.status, page.body.as_str()), (200, ""));
    assert_eq!((page.header("banso-head"), page.header("banso-next-after")), (Some("0"), Some("0")));
}

#[test]
fn a_reader_gets_only_what_it_asks_for() {
    let server = with_events();
    assert_eq!(read(&server, "person=haru"), [2, 6, 10]);
    assert_eq!(read(&server, "type=ReferralMade"), [3, 7, 11]);
    assert_eq!(read(&server, "type=banso.ReferralMade.v1"), [3, 7, 11]);
    assert_eq!(read(&server, "type=banso.ReferralMade.v2"), [0; 0]);
    assert_eq!(read(&server, "aggregate=episode"), [4, 8, 12]);
    assert_eq!(read(&server, "aggregate=person"), [2, 6, 10]);
    assert_eq!(read(&server, "aggregate=participant"), [1, 5, 9]);
    // person/haru is in part 5, the registry in part 24.
    assert_eq!(read(&server, "part=5"), [2, 6, 10]);
    assert_eq!(read(&server, "part=5,24"), [1, 2, 5, 6, 9, 10]);
    assert_eq!(read(&server, "part=5&person=aki"), [0; 0]);
    assert_eq!(read(&server, "person=haru&type=PersonVoiceRecorded&after=2"), [6, 10]);
}

#[test]
fn a_page_of_few_among_many_is_full_and_goes_on_behind_its_last() {
    let server = with_events();
    let page = server.get("/v1/events?person=haru&limit=2");
    assert_eq!(seqs(&page.lines()), [2, 6]);
    assert_eq!(page.header("banso-next-after"), Some("6"));
    let page = server.get("/v1/events?person=haru&limit=2&after=6");
    assert_eq!(seqs(&page.lines()), [10]);
    assert_eq!(page.header("banso-next-after"), Some("12"), "everything was looked at");
}

#[test]
fn the_registry_can_be_followed_like_any_stream() {
    let server = with_events();
    let lines = server.get("/v1/events?aggregate=participant").lines();
    assert!(lines.iter().all(|line| line["subject"] == "registry"));
}

#[test]
fn a_question_about_the_log_that_cannot_be_read_is_malformed() {
    let server = Server::start();
    for (query, pointer) in [
        ("limit=0", "/limit"),
        ("limit=10001", "/limit"),
        ("part=64", "/part"),
        ("part=", "/part"),
        ("part=1,x", "/part"),
        ("person=a.b", "/person"),
        ("aggregate=nobody", "/aggregate"),
        ("limit=x", ""),
        ("after=-1", ""),
        ("since=1", ""),
    ] {
        let problem = server.get(&format!("/v1/events?{query}")).problem(400, "malformed");
        assert_eq!(problem["pointer"], pointer, "{query}");
    }
}
