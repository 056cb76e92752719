//! `banso migrate`, `rebuild` and `verify`, and stores that are not as this binary needs them.

use crate::support::process::{Server, Store, referral, until, verified};

const COMMANDS: [&[&str]; 5] =
    [&["serve"], &["show", "plan", "haru"], &["events"], &["rebuild"], &["verify"]];

#[test]
fn a_store_that_was_not_migrated_says_what_to_do() {
    let store = Store::bare();
    for command in COMMANDS {
        let ended = store.run(command);
        assert_eq!(ended.code, Some(1), "{command:?}");
        assert!(ended.err.contains("run `banso migrate`"), "{ended:?}");
        assert!(!store.data().exists(), "{command:?} created a store");
    }
    let said = store.print(&["migrate"]);
    assert!(said.contains("is ready"), "{said}");
    assert_eq!(store.print(&["migrate"]), said, "a second time it changes nothing");
    assert_eq!(verified(&store, None)["events"], 0);
}

#[test]
fn a_store_of_a_newer_schema_is_left_alone() {
    for file in ["log.sqlite3", "views.sqlite3"] {
        let store = Store::in_files();
        store.edit(
            file,
            "INSERT INTO refinery_schema_history SELECT 99, 'later', applied_on, checksum
             FROM refinery_schema_history WHERE version = 1",
        );
        for command in COMMANDS.iter().chain(&[&["migrate"][..]]) {
            let ended = store.run(command);
            assert_eq!(ended.code, Some(1), "{command:?}");
            assert!(ended.err.contains("newer than this binary (store 99, binary 2)"), "{ended:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_new_store_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let store = Store::bare();
    store.print(&["migrate"]);
    assert_eq!(std::fs::metadata(store.data()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_rebuild_says_what_it_did_and_changes_no_answer() {
    let store = Store::with_haru();
    let before = store.print(&["show", "plan", "haru", "--json"]);
    let said = store.print(&["rebuild"]);
    assert_eq!(said, "version 2 holds 1 persons, folded up to position 66\n");
    assert_eq!(store.print(&["show", "plan", "haru", "--json"]), before);
    assert_eq!(verified(&store, None)["persons"], 1);
}

#[test]
fn a_server_goes_on_with_the_version_that_another_process_rebuilt() {
    let store = Store::with_haru();
    let mut server = Server::start(&store);
    for n in 0..3 {
        let event = referral("https://x.example", &format!("before-{n}"), "aki", n, false);
        assert_eq!(server.post(&event.to_string()).0, 201);
        store.print(&["rebuild"]);
    }
    let event = referral("https://x.example", "after", "aki", 9, false);
    assert_eq!(server.post(&event.to_string()).0, 201);
    let rows = until("it is on the list", || {
        let rows = server.json("/v1/worklists/unanswered-referrals?org=c-soudan")["items"].clone();
        rows.to_string().contains("aki:r9").then_some(rows)
    });
    assert_eq!(rows.as_array().unwrap().iter().filter(|row| row["person"] == "aki").count(), 4);
    server.stop();
    assert_eq!(verified(&store, None)["persons"], 2);
}

#[test]
fn verify_says_in_figures_what_it_looked_at() {
    let store = Store::with_haru();
    let text = store.print(&["verify"]);
    let json = verified(&store, None);
    for (name, figure) in [("events", 66), ("streams", 2), ("head", 66), ("persons", 1)] {
        assert_eq!(json[name], figure, "{name}");
        assert!(
            text.lines().any(|line| line.split_whitespace().take(2).eq([name, &figure.to_string()])),
            "{text}"
        );
    }
    let chain = json["log_chain"].as_str().unwrap();
    assert!(text.contains(chain) && chain.len() == 64, "{text}");
}
