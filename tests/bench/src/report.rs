//! The tables on the screen, ready for docs/performance.md, and the JSON beside them.

use crate::{
    Outcome,
    machine::{self, median},
    operation::Operation,
    postgres::Postgres,
    rounds::Sample,
    world,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

/// Where something was measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) store: &'static str,
    pub(crate) orders: u64,
    pub(crate) clients: usize,
    pub(crate) operation: Operation,
}

/// Everything that was found out.
pub(crate) struct Report {
    head: Value,
    samples: BTreeMap<Place, (usize, Vec<Sample>)>,
    memory: BTreeMap<String, f64>,
    starts: BTreeMap<&'static str, Vec<f64>>,
    loads: BTreeMap<u64, [f64; 2]>,
}

impl Report {
    pub(crate) fn new(binary: &Path, postgres: &Postgres) -> Outcome<Self> {
        let size = fs::metadata(binary)?.len() as f64 / 1e6;
        let sync = machine::sync_cost(&postgres.dir)?;
        let head = json!({"at": world::now_ms() / 1000, "machine": machine::describe(), "postgres": postgres.version()?, "binary_mb": size, "sync_ms": sync});
        Ok(Self { head, samples: BTreeMap::new(), memory: BTreeMap::new(), starts: BTreeMap::new(), loads: BTreeMap::new() })
    }

    pub(crate) fn add(&mut self, place: Place, statements: usize, sample: Sample) {
        self.samples.entry(place).or_insert((statements, Vec::new())).1.push(sample);
    }

    /// Megabytes that the server holds after the load, and the most that it held.
    pub(crate) fn load_memory(&mut self, store: &str, [after, most]: [f64; 2]) {
        self.memory(store, "most under load", most);
        self.memory(store, "after load", after);
    }

    /// Keeps the most that was seen.
    pub(crate) fn memory(&mut self, store: &str, when: &str, megabytes: f64) {
        let most = self.memory.entry(format!("{store}, {when}")).or_default();
        *most = most.max(megabytes);
    }

    /// How long a start took, in milliseconds, on a database that was there.
    pub(crate) fn start(&mut self, store: &'static str, milliseconds: f64) {
        self.starts.entry(store).or_default().push(milliseconds);
    }

    /// How long so many orders took to load, in seconds, and the megabytes that they take.
    pub(crate) fn load(&mut self, orders: u64, cost: [f64; 2]) {
        self.loads.insert(orders, cost);
    }

    /// Prints the tables and writes `target/bench/TIME.json` and `latest.json`.
    pub(crate) fn write(mut self) -> Outcome {
        println!("{}", serde_json::to_string_pretty(&self.head)?);
        let mut rows = Vec::new();
        let mut last = None;
        for (place, (statements, samples)) in &self.samples {
            let table = (place.store, place.orders, place.clients);
            if last.replace(table) != Some(table) {
                println!("\n{}, {} orders, {} connections\n", place.store, grouped(place.orders as f64), place.clients);
                println!(
                    "| operation | 1/s | p50 ms | p99 ms | statements | × database alone | × plain transaction | p99 × alone | µs server + database + load | % server + database + load + rest |"
                );
                println!("|---|---|---|---|---|---|---|---|---|---|");
            }
            println!("{}", line(*place, *statements, samples));
            rows.push(row(*place, *statements, samples));
        }
        let growth = self.growth();
        println!("\nMemory, MB");
        for (what, megabytes) in &self.memory {
            println!("- {what}: {megabytes:.1}");
        }
        let starts: BTreeMap<_, _> = self.starts.iter_mut().map(|(store, all)| (*store, median(all))).collect();
        println!("\nStart on an existing database, ms: {starts:.0?}; binary {:.1} MB", self.head["binary_mb"].as_f64().unwrap_or(0.0));
        println!("Loading on PostgreSQL, s and MB: {:.0?}", self.loads);
        let all = json!({"head": self.head, "rows": rows, "growth": growth, "memory_mb": self.memory, "start_ms": starts, "load_s_mb": self.loads});
        let text = serde_json::to_string_pretty(&all)?;
        fs::create_dir_all("target/bench")?;
        for name in [self.head["at"].to_string(), "latest".to_owned()] {
            fs::write(format!("target/bench/{name}.json"), &text)?;
        }
        Ok(())
    }

