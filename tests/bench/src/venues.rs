//! What is near a point among many venues: `cargo run --release -p bench -- venues`.
//!
//! Venues are put into the databases behind the server's back, side by side some 400 m apart; then one client asks for what is near
//! points, one after the other, on PostgreSQL and on SQLite. Beside it the database alone does the same: pgbench, and a loop over SQLite's
//! own library, with the statement that Linli was seen to send for one of the points. The map of a box is read as well.

use crate::{
    Outcome, machine,
    operation::scatter,
    postgres::Postgres,
    statements::{self, Statement},
    wire::{Ask, Wire},
    world::{self, Server},
};
use rusqlite::Connection;
use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

const DATABASE: &str = "venues";
/// So often each is asked for.
const ASKED: u64 = 5_000;
/// How long the database alone is asked, on PostgreSQL.
const ALONE: Duration = Duration::from_secs(5);
/// How many venues stand side by side, and how far apart, in degrees.
const ROW: u64 = 400;
const APART: f64 = 0.004;
const CORNER: (f64, f64) = (112.0, 25.0);

/// What is asked of a point.
const QUESTIONS: [(&str, &str); 4] = [
    ("within 1,000 m", "metres=1000"),
    ("within 15 minutes", "minutes=15"),
    ("one kind within 1,000 m", "metres=1000&kind=station"),
    ("the nearest 100 within 5,000 m", "metres=5000&limit=100"),
];

/// The rows, in the words of a database.
fn venues(count: u64, id: &str, now: &str, numbers: &str) -> String {
    format!(
        "INSERT INTO venues (id, region_code, kind, name, address, lng, lat, band, rooms, hours, services, features, accessibility, version, created_at, updated_at)
         SELECT {id}, {home}, CASE WHEN n % 3 = 0 THEN 'station' ELSE 'neighbor_point' END, '驿站' || n, '江洲路' || n || '号', lng, lat,
             CAST(floor(lat / 0.005) AS integer), '[]', '{{\"weekly\":[{{\"day\":\"monday\",\"from\":\"09:00\",\"to\":\"17:00\"}}],\"exceptions\":[]}}', '[\"理发\"]', '[]', n % 4, 1, {now}, {now}
         FROM (SELECT n, {west} + (n % {ROW}) * {APART} AS lng, {south} + (n / {ROW}) * {APART} AS lat FROM {numbers}) v",
        home = world::HOME,
        west = CORNER.0,
        south = CORNER.1,
        numbers = numbers.replace("COUNT", &count.to_string()),
    )
}

/// A point near one of them.
fn point(count: u64, k: u64) -> (f64, f64) {
    let (n, shift) = (scatter(k) % count, (scatter(k + 7) % 1000) as f64 / 1000.0 - 0.5);
    (CORNER.0 + (n % ROW) as f64 * APART + shift * APART, CORNER.1 + (n / ROW) as f64 * APART)
}

fn nearby(count: u64, k: u64, question: &str) -> String {
    let (lng, lat) = point(count, k);
    format!("/api/v1/public/venues/nearby?lng={lng}&lat={lat}&{question}")
}

/// Measures, and prints tables.
pub(crate) async fn run(binary: &Path, shared_buffers: &str, count: u64) -> Outcome {
    let postgres = Postgres::start(shared_buffers).await?;
    let (folder, url) = (postgres.dir.join(DATABASE), postgres.url(DATABASE));
    postgres.sql("postgres", &format!("CREATE DATABASE {DATABASE}"))?;
    prepare(binary, &folder, &url)?;
    postgres.sql(DATABASE, &venues(count, "gen_random_uuid()", "now()", "generate_series(0, COUNT - 1) n"))?;
    postgres.sql(DATABASE, "VACUUM ANALYZE venues")?;
    let seen = watch(binary, &postgres, &folder, &url, count).await?;

    println!("{}\n", machine::describe());
    println!("PostgreSQL {}, {count} venues, one client; ms\n", postgres.version()?);
    println!("| | found | p50 | p99 | one point again and again, p50 | database alone, p50 | × |\n|---|---|---|---|---|---|---|");
    let server = Server::start(binary, &folder, &url).await?;
    for ((what, question), statement) in QUESTIONS.iter().zip(&seen) {
        let script = statements::script("venues", "", std::slice::from_ref(statement), &[], |_| String::new())?;
        let alone = postgres.pgbench(DATABASE, &script, &[], 1, ALONE)?.leg.p50;
        row(&server, count, what, question, alone).await?;
    }
    let one = seen.first().ok_or("no statement")?;
    let explained = one.filled(&[], |_| String::new(), |value| format!("'{value}'"));
    println!("\n```\n{}\n```\n", postgres.sql(DATABASE, &format!("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {explained}"))?);
    drop(server);

    let folder = postgres.dir.join("venues-sqlite");
    let file = folder.join("linli.db");
    let url = format!("sqlite://{}", file.display());
    prepare(binary, &folder, &url)?;
    let connection = Connection::open(&file)?;
    let numbers =
        "(WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < COUNT - 1) SELECT n FROM numbers)";
    let rows = venues(count, "randomblob(16)", "'2026-11-27T00:00:00.000000+00:00'", numbers).replace("floor(", "(");
    connection.execute_batch(&format!("PRAGMA foreign_keys = false; {rows}; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)"))?;
    println!("SQLite, {count} venues, one client; ms\n");
    println!("| | found | p50 | p99 | one point again and again, p50 | database alone, p50 | × |\n|---|---|---|---|---|---|---|");
    let server = Server::start(binary, &folder, &url).await?;
    for ((what, question), statement) in QUESTIONS.iter().zip(&seen) {
        let alone = bare(&connection, statement)?;
        row(&server, count, what, question, alone).await?;
    }
    map(&server, count).await
}

