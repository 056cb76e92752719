//! Which crate may depend on which (ARCHITECTURE.md). An edge that is not in the table is a decision to take,
//! not a line to add.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};

/// The crates of banso that a crate may depend on.
enum Allowed {
    /// The kernel, whose words everybody speaks, and these.
    KernelAnd(&'static [&'static str]),
    /// None: it stands at the bottom.
    Nothing,
    /// All but the tests, on which nobody builds: it stands at the top.
    Everything,
}

const KERNEL: &str = "banso-kernel";
const TESTS: &str = "banso-tests";

/// One row for each crate.
const EDGES: [(&str, Allowed); 11] = [
    (KERNEL, Allowed::Nothing),
    ("banso-domain", Allowed::KernelAnd(&[])),
    ("banso-views", Allowed::KernelAnd(&["banso-domain"])),
    ("banso-log", Allowed::KernelAnd(&[])),
    // The relay reads the log through its port.
    ("banso-nats", Allowed::KernelAnd(&["banso-log"])),
    ("banso-app", Allowed::KernelAnd(&["banso-domain", "banso-views", "banso-log"])),
    ("banso-proto", Allowed::Nothing),
    ("banso-api", Allowed::KernelAnd(&["banso-app", "banso-proto"])),
    ("banso", Allowed::Everything),
    ("banso-bench", Allowed::Everything),
    (TESTS, Allowed::Everything),
];

/// What the pure crates may use besides banso's own: words, dates, JSON, TOML, errors. Nothing that reads a file, a
/// socket or a database, and no runtime.
const PURE: [(&str, &[&str]); 2] = [
    (
        "banso-domain",
        &[
            "chrono",
            "cqrs-es",
            "serde",
            "serde_ignored",
            "serde_json",
            "serde_path_to_error",
            "thiserror",
            "toml",
        ],
    ),
    // utoipa only describes the shapes of answers.
    ("banso-views", &["chrono", "serde", "serde_json", "thiserror", "utoipa"]),
];

#[test]
fn every_crate_stands_in_the_table_once() {
    let metadata = workspace();
    let members: BTreeSet<&str> = metadata.workspace_packages().iter().map(|package| name(package)).collect();
    let rows: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows.len(), EDGES.len(), "a crate stands twice in the table");
    assert_eq!(members, rows);
}

#[test]
fn crates_depend_only_on_what_the_table_allows() {
    let metadata = workspace();
    let table: BTreeMap<&str, &Allowed> = EDGES.iter().map(|(name, allowed)| (*name, allowed)).collect();
    let mut breaches = Vec::new();
    for package in metadata.workspace_packages() {
        let from = name(package);
        for to in shipped_dependencies(package).filter(|to| table.contains_key(to)) {
            let allowed = match table.get(from) {
                Some(Allowed::KernelAnd(others)) => to == KERNEL || others.contains(&to),
                Some(Allowed::Everything) => to != TESTS,
                Some(Allowed::Nothing) | None => false,
            };
            if !allowed {
                breaches.push(format!("{from} -> {to}"));
            }
        }
    }
    assert!(breaches.is_empty(), "edges that the table does not allow: {breaches:?}");
}

#[test]
fn domain_and_views_use_nothing_that_performs_io() {
    let metadata = workspace();
    for (pure, allowed) in PURE {
        let packages = metadata.workspace_packages();
        let package = packages.iter().find(|package| name(package) == pure);
        let foreign: Vec<&str> = package
            .into_iter()
            .flat_map(|package| shipped_dependencies(package))
            .filter(|used| !used.starts_with("banso-") && !allowed.contains(used))
            .collect();
        assert!(package.is_some() && foreign.is_empty(), "{pure} stays pure: {foreign:?}");
    }
}

/// What the crate is built from, in contrast to what its tests use.
fn shipped_dependencies(package: &Package) -> impl Iterator<Item = &str> {
    let shipped = package
        .dependencies
        .iter()
        .filter(|dependency| matches!(dependency.kind, DependencyKind::Normal | DependencyKind::Build));
    shipped.map(|dependency| dependency.name.as_str())
}

fn name(package: &Package) -> &str {
    package.name.as_str()
}

fn workspace() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .unwrap_or_else(|error| panic!("cargo metadata: {error}"))
}