    /// What becomes slower with the number of orders on PostgreSQL: the time of a request against that at the smallest size,
    /// round by round; Linli, and PostgreSQL alone with the same statements.
    fn growth(&self) -> Vec<Value> {
        let sizes: std::collections::BTreeSet<u64> = self.samples.keys().filter(|p| p.store == "PostgreSQL").map(|p| p.orders).collect();
        let Some(small) = sizes.first().copied().filter(|_| sizes.len() > 1) else { return Vec::new() };
        println!(
            "\nGrowth: µs of processor (server and database) for each, and how much slower than at {} orders: × Linli (× database alone)\n",
            grouped(small as f64)
        );
        let head: Vec<_> = sizes.iter().map(|orders| format!(" {} orders |", grouped(*orders as f64))).collect();
        println!("| operation | connections |{}\n|---|---|{}", head.concat(), "---|".repeat(sizes.len()));
        let mut growth = Vec::new();
        for (place, (_, first)) in self.samples.iter().filter(|(p, _)| p.orders == small && p.store == "PostgreSQL" && p.operation.stores())
        {
            print!("| {} | {} |", place.operation.name(), place.clients);
            for orders in &sizes {
                let Some((_, samples)) = self.samples.get(&Place { orders: *orders, ..*place }) else { continue };
                let slower = |f: fn(&Sample) -> f64| median(&mut first.iter().zip(samples).map(|(s, l)| f(s) / f(l)).collect::<Vec<_>>());
                let (linli, alone) = (slower(|s| s.linli.per_second), slower(|s| s.same.leg.per_second));
                let micros = spread(samples, |s| s.micros[0] + s.micros[1]).map_or(0.0, |[_, middle, _]| middle);
                let compared = if *orders == small { String::new() } else { format!(" · {linli:.2} ({alone:.2})") };
                print!(" {}{compared} |", grouped(micros));
                growth.push(json!({"operation": place.operation.name(), "connections": place.clients, "orders": orders, "slower": linli,
                    "database_alone_slower": alone, "cpu_micros": micros}));
            }
            println!();
        }
        growth
    }
}

fn line(place: Place, statements: usize, samples: &[Sample]) -> String {
    let of = |f: &dyn Fn(&Sample) -> f64| spread(samples, f).map_or(0.0, |[_, middle, _]| middle);
    let ratio = |f: fn(&Sample) -> f64| {
        spread(samples, f).map_or_else(String::new, |[least, middle, most]| match samples.len() {
            1 => format!("{middle:.2}"),
            _ => format!("{middle:.2} ({least:.2}–{most:.2})"),
        })
    };
    let micros: [f64; 4] = std::array::from_fn(|n| of(&|s| s.micros[n]));
    let [server, database, load, rest] = micros.map(|m| 100.0 * m / micros.iter().sum::<f64>());
    let [name, per_second] = [place.operation.name().to_owned(), grouped(of(&|s| s.linli.per_second))];
    format!(
        "| {name} | {per_second} | {:.2} | {:.2} | {statements} | {} | {} | {} | {:.0} + {:.0} + {:.0} | {server:.0} + {database:.0} + {load:.0} + {rest:.0} |",
        of(&|s| s.linli.p50),
        of(&|s| s.linli.p99),
        ratio(|s| s.linli.per_second / s.same.leg.per_second),
        ratio(|s| s.linli.per_second / s.plain.leg.per_second),
        ratio(|s| s.linli.p99 / s.same.leg.p99),
        micros[0],
        micros[1],
        micros[2],
    )
}

/// Every figure as least, middle, most of the rounds.
fn row(place: Place, statements: usize, samples: &[Sample]) -> Value {
    let of = |f: fn(&Sample) -> f64| spread(samples, f);
    json!({
        "store": place.store, "orders": place.orders, "connections": place.clients, "operation": place.operation.name(),
        "rounds": samples.len(), "statements": statements,
        "per_second": of(|s| s.linli.per_second), "p50_ms": of(|s| s.linli.p50), "p99_ms": of(|s| s.linli.p99),
        "cpu_micros": {"server": of(|s| s.micros[0]), "database": of(|s| s.micros[1]), "load": of(|s| s.micros[2]), "rest": of(|s| s.micros[3])},
        "same": {"per_second": of(|s| s.same.leg.per_second), "p50_ms": of(|s| s.same.leg.p50), "p99_ms": of(|s| s.same.leg.p99),
            "cpu_micros": of(|s| s.same.micros), "ratio": of(|s| s.linli.per_second / s.same.leg.per_second),
            "p99_ratio": of(|s| s.linli.p99 / s.same.leg.p99)},
        "plain": {"per_second": of(|s| s.plain.leg.per_second), "p50_ms": of(|s| s.plain.leg.p50), "p99_ms": of(|s| s.plain.leg.p99),
            "cpu_micros": of(|s| s.plain.micros), "ratio": of(|s| s.linli.per_second / s.plain.leg.per_second),
            "p99_ratio": of(|s| s.linli.p99 / s.plain.leg.p99)},
    })
}

/// Least, middle and most of what was measured; nothing where nothing was.
fn spread(samples: &[Sample], f: impl Fn(&Sample) -> f64) -> Option<[f64; 3]> {
    let mut all: Vec<_> = samples.iter().map(f).filter(|x| x.is_finite() && *x > 0.0).collect();
    let middle = median(&mut all);
    Some([*all.first()?, middle, *all.last()?])
}

/// 1234567 as 1,234,567.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let parts: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    parts.join(",")
}
