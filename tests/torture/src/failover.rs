//! Loss of the primary, again and again: Linli is never restarted, finds the new primary by itself, and nothing that it
//! acknowledged is lost. With asynchronous replication something must be lost, or the test proves nothing.

use crate::{
    Options, Outcome, Stage,
    api::{count, percentile},
    checker,
    cluster::{Cluster, Replication},
    database::Database,
    journal::Journal,
    load::Load,
    report::Row,
    server::Setup,
    world::{Shape, World},
};
use std::{sync::Arc, time::Duration};

const CLIENTS: usize = 8;
/// Within so many seconds after the loss of the primary something is acknowledged again.
const GAP: f64 = 15.0;
/// The same for a planned handover.
const HANDOVER: f64 = 8.0;
/// Work between two losses.
const BUSY: Duration = Duration::from_secs(2);
/// A new primary that nobody sees by then is none.
const PATIENCE: Duration = Duration::from_secs(60);

/// The promise.
pub(crate) async fn run(stage: &Stage, options: &Options) -> Outcome<Row> {
    let mut row = Row::new("failover", "synchronous");
    let failovers = options.count.unwrap_or(if options.short { 3 } else { 50 });
    let Some((mut cluster, world)) = make(stage, Replication::Synchronous, "failover").await? else {
        row.fault("patroni, etcd, haproxy, setpriv and PostgreSQL are not all installed".to_owned());
        return Ok(row);
    };
    let server = world.serve(0).await?;
    let load = Load::start(&world, CLIENTS, options.seed);
    let (mut losses, mut elections) = (Vec::new(), Vec::new());
    for _ in 0..failovers {
        let primary = cluster.whole().await?;
        tokio::time::sleep(BUSY).await;
        losses.push(world.journal.now());
        cluster.kill(primary)?;
        elections.push(elected(&world, &cluster, primary).await?);
        acknowledged(&world).await?;
        cluster.revive(primary)?;
    }
    let gaps = gaps(&world, &losses)?;
    let handover = planned(&world, &cluster).await?;
    alone(&world, &cluster, &mut row).await?;
    load.finish().await?;
    let tries = world.api.tries();
    row.tell("failovers", failovers);
    row.tell("new primary after s, median", seconds(&elections, 0.5));
    row.tell("writes again after s, median", seconds(&gaps, 0.5));
    row.at_most("writes again after s, most", seconds(&gaps, 1.0), GAP);
    row.at_most("planned handover: writes again after s", handover.as_secs_f64(), HANDOVER);
    let slowest = tries.iter().map(|t| t.took).max().unwrap_or_default();
    row.at_most("slowest answer ms", slowest.as_secs_f64() * 1000.0, 2600.0);
    let rude = tries.iter().filter(|t| t.status == 503 && !t.retry_after).count();
    row.require("503 without Retry-After", rude, rude == 0);
    row.tell("answers", count(&tries).iter().map(|(what, n)| format!("{n} × {what}")).collect::<Vec<_>>().join(", "));
    stage.conclude(&mut row, &world, &tries).await?;
    drop(server);
    Ok(row)
}

/// Hands over to a standby, as before maintenance; tells how long nothing was acknowledged.
async fn planned(world: &World, cluster: &Cluster) -> Outcome<Duration> {
    cluster.whole().await?;
    tokio::time::sleep(BUSY).await;
    let asked = world.journal.now();
    cluster.switch_over()?;
    acknowledged(world).await?;
    Ok(gaps(world, &[asked])?[0])
}

