//! Kill -9 of the server under mixed load, again and again: nothing acknowledged is lost, nothing happens twice.

use crate::{
    Options, Outcome, Stage,
    api::{count, percentile},
    dice::Dice,
    load::Load,
    report::Row,
    world::{Kind, Shape, World},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

const CLIENTS: usize = 16;
/// A killed server is ready again within this many milliseconds.
const READY: f64 = 2000.0;
/// Between two kills this many acknowledgements, in the median.
const BUSY: f64 = 50.0;
/// No kill before this many, or a slow machine sees nothing but deaths.
const WORK: u64 = 15;

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind) -> Outcome<Row> {
    let kills = options.count.unwrap_or(if options.short { 25 } else { 500 });
    let mut row = Row::new("kills", kind.name());
    let postgres = stage.postgres(kind)?;
    let world = Arc::new(World::make(&stage.binary, &stage.folder, postgres.as_ref(), Shape::plain("kills")).await?);
    let mut dice = Dice::new(options.seed);
    let mut server = world.serve(0).await?;
    let load = Load::start(&world, CLIENTS, options.seed);
    let (mut ready, mut between, mut last) = (Vec::new(), Vec::new(), 0);
    let began = Instant::now();
    for _ in 0..kills {
        sleep(Duration::from_millis(200 + dice.below(1800) as u64)).await;
        let waiting = Instant::now();
        while world.journal.count() < last + WORK && waiting.elapsed() < Duration::from_secs(20) {
            sleep(Duration::from_millis(5)).await;
        }
        server.kill();
        between.push(Duration::from_millis(world.journal.count() - last));
        last = world.journal.count();
        server = world.setup.launch(world.ports[0], &[])?;
        ready.push(server.ready().await?);
    }
    load.finish().await?;
    let tries = world.api.tries();
    row.tell("kills", kills);
    row.tell("minutes", (began.elapsed().as_secs_f64() / 6.0).round() / 10.0);
    let busy = if options.short { WORK as f64 } else { BUSY };
    row.at_least("acknowledged between two kills, median", percentile(between.into_iter(), 0.5), busy);
    row.tell("ready again ms, median", percentile(ready.iter().copied(), 0.5).round());
    row.at_most("ready again ms, most", percentile(ready.into_iter(), 1.0), options.within(READY));
    row.tell("cut off", tries.iter().filter(|t| t.status == 0).count());
    row.tell("answers", count(&tries).iter().map(|(what, n)| format!("{n} × {what}")).collect::<Vec<_>>().join(", "));
    stage.conclude(&mut row, &world, &tries).await?;
    drop(server);
    Ok(row)
}
