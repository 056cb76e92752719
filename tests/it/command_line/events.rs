//! `banso events`.

use crate::support::process::{HARU, Process, Server, Store, referral};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

fn lines(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_log_is_printed_as_it_was_published() {
    let store = Store::with_haru();
    let printed = lines(&store.print(&["events"]));
    assert_eq!(printed.len(), 66);
    for (printed, published) in printed.iter().zip(lines(HARU)) {
        for name in ["id", "source", "type", "subject", "data", "bansoactor", "bansooccurred"] {
            assert_eq!(printed[name], published[name]);
        }
    }
    assert_eq!(lines(&store.print(&["events", "--after", "60"])).len(), 6);
    assert_eq!(store.print(&["events", "--after", "66"]), "");
}

#[test]
fn only_what_is_asked_for_is_printed() {
    let store = Store::with_haru();
    let all = lines(&store.print(&["events"]));
    let count = |is: &dyn Fn(&Value) -> bool| all.iter().filter(|event| is(event)).count();
    let of_type = |name: &'static str| move |event: &Value| event["type"] == name;
    let about_haru = |event: &Value| event["subject"] == "person/haru";
    for (args, expected) in [
        (&["--type", "ReferralMade"][..], count(&of_type("banso.ReferralMade.v1"))),
        (&["--type", "banso.ReferralMade.v1"], count(&of_type("banso.ReferralMade.v1"))),
        (&["--type", "Nothing"], 0),
        (&["--person", "haru"], count(&about_haru)),
        (&["--person", "aki"], 0),
        (&["--part", "5"], count(&about_haru)),
        (&["--part", "5,6,7"], count(&about_haru)),
        (&["--aggregate", "participant"], 14),
        (&["--aggregate", "referral", "--person", "haru", "--after", "30"], 5),
    ] {
        let printed = lines(&store.print(&[&["events"], args].concat()));
        assert_eq!(printed.len(), expected, "{args:?}");
    }
    assert_eq!(store.run(&["events", "--part", "64"]).code, Some(1));
}

#[test]
fn the_last_events_are_printed_in_their_order() {
    let store = Store::with_haru();
    let all = lines(&store.print(&["events"]));
    assert_eq!(lines(&store.print(&["events", "--last", "3"])), all[63..]);
    assert_eq!(lines(&store.print(&["events", "--last", "1000"])), all);
    let referrals: Vec<Value> =
        all.into_iter().filter(|event| event["type"] == "banso.ReferralMade.v1").collect();
    assert_eq!(lines(&store.print(&["events", "--last", "2", "--type", "ReferralMade"])), referrals[1..]);
    assert_ne!(store.run(&["events", "--last", "0"]).code, Some(0));
}

#[test]
fn a_follower_sees_what_another_process_records() {
    let store = Store::with_haru();
    let server = Server::start(&store);
    let mut command = store.command(&["events", "--follow", "--after", "66", "--person", "aki"]);
    let mut process = Process::start(command.stdout(Stdio::piped()));
    let mut out = BufReader::new(process.stdout());
    for (n, person) in [(1, "aki"), (2, "haru"), (3, "aki")] {
        let event = referral("https://x.example", &n.to_string(), person, n + 10, false);
        assert_eq!(server.post(&event.to_string()).0, 201);
        if person == "aki" {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            let event: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(event["id"], n.to_string());
        }
    }
    assert!(process.has_ended().is_none());
}
