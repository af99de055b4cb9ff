//! Rolling restarts: two servers on one PostgreSQL behind haproxy, restarted in turn while people work. Nobody notices.

use crate::{
    Options, Outcome, Stage,
    api::{Api, count, percentile},
    haproxy::Haproxy,
    load::Load,
    machine,
    postgres::Postgres,
    report::Row,
    server::Server,
    world::{Shape, World},
};
use std::{sync::Arc, time::Duration};

const CLIENTS: usize = 8;
/// A server that is told to stop has ended so soon (handbook: drained within ten seconds).
const DRAINED: Duration = Duration::from_secs(10);

pub(crate) async fn run(stage: &Stage, options: &Options) -> Outcome<Row> {
    let restarts = options.count.unwrap_or(if options.short { 6 } else { 100 });
    let mut row = Row::new("rolling", "postgres");
    if !machine::installed("haproxy") {
        row.fault("haproxy is not installed".to_owned());
        return Ok(row);
    }
    let postgres = Postgres::start()?;
    let shape = Shape { servers: 2, ..Shape::plain("rolling") };
    let mut world = World::make(&stage.binary, &stage.folder, Some(&postgres), shape).await?;
    let proxy = Haproxy::http(&world.setup.folder, world.ports.iter().copied())?;
    world.api = Api::new(vec![format!("127.0.0.1:{}", proxy.port)])?;
    let world = Arc::new(world);
    let mut servers = Vec::new();
    for port in &world.ports {
        servers.push(start(&world, *port).await?);
    }
    used(&proxy, 2).await?;
    let load = Load::start(&world, CLIENTS, options.seed);
    let mut took = Vec::new();
    for n in 0..restarts {
        tokio::time::sleep(Duration::from_millis(300)).await;
        took.push(machine::end(servers[n % 2].pid, "TERM", DRAINED).await?);
        servers[n % 2] = start(&world, world.ports[n % 2]).await?;
        used(&proxy, 2).await?;
    }
    load.finish().await?;
    let tries = world.api.tries();
    let failed = tries.iter().filter(|t| t.status == 0 || t.status >= 500).count();
    row.tell("restarts", restarts);
    row.tell("requests", tries.len());
    row.require("failed requests", failed, failed == 0);
    row.tell("stopped after s, most", (percentile(took.into_iter(), 1.0) / 100.0).round() / 10.0);
    row.tell("answers", count(&tries).iter().map(|(what, n)| format!("{n} × {what}")).collect::<Vec<_>>().join(", "));
    stage.conclude(&mut row, &world, &tries).await?;
    Ok(row)
}

/// Starts a server that says "not ready" for a second before it stops, five times as long as haproxy needs to notice.
async fn start(world: &World, port: u16) -> Outcome<Server> {
    let server = world.setup.launch(port, &[("LINLI_DRAIN_SECONDS", "1")])?;
    server.ready().await?;
    Ok(server)
}

/// Waits until haproxy uses so many servers.
async fn used(proxy: &Haproxy, servers: usize) -> Outcome {
    for _ in 0..500 {
        if proxy.up()?.len() == servers {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(format!("haproxy does not see {servers} servers").into())
}
