//! The table on the screen and the JSON beside it.

use crate::{
    Outcome,
    load::Operation,
    machine::{self, median},
    postgres::Postgres,
    world,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

/// What one round found out about one operation; zero where there was nothing to measure.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Requests a second; for the flow, flows.
    pub(crate) per_second: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Processor microseconds for each: server, PostgreSQL, load generator.
    pub(crate) micros: [f64; 3],
    /// What pgbench reached a second with the same statements, and what that cost PostgreSQL.
    pub(crate) same: f64,
    pub(crate) same_micros: f64,
    /// And with the writes alone as a plain transaction.
    pub(crate) plain: f64,
}

/// Everything that was found out.
pub(crate) struct Report {
    head: Value,
    samples: BTreeMap<(u64, usize, usize), Vec<Sample>>,
    sqlite: BTreeMap<usize, Vec<Sample>>,
    statements: BTreeMap<usize, usize>,
    memory: BTreeMap<String, f64>,
    starts: Vec<f64>,
}

impl Report {
    pub(crate) fn new(binary: &Path, postgres: &Postgres) -> Outcome<Self> {
        let size = fs::metadata(binary)?.len() as f64 / 1e6;
        let sync = machine::sync_cost(&std::env::temp_dir())?;
        let head = json!({"at": world::now_ms() / 1000, "machine": machine::describe(), "postgres": postgres.version()?, "binary_mb": size, "sync_ms": sync});
        Ok(Self {
            head,
            samples: BTreeMap::new(),
            sqlite: BTreeMap::new(),
            statements: BTreeMap::new(),
            memory: BTreeMap::new(),
            starts: Vec::new(),
        })
    }

    pub(crate) fn add(&mut self, orders: u64, operation: Operation, clients: usize, sample: Sample) {
        self.samples.entry((orders, clients, operation as usize)).or_default().push(sample);
    }

    pub(crate) fn sqlite(&mut self, clients: usize, sample: Sample) {
        self.sqlite.entry(clients).or_default().push(sample);
    }

    pub(crate) fn statements(&mut self, counts: impl Iterator<Item = (Operation, usize)>) {
        self.statements.extend(counts.map(|(o, n)| (o as usize, n)));
    }

    /// Keeps the most that was seen.
    pub(crate) fn memory(&mut self, what: &str, megabytes: f64) {
        let most = self.memory.entry(what.to_owned()).or_default();
        *most = most.max(megabytes);
    }

    pub(crate) fn start(&mut self, milliseconds: f64) {
        self.starts.push(milliseconds);
    }

