//! Linli measured against the database itself: `cargo run --release -p bench`.
//!
//! One run starts a durable PostgreSQL in a temporary folder, fills databases of several sizes, starts the real
//! binary on each, and then, in several rounds, lets it and pgbench take turns: Linli over HTTP, pgbench
//! with the statements that Linli itself was seen to send ([`statements`]). Absolute numbers tell more about the
//! machine than about Linli; the ratio of two legs that ran within the same seconds tells about Linli.
//!
//! [`world`] makes the data, [`load`] the operations and the load, `docs/performance.md` tells the results.

mod load;
mod machine;
mod postgres;
mod report;
mod sqlite;
mod statements;
mod wire;
mod world;

use clap::Parser;
use load::{Captured, Operation};
use postgres::Postgres;
use report::{Report, Sample};
use statements::Script;
use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};
use world::{People, Server, World};

/// What goes wrong here is told and ends the run.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Linli measured against the database itself.
#[derive(Parser)]
struct Options {
    /// How many orders the tables hold: one database each
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
    orders: Vec<u64>,
    /// How many connections
    #[arg(long, value_delimiter = ',', default_value = "1,8,32")]
    clients: Vec<usize>,
    /// How often everything is measured; the table shows medians
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each leg takes
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Only these operations
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The binary [default: built here]
    #[arg(long)]
    server: Option<PathBuf>,
    /// `shared_buffers` of PostgreSQL; everything else is as shipped
    #[arg(long, default_value = "512MB")]
    shared_buffers: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let options = Options::parse();
    let binary = match &options.server {
        Some(binary) => binary.clone(),
        None => {
            let built = Command::new("cargo").args(["build", "--release", "-p", "linli"]).status()?;
            if !built.success() {
                return Err("linli cannot be built".into());
            }
            "target/release/linli".into()
        }
    };
    let binary = std::fs::canonicalize(binary)?;
    let postgres = Postgres::start(&options.shared_buffers).await?;
    let mut report = Report::new(&binary, &postgres)?;
    let operations: Vec<_> =
        Operation::ALL.iter().map(|(o, ..)| *o).filter(|o| options.only.is_empty() || options.only.iter().any(|n| n == o.name())).collect();

    let mut benches = Vec::new();
    for orders in &options.orders {
        eprintln!("{orders} orders: loading");
        let mut world = World::make(&binary, &postgres, *orders).await?;
        report.memory("idle, PostgreSQL", world.server.idle().await);
        load::walk(&mut world).await?;
        eprintln!("{orders} orders: loaded in {:.0} s", world.load_seconds);
        benches.push(Bench::make(&binary, &postgres, world, &operations).await?);
    }
    for bench in &benches {
        for operation in &operations {
            bench.linli(&postgres, *operation, 8, Duration::from_millis(300), &mut Sample::default()).await?;
        }
    }
    for round in 0..options.rounds {
        for bench in &mut benches {
            let world = Arc::get_mut(&mut bench.world).ok_or("a leg is still running")?;
            world.people.sign_in(&world.server.address).await?;
        }
        for clients in &options.clients {
            eprintln!("round {} of {}, {clients} connections", round + 1, options.rounds);
            for (n, operation) in operations.iter().enumerate() {
                for bench in &benches {
                    report.add(
                        bench.world.orders,
                        *operation,
                        *clients,
                        bench.round(&postgres, n, *clients, options.seconds, round).await?,
                    );
                }
            }
        }
    }
    for bench in &benches {
        report.memory("after load, PostgreSQL", machine::memory(bench.world.server.pid));
        report.statements(bench.operations.iter().map(|(o, c, ..)| (*o, c.count())));
    }
    if let Some((first, place)) = benches.first().and_then(|b| Some((b, b.operations.iter().find(|(o, ..)| *o == Operation::Place)?))) {
        on_sqlite(&binary, &postgres, &options, &first.world, &place.1, &mut report).await?;
    }
    report.write()
}

/// A world with the scripts that pgbench needs for it.
struct Bench {
    world: Arc<World>,
    operations: Vec<(Operation, Captured, Script, Option<Script>)>,
}

impl Bench {
    async fn make(binary: &Path, postgres: &Postgres, world: World, operations: &[Operation]) -> Outcome<Self> {
        let folder = postgres.dir.join(&world.database);
        // The same database, its statements logged.
        let loud = Server::start(binary, &folder, &format!("{}&options[log_statement]=all", postgres.url(&world.database))).await?;
        let mut captured = Vec::new();
        for operation in operations {
            let seen = load::capture(&world, postgres, &loud.address, *operation).await?;
            let (same, plain) = (seen.same(&world, *operation)?, seen.plain(&world, *operation)?);
            captured.push((*operation, seen, same, plain));
        }
        Ok(Self { world: Arc::new(world), operations: captured })
    }

