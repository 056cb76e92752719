//! No room left: the process may write files up to a limit, and then may not.

use super::killed::is_projected;
use crate::support::process::{Address, Load, Server, Store, ended, referral, until, verified};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Blocks of 512 bytes (1,024 in some shells): the write-ahead log reaches it soon.
const BLOCKS: u32 = 1_500;

#[test]
fn a_full_disk_acknowledges_nothing_and_needs_no_repair() {
    let store = Store::in_files();
    let mut server = Server::start_as(&mut limited(&store));
    let address: Address = Arc::new(Mutex::new(server.url.clone()));
    let load = Load::start(&store, "full", &[address.clone(), address.clone()]);
    let (_, answer) = until("the disk is full", || {
        let event = referral("https://full.example", "one", "aki", 1, false).to_string();
        let (status, answer) = server.post(&event);
        (status == 503).then_some((status, answer))
    });
    assert!(
        ["unavailable", "outcome-unknown"]
            .map(|kind| format!("urn:banso:problem:{kind}"))
            .iter()
            .any(|kind| answer["type"] == kind.as_str()),
        "{answer}"
    );
    until("publishers are told so", || (load.unknown() >= 4).then_some(()));
    // Reading goes on, and nothing that was not acknowledged as stored is there.
    assert_eq!(server.get("/v1/persons/full0-0/plan").0, 200);
    assert_eq!(server.get("/healthz").0, 200);
    let head = server.json("/v1/persons/full0-0/plan")["as_of"]["known_seq"].as_u64().unwrap();
    assert!(head >= load.acknowledged(), "{head} events, {} acknowledged", load.acknowledged());

    if !raise_limit(&server) {
        server.process.kill();
        server = Server::start(&store);
        *address.lock().unwrap() = server.url.clone();
    }
    load.go_on(20);
    let history = load.finish();
    until("the read models catch up", || is_projected(&server).then_some(()));
    verified(&store, Some(&history));
    assert_eq!(server.get("/readyz").0, 200);
    server.stop();
    verified(&store, Some(&history));
}

fn limited(store: &Store) -> Command {
    let serve = store.command(&["serve"]);
    let mut shell = Command::new("sh");
    // Without the signal, a write beyond the limit fails as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -S -f {BLOCKS}; exec \"$@\"");
    shell.args(["-c", &script, "sh"]).arg(serve.get_program()).args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// Gives the process room again while it runs, where there is a program that can.
fn raise_limit(server: &Server) -> bool {
    let id = server.process.id().to_string();
    let mut prlimit = Command::new("sh");
    prlimit.args([
        "-c",
        "command -v prlimit >/dev/null && prlimit --pid \"$1\" --fsize=unlimited:",
        "sh",
        &id,
    ]);
    ended(&mut prlimit).code == Some(0)
}