    /// Prints the table and writes `target/bench/TIME.json` and `latest.json`.
    pub(crate) fn write(mut self) -> Outcome {
        let mut rows = Vec::new();
        println!("{}\n", serde_json::to_string_pretty(&self.head)?);
        let mut last = (0, 0);
        for ((orders, clients, operation), samples) in &self.samples {
            if last != (*orders, *clients) {
                println!("\n{orders} orders, {clients} connections");
                println!(
                    "| {:<8} | {:>6} | {:>7} | {:>7} | {:>5} | {:>18} | {:>18} | {:>24} | {:>10} |",
                    "", "1/s", "p50 ms", "p99 ms", "stmts", "× pgbench same", "× plain transaction", "CPU µs server+pg+load", "pg µs same"
                );
                last = (*orders, *clients);
            }
            let name = Operation::ALL[*operation].1;
            let statements = self.statements.get(operation).copied().unwrap_or(0);
            let of = |f: fn(&Sample) -> f64| middle(samples, f);
            let [server, pg, load] = [of(|s| s.micros[0]), of(|s| s.micros[1]), of(|s| s.micros[2])];
            println!(
                "| {name:<8} | {:>6.0} | {:>7.2} | {:>7.2} | {statements:>5} | {:>18} | {:>18} | {:>24} | {:>10.0} |",
                of(|s| s.per_second),
                of(|s| s.p50),
                of(|s| s.p99),
                ratio(samples, |s| s.same),
                ratio(samples, |s| s.plain),
                format!("{server:.0} + {pg:.0} + {load:.0}"),
                of(|s| s.same_micros),
            );
            rows.push(json!({"orders": orders, "connections": clients, "operation": name, "statements": statements,
                "per_second": of(|s| s.per_second), "p50_ms": of(|s| s.p50), "p99_ms": of(|s| s.p99), "cpu_micros": {"server": server, "postgres": pg, "load": load},
                "pgbench_same_per_second": of(|s| s.same), "pgbench_same_postgres_micros": of(|s| s.same_micros), "pgbench_plain_per_second": of(|s| s.plain),
                "ratio_same": ratios(samples, |s| s.same), "ratio_plain": ratios(samples, |s| s.plain)}));
        }
        let growth = self.growth();
        println!("\nSQLite, placing an order, against one bare connection");
        for (clients, samples) in &self.sqlite {
            let of = |f: fn(&Sample) -> f64| middle(samples, f);
            let ratio = ratio(samples, |s| s.same);
            println!(
                "{clients:>3} connections: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms, bare {:.0}/s, ratio {ratio}",
                of(|s| s.per_second),
                of(|s| s.p50),
                of(|s| s.p99),
                of(|s| s.same)
            );
            rows.push(json!({"orders": 0, "connections": clients, "operation": "sqlite place", "per_second": of(|s| s.per_second), "p50_ms": of(|s| s.p50),
                "p99_ms": of(|s| s.p99), "bare_per_second": of(|s| s.same), "ratio_same": ratios(samples, |s| s.same)}));
        }
        let start = median(&mut self.starts);
        println!(
            "\nmemory, MB: {:.1?}\nstart on an existing SQLite database: {start:.0} ms\nbinary: {:.1} MB",
            self.memory,
            self.head["binary_mb"].as_f64().unwrap_or(0.0)
        );
        let all = json!({"head": self.head, "rows": rows, "growth": growth, "memory_mb": self.memory, "start_ms": start});
        let text = serde_json::to_string_pretty(&all)?;
        fs::create_dir_all("target/bench")?;
        for name in [self.head["at"].to_string(), "latest".to_owned()] {
            fs::write(format!("target/bench/{name}.json"), &text)?;
        }
        Ok(())
    }

    /// How much slower the largest table is than the smallest, the median of the rounds: Linli, and pgbench.
    fn growth(&self) -> Value {
        let sizes: Vec<u64> = self.samples.keys().map(|k| k.0).collect();
        let (Some(small), Some(large)) = (sizes.first().copied(), sizes.last().copied().filter(|l| *l != sizes[0])) else {
            return Value::Null;
        };
        println!("\nGrowth: time a request from {small} to {large} orders (Linli; pgbench with the same statements)");
        let mut growth = Vec::new();
        for ((orders, clients, operation), at_small) in &self.samples {
            let Some(at_large) = self.samples.get(&(large, *clients, *operation)).filter(|_| *orders == small) else { continue };
            let slower = |f: fn(&Sample) -> f64| median(&mut at_small.iter().zip(at_large).map(|(s, l)| f(s) / f(l)).collect::<Vec<_>>());
            let (linli, pgbench, name) = (slower(|s| s.per_second), slower(|s| s.same), Operation::ALL[*operation].1);
            let pgbench = pgbench.is_finite().then_some(pgbench);
            println!("{name:<8} {clients:>3} connections: {linli:.2}; {}", pgbench.map_or("-".to_owned(), |p| format!("{p:.2}")));
            growth.push(json!({"operation": name, "connections": clients, "linli": linli, "pgbench": pgbench}));
        }
        json!({"from": small, "to": large, "slower": growth})
    }
}

fn middle(samples: &[Sample], f: fn(&Sample) -> f64) -> f64 {
    median(&mut samples.iter().map(f).collect::<Vec<_>>())
}

/// Linli over the other, in each round; least, middle, most.
fn ratios(samples: &[Sample], other: fn(&Sample) -> f64) -> Option<[f64; 3]> {
    let mut ratios: Vec<_> = samples.iter().filter(|s| other(s) > 0.0).map(|s| s.per_second / other(s)).collect();
    let middle = median(&mut ratios);
    Some([*ratios.first()?, middle, *ratios.last()?])
}

fn ratio(samples: &[Sample], other: fn(&Sample) -> f64) -> String {
    ratios(samples, other).map_or_else(String::new, |[least, middle, most]| format!("{middle:.2} ({least:.2}–{most:.2})"))
}
