//! `banso show`: what people read.

use crate::support::process::{Server, Store};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn the_plan_the_team_and_the_timeline_are_shown_in_japanese() {
    let store = Store::with_haru();
    for view in ["plan", "team", "timeline"] {
        insta::assert_snapshot!(format!("latest_{view}"), store.print(&["show", view, "haru"]));
    }
}

#[test]
fn earlier_states_are_shown_as_they_were_and_as_they_were_known() {
    let store = Store::with_haru();
    // In hospital, as known today; and on the day of the admission, as known a month later.
    insta::assert_snapshot!(
        "in_hospital_team",
        store.print(&["show", "team", "haru", "--valid-at", "2025-05-15"])
    );
    insta::assert_snapshot!(
        "admission_timeline",
        store.print(&["show", "timeline", "haru", "--valid-at", "2025-04-01", "--known-at", "2025-05-01"])
    );
    insta::assert_snapshot!("no_plan", store.print(&["show", "plan", "haru", "--known-at", "2025-04-01"]));
    let by_time = store.print(&["show", "plan", "haru", "--known-at", "2025-04-01"]);
    assert_eq!(store.print(&["show", "plan", "haru", "--known-at", "34"]), by_time);
}

#[test]
fn json_is_what_the_door_answers() {
    let store = Store::with_haru();
    let server = Server::start(&store);
    for view in ["plan", "team", "timeline"] {
        for (args, query) in [
            (&[][..], ""),
            (&["--known-at", "40", "--valid-at", "2025-04-01"][..], "?known_at=40&valid_at=2025-04-01"),
        ] {
            let printed = store.print(&[&["show", view, "haru", "--json"], args].concat());
            let printed: Value = serde_json::from_str(&printed).unwrap();
            assert_eq!(printed, server.json(&format!("/v1/persons/haru/{view}{query}")));
        }
    }
}

#[test]
fn a_person_of_whom_nothing_is_known_is_said_to_be_so() {
    let store = Store::with_haru();
    for args in [
        &["show", "plan", "aki"][..],
        &["show", "timeline", "aki", "--json"],
        &["show", "team", "haru", "--known-at", "14"],
        &["show", "team", "haru", "--known-at", "2025-01-01"],
    ] {
        let ended = store.run(args);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.out.contains("記録がありません"), "{ended:?}");
        assert_eq!(ended.err, "");
    }
    for args in [
        &["show", "plan", "ハル"][..],
        &["show", "weather", "haru"],
        &["show", "plan", "haru", "--known-at", "yesterday"],
        &["show", "plan", "haru", "--valid-at", "7"],
    ] {
        assert_eq!(store.run(args).code, Some(2), "{args:?}");
    }
}

#[test]
fn a_reader_who_has_seen_enough_ends_it_quietly() {
    let store = Store::with_haru();
    for args in [&["show", "timeline", "haru"][..], &["events"], &["verify", "--json"]] {
        let mut child = store.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Closed before anything was written.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
    let mut child = store.command(&["events", "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("org-minsei"));
    child.kill().unwrap();
    child.wait().unwrap();
}
