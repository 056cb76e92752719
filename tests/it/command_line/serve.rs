//! `banso serve` and its configuration.

use crate::support::process::{Server, Store, bare_command, ended, read_until};
use std::io::Write;

fn refused(store: &Store, args: &[&str]) -> String {
    let ended = store.run(args);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.starts_with("banso: "), "{ended:?}");
    ended.err
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let store = Store::empty();
    let config = std::fs::read_to_string(store.config()).unwrap().replace("127.0.0.1:0", "0.0.0.0:0");
    std::fs::write(store.config(), &config).unwrap();
    let why = refused(&store, &["serve"]);
    assert!(why.contains("0.0.0.0:0") && why.contains("allow_unauthenticated = true"), "{why}");
    // No environment variable that looks like it changes that.
    let mut command = store.command(&["serve"]);
    assert_eq!(ended(command.env("BANSO_ALLOW_UNAUTHENTICATED", "true")).code, Some(1));
}

#[test]
fn an_address_that_others_can_reach_is_served_if_that_is_meant() {
    let store = Store::empty();
    let config = std::fs::read_to_string(store.config()).unwrap().replace("127.0.0.1:0", "0.0.0.0:0");
    std::fs::write(store.config(), format!("allow_unauthenticated = true\n{config}")).unwrap();
    let mut server = Server::start(&store);
    let log = server.process.log();
    assert!(log.contains("WARN") && log.contains("allow_unauthenticated is set"), "{log}");
    server.stop();
}

#[test]
fn a_page_of_another_host_cannot_read_through_a_browser_of_this_machine() {
    let store = Store::empty();
    let server = Server::start(&store);
    for (host, status) in [("localhost", "200 OK"), ("attacker.example", "421 Misdirected Request")] {
        let mut stream = server.connect();
        write!(stream, "GET /v1/events HTTP/1.1\r\nhost: {host}:8080\r\nconnection: close\r\n\r\n").unwrap();
        assert!(read_until(&mut stream, status), "{host}");
    }
}

#[test]
fn a_configuration_that_is_wrong_is_an_error_that_says_where() {
    let store = Store::empty();
    for (config, words) in [
        ("[http]\nlisen = \"127.0.0.1:0\"\n", "lisen"),
        ("no toml", "TOML"),
        ("[http]\nlisten = \"nowhere\"\n", "nowhere"),
        ("[log]\nformat = \"xml\"\n", "xml"),
        ("[writer]\nqueue_events = -1\n", "queue_events"),
    ] {
        std::fs::write(store.config(), config).unwrap();
        let why = refused(&store, &["serve"]);
        assert!(why.contains(words), "{why}");
    }
    let why = ended(bare_command().args(["serve", "--config", "nowhere.toml"]));
    assert_eq!(why.code, Some(1));
    assert!(why.err.contains("nowhere.toml"), "{why:?}");
}

#[test]
fn what_the_environment_says_is_taken_as_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let migrated = ended(
        crate::support::process::bare_command()
            .current_dir(dir.path())
            .env("BANSO__STORE__SQLITE", "0123")
            .env("BANSO__WRITER__QUEUE_EVENTS", "1000")
            .env("BANSO__ALLOW_UNAUTHENTICATED", "true")
            .arg("migrate"),
    );
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    assert!(dir.path().join("0123").is_dir(), "a number would have lost its zero");
}

#[test]
fn the_environment_and_the_command_line_override_the_file() {
    let store = Store::empty();
    let mut command = store.command(&["serve"]);
    command.env("BANSO__HTTP__LISTEN", "nowhere-at-all");
    let refused = ended(&mut command);
    assert!(refused.err.contains("nowhere-at-all"), "{refused:?}");

    let elsewhere = store.file("elsewhere");
    let said = store.print(&["migrate", "--data", elsewhere.to_str().unwrap()]);
    assert!(said.contains("elsewhere"), "{said}");
    assert!(elsewhere.join("log.sqlite3").exists());
}

#[test]
fn log_lines_can_be_read_by_programs() {
    let store = Store::empty();
    store.configure("[log]\nformat = \"json\"\n");
    let mut server = Server::start(&store);
    server.stop();
    let log = server.process.log();
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["timestamp"].is_string(), "{line}");
    }
    assert!(log.lines().count() >= 3);
}

#[test]
fn what_people_say_is_never_logged() {
    let store = Store::empty();
    let mut command = store.command(&["serve"]);
    let mut server = Server::start_as(command.env("BANSO_LOG", "trace"));
    let event = crate::support::process::referral("https://x.example", "1", "haru", 1, false);
    assert_eq!(server.post(&event.to_string()).0, 201);
    assert_eq!(server.post(&event.to_string().replace("\"joint\"", "\"母\"")).0, 400);
    assert_eq!(server.get("/v1/persons/haru/timeline").0, 200);
    server.stop();
    let log = server.process.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"));
    for said in ["今後の生活の組み立て", "母"] {
        assert!(!log.contains(said), "{said} is logged");
    }
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let store = Store::empty();
    let server = Server::start(&store);
    let other = Store::empty();
    let config = std::fs::read_to_string(other.config()).unwrap().replace("127.0.0.1:0", server.address());
    std::fs::write(other.config(), config).unwrap();
    let why = refused_after_start(&other);
    assert!(why.contains("cannot listen on"), "{why}");
}

fn refused_after_start(store: &Store) -> String {
    let ended = store.run(&["serve"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    ended.err
}
