//! `banso demo`.

use crate::support::process::{Process, bare_command, ended};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

fn demo(args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    // Neither a configuration nor a store is needed, and none is left behind.
    let mut command = bare_command();
    command.current_dir(folder.path()).env("TMPDIR", folder.path()).args(["demo", "--once"]).args(args);
    let ended = ended(&mut command);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    ended.out
}

#[test]
fn the_demo_shows_the_plan_with_its_four_needs_the_team_and_the_timeline() {
    let out = demo(&[]);
    let needs: Vec<&str> = out.lines().filter(|line| line.contains("【優先順位")).collect();
    assert_eq!(needs.len(), 4, "{out}");
    for (need, number) in needs.iter().zip(1..) {
        assert!(need.contains(&format!("【優先順位 {number}】")), "{need}");
    }
    let of_need = |number: usize| {
        let from = out.find(needs[number - 1]).unwrap();
        let rest = &out[from..];
        rest.split_once("\n\n").unwrap().0
    };
    assert!(of_need(1).contains("支援目標   作りたい料理を一緒に楽しく作ります。"));
    assert!(of_need(1).contains("提供事業者 A居宅介護支援事業所"));
    assert!(of_need(2).contains("提供事業者 Bクリニック"));
    assert!(
        of_need(3).contains("提供事業者 C相談支援事業所") && of_need(3).contains("提供事業者 D保健センター")
    );
    assert!(of_need(4).contains("支援目標   （記載なし）"), "{}", of_need(4));
    assert!(of_need(4).contains("民生委員"));
    for title in ["━━ 現在の計画", "━━ 支援チーム", "━━ 経過", "■ 暮らしの場", "■ できごと"]
    {
        assert!(out.contains(title), "{title}");
    }
}

#[test]
fn before_the_plan_was_drafted_the_demo_knows_of_none() {
    let out = demo(&["--known-at", "2025-04-01"]);
    assert!(out.contains("計画は記録されていません。"), "{out}");
    assert!(!out.contains('■') || !out.contains("優先順位"));

    // Two drafts, for 地域移行支援, were known by then; the plan for the life after the discharge was not.
    let out = demo(&["--known-at", "2025-06-01"]);
    assert!(out.contains("■ 地域移行支援計画（案") && out.contains("■ サービス等利用計画（案"), "{out}");
    assert!(!out.contains("優先順位") && !out.contains("本計画"), "{out}");

    // Before anything was known at all it says so, and does not fail.
    let out = demo(&["--known-at", "2025-01-01"]);
    assert_eq!(out.matches("haru については、この時点までに記録がありません。").count(), 3, "{out}");
}

#[test]
fn without_once_the_demo_serves_the_case() {
    let mut command = bare_command();
    command.args(["demo", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
    let mut process = Process::start(&mut command);
    let mut out = BufReader::new(process.stdout());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert_eq!(first, "━━ 現在の計画\n");
    let url = crate::support::process::until("it listens", || process.listening());
    let (status, body) = crate::support::process::get(&format!("{url}/v1/persons/haru/plan"));
    assert_eq!(status, 200);
    assert!(body.contains("Bクリニック"));
    process.signal("INT");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn the_demo_listens_only_where_nobody_else_can_reach_it() {
    let ended = ended(bare_command().args(["demo", "--listen", "0.0.0.0:0"]));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("allow_unauthenticated"), "{ended:?}");
    let both =
        crate::support::process::ended(bare_command().args(["demo", "--once", "--listen", "127.0.0.1:0"]));
    assert_eq!(both.code, Some(2));
}
