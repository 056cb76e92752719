//! Stores that somebody changed behind banso's back: the audit names what does not hold. A guard is one only
//! if there is something at which it fails.

use crate::support::process::{Ended, Server, Store, verified};
use serde_json::{Value, json};

fn assert_found(store: &Store, args: &[&str], invariant: &str, words: &str) {
    let Ended { code, out, err } = store.run(&[&["verify"], args].concat());
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(
        out.lines().any(|line| line.starts_with(&format!("{invariant} ")) && line.contains(words)),
        "no {invariant} with {words:?} in\n{out}{err}"
    );
    assert!(out.contains(" breaches\n"), "{out}");
    let Ended { code, out, .. } = store.run(&[&["verify", "--json"], args].concat());
    assert_eq!(code, Some(1));
    let found: Value = serde_json::from_str(&out).unwrap();
    let listed = found["listed"].as_array().unwrap();
    assert!(listed.iter().any(|breach| breach["invariant"] == invariant), "{out}");
}

#[test]
fn questions_about_a_damaged_stream_end_with_an_error() {
    let store = Store::with_haru_in_files().copy();
    store.edit("log.sqlite3", "UPDATE events SET stream_seq = 77 WHERE seq = 66");
    for view in ["plan", "team", "timeline"] {
        let Ended { code, err, .. } = store.run(&["show", view, "haru"]);
        assert_eq!(code, Some(1), "{view}");
        assert!(err.contains("damaged at position 66"), "{view}: {err}");
    }
}

#[test]
fn the_end_of_an_earlier_report_must_still_stand() {
    let haru = Store::with_haru_in_files();
    let report: Value = serde_json::from_str(&haru.print(&["verify", "--json"])).unwrap();
    let witness = format!("{}:{}", report["head"], report["log_chain"].as_str().unwrap());
    haru.print(&["verify", "--witness", &witness]);
    let cut = haru.copy();
    cut.edit("log.sqlite3", "DELETE FROM events WHERE seq > 60");
    cut.edit("views.sqlite3", "DELETE FROM model_version; DELETE FROM checkpoint; DELETE FROM person_state");
    assert_eq!(cut.run(&["verify"]).code, Some(0), "alone it cannot be seen");
    assert_found(&cut, &["--witness", &witness], "I1", "");
    assert_eq!(haru.run(&["verify", "--witness", "66:0"]).code, Some(2));
}

#[test]
fn a_store_that_nobody_touched_is_whole() {
    let haru = Store::with_haru_in_files();
    let out = haru.print(&["verify"]);
    assert!(out.contains("events    66\n") && out.contains("everything is as it should be"), "{out}");
}

#[test]
fn a_changed_log_is_found() {
    let haru = Store::with_haru_in_files();
    for (sql, invariant, words) in [
        (
            "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '母', '父') AS BLOB) WHERE seq = 15",
            "I4",
            "chain",
        ),
        ("UPDATE events SET body = X'7B7D' WHERE seq = 15", "I4", "position 15"),
        (
            "UPDATE events SET header = CAST(replace(CAST(header AS TEXT), 'nurse', 'doctor') AS BLOB) WHERE seq = 15",
            "I4",
            "position 15",
        ),
        ("UPDATE events SET header = X'00' WHERE seq = 30", "I4", "position 30"),
        ("UPDATE events SET salt = zeroblob(16) WHERE seq = 15", "I4", "position 15"),
        ("UPDATE events SET log_chain = zeroblob(32) WHERE seq = 15", "I4", "the log's chain breaks"),
        ("UPDATE events SET stream_chain = zeroblob(32) WHERE seq = 15", "I4", "the chain of person/haru"),
        ("UPDATE events SET recorded_at = recorded_at + 1 WHERE seq = 66", "I4", "recorded_at"),
        ("UPDATE events SET recorded_at = 0 WHERE seq = 66", "I6", "recorded before"),
        ("UPDATE events SET event_id = randomblob(16) WHERE seq = 15", "I4", "event_id"),
        ("UPDATE events SET stream_seq = 77 WHERE seq = 66", "I4", "stream_seq"),
        ("UPDATE events SET stream_seq = 99 WHERE seq = 40", "I4", "stream_seq"),
        ("DELETE FROM events WHERE seq = 40", "I6", "41 follows 39"),
        ("DELETE FROM events WHERE seq = 40", "I5", "in person/haru"),
        ("DELETE FROM events WHERE seq > 64", "I6", "the log ends at 64"),
        ("UPDATE log_identity SET log_id = '00000000000000000000000000000000'", "I4", "position 1:"),
        // Both, in turn: the order of two events.
        (
            "UPDATE events SET seq = 1000 WHERE seq = 40; UPDATE events SET seq = 40 WHERE seq = 41;
             UPDATE events SET seq = 41 WHERE seq = 1000",
            "I4",
            "the column seq",
        ),
    ] {
        let store = haru.copy();
        store.edit("log.sqlite3", sql);
        assert_found(&store, &[], invariant, words);
    }
}

