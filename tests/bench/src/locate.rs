//! The grid of a point among many: `cargo run --release -p bench -- locate`.
//!
//! Boundaries of 33 positions are put into a database behind the server's back; then one client asks for the grids of points, one
//! after the other, first while the server has no map yet and the database answers, then by the map. What `/livez` takes beside it is what
//! HTTP itself costs.

use crate::{
    Outcome, machine,
    operation::scatter,
    postgres::Postgres,
    wire::{Ask, Wire},
    world::{self, Server},
};
use serde_json::json;
use std::{
    path::Path,
    time::{Duration, Instant},
};

const DATABASE: &str = "locate";
const ADMINISTRATOR: (&str, &str) = ("bench-admin", "bench-password-1");
/// So often each is asked for.
const ASKED: u64 = 20_000;
/// How many grids stand side by side, and how wide each is, in degrees.
const ROW: u64 = 400;
const WIDTH: f64 = 0.004;
const CORNER: (f64, f64) = (112.0, 25.0);

/// Circles of 32 corners, side by side.
fn grids(count: u64) -> String {
    format!(
        "INSERT INTO grids (id, region_code, code, name, kind, boundary, center_lng, center_lat, min_lng, min_lat, max_lng, max_lat, version, created_at, updated_at)
         SELECT gen_random_uuid(), {home}, 'B' || n, '网格', 'comprehensive',
             '{{\"type\":\"Polygon\",\"coordinates\":[[' || (SELECT string_agg('[' || x + {r} * cosd(k * 11.25) || ',' || y + {r} * sind(k * 11.25) || ']', ',' ORDER BY k)
                 FROM generate_series(0, 32) k) || ']]}}',
             x, y, x - {r}, y - {r}, x + {r}, y + {r}, 1, now(), now()
         FROM (SELECT n, {west} + (n % {ROW}) * {WIDTH}::float8 AS x, {south} + (n / {ROW}) * {WIDTH}::float8 AS y FROM generate_series(0, {count} - 1) n) g",
        home = world::HOME,
        r = WIDTH / 2.0,
        west = CORNER.0,
        south = CORNER.1,
    )
}

/// A point near the middle of one of them.
fn point(count: u64, k: u64) -> (f64, f64) {
    let (n, shift) = (scatter(k) % count, (scatter(k + 7) % 1000) as f64 / 1000.0 - 0.5);
    (CORNER.0 + (n % ROW) as f64 * WIDTH + shift * WIDTH / 2.0, CORNER.1 + (n / ROW) as f64 * WIDTH)
}

/// Measures, and prints a table.
pub(crate) async fn run(binary: &Path, shared_buffers: &str, count: u64) -> Outcome {
    let postgres = Postgres::start(shared_buffers).await?;
    let (folder, url) = (postgres.dir.join(DATABASE), postgres.url(DATABASE));
    std::fs::create_dir_all(&folder)?;
    postgres.sql("postgres", &format!("CREATE DATABASE {DATABASE}"))?;
    world::command(binary, &folder, &url, &["migrate"], "")?;
    world::command(binary, &folder, &url, &["regions", "import", world::REGIONS, "--as-of", "2023-12-31"], "")?;
    let (name, password) = ADMINISTRATOR;
    let create = ["account", "create", "--name", name, "--role", "administrator", "--region", "000000000000", "--password-stdin"];
    world::command(binary, &folder, &url, &create, password)?;
    postgres.sql(DATABASE, &grids(count))?;
    postgres.sql(DATABASE, "ANALYZE grids")?;
    let server = Server::start(binary, &folder, &url).await?;
    let idle = server.idle().await;
    let mut wire = Wire::open(&server.address).await?;
    let tokens = wire.json("/api/v1/sessions", "", Some(json!({ "name": name, "password": password }))).await?;
    let token = tokens["access_token"].as_str().unwrap_or_default().to_owned();
    let locate = |k: u64| {
        let (lng, lat) = point(count, k);
        format!("/api/v1/grids/locate?lng={lng}&lat={lat}")
    };
    let first = measure(&mut wire, &token, 1, locate).await?;
    // The map is read in the background.
    tokio::time::sleep(Duration::from_secs(15)).await;
    // The server has closed a connection that said nothing for so long.
    let mut wire = Wire::open(&server.address).await?;
    let warm = measure(&mut wire, &token, ASKED, |k| locate(k + 1)).await?;
    let livez = measure(&mut wire, "", ASKED, |_| "/livez".to_owned()).await?;
    let [held, most] = machine::memory(server.pid);
    println!("{}\n", machine::describe());
    println!("| {count} boundaries of 33 positions | median, µs | 99 %, µs |\n|---|---|---|");
    for (what, [median, high]) in [("first, by the database", first), ("by the map", warm), ("GET /livez", livez)] {
        println!("| {what} | {median:.0} | {high:.0} |");
    }
    println!("\nMemory: {idle:.0} MB before the first question, {held:.0} MB with the map, {most:.0} MB at most.");
    Ok(())
}

/// How long an answer takes: the median and what 99 of 100 stay below, in microseconds.
async fn measure(wire: &mut Wire, token: &str, times: u64, path: impl Fn(u64) -> String) -> Outcome<[f64; 2]> {
    let mut micros = Vec::new();
    for k in 0..times {
        let path = path(k);
        let began = Instant::now();
        wire.ask(Ask { path: &path, token, ..Ask::default() }).await?;
        micros.push(began.elapsed().as_secs_f64() * 1e6);
    }
    let median = machine::median(&mut micros);
    Ok([median, micros.get(micros.len() * 99 / 100).copied().unwrap_or(median)])
}
