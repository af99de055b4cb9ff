//! Linli measured against the database itself: `cargo run --release -p bench`, or for a first look in three minutes with
//! `-- --quick`.
//!
//! One run starts a durable PostgreSQL in a temporary folder, fills databases of several sizes, starts the real
//! binary on each, and then, in several rounds, lets it and pgbench take turns: Linli over HTTP, pgbench
//! with the statements that Linli itself was seen to send. Then the same on SQLite, against a loop over SQLite's own library.
//! Absolute numbers tell more about the machine than about Linli; the ratio of two legs that ran within the same seconds
//! tells about Linli.
//!
//! - [`world`] makes the people and starts the servers, [`orders`] the orders; [`floor`] is what HTTP itself costs.
//! - [`operation`] says what is measured, [`load`] does it many times, [`rounds`] lets the two take turns.
//! - [`capture`] sees what Linli sends, [`statements`] makes scripts of it, [`on_postgres`] and [`on_sqlite`] run them.
//! - [`webhooks`], [`ground`], [`locate`] and [`venues`] are measurements of their own.
//! - [`report`] prints the tables and writes `target/bench/latest.json`; docs/performance.md tells the results.

mod capture;
mod floor;
mod ground;
mod load;
mod locate;
mod machine;
mod on_postgres;
mod on_sqlite;
mod operation;
mod orders;
mod postgres;
mod report;
mod rounds;
mod statements;
mod venues;
mod webhooks;
mod wire;
mod world;

use capture::{Captured, capture};
use clap::{Parser, Subcommand};
use on_postgres::OnPostgres;
use on_sqlite::OnSqlite;
use operation::Operation;
use postgres::Postgres;
use report::Report;
use rounds::Bench;
use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};
use world::{Server, World};

/// What goes wrong here is told and ends the run.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Linli measured against the database itself.
#[derive(Parser)]
struct Options {
    /// A first look: 10,000 orders, 8 connections, one round of one second, unless told otherwise
    #[arg(long)]
    quick: bool,
    /// How many orders the tables hold: one database each
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000,10000000", default_value_if("quick", "true", "10000"))]
    orders: Vec<u64>,
    /// How many connections
    #[arg(long, value_delimiter = ',', default_value = "1,8,32", default_value_if("quick", "true", "8"))]
    clients: Vec<usize>,
    /// How often everything is measured; the tables show medians
    #[arg(long, default_value = "5", default_value_if("quick", "true", "1"))]
    rounds: usize,
    /// How long each leg takes
    #[arg(long, default_value = "2", default_value_if("quick", "true", "1"))]
    seconds: u64,
    /// Only these operations
    #[arg(long, value_delimiter = ',', value_parser = Operation::named)]
    only: Vec<Operation>,
    /// The binary [default: built here]
    #[arg(long)]
    server: Option<PathBuf>,
    /// `shared_buffers` of PostgreSQL; everything else is as shipped
    #[arg(long, default_value = "512MB")]
    shared_buffers: String,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What this program does as a second process of itself.
#[derive(Subcommand)]
enum Part {
    /// Answers every request with an empty 200
    #[command(hide = true)]
    Floor,
    /// Takes every webhook
    #[command(hide = true)]
    Receiver,
    /// Measures webhooks instead
    Webhooks {
        /// How many events
        #[arg(long, default_value = "10000")]
        events: u64,
        /// How many endpoints are told of each of them: one measurement each
        #[arg(long, value_delimiter = ',', default_value = "1,10")]
        endpoints: Vec<u64>,
    },
    /// Measures households, people and maps instead
    Ground {
        /// How many people: one database each; the file is imported into the last
        #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
        people: Vec<u64>,
    },
    /// Measures the grid of a point instead
    Locate {
        /// Among how many boundaries
        #[arg(long, default_value = "100000")]
        grids: u64,
    },
    /// Measures what is near a point instead
    Venues {
        /// Among how many venues
        #[arg(long, default_value = "100000")]
        venues: u64,
    },
}

fn main() -> Outcome {
    let options = Options::parse();
    match options.part {
        Some(Part::Floor) => floor::serve(),
        Some(Part::Receiver) => webhooks::receive(),
        _ => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(options)),
    }
}

