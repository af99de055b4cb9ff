//! Who may depend on whom: the drawing in docs/architecture.md, checked against what Cargo sees.

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// The levels of the house. A crate may use those below it; siblings meet through ids and events.
const LEVELS: [&[&str]; 8] = [
    &["kernel"],
    &["identity", "grids", "files"],
    &["organizations", "volunteers"],
    &["services", "mediation"],
    &["visits", "jobs"],
    &["connect"],
    &["api"],
    &["linli"],
];
/// These stand beside the house.
const BESIDE: [&str; 6] = ["migrations", "testkit", "linli-tests", "bench", "torture", "hotline12345"];

/// Each crate of the workspace with what it depends on when it is built (not when it is tested).
fn crates() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    list(&metadata["packages"])
        .iter()
        .map(|p| (text(&p["name"]), list(&p["dependencies"]).iter().filter(|d| d["kind"] != "dev").map(|d| text(&d["name"])).collect()))
        .collect()
}

fn level(name: &str) -> Option<usize> {
    LEVELS.iter().position(|level| level.contains(&name))
}

#[test]
fn nobody_depends_on_a_sibling_or_on_a_higher_level() {
    let crates = crates();
    let names: Vec<&String> = crates.keys().collect();
    for (name, dependencies) in &crates {
        let Some(own) = level(name) else {
            assert!(BESIDE.contains(&name.as_str()), "the crate {name} has no level yet: give it one here and in docs/architecture.md");
            continue;
        };
        for dependency in dependencies.iter().filter(|d| names.contains(d)) {
            match level(dependency) {
                Some(below) => assert!(below < own, "{name} (level {own}) depends on {dependency} (level {below})"),
                None => {
                    assert!(dependency == "migrations" && name == "linli", "{name} depends on {dependency}, which stands beside the house")
                }
            }
        }
    }
    assert!(["kernel", "api", "linli"].iter().all(|n| crates.contains_key(*n)), "cargo metadata lists the workspace: {names:?}");
}

#[test]
fn only_the_http_crate_and_the_binary_know_actix() {
    // The benchmark compares Linli with a bare actix.
    for (name, dependencies) in crates().into_iter().filter(|(name, _)| name != "bench") {
        let web = dependencies.iter().find(|d| d.starts_with("actix") || d.contains("actix-web"));
        assert!(web.is_none() || ["api", "linli"].contains(&name.as_str()), "{name} depends on {web:?}");
    }
}

#[test]
fn migrations_depend_on_nothing_that_can_change_under_them() {
    let crates = crates();
    let ours: Vec<&String> = crates["migrations"].iter().filter(|d| !["sea-orm-migration", "async-trait"].contains(&d.as_str())).collect();
    assert!(ours.is_empty(), "migrations depend on {ours:?}");
}
