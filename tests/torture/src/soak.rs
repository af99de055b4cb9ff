//! A long time at half load: memory and descriptors stay where they are, and nothing fails.

use crate::{
    Options, Outcome, Stage,
    api::{Try, percentile},
    load::Load,
    machine,
    report::Row,
    world::{Kind, Shape, World},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// At full load.
const CLIENTS: usize = 8;
/// Megabytes that a server may grow in ten minutes.
const SLOPE_MB: f64 = 1.0;
/// In a minute nothing can be said about ten: what may be added to the memory then.
const SHORT_MB: f64 = 8.0;

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind) -> Outcome<Row> {
    let minutes = options.count.map_or(60, |minutes| minutes as u64);
    let (warm, length) = if options.short { (15, 60) } else { (300, 60 * minutes) };
    let mut row = Row::new("soak", kind.name());
    let postgres = stage.postgres(kind)?;
    let world = Arc::new(World::make(&stage.binary, &stage.folder, postgres.as_ref(), Shape::plain("soak")).await?);
    let server = world.serve(0).await?;
    let full = full_load(&world, options.seed).await?;
    // Each client rests as long as its share of half of that takes.
    let rest = Duration::from_secs_f64(2.0 * CLIENTS as f64 / full);
    let load = Load::paced(&world, CLIENTS, options.seed + 1, rest);
    tokio::time::sleep(Duration::from_secs(warm)).await;
    let (began, before) = (Instant::now(), world.journal.count());
    let (mut memory, mut descriptors, mut failed, mut took) = (Vec::new(), Vec::new(), 0, Vec::new());
    while began.elapsed() < Duration::from_secs(length) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        memory.push((began.elapsed().as_secs_f64() / 600.0, machine::memory(server.pid)));
        descriptors.push((began.elapsed().as_secs_f64() / 600.0, machine::descriptors(server.pid) as f64));
        let tries = world.api.tries();
        failed += tries.iter().filter(|t| t.status == 0 || t.status >= 500).count();
        took.extend(tries.iter().map(|t: &Try| t.took));
    }
    let done = world.journal.count() - before;
    load.finish().await?;
    row.tell("minutes", length / 60);
    row.tell("acknowledged a second at full load", full.round());
    row.tell("and here", (done as f64 / length as f64).round());
    row.tell("p99 ms", percentile(took.into_iter(), 0.99).round());
    row.require("failed", failed, failed == 0);
    row.tell("memory MB in the end", memory.last().map_or(0.0, |(_, mb)| mb.round()));
    let grown = slope(&memory);
    if options.short {
        row.at_most("memory MB more", grown * length as f64 / 600.0, SHORT_MB);
    } else {
        row.at_most("memory MB more in ten minutes", grown, SLOPE_MB);
    }
    row.tell("descriptors in the end", descriptors.last().map_or(0.0, |(_, n)| *n));
    row.at_most("descriptors more in ten minutes", slope(&descriptors[descriptors.len() / 2..]).max(0.0), 2.0);
    stage.conclude(&mut row, &world, &world.api.tries()).await?;
    Ok(row)
}

/// How much is acknowledged in a second when nobody rests.
async fn full_load(world: &Arc<World>, seed: u64) -> Outcome<f64> {
    let load = Load::start(world, CLIENTS, seed);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = world.journal.count();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let full = (world.journal.count() - before) as f64 / 5.0;
    load.finish().await?;
    world.api.tries();
    Ok(full.max(1.0))
}

/// How steeply a line through these points rises (least squares).
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len().max(1) as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (up, along) = points.iter().fold((0.0, 0.0), |(up, along), p| (up + (p.0 - x) * (p.1 - y), along + (p.0 - x).powi(2)));
    if along > 0.0 { up / along } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::slope;

    #[test]
    fn a_slope_is_what_a_line_rises() {
        assert!((slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) - 2.0).abs() < 1e-9);
        assert!(slope(&[(0.0, 4.0), (1.0, 4.0)]).abs() < 1e-9);
        assert!(slope(&[]).abs() < 1e-9);
    }
}
