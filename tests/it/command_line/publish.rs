//! `banso publish`.

use crate::support::process::{Ended, HARU, Server, Store, bare_command, ended, referral, verified};
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;

fn publish(store: &Store, server: &Server, lines: &str, args: &[&str]) -> Ended {
    let file = store.file("lines.jsonl");
    std::fs::write(&file, lines).unwrap();
    store.run(&[&["publish", file.to_str().unwrap(), "--to", &server.url], args].concat())
}

fn line(id: &str, number: u64) -> Value {
    referral("https://cli.example", id, "aki", number, false)
}

#[test]
fn a_case_is_published_from_a_file_and_a_second_time_it_is_known() {
    let store = Store::empty();
    let server = Server::start(&store);
    let dry = publish(&store, &server, HARU, &["--dry-run"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert_eq!(dry.out, "would be admitted 66 (of these repeated 1)\nduplicate 0\nrefused 0\n");
    assert_eq!(verified(&store, None)["events"], 0);

    let history = store.file("history.jsonl");
    let with_history = ["--history", history.to_str().unwrap()];
    let first = publish(&store, &server, HARU, &with_history);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(first.out, "admitted 66 (of these repeated 1)\nduplicate 0\nrefused 0\n");
    assert_eq!(first.err, "", "no progress bar where nobody looks");
    let second = publish(&store, &server, HARU, &with_history);
    assert_eq!(second.code, Some(0), "{second:?}");
    assert_eq!(second.out, "admitted 0 (of these repeated 0)\nduplicate 66\nrefused 0\n");
    assert_eq!(verified(&store, Some(&history))["attempts"], 132);
}

#[test]
fn what_is_refused_is_counted_with_its_reasons() {
    let store = Store::empty();
    let server = Server::start(&store);
    let mut foreign = line("2", 2);
    foreign["data"]["referral"] = "haru:r1".into();
    let mut malformed = line("3", 3);
    malformed["data"]["mode"] = "sometimes".into();
    let lines = format!(
        "{}\n\n{foreign}\n{malformed}\nno JSON\n[1]\n{}\n{}\n",
        line("1", 1),
        line("4", 4),
        line("1", 5)
    );
    let history = store.file("history.jsonl");
    let said = publish(&store, &server, &lines, &["--history", history.to_str().unwrap()]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.out.starts_with("admitted 2 (of these repeated 0)\nduplicate 0\nrefused 5\n"),
        "{}",
        said.out
    );
    for reason in [
        "foreign-reference",
        "/data/mode",
        "line 5 is no JSON object",
        "line 6 is no JSON object",
        "the id stands for another event",
    ] {
        assert!(said.out.contains(reason), "{reason} in {}", said.out);
    }
    // A refused id, corrected, may come again: the record of attempts bears it.
    let again =
        publish(&store, &server, &line("3", 3).to_string(), &["--history", history.to_str().unwrap()]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(verified(&store, Some(&history))["events"], 3);
}

#[test]
fn lines_come_from_standard_input_too() {
    let store = Store::empty();
    let server = Server::start(&store);
    let mut command = store.command(&["publish", "-", "--to", &format!("{}/", server.url)]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", line("1", 1)).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("admitted 1 "));
}

#[test]
fn a_group_is_never_divided() {
    let store = Store::empty();
    let server = Server::start(&store);
    // 95 single events, then a group across the border of a request whose last event is refused.
    let mut lines: Vec<Value> = (0..95).map(|n| line(&n.to_string(), n)).collect();
    for n in 95..110 {
        let mut event = line(&n.to_string(), n);
        event["bansogroup"] = "together".into();
        if n == 109 {
            event["data"]["referral"] = "haru:r1".into();
        }
        lines.push(event);
    }
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let said = publish(&store, &server, &text, &[]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.starts_with("admitted 95 (of these repeated 0)\nduplicate 0\nrefused 15\n"),
        "{}",
        said.out
    );
    assert_eq!(verified(&store, None)["events"], 95);
}

#[test]
fn where_nobody_listens_the_outcome_is_unknown_and_it_gives_up() {
    let store = Store::empty();
    let history = store.file("history.jsonl");
    // Bound and closed again: nobody listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let file = store.file("lines.jsonl");
    std::fs::write(&file, (0..150).map(|n| format!("{}\n", line(&n.to_string(), n))).collect::<String>())
        .unwrap();
    let said = store.run(&[
        "publish",
        file.to_str().unwrap(),
        "--to",
        &format!("http://{closed}"),
        "--history",
        history.to_str().unwrap(),
    ]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.out.contains("unknown 100: publish again") && said.out.contains("not sent 50\n"),
        "{}",
        said.out
    );
    // What was never acknowledged may be missing.
    verified(&store, Some(&history));
}

#[test]
fn wrong_usage_says_what_is_wrong() {
    let store = Store::empty();
    let missing = store.run(&["publish", "nowhere.jsonl"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.contains("nowhere.jsonl cannot be read"), "{missing:?}");
    let both = ended(bare_command().args(["publish", "-", "--dry-run", "--history", "x"]));
    assert_eq!(both.code, Some(2));
    let file = store.file("lines.jsonl");
    std::fs::write(&file, line("1", 1).to_string()).unwrap();
    for to in ["nonsense", "ftp://127.0.0.1:1", "http://", "127.0.0.1:8080"] {
        let said = store.run(&["publish", file.to_str().unwrap(), "--to", to]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains("--to"), "{said:?}");
    }
}
