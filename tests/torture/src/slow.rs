//! Slow clients: two thousand sockets that say nothing, headers and bodies that come drop by drop. They are cut off, and
//! everybody else is answered as before.

use crate::{
    Options, Outcome, Stage,
    api::{Try, count, percentile},
    load::Load,
    machine,
    report::Row,
    server::Setup,
    world::{Kind, Shape, World},
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

const CLIENTS: usize = 4;
/// What systemd and most shells grant a process unless it asks for more.
const DESCRIPTORS: usize = 1024;
/// A socket that is not cut off by then never is.
const PATIENCE: Duration = Duration::from_secs(20);
/// Somebody with a new connection waits no longer.
const NEWCOMER_MS: f64 = 1000.0;
/// Between two drops.
const DROP: Duration = Duration::from_millis(300);

/// A way of being slow, how many are so at a time, and after how many milliseconds they are to be cut off.
struct Nuisance {
    name: &'static str,
    sockets: usize,
    cut_ms: f64,
    opening: String,
    /// Sent every now and then.
    drip: &'static [u8],
}

pub(crate) async fn run(stage: &Stage, options: &Options) -> Outcome<Row> {
    let length = Duration::from_secs(if options.short { 12 } else { 60 });
    let mut row = Row::new("slow", Kind::Sqlite.name());
    rlimit::increase_nofile_limit(8192)?;
    let mut world = World::make(&stage.binary, &stage.folder, None, Shape::plain("slow")).await?;
    world.setup = humble(&world.setup)?;
    let world = Arc::new(world);
    let server = world.serve(0).await?;
    let load = Load::start(&world, CLIENTS, options.seed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.api.tries();
    tokio::time::sleep(length).await;
    let before = world.api.tries();
    let memory = machine::memory(server.pid);
    let nuisances = nuisances(&world.people.communities[0].residents[0].token());
    let stop = Arc::new(AtomicBool::new(false));
    let mut attack = JoinSet::new();
    let mut cuts = Vec::new();
    for nuisance in nuisances {
        let (nuisance, cut) = (Arc::new(nuisance), Arc::new(Mutex::new(Vec::new())));
        for _ in 0..nuisance.sockets {
            attack.spawn(keep_at_it(world.ports[0], Arc::clone(&nuisance), Arc::clone(&cut), Arc::clone(&stop)));
        }
        cuts.push((nuisance, cut));
    }
    let newcomers = newcomers(world.ports[0], length).await;
    let during = world.api.tries();
    let sockets = machine::descriptors(server.pid);
    stop.store(true, Ordering::Relaxed);
    while attack.join_next().await.is_some() {}
    load.finish().await?;
    let all: Vec<Try> = before.iter().chain(&during).cloned().collect();
    row.tell("sockets at once", sockets);
    for (nuisance, cut) in cuts {
        let cut = cut.lock().unwrap_or_else(PoisonError::into_inner).clone();
        row.at_least(&format!("{} cut", nuisance.name), cut.len() as f64, nuisance.sockets as f64);
        row.at_most(&format!("{} cut after ms, most", nuisance.name), percentile(cut.into_iter(), 1.0), nuisance.cut_ms);
    }
    let p99 = |tries: &[Try]| percentile(tries.iter().map(|t| t.took), 0.99);
    row.tell("others' p99 ms before", p99(&before).round());
    // Below so many milliseconds nobody notices, and on a small machine the attackers' own work is most of it.
    row.at_most("others' p99 ms meanwhile", p99(&during), (2.0 * p99(&before)).max(50.0));
    row.at_most("newcomers' p99 ms meanwhile", percentile(newcomers.into_iter(), 0.99), NEWCOMER_MS);
    let failed = all.iter().filter(|t| t.status == 0 || t.status >= 500).count();
    row.require("others' requests that failed", failed, failed == 0);
    row.at_most("memory MB more", machine::memory(server.pid) - memory, 64.0);
    row.tell("answers", count(&all).iter().map(|(what, n)| format!("{n} × {what}")).collect::<Vec<_>>().join(", "));
    stage.conclude(&mut row, &world, &all).await?;
    Ok(row)
}

/// Comes in with a new connection ten times a second; tells how long each waited for its answer.
async fn newcomers(port: u16, length: Duration) -> Vec<Duration> {
    let (began, mut waited) = (Instant::now(), Vec::new());
    while began.elapsed() < length {
        let came = Instant::now();
        let visit = async {
            let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
            socket.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
            socket.read_exact(&mut [0; 12]).await
        };
        // Whoever is not answered has waited for all of it.
        let answered = timeout(PATIENCE, visit).await.is_ok_and(|visit| visit.is_ok());
        waited.push(if answered { came.elapsed() } else { PATIENCE });
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    waited
}

/// The same binary, started with as few descriptors as a service usually gets.
fn humble(setup: &Setup) -> Outcome<Setup> {
    let script = setup.folder.join("linli");
    fs::write(&script, format!("#!/bin/sh\nulimit -Sn {DESCRIPTORS}\nexec '{}' \"$@\"\n", setup.binary.display()))?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    Ok(Setup { binary: script, ..setup.clone() })
}

fn nuisances(token: &str) -> Vec<Nuisance> {
    let body = |to: &str, more: &str| {
        format!("POST {to} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n{more}content-length: 2000\r\n\r\n{{")
    };
    let signed_in = format!("authorization: Bearer {token}\r\n");
    let keyed = format!("{signed_in}idempotency-key: slow\r\n");
    vec![
        Nuisance { name: "idle sockets", sockets: 2000, cut_ms: 6000.0, opening: String::new(), drip: b"" },
        Nuisance {
            name: "slow headers",
            sockets: 200,
            cut_ms: 6000.0,
            opening: "GET /api/v1/me HTTP/1.1\r\nhost: a\r\n".to_owned(),
            drip: b"x: y\r\n",
        },
        Nuisance { name: "slow bodies", sockets: 100, cut_ms: 10_000.0, opening: body("/api/v1/orders", &signed_in), drip: b" " },
        Nuisance { name: "slow bodies with a key", sockets: 100, cut_ms: 10_000.0, opening: body("/api/v1/orders", &keyed), drip: b" " },
        Nuisance { name: "slow bodies of nobody", sockets: 100, cut_ms: 10_000.0, opening: body("/api/v1/sessions", ""), drip: b" " },
    ]
}

/// Connects, is slow until it is cut off, and begins anew.
async fn keep_at_it(port: u16, nuisance: Arc<Nuisance>, cut: Arc<Mutex<Vec<Duration>>>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let Ok(Ok(mut socket)) = timeout(PATIENCE, TcpStream::connect(("127.0.0.1", port))).await else { continue };
        if socket.write_all(nuisance.opening.as_bytes()).await.is_err() {
            continue;
        }
        let slow = async {
            let mut inbox = [0; 1024];
            loop {
                tokio::select! {
                    read = socket.read(&mut inbox) => if !matches!(read, Ok(1..)) { break },
                    () = tokio::time::sleep(DROP) => if socket.write_all(nuisance.drip).await.is_err() { break },
                }
            }
        };
        // Whoever is not even heard, because the server has no room for more, counts as one that is not cut off.
        let _ = timeout(PATIENCE, slow).await;
        cut.lock().unwrap_or_else(PoisonError::into_inner).push(began.elapsed());
    }
}