    /// One operation in one round: Linli and pgbench, who begins by turns.
    async fn round(&self, postgres: &Postgres, n: usize, clients: usize, seconds: u64, round: usize) -> Outcome<Sample> {
        let (operation, captured, same, plain) = &self.operations[n];
        let mut sample = Sample::default();
        let length = Duration::from_secs(seconds);
        if round.is_multiple_of(2) {
            self.linli(postgres, *operation, clients, length, &mut sample).await?;
        }
        if captured.count() > 0 {
            let reached = self.pgbench(postgres, *operation, same, clients, seconds)?;
            sample.same = reached.tps;
            sample.same_micros = reached.micros;
        }
        if let Some(plain) = plain {
            sample.plain = self.pgbench(postgres, *operation, plain, clients, seconds)?.tps;
        }
        if round % 2 == 1 {
            self.linli(postgres, *operation, clients, length, &mut sample).await?;
        }
        Ok(sample)
    }

    async fn linli(&self, postgres: &Postgres, operation: Operation, clients: usize, length: Duration, sample: &mut Sample) -> Outcome {
        let (base, last) = self.before(postgres, operation, length.as_secs() + 1)?;
        let (server, load) = (self.world.server.pid, std::process::id());
        let cpu = [machine::cpu(server, false), postgres.cpu(), machine::cpu(load, false)];
        let leg = load::leg(&self.world, operation, base, clients, length).await?;
        let used = [machine::cpu(server, false), postgres.cpu(), machine::cpu(load, false)];
        sample.micros = std::array::from_fn(|n| (used[n] - cpu[n]) * 1e6 / leg.done as f64);
        (sample.per_second, sample.p50, sample.p99) = (leg.per_second, leg.p50, leg.p99);
        self.after(postgres, operation, base, &last)
    }

    fn pgbench(
        &self,
        postgres: &Postgres,
        operation: Operation,
        script: &Script,
        clients: usize,
        seconds: u64,
    ) -> Outcome<postgres::Reached> {
        let (base, last) = self.before(postgres, operation, seconds + 1)?;
        let world = &self.world;
        let variables = [
            ("n", 0),
            ("base", base),
            ("clients", clients as u64),
            ("orders", world.orders),
            ("first", world.first_ms),
            ("step", world.step_ms),
        ];
        let reached = postgres.pgbench(&world.database, script, &variables, clients, seconds)?;
        self.after(postgres, operation, base, &last)?;
        Ok(reached)
    }

    /// Before a leg: orders to accept, and no checkpoint within it.
    fn before(&self, postgres: &Postgres, operation: Operation, seconds: u64) -> Outcome<(u64, String)> {
        let base = world::now_ms();
        let last = load::last_event(&self.world, postgres)?;
        if operation.consumes() {
            // More than any leg can use up.
            postgres.sql(&self.world.database, &self.world.prepared(base, seconds * 8000, operation == Operation::Claim))?;
        }
        if operation.writes() {
            postgres.sql(&self.world.database, "CHECKPOINT")?;
        }
        Ok((base, last))
    }

    fn after(&self, postgres: &Postgres, operation: Operation, base: u64, last_event: &str) -> Outcome {
        if operation.consumes() {
            let left = postgres
                .sql(&self.world.database, &format!("SELECT count(*) FROM orders WHERE id >= '{}' AND version = 3", world::id(base, 0)))?;
            if left == "0" {
                return Err("the prepared orders ran out".into());
            }
        }
        if operation.writes() { load::sweep(&self.world, postgres, base, last_event) } else { Ok(()) }
    }
}

/// Start-up, idle memory, and placing orders on SQLite.
async fn on_sqlite(binary: &Path, postgres: &Postgres, options: &Options, there: &World, place: &Captured, report: &mut Report) -> Outcome {
    let folder = postgres.dir.join("sqlite");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("linli.db");
    let url = format!("sqlite://{}", file.display());
    eprintln!("SQLite");
    world::command(binary, &folder, &url, &["migrate"], "")?;
    let first = Server::start(binary, &folder, &url).await?;
    let people = People::make(binary, &folder, &url, &first.address).await?;
    drop(first);
    for n in 0..5 {
        let server = Server::start(binary, &folder, &url).await?;
        report.start(server.start_ms);
        if n == 0 {
            report.memory("idle, SQLite", server.idle().await);
        }
    }
    let mut bare = sqlite::Bare::open(&file, there, &people, place).await?;
    let world = Arc::new(World {
        server: Server::start(binary, &folder, &url).await?,
        people,
        database: "sqlite".to_owned(),
        deep: String::new(),
        late: String::new(),
        ..*there
    });
    for _ in 0..options.rounds {
        let reached = bare.run(Duration::from_secs(options.seconds)).await?;
        for clients in &options.clients {
            let leg = load::leg(&world, Operation::Place, world::now_ms(), *clients, Duration::from_secs(options.seconds)).await?;
            report.sqlite(*clients, Sample { per_second: leg.per_second, p50: leg.p50, p99: leg.p99, same: reached, ..Sample::default() });
        }
    }
    bare.close().await?;
    report.memory("after load, SQLite", machine::memory(world.server.pid));
    Ok(())
}

/// A port that nobody uses now.
pub(crate) fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
