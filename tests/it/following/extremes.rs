//! Questions at the edges of what can be written: an answer or a clear no, never a failure of ours.

use crate::support::event::said;
use crate::support::server::Server;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const CASES: u32 = 300;

const PERSON: [&str; 4] = ["plan", "team", "timeline", "events"];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn positions_beyond_every_log_are_answered() {
    let server = Server::start();
    server.admit(&said("haru", "1", "はい"));
    for position in [i64::MAX as u64 - 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        let page = server.get(&format!("/v1/events?after={position}"));
        assert_eq!((page.status, page.body.as_str()), (200, ""), "{position}");
        for view in PERSON {
            let shown = server.json(&format!("/v1/persons/haru/{view}?known_at={position}"));
            assert_eq!(shown["as_of"]["known_seq"], 1);
        }
        let conditional =
            server.publish_if(&said("haru", "2", "二"), &[("if-match", &format!("\"{position}\""))]);
        conditional.problem(409, "version-conflict");
        let expecting = said("haru", "2", "二").with("bansoexpected", position.to_string());
        server.publish(&expecting).problem(409, "version-conflict");
    }
}

#[test]
fn dates_at_the_end_of_the_calendar_are_answered() {
    let server = Server::start();
    server.admit(&said("haru", "1", "はい"));
    for date in [
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "+10000-01-01",
        "+262142-12-31",
        "-262143-01-01",
        "-0001-06-01",
        "9999-12-31T23:59:59.999999999Z",
        "0000-01-01T00:00:00+23:59",
        "2025-04-01T23:59:60Z",
    ] {
        for param in ["valid_at", "known_at"] {
            for view in PERSON {
                let answer = server.get(&format!("/v1/persons/haru/{view}?{param}={}", encoded(date)));
                assert!(answer.status < 500, "{param}={date}: {}", answer.body);
            }
        }
        let list = server.get(&format!("/v1/worklists/unanswered-referrals?org=city&on={}", encoded(date)));
        assert!(list.status < 500, "{date}: {}", list.body);
    }
}

#[test]
fn no_question_makes_the_door_fail() {
    let server = Server::start();
    server.admit(&said("haru", "1", "はい"));
    let addresses = PERSON.map(|view| format!("/v1/persons/haru/{view}"));
    let addresses = [
        &addresses[..],
        &["/v1/events".to_owned(), "/v1/worklists/unanswered-referrals?org=city".to_owned()],
    ]
    .concat();
    let names = ["valid_at", "known_at", "after", "limit", "part", "person", "type", "on", "cursor"];
    let value = prop_oneof![
        "\\PC{0,12}",
        "[-+0-9T:Z]{0,24}",
        "[0-9]{20}/.{0,8}",
        any::<u64>().prop_map(|n| n.to_string())
    ];
    let questions = (prop::sample::select(addresses), prop::sample::select(names.to_vec()), value);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&questions, |(address, name, value)| {
        let sign = if address.contains('?') { '&' } else { '?' };
        let answer = server.get(&format!("{address}{sign}{name}={}", encoded(&value)));
        prop_assert!(answer.status < 500, "{}", answer.body);
        if answer.status >= 400 {
            prop_assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
        Ok(())
    });
    outcome.expect("no failure");
}
