//! How many webhooks a second: `cargo run --release -p bench -- webhooks`.
//!
//! A receiver on this machine, in a process of its own, answers 204 to everything. Events are put into the log behind the server's
//! back, all at once; from then until the receiver has had a message about each of them is measured, reading the log,
//! signing, sending and writing down every attempt included. The receiver counts what comes twice.

use crate::{
    Outcome, machine,
    machine::Guarded,
    postgres::Postgres,
    wire::Wire,
    world::{self, Server},
};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, rt,
    web::{self, Data},
};
use rusqlite::Connection;
use serde_json::json;
use std::{
    collections::HashSet,
    ffi::OsStr,
    io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

/// What an event of the load says.
const DATA: &str = r#"{"to":"placed","number":"20261122-K7Q2M4C","channel":"mini_program","on_behalf":false}"#;
const ADMINISTRATOR: (&str, &str) = ("bench-admin", "bench-password-1");
/// Longer than this takes nobody.
const PATIENCE: Duration = Duration::from_secs(300);

/// What came.
#[derive(Default)]
struct Came {
    messages: u64,
    ids: HashSet<String>,
}

/// The receiver: answers until its input ends; says first where. A GET tells how much has come.
pub(crate) fn receive() -> Outcome {
    rt::System::new().block_on(async {
        let came = Data::new(Mutex::new(Came::default()));
        let server = HttpServer::new(move || App::new().app_data(came.clone()).default_service(web::to(take))).workers(1);
        let server = server.bind((Ipv4Addr::LOCALHOST, 0))?;
        println!("{}", server.addrs()[0]);
        thread::spawn(|| {
            // However the input ends, nobody is there any more.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            process::exit(0);
        });
        Ok(server.run().await?)
    })
}

async fn take(request: HttpRequest, came: Data<Mutex<Came>>, _body: web::Bytes) -> HttpResponse {
    let mut came = came.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let id = request.headers().get("webhook-id").and_then(|id| id.to_str().ok());
    let Some(id) = id else {
        return HttpResponse::Ok().json(json!([came.messages, came.ids.len()]));
    };
    came.messages += 1;
    // Each endpoint has its own path.
    came.ids.insert(format!("{} {id}", request.path()));
    HttpResponse::NoContent().finish()
}

/// Where the events are put.
enum Log<'a> {
    Postgres(&'a Postgres, &'static str),
    Sqlite(PathBuf),
}

impl Log<'_> {
    /// Puts so many events into the log.
    fn fill(&self, events: u64) -> Outcome {
        let columns = "type, subject_id, subject_version, region_code, at, data";
        match self {
            Self::Postgres(postgres, database) => postgres.sql(
                database,
                &format!(
                    "INSERT INTO events ({columns}) SELECT 'order.placed', gen_random_uuid(), 1, {}, now(), '{DATA}' FROM generate_series(1, {events})",
                    world::HOME
                ),
            ).map(drop),
            Self::Sqlite(file) => {
                let connection = Connection::open(file)?;
                connection.busy_timeout(Duration::from_secs(20))?;
                Ok(connection.execute_batch(&format!(
                    "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {events})
                     INSERT INTO events ({columns}) SELECT 'order.placed', randomblob(16), 1, {}, '2026-11-22T00:00:00.000000+00:00', '{DATA}' FROM n",
                    world::HOME
                ))?)
            }
        }
    }

    fn cpu(&self) -> f64 {
        match self {
            Self::Postgres(postgres, _) => postgres.cpu(),
            Self::Sqlite(_) => 0.0,
        }
    }
}

/// Measures, and prints a table.
pub(crate) async fn run(binary: &Path, shared_buffers: &str, events: u64, endpoints: &[u64]) -> Outcome {
    let postgres = Postgres::start(shared_buffers).await?;
    println!("| Database | endpoints | messages | 1/s | µs server + database | came twice |\n|---|---|---|---|---|---|");
    for on_postgres in [true, false] {
        for (n, endpoints) in endpoints.iter().copied().enumerate() {
            let name: &'static str = format!("webhooks_{n}").leak();
            let folder = postgres.dir.join(if on_postgres { name.to_owned() } else { format!("{name}_sqlite") });
            std::fs::create_dir_all(&folder)?;
            let file = folder.join("linli.db");
            let (url, log) = if on_postgres {
                postgres.sql("postgres", &format!("CREATE DATABASE {name}"))?;
                (postgres.url(name), Log::Postgres(&postgres, name))
            } else {
                (format!("sqlite://{}", file.display()), Log::Sqlite(file))
            };
            let told = measure(binary, &folder, &url, &log, events, endpoints).await?;
            println!("| {} | {endpoints} | {told}", if on_postgres { "PostgreSQL" } else { "SQLite" });
        }
    }
    Ok(())
}

async fn measure(binary: &Path, folder: &Path, url: &str, log: &Log<'_>, events: u64, endpoints: u64) -> Outcome<String> {
    let this = std::env::current_exe()?;
    let receiver = Guarded::start("exec \"$@\"", &mut Command::new("sh"), [this.as_os_str(), OsStr::new("receiver")])?;
    world::command(binary, folder, url, &["migrate"], "")?;
    world::command(binary, folder, url, &["regions", "import", world::REGIONS, "--as-of", "2023-12-31"], "")?;
    let (name, password) = ADMINISTRATOR;
    let create = ["account", "create", "--name", name, "--role", "administrator", "--region", "000000000000", "--password-stdin"];
    world::command(binary, folder, url, &create, password)?;
    let server = Server::start_with(binary, folder, url, &["--webhooks-allow", "127.0.0.0/8"]).await?;
    let mut wire = Wire::open(&server.address).await?;
    let tokens = wire.json("/api/v1/sessions", "", Some(json!({ "name": name, "password": password }))).await?;
    let token = tokens["access_token"].as_str().unwrap_or_default();
    for n in 0..endpoints {
        let address = format!("http://{}/{n}", receiver.said);
        let body = json!({ "region_code": world::HOME, "name": "bench", "url": address, "types": ["order.*"] });
        wire.json("/api/v1/webhook_endpoints", token, Some(body)).await?;
    }
    let mut counter = Wire::open(&receiver.said).await?;
    let all = events * endpoints;
    let (server_cpu, database_cpu) = (machine::cpu(server.pid, false), log.cpu());
    let began = Instant::now();
    log.fill(events)?;
    let came = loop {
        let came = counter.json("/", "", None).await?;
        if came[1].as_u64() >= Some(all) {
            break came;
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("only {came} of {all} messages came").into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let seconds = began.elapsed().as_secs_f64();
    // What came back last is still being written down.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let micros = |before: f64, now: f64| (now - before) * 1e6 / all as f64;
    let (server_cpu, database_cpu) = (micros(server_cpu, machine::cpu(server.pid, false)), micros(database_cpu, log.cpu()));
    let twice = came[0].as_u64().unwrap_or_default() - came[1].as_u64().unwrap_or_default();
    Ok(format!("{all} | {:.0} | {server_cpu:.0} + {database_cpu:.0} | {twice} |", all as f64 / seconds))
}
