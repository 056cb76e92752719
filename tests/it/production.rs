//! What an operator is given in `ops`: units, containers, passwords, settings.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::process::{bare_command, ended};
use banso_log::conformance::{PgSchema, TEST_POSTGRES_CA};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `systemd-analyze` may find a unit exposed by, in tenths: 0 = not at all, 100 = to everything.
const EXPOSURE_TENTHS_MAX: &str = "15";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text_of(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The values of a setting in a unit.
fn settings<'a>(unit: &'a str, name: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
}

#[test]
fn the_units_give_a_service_no_right_that_it_does_not_need() {
    for (file, user) in [("banso@.service", "banso"), ("nats-server.service", "nats")] {
        let unit = text_of(Path::new("ops/systemd").join(file));
        for (name, value) in [
            ("User", user),
            ("ProtectSystem", "strict"),
            ("ProtectHome", "true"),
            ("NoNewPrivileges", "true"),
            ("PrivateTmp", "true"),
            ("CapabilityBoundingSet", ""),
            ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
            ("Restart", "on-failure"),
        ] {
            assert_eq!(settings(&unit, name), [value], "{name} in {file}");
        }
        let calls = settings(&unit, "SystemCallFilter");
        assert_eq!(calls[0], "@system-service", "{file}");
        assert!(calls[1].starts_with("~@privileged"), "{file}");
        let after = settings(&unit, "After")[0];
        assert!(user == "nats" || after.contains("postgresql.service"), "{after}");
        assert!(!unit.contains("PASSWORD"), "a password is no setting of a unit: {file}");
    }
}

#[test]
fn a_unit_waits_longer_than_the_process_takes_to_stop() {
    let unit = text_of("ops/systemd/banso@.service");
    let waits: u64 = settings(&unit, "TimeoutStopSec")[0].parse().unwrap();
    let asked = text_of("ops/banso.toml");
    let (_, asked) = asked.split_once("stop_wait_seconds = ").unwrap();
    let asked: u64 = asked.lines().next().unwrap().parse().unwrap();
    // After the requests: a call of the writer to the store (12 s), and a batch of each relay.
    assert!(waits >= asked + 40, "{waits} s");
    let compose = text_of("ops/compose.yaml");
    assert!(compose.contains(&format!("stop_grace_period: {waits}s")));
}

/// `systemd-analyze` reads units without a systemd that runs; where it is not installed, the two tests above are what
/// is checked.
#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        assert!(!Path::new("/run/systemd/system").exists(), "a systemd without systemd-analyze");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // banso is not installed here.
    let installed = |file: &str, as_name: &str| {
        let unit = text_of(Path::new("ops/systemd").join(file));
        let (before, path) = unit.split_once("ExecStart=").unwrap();
        let (_, arguments) = path.split_once([' ', '\n']).unwrap();
        let unit = format!("{before}ExecStart=/bin/true {arguments}");
        std::fs::write(dir.path().join(as_name), &unit).unwrap();
        unit
    };
    let analyze = |arguments: &[&str], unit: &str| {
        let mut command = Command::new("systemd-analyze");
        ended(command.args(arguments).arg(format!("./{unit}")).current_dir(dir.path()))
    };
    for (file, unit) in
        [("banso@.service", "banso@api.service"), ("nats-server.service", "nats-server.service")]
    {
        let text = installed(file, unit);
        let verified = analyze(&["verify", "--man=no"], unit);
        assert_eq!((verified.code, verified.err.as_str()), (Some(0), ""), "{unit}");
        let exposed = ["security", "--offline=yes", "--no-pager", "--threshold", EXPOSURE_TENTHS_MAX];
        assert_eq!(analyze(&exposed, unit).code, Some(0), "{unit}: {}", analyze(&exposed, unit).out);
        // A word that systemd does not know, and a right too many, would have been found.
        std::fs::write(dir.path().join(unit), text.replace("PrivateTmp", "PrivateTpm")).unwrap();
        assert!(analyze(&["verify", "--man=no"], unit).err.contains("PrivateTpm"));
        std::fs::write(dir.path().join(unit), text.replace("CapabilityBoundingSet=\n", "")).unwrap();
        assert_ne!(analyze(&exposed, unit).code, Some(0));
    }
}

