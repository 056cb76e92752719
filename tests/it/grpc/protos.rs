//! The protos themselves, by `ops/protos`, and what Python makes of them.

use super::client::{Grpc, cloud_event};
use crate::support::event::Event;
use crate::support::process::{Ended, HARU, ended};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A copy of the protos with one change.
fn protos(file: &str, before: &str, after: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(copy.path().join("banso/v1")).unwrap();
    for name in ["buf.yaml", "banso/v1/cloudevent.proto", "banso/v1/query.proto", "banso/v1/record.proto"] {
        let mut text = std::fs::read_to_string(root().join("proto").join(name)).unwrap();
        if name == file {
            assert!(text.contains(before), "{before}");
            text = text.replace(before, after);
        }
        std::fs::write(copy.path().join(name), text).unwrap();
    }
    copy
}

fn checked(protos: &Path) -> Ended {
    ended(Command::new(root().join("ops/protos")).arg(protos))
}

#[test]
fn a_change_that_breaks_a_client_is_noticed() {
    let checked_with = |file: &str, before: &str, after: &str| checked(protos(file, before, after).path());
    let as_recorded = checked_with("", "", "");
    assert_eq!(as_recorded.code, Some(0), "{as_recorded:?}");
    let query = "banso/v1/query.proto";
    for (file, before, after, why) in [
        (
            query,
            "  // 長期目標\n  optional string long_term_goal = 15;\n".replace("15", "16"),
            "",
            "long_term_goal",
        ),
        (query, "uint64 known_seq = 3;".to_owned(), "string known_seq = 3;", "known_seq"),
        (query, "uint64 head = 1;".to_owned(), "uint64 head = 3;", "head"),
        (query, "  // 案\n  PLAN_STAGE_DRAFT = 1;\n".to_owned(), "", "PlanStage"),
        (
            "banso/v1/record.proto",
            "  rpc Publish(PublishRequest) returns (PublishResponse);\n".to_owned(),
            "",
            "Publish",
        ),
    ] {
        let broken = checked_with(file, &before, after);
        assert_eq!(broken.code, Some(100), "{before}: {broken:?}");
        assert!(broken.out.contains(why) || broken.err.contains(why), "{broken:?}");
    }
    // What is added breaks nobody, and has to be recorded; what is added without a word is no documentation.
    let added = "uint64 seen = 2;\n\n  // More.\n  uint64 more = 3;\n";
    let more = checked_with(query, "uint64 seen = 2;\n", added);
    assert_eq!(more.code, Some(1), "{more:?}");
    assert!(more.err.contains("ops/protos --update"), "{more:?}");
    let silent = checked_with(query, "uint64 seen = 2;\n", "uint64 seen = 2;\n  uint64 more = 3;\n");
    assert_eq!(silent.code, Some(100), "{silent:?}");
    assert!(silent.out.contains("comment") || silent.err.contains("comment"), "{silent:?}");
}

#[test]
fn a_service_in_python_asks_for_the_plan() {
    let grpc = Grpc::start();
    grpc.publish(HARU.lines().map(|line| cloud_event(&Event::read(line))).collect()).unwrap();
    let python = ended(&mut Command::new(root().join("ops/python.sh")));
    assert_eq!(python.code, Some(0), "{python:?}");
    let ask = |question: &[&str]| {
        let example = root().join("tests/examples/python/query_plan.py");
        // A machine's proxy is not asked for the way to itself.
        let mut command = Command::new(python.out.trim());
        command.env("no_grpc_proxy", "127.0.0.1").env("PYTHONDONTWRITEBYTECODE", "1");
        ended(command.arg(example).arg(grpc.address()).args(question))
    };
    let plan = ask(&["haru"]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    for line in [
        "サービス等利用計画 haru:plan (revision 1)",
        "  長期目標: 家事や活動の両方にバランスよく取り組みます。",
        "     居宅介護: A居宅介護支援事業所, 週2回、1時間",
        "     民生委員: 民生委員@民生委員児童委員協議会, 適宜",
        "     支援目標: （記載なし）",
        "地域移行支援計画 haru:transition-plan (revision 1)",
        "known up to position 66 of the log",
    ] {
        assert!(plan.out.lines().any(|printed| printed == line), "{line}: {}", plan.out);
    }
    let then = ask(&["haru", "20"]);
    assert_eq!((then.code, then.out.as_str()), (Some(0), "known up to position 20 of the log\n"), "{then:?}");
    let nobody = ask(&["nobody"]);
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    assert!(nobody.err.starts_with("NOT_FOUND: "), "{nobody:?}");
}
