//! The database dies, freezes, cannot be reached, or is cut off in the middle of a commit: every answer comes in time and
//! is an honest 503, the server stays alive, and all is well as soon as the database is back.

use crate::{
    Options, Outcome, Stage,
    api::{Api, Try, percentile},
    load::Load,
    machine,
    postgres::Postgres,
    proxy::{Mode, Proxy, Where},
    report::Row,
    server::Server,
    world::{Kind, Shape, World},
};
use sqlx::{Connection, SqliteConnection};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

const CLIENTS: usize = 16;
/// Every answer comes within this many milliseconds.
const PROMISE: f64 = 2500.0;
/// And within this many the server says that it is not ready, and that it is again.
const NOT_READY: f64 = 3000.0;
const HEALED: f64 = 2000.0;
/// Megabytes that the server may grow meanwhile.
const GROWTH: f64 = 20.0;

/// What happens to the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Killed,
    Frozen,
    Unreachable,
}

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind) -> Outcome<Row> {
    if kind == Kind::Sqlite { locked(stage, options).await } else { away(stage, options).await }
}

/// Somebody else holds the lock of an SQLite database: it can be read and not be written.
async fn locked(stage: &Stage, options: &Options) -> Outcome<Row> {
    let mut row = Row::new("outage", Kind::Sqlite.name());
    let length = Duration::from_secs(if options.short { 6 } else { 60 });
    let world = Arc::new(World::make(&stage.binary, &stage.folder, None, Shape::plain("outage")).await?);
    let server = world.serve(0).await?;
    let load = Load::start(&world, CLIENTS, options.seed);
    sleep(length.min(Duration::from_secs(10))).await;
    let scene = Scene { options, world: &world, server: &server, probe: Api::new(vec![server.address.clone()])?, length, readable: true };
    let mut lock = world.database.connect_to_file().await?;
    let broken = async |lock: &mut SqliteConnection| Ok(sqlx::query("BEGIN IMMEDIATE").execute(lock).await.map(drop)?);
    let mended = async |lock: &mut SqliteConnection| Ok(sqlx::query("ROLLBACK").execute(lock).await.map(drop)?);
    scene.outage(&mut row, "locked", &mut lock, broken, mended).await?;
    lock.close().await?;
    finish(stage, row, &world, &server, load).await
}

/// PostgreSQL goes away in every way, behind a proxy.
async fn away(stage: &Stage, options: &Options) -> Outcome<Row> {
    let mut row = Row::new("outage", Kind::Postgres.name());
    let length = Duration::from_secs(if options.short { 6 } else { 60 });
    let postgres = Postgres::start()?;
    let proxy = Proxy::start(postgres.port).await?;
    let (straight, detour) = (format!(":{}/", postgres.port), format!(":{}/", proxy.port));
    let through = move |url: &str| url.replacen(&straight, &detour, 1);
    let shape = Shape { detour: Some(&through), ..Shape::plain("outage") };
    let world = Arc::new(World::make(&stage.binary, &stage.folder, Some(&postgres), shape).await?);
    let server = world.serve(0).await?;
    let load = Load::start(&world, CLIENTS, options.seed);
    // Memory is compared with what a server holds that has been at work.
    sleep(length.min(Duration::from_secs(10))).await;
    let scene = Scene { options, world: &world, server: &server, probe: Api::new(vec![server.address.clone()])?, length, readable: false };
    for fault in [Fault::Killed, Fault::Frozen, Fault::Unreachable] {
        let name = format!("{fault:?}").to_lowercase();
        let broken = async |_: &mut ()| match fault {
            Fault::Killed => postgres.kill(),
            Fault::Frozen => postgres.freeze(),
            Fault::Unreachable => proxy.set(Mode::Silent),
        };
        let mended = async |_: &mut ()| match fault {
            Fault::Killed => postgres.launch(),
            Fault::Frozen => postgres.thaw(),
            Fault::Unreachable => proxy.set(Mode::Whole),
        };
        scene.outage(&mut row, &name, &mut (), broken, mended).await?;
    }
    for place in [Where::Before, Where::Within, Where::After] {
        let name = format!("cut {place:?}").to_lowercase();
        scene.cut(&mut row, &name, &proxy, place).await?;
    }
    finish(stage, row, &world, &server, load).await
}

async fn finish(stage: &Stage, mut row: Row, world: &World, server: &Server, load: Load) -> Outcome<Row> {
    load.finish().await?;
    row.require("the same process all along", server.runs(), server.runs());
    stage.conclude(&mut row, world, &world.api.tries()).await?;
    Ok(row)
}

struct Scene<'a> {
    options: &'a Options,
    world: &'a World,
    server: &'a Server,
    probe: Api,
    length: Duration,
    /// Whether the database can be read all the while.
    readable: bool,
}