#[test]
fn the_instances_of_the_unit_do_every_role_at_addresses_of_their_own() {
    let instance = |name: &str| {
        let file = text_of(format!("ops/systemd/{name}.env"));
        let value = |of: &str| settings(&file, of)[0].to_owned();
        (value("BANSO__ROLES"), value("BANSO__HTTP__LISTEN"))
    };
    let roles = ["api", "intake", "relay", "project"];
    assert_eq!(instance("all").0, roles.join(","));
    let addresses: BTreeSet<String> = roles
        .map(|role| {
            let (does, listens) = instance(role);
            assert_eq!(does, role);
            listens
        })
        .into();
    assert_eq!(addresses.len(), roles.len(), "{addresses:?}");
}

#[test]
fn passwords_are_made_once_and_for_their_readers_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("banso");
    let make = || {
        ended(
            Command::new(root().join("ops/passwords"))
                .arg(&folder)
                .args(["db.example:5433", "sslmode=require"]),
        )
    };
    assert_eq!(make().code, Some(0));
    let read = |file: &str| {
        let path = folder.join(file);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        std::fs::read_to_string(path).unwrap()
    };
    let nats = read("nats.env");
    let users = banso_nats::testing::USERS.map(|user| format!("BANSO_NATS_{}_PASSWORD", user.to_uppercase()));
    let passwords: BTreeSet<&str> = users.iter().map(|user| settings(&nats, user)[0]).collect();
    assert_eq!(passwords.len(), users.len());
    // What begins with a digit, the server would read as a number.
    assert!(passwords.iter().all(|password| password.starts_with('p') && password.len() > 40));
    let (postgres, banso) = (read("postgres.env"), read("banso.env"));
    let app = settings(&postgres, "BANSO_POSTGRES_PASSWORD")[0];
    let url = format!("postgresql://banso:{app}@db.example:5433/banso?sslmode=require");
    assert_eq!(settings(&banso, "BANSO__STORE__POSTGRES"), [url]);
    assert_eq!(
        settings(&banso, "BANSO__NATS__RELAY_USER__PASSWORD"),
        settings(&nats, "BANSO_NATS_RELAY_PASSWORD")
    );
    assert!(!banso.contains("operator") && read("operator.env").contains("//banso_operator:p"));
    assert_eq!(make().code, Some(1), "passwords in use are not made anew");
    assert_eq!(read("nats.env"), nats);
}

/// By the binary: the server of the tests has a certificate that no authority of this machine gave.
#[test]
fn a_postgres_is_believed_by_the_authorities_that_are_set() {
    let schema = crate::support::place::blocking(PgSchema::migrated());
    let authorities = std::env::var(TEST_POSTGRES_CA).expect("run this by ops/with-servers");
    let verify = |authorities: Option<&str>| {
        let mut command = bare_command();
        command.env("BANSO__STORE__POSTGRES", format!("{}?sslmode=require", schema.app_url));
        command.env("BANSO__STORE__POSTGRES_SCHEMA", &schema.name);
        if let Some(file) = authorities {
            command.env("BANSO__STORE__POSTGRES_AUTHORITIES", file);
        }
        ended(command.arg("verify"))
    };
    let stranger = verify(None);
    assert_eq!(stranger.code, Some(1), "{stranger:?}");
    assert!(stranger.err.contains("certificate"), "{stranger:?}");
    let known = verify(Some(&authorities));
    assert_eq!(known.code, Some(0), "{known:?}");
    let unreadable = verify(Some("/nowhere.pem"));
    assert_eq!(unreadable.code, Some(1));
    assert!(unreadable.err.contains("whose certificates are believed"), "{unreadable:?}");
}

#[test]
fn documentation_links_to_what_is_there() {
    for document in ["README.md", "ARCHITECTURE.md"] {
        let text = text_of(document);
        let links: Vec<&str> =
            text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link).collect();
        assert!(!links.is_empty());
        for link in links.into_iter().filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let path = link.split('#').next().unwrap();
            assert!(root().join(path).exists(), "{document} links to {path}");
        }
    }
}