#[test]
fn a_changed_read_model_is_found() {
    let haru = Store::with_haru_in_files();
    for (sql, invariant, words) in [
        ("UPDATE person_state SET body = CAST(replace(CAST(body AS TEXT), '退院', '入院') AS BLOB)", "I3", "the stored state"),
        ("UPDATE person_state SET body = X''", "I3", "the stored state"),
        ("UPDATE person_state SET stream_seq = stream_seq - 1", "I3", "its checkpoint is at"),
        ("DELETE FROM person_state", "I3", "has no state"),
        ("INSERT INTO person_state SELECT version, 'person/aki', code, 1, body FROM person_state", "I3", "person/aki"),
        (
            "INSERT INTO work_row SELECT version, 'unanswered-referrals', 'x', 'haru', 'city', NULL, NULL, NULL, X'7B7D'
             FROM model_version",
            "I3",
            "the stored rows",
        ),
        (
            "INSERT INTO work_row SELECT version, 'unanswered-referrals', 'x', 'aki', 'city', NULL, NULL, NULL, X'7B7D'
             FROM model_version",
            "I3",
            "no state",
        ),
        // Ahead: what comes next would be skipped. Back: what stands there would be taken in twice.
        ("UPDATE checkpoint SET seq = seq + 5", "I6", "the log ends at 66"),
        ("UPDATE checkpoint SET seq = 20", "I6", "went back"),
    ] {
        let store = haru.copy();
        store.edit("views.sqlite3", sql);
        assert_found(&store, &[], invariant, words);
    }
}

#[test]
fn an_edited_row_is_found() {
    let store = Store::in_files();
    let mut server = Server::start(&store);
    let event = crate::support::process::referral("https://x.example", "1", "haru", 1, false).to_string();
    assert_eq!(server.post(&event).0, 201);
    server.stop();
    // The rest is projected by the next process.
    let mut server = Server::start(&store);
    crate::support::process::until("it is projected", || super::killed::is_projected(&server).then_some(()));
    server.stop();
    assert_eq!(verified(&store, None)["persons"], 1);
    for sql in [
        "UPDATE work_row SET organisation = 'city'",
        "UPDATE work_row SET due_from = 1",
        "UPDATE work_row SET body = X'7B7D'",
        "DELETE FROM work_row WHERE organisation = 'c-soudan'",
        "UPDATE work_row SET person = 'aki'",
    ] {
        let copy = store.copy();
        copy.edit("views.sqlite3", sql);
        assert_found(&copy, &[], "I3", "the stored rows");
    }
}

#[test]
fn a_history_that_the_log_does_not_bear_out_is_found() {
    let haru = Store::with_haru_in_files();
    let attempt = |id: &str, outcome: &str, seq: Option<u64>| {
        let source =
            if id.starts_with("org") { "https://registry.example" } else { "https://d-hoken.example" };
        let seq = seq.map_or(Value::Null, Value::from);
        json!({ "source": source, "id": id, "outcome": outcome, "seq": seq }).to_string()
    };
    let admitted = |id, seq| attempt(id, "admitted", Some(seq));
    let history = haru.file("history.jsonl");
    let path = history.to_str().unwrap();
    let true_lines = [
        admitted("org-minsei", 1),
        attempt("org-minsei", "duplicate", Some(1)),
        attempt("haru-01-mother-lost", "unknown", None),
        admitted("haru-01-mother-lost", 15),
        attempt("never-sent", "unknown", None),
        attempt("refused", "refused", None),
    ];
    std::fs::write(&history, true_lines.join("\n")).unwrap();
    let out = haru.print(&["verify", "--history", path]);
    assert!(out.contains("attempts  6\n"), "{out}");
    // Its publisher was killed while it wrote.
    std::fs::write(&history, true_lines.join("\n") + "\n{\"source\":\"https://d-ho").unwrap();
    assert!(haru.print(&["verify", "--history", path]).contains("attempts  6\n"));

    for (lines, invariant, words) in [
        (vec![admitted("nowhere", 3)], "I1", "is not in the log"),
        (vec![admitted("org-minsei", 2)], "I1", "acknowledged at 2, and stands at 1"),
        (vec![attempt("org-minsei", "admitted", None)], "I1", "without a position"),
        (vec![admitted("org-minsei", 1), admitted("org-minsei", 2)], "I8", "different positions: [1, 2]"),
        (vec![admitted("org-minsei", 1), attempt("org-minsei", "duplicate", Some(9))], "I8", "[1, 9]"),
        (vec![attempt("org-minsei", "refused", None)], "I2", "only ever refused, and stands at 1"),
    ] {
        std::fs::write(&history, lines.join("\n")).unwrap();
        assert_found(&haru, &["--history", path], invariant, words);
    }

    std::fs::write(&history, "no JSON\n").unwrap();
    let ended = haru.run(&["verify", "--history", path]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("line 1"), "{ended:?}");
}

#[test]
fn read_models_that_are_gone_are_folded_from_the_log_alone() {
    let haru = Store::with_haru_in_files();
    let shown = haru.print(&["show", "plan", "haru", "--json"]);
    for garbage in [None, Some("this is no database, but it was there for a while")] {
        let store = haru.copy();
        for file in std::fs::read_dir(store.data()).unwrap() {
            let path = file.unwrap().path();
            if path.file_name().unwrap().to_str().unwrap().starts_with("views.sqlite3") {
                std::fs::remove_file(&path).unwrap();
            }
        }
        if let Some(garbage) = garbage {
            std::fs::write(store.data().join("views.sqlite3"), garbage).unwrap();
            let ended = store.run(&["serve"]);
            assert_eq!(ended.code, Some(1), "{ended:?}");
            std::fs::remove_file(store.data().join("views.sqlite3")).unwrap();
        }
        let ended = store.run(&["show", "plan", "haru"]);
        assert_eq!(ended.code, Some(1));
        assert!(ended.err.contains("banso migrate"), "{ended:?}");
        store.print(&["migrate"]);
        // Before anything is folded, questions are answered from the log.
        assert_eq!(store.print(&["show", "plan", "haru", "--json"]), shown);
        let mut server = Server::start(&store);
        crate::support::process::until("it is projected", || {
            super::killed::is_projected(&server).then_some(())
        });
        server.stop();
        assert_eq!(verified(&store, None)["persons"], 1);
        assert_eq!(store.print(&["show", "plan", "haru", "--json"]), shown);
    }
}