impl Scene<'_> {
    /// The database is away for a while, and comes back.
    async fn outage<T>(
        &self,
        row: &mut Row,
        name: &str,
        with: &mut T,
        broken: impl AsyncFn(&mut T) -> Outcome,
        mended: impl AsyncFn(&mut T) -> Outcome,
    ) -> Outcome {
        sleep(Duration::from_secs(1)).await;
        let memory = machine::memory(self.server.pid);
        broken(with).await?;
        let began = Instant::now();
        // What was answered before may still be on its way.
        sleep(Duration::from_millis(200)).await;
        let acknowledged = self.world.journal.count();
        let (mut most, mut dead, mut ready, mut not_ready) = (memory, 0, 0, None);
        while began.elapsed() < self.length {
            dead += usize::from(self.probe.probe("/livez").await.is_none_or(|a| a.status != 200));
            match self.probe.probe("/readyz").await.map(|a| a.status) {
                Some(503) => drop(not_ready.get_or_insert(began.elapsed())),
                Some(200) => ready += 1,
                _ => dead += 1,
            }
            most = most.max(machine::memory(self.server.pid));
            sleep(Duration::from_millis(50)).await;
        }
        let acknowledged = self.world.journal.count() - acknowledged;
        // From here on the database may answer, and with it Linli.
        let mending = Instant::now();
        mended(with).await?;
        let healed = self.healed().await?;
        let tries: Vec<Try> = self.world.api.tries().into_iter().filter(|t| t.began >= began).collect();
        let meanwhile = tries.iter().filter(|t| t.began + t.took < mending);
        let (away, other): (Vec<&Try>, Vec<&Try>) = meanwhile.partition(|t| t.status == 503 && t.retry_after);
        let dishonest = other.iter().filter(|t| !self.readable || t.status == 0 || t.status >= 500).count();
        row.require(&format!("{name}: 503 with Retry-After"), away.len(), !away.is_empty());
        row.require(&format!("{name}: other answers"), dishonest, dishonest == 0);
        row.require(&format!("{name}: acknowledged meanwhile"), acknowledged, acknowledged == 0);
        row.at_most(&format!("{name}: slowest answer ms"), percentile(tries.iter().map(|t| t.took), 1.0), self.options.within(PROMISE));
        row.require(&format!("{name}: /livez or /readyz gave no answer"), dead, dead == 0);
        if self.readable {
            row.require(&format!("{name}: /readyz stays up"), not_ready.is_none(), not_ready.is_none() && ready > 0);
        } else {
            row.at_most(&format!("{name}: /readyz 503 after ms"), not_ready.map_or(f64::INFINITY, millis), self.options.within(NOT_READY));
        }
        row.at_most(&format!("{name}: healed after ms"), millis(healed), self.options.within(HEALED));
        row.at_most(&format!("{name}: memory grown MB"), most - memory, GROWTH);
        Ok(())
    }

    /// Connections break in the middle of commits for a while.
    async fn cut(&self, row: &mut Row, name: &str, proxy: &Proxy, place: Where) -> Outcome {
        sleep(Duration::from_secs(1)).await;
        self.world.api.tries();
        let (cuts, memory) = (proxy.cuts(), machine::memory(self.server.pid));
        proxy.set(Mode::Cut(place))?;
        sleep(self.length / 2).await;
        proxy.set(Mode::Whole)?;
        let healed = self.healed().await?;
        let (tries, cuts) = (self.world.api.tries(), proxy.cuts() - cuts);
        let dishonest = tries.iter().filter(|t| t.status == 0 || (t.status >= 500 && !(t.status == 503 && t.retry_after))).count();
        row.at_least(&format!("{name}: commits cut"), cuts as f64, 20.0);
        row.require(&format!("{name}: failed other than as 503 with Retry-After"), dishonest, dishonest == 0);
        row.at_most(&format!("{name}: slowest answer ms"), percentile(tries.iter().map(|t| t.took), 1.0), self.options.within(PROMISE));
        row.at_most(&format!("{name}: healed after ms"), millis(healed), self.options.within(HEALED));
        row.at_most(&format!("{name}: memory grown MB"), machine::memory(self.server.pid) - memory, GROWTH);
        Ok(())
    }

    /// Waits until a change is acknowledged and the server is ready; tells how long from now that took.
    async fn healed(&self) -> Outcome<Duration> {
        let (began, before) = (Instant::now(), self.world.journal.count());
        loop {
            let ready = self.probe.probe("/readyz").await.is_some_and(|a| a.status == 200);
            if ready && self.world.journal.count() > before {
                return Ok(began.elapsed());
            }
            if began.elapsed() > Duration::from_secs(30) {
                return Err("the server does not find its database again".into());
            }
            sleep(Duration::from_millis(5)).await;
        }
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round()
}