/// Takes both standbys away for a while: nothing is acknowledged that only one machine has, and reading goes on.
async fn alone(world: &World, cluster: &Cluster, row: &mut Row) -> Outcome {
    let primary = cluster.whole().await?;
    let standbys: Vec<usize> = cluster.others(primary).collect();
    for n in &standbys {
        cluster.signal(*n, "STOP")?;
    }
    // What was on its way has arrived by then.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (before, mut reads, mut answered) = (world.journal.count(), 0, 0);
    for _ in 0..20 {
        reads += 1;
        let read = world.api.get(&world.people.communities[0].worker, "/api/v1/orders?limit=20").await;
        answered += usize::from(read.is_some_and(|r| r.status == 200 || r.status == 401));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let alone = world.journal.count() - before;
    for n in &standbys {
        cluster.signal(*n, "CONT")?;
    }
    acknowledged(world).await?;
    row.require("acknowledged without any standby", alone, alone == 0);
    row.require("reads answered without any standby", format!("{answered} of {reads}"), answered == reads);
    cluster.whole().await.map(|_| ())
}

/// The negative control: the same, but the primary answers before anybody else has the commit.
pub(crate) async fn control(stage: &Stage, options: &Options) -> Outcome<Row> {
    let mut row = Row::new("failover", "asynchronous, which must lose");
    let Some((mut cluster, world)) = make(stage, Replication::Asynchronous, "control").await? else {
        row.fault("patroni, etcd, haproxy, setpriv and PostgreSQL are not all installed".to_owned());
        return Ok(row);
    };
    let server = world.serve(0).await?;
    let failovers = if options.short { 2 } else { 5 };
    for n in 0..failovers {
        let primary = cluster.whole().await?;
        let load = Load::start(&world, CLIENTS, options.seed + n);
        tokio::time::sleep(BUSY).await;
        cluster.kill(primary)?;
        elected(&world, &cluster, primary).await?;
        // What is lost leaves clients that wait for orders that are gone, perhaps all of them.
        if let Err(stuck) = acknowledged(&world).await {
            row.tell("after a loss", stuck.to_string());
        }
        // A client may stumble over an order that is gone: that is what this is about.
        if let Err(stumbled) = load.finish().await {
            row.tell("a client found", stumbled.to_string());
        }
        cluster.revive(primary)?;
    }
    cluster.whole().await?;
    let verdict = checker::judge(&checker::collect(&world).await?);
    let lost = verdict.iter().filter(|v| v.invariant == 1 && v.what.ends_with("is lost")).count();
    row.tell("failovers", failovers);
    row.tell("acknowledged", world.journal.count());
    row.require("acknowledged and lost (≥ 1)", lost, lost >= 1);
    drop(server);
    Ok(row)
}

async fn make(stage: &Stage, replication: Replication, name: &'static str) -> Outcome<Option<(Cluster, Arc<World>)>> {
    let Some(cluster) = Cluster::start(replication).await? else { return Ok(None) };
    cluster.sql(&format!("CREATE DATABASE {name}"))?;
    let url = cluster.url(name);
    let setup = Setup::make(&stage.binary, stage.folder.join(name), url.clone())?;
    let world = World::furnish(setup, Database::Postgres(url), Shape::plain(name)).await?;
    Ok(Some((cluster, Arc::new(world))))
}

/// Waits for another primary than the one that was lost; tells how long that took.
async fn elected(world: &World, cluster: &Cluster, lost: usize) -> Outcome<Duration> {
    let began = world.journal.now();
    loop {
        if cluster.primary().await.is_some_and(|n| n != lost) {
            return Ok(Duration::from_micros(world.journal.now() - began));
        }
        if world.journal.now() - began > PATIENCE.as_micros() as u64 {
            return Err("there is no new primary".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until work goes on.
async fn acknowledged(world: &World) -> Outcome {
    let (before, began) = (world.journal.count(), world.journal.now());
    while world.journal.count() < before + 20 {
        if world.journal.now() - began > PATIENCE.as_micros() as u64 {
            return Err("nothing is acknowledged any more".into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// The longest time without an acknowledgement after each loss, and before the next.
fn gaps(world: &World, losses: &[u64]) -> Outcome<Vec<Duration>> {
    let mut answered: Vec<u64> = Journal::read(&world.journal.path)?.iter().map(|a| a.answered).collect();
    answered.sort_unstable();
    let until = losses.iter().skip(1).copied().chain([u64::MAX]);
    let gap = |(from, until): (u64, u64)| {
        let after = answered.iter().copied().filter(|a| *a >= from && *a < until);
        let times: Vec<u64> = std::iter::once(from).chain(after).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).max().map_or(Duration::MAX, Duration::from_micros)
    };
    Ok(losses.iter().copied().zip(until).map(gap).collect())
}

fn seconds(times: &[Duration], share: f64) -> f64 {
    (percentile(times.iter().copied(), share) / 100.0).round() / 10.0
}
