//! The promise of `docs/api-design.md`: within `/api/v1` nothing breaks that a client of a released version relies on.
//!
//! `openapi/released/` keeps the contract of every release. The contract of today is held against each of them, by the
//! rules that we publish; [`breaks`] is those rules. What a client sends may only become freer, what it is told may only
//! become more.

mod planted;
mod rules;

use crate::contract::document;
use rules::breaks;
use serde_json::Value;
use std::{fs, path::Path};

/// Breaks that were made all the same, each with its release and the reason: a hole that had to be closed at once.
const MADE: [&str; 0] = [];

fn released() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/released");
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), serde_json::from_str(&text).unwrap())
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[test]
fn the_contract_breaks_no_released_one() {
    let (today, released) = (document(), released());
    assert!(!released.is_empty(), "the first release is kept");
    let mut found = Vec::new();
    for (version, contract) in &released {
        assert_eq!(format!("v{}", contract["info"]["version"].as_str().unwrap()), *version, "the file is named by its contract");
        found.extend(breaks(contract, &today).into_iter().map(|what| format!("{version}: {what}")));
    }
    let new: Vec<_> = found.iter().filter(|what| !MADE.contains(&what.as_str())).collect();
    assert!(
        new.is_empty(),
        "clients of a released version would break (docs/api-design.md, Compatibility):\n{}",
        new.iter().map(|w| w.as_str()).collect::<Vec<_>>().join("\n")
    );
    let over: Vec<_> = MADE.iter().filter(|what| !found.contains(&(**what).to_owned())).collect();
    assert!(over.is_empty(), "listed as made, and not found: {over:?}");
}
