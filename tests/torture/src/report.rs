//! The table on the screen and the JSON beside it.

use crate::{Outcome, checker::Violation, machine};
use serde_json::{Value, json};
use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

/// What is told of each sort of violation at most.
const TOLD: usize = 10;

/// What a part found out on one database.
pub(crate) struct Row {
    part: &'static str,
    on: String,
    figures: Vec<(String, Value, bool)>,
    faults: Vec<String>,
}

impl Row {
    pub(crate) fn new(part: &'static str, on: &str) -> Self {
        eprintln!("{part}, {on}");
        Self { part, on: on.to_owned(), figures: Vec::new(), faults: Vec::new() }
    }

    /// A figure that is only told.
    pub(crate) fn tell(&mut self, name: &str, value: impl Into<Value>) {
        self.figures.push((name.to_owned(), value.into(), true));
    }

    /// A figure that must hold.
    pub(crate) fn require(&mut self, name: &str, value: impl Into<Value>, holds: bool) {
        let value = value.into();
        if !holds {
            self.fault(format!("{name}: {value}"));
        }
        self.figures.push((name.to_owned(), value, holds));
    }

    pub(crate) fn at_most(&mut self, name: &str, value: f64, bound: f64) {
        self.require(&format!("{name} (≤ {bound})"), round(value), value <= bound);
    }

    pub(crate) fn at_least(&mut self, name: &str, value: f64, bound: f64) {
        self.require(&format!("{name} (≥ {bound})"), round(value), value >= bound);
    }

    /// Something that must not be.
    pub(crate) fn fault(&mut self, what: String) {
        eprintln!("  FAULT {what}");
        self.faults.push(what);
    }

    /// The checker's verdict: a figure for each invariant.
    pub(crate) fn verdict(&mut self, violations: &[Violation]) {
        for invariant in 1..=6 {
            let broken: Vec<&Violation> = violations.iter().filter(|v| v.invariant == invariant).collect();
            for violation in broken.iter().take(TOLD) {
                self.fault(format!("I{invariant} {}", violation.what));
            }
            self.require(&format!("I{invariant}"), broken.len(), broken.is_empty());
        }
    }

    fn passed(&self) -> bool {
        self.faults.is_empty()
    }

    fn json(&self) -> Value {
        let figures: serde_json::Map<String, Value> = self.figures.iter().map(|(name, value, _)| (name.clone(), value.clone())).collect();
        json!({"part": self.part, "on": self.on, "passed": self.passed(), "figures": figures, "faults": self.faults})
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Everything that was found out.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Prints the table, writes `target/torture/PART.json`, and tells whether everything held.
    pub(crate) fn write(&self, binary: &str) -> Outcome<bool> {
        let at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let machine = machine::describe();
        println!("{machine}\n\n| part | on | result | figures |\n|---|---|---|---|");
        for row in &self.rows {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let figures: Vec<String> =
                row.figures.iter().map(|(n, v, holds)| format!("{n}: {}{}", text(v), if *holds { "" } else { " ✗" })).collect();
            println!("| {} | {} | {} | {} |", row.part, row.on, if row.passed() { "held" } else { "BROKEN" }, figures.join("; "));
        }
        fs::create_dir_all("target/torture")?;
        let mut parts: Vec<&str> = self.rows.iter().map(|r| r.part).collect();
        parts.dedup();
        for part in parts {
            let rows: Vec<Value> = self.rows.iter().filter(|r| r.part == part).map(Row::json).collect();
            let all = json!({"at": at, "machine": machine, "binary": binary, "rows": rows});
            fs::write(format!("target/torture/{part}.json"), serde_json::to_string_pretty(&all)?)?;
        }
        Ok(self.rows.iter().all(Row::passed))
    }
}