async fn run(options: Options) -> Outcome {
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
    if let Some(Part::Webhooks { events, endpoints }) = &options.part {
        return webhooks::run(&binary, &options.shared_buffers, *events, endpoints).await;
    }
    if let Some(Part::Ground { people }) = &options.part {
        return ground::run(&binary, &options.shared_buffers, people).await;
    }
    if let Some(Part::Locate { grids }) = &options.part {
        return locate::run(&binary, &options.shared_buffers, *grids).await;
    }
    if let Some(Part::Venues { venues }) = &options.part {
        return venues::run(&binary, &options.shared_buffers, *venues).await;
    }
    let all = Operation::ALL.iter().map(|(o, ..)| *o);
    if options.orders.is_empty() {
        return Err("how many orders?".into());
    }
    let operations: Vec<_> = all.filter(|o| options.only.is_empty() || options.only.contains(o)).collect();
    let stored: Vec<_> = operations.iter().copied().filter(|o| o.stores()).collect();
    let length = Duration::from_secs(options.seconds);

    let postgres = Postgres::start(&options.shared_buffers).await?;
    let floor = Arc::new(Server::floor()?);
    let mut report = Report::new(&binary, &postgres)?;
    let (mut benches, mut seen) = (Vec::new(), Vec::new());
    for orders in &options.orders {
        eprintln!("{orders} orders: loading");
        let mut world = World::make(&binary, &postgres, &floor, *orders).await?;
        report.start("PostgreSQL", world.server.start_ms);
        let size = postgres.sql(&world.database, "SELECT pg_database_size(current_database())")?.parse::<f64>()? / 1e6;
        eprintln!("{orders} orders: {size:.0} MB, loaded in {:.0} s", world.load_seconds);
        report.load(*orders, [world.load_seconds, size]);
        report.memory("PostgreSQL", "idle", world.server.idle().await);
        operation::walk(&mut world).await?;
        let captured = watch(&binary, &postgres, &world, &stored).await?;
        let store = Box::new(OnPostgres::new(&postgres, &world, &captured)?);
        // The floor is the same whatever the tables hold.
        let operations = if benches.is_empty() { operations.clone() } else { stored.clone() };
        benches.push(Bench { world: Arc::new(world), store, operations });
        seen.push(captured);
    }
    rounds::run(&mut benches, &options.clients, options.rounds, length, &mut report).await?;

    eprintln!("SQLite");
    let (source, captured) = (benches.swap_remove(0).world, seen.swap_remove(0));
    let folder = postgres.dir.join("sqlite");
    let (file, url) = on_sqlite::copy(&binary, &postgres, &source, &folder)?;
    for n in 0..5 {
        let server = Server::start(&binary, &folder, &url).await?;
        report.start("SQLite", server.start_ms);
        if n == 0 {
            report.memory("SQLite", "idle", server.idle().await);
        }
    }
    let world = Arc::new(on_sqlite::world(&binary, &folder, &url, &source).await?);
    let store = Box::new(OnSqlite::new(&postgres, &source, file, &captured));
    rounds::run(&mut [Bench { world, store, operations: stored }], &options.clients, options.rounds, length, &mut report).await?;
    report.write()
}

/// Sees what Linli sends for each operation, on a server whose statements are logged.
async fn watch(binary: &Path, postgres: &Postgres, world: &World, operations: &[Operation]) -> Outcome<Vec<Captured>> {
    let loud = format!("{}&options[log_statement]=all", postgres.url(&world.database));
    let loud = Server::start(binary, &postgres.dir.join(&world.database), &loud).await?;
    let mut captured = Vec::new();
    for operation in operations {
        captured.push(capture(world, postgres, &loud.address, *operation).await?);
    }
    Ok(captured)
}

/// A port that nobody uses now.
pub(crate) fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