fn prepare(binary: &Path, folder: &Path, url: &str) -> Outcome {
    std::fs::create_dir_all(folder)?;
    world::command(binary, folder, url, &["migrate"], "")?;
    world::command(binary, folder, url, &["regions", "import", world::REGIONS, "--as-of", "2023-12-31"], "")
}

/// The statement of each question about the first point, from a server whose statements are logged. It is asked twice: the first
/// time the server looks up what the rules of the place are.
async fn watch(binary: &Path, postgres: &Postgres, folder: &Path, url: &str, count: u64) -> Outcome<Vec<Statement>> {
    let loud = Server::start(binary, folder, &format!("{url}&options[log_statement]=all")).await?;
    let mut wire = Wire::open(&loud.address).await?;
    let mut seen = Vec::new();
    for (_, question) in QUESTIONS {
        let path = nearby(count, 0, question);
        for _ in 0..2 {
            wire.ask(Ask { path: &path, ..Ask::default() }).await?;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let logged = statements::read(&postgres.log()?)?;
        seen.push(logged.into_iter().rfind(|s| s.sql.contains("FROM \"venues\"")).ok_or("no statement about venues")?);
    }
    Ok(seen)
}

async fn row(server: &Server, count: u64, what: &str, question: &str, alone: f64) -> Outcome {
    let mut wire = Wire::open(&server.address).await?;
    let (found, [p50, p99]) = measure(&mut wire, |k| nearby(count, k, question)).await?;
    let (_, [again, _]) = measure(&mut wire, |_| nearby(count, 0, question)).await?;
    println!("| {what} | {found} | {p50:.3} | {p99:.3} | {again:.3} | {alone:.3} | {:.1} |", again / alone);
    Ok(())
}

/// How long an answer takes: the median and what 99 of 100 stay below, in milliseconds; and how many venues the last one told.
async fn measure(wire: &mut Wire, path: impl Fn(u64) -> String) -> Outcome<(usize, [f64; 2])> {
    let (mut took, mut found) = (Vec::new(), 0);
    // The first are not counted: everybody is new to each other.
    for k in 0..ASKED + 100 {
        let path = path(k);
        let began = Instant::now();
        let answer = wire.ask(Ask { path: &path, ..Ask::default() }).await?;
        if k >= 100 {
            took.push(began.elapsed().as_secs_f64() * 1e3);
        }
        found = answer.windows(15).filter(|w| w == b"\"walk_minutes\":").count();
    }
    let median = machine::median(&mut took);
    Ok((found, [median, took.get(took.len() * 99 / 100).copied().unwrap_or(median)]))
}

/// The median of a statement by SQLite's own library, in milliseconds, every column read.
fn bare(connection: &Connection, statement: &Statement) -> Outcome<f64> {
    let number = |value: &str| if value.parse::<f64>().is_ok() { value.to_owned() } else { format!("'{value}'") };
    let mut prepared = connection.prepare(&statement.filled(&[], |_| String::new(), number))?;
    let (columns, mut took) = (prepared.column_count(), Vec::new());
    for _ in 0..ASKED {
        let began = Instant::now();
        let mut rows = prepared.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                black_box(row.get_ref(column)?);
            }
        }
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(machine::median(&mut took))
}

/// The map of a tenth of a degree.
async fn map(server: &Server, count: u64) -> Outcome {
    let mut wire = Wire::open(&server.address).await?;
    let (mut took, mut size) = (Vec::new(), 0);
    for k in 0..300 {
        let (west, south) = point(count, k);
        let path = format!("/api/v1/public/venues.geojson?bbox={west:.4},{south:.4},{:.4},{:.4}", west + 0.1, south + 0.1);
        let began = Instant::now();
        size = size.max(wire.ask(Ask { path: &path, ..Ask::default() }).await?.len());
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let median = machine::median(&mut took);
    println!("\nThe map of a box of a tenth of a degree, on SQLite: {median:.1} ms, at most {:.0} kB.", size as f64 / 1e3);
    Ok(())
}
