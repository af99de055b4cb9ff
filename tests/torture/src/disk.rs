//! A full disk: what cannot be written is refused, what is there can be read, and when there is room again work goes on by
//! itself. What was acknowledged before, meanwhile and afterwards survives the end of the process.

use crate::{
    Options, Outcome, Stage,
    api::{Try, count},
    database::Database,
    load::Load,
    machine::{self, Guarded},
    postgres::Postgres,
    report::Row,
    server::Setup,
    world::{Kind, Shape, World},
};
use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

const CLIENTS: usize = 8;
/// How long the disk stays full.
const FULL: Duration = Duration::from_secs(3);
/// Work goes on so soon after there is room.
const HEALED_MS: f64 = 5000.0;

/// Makes a small file system in memory on the folder `$1`.
const MOUNT: &str = r#"mount -t tmpfs -o "size=$2,mode=0755" tmpfs "$1" && echo mounted; read -r _ || :; umount -l "$1"; rmdir "$1""#;

/// A small disk. The data lies on it; journals and logs lie elsewhere.
struct Disk {
    folder: PathBuf,
    _guarded: Guarded,
}

impl Disk {
    fn mount(folder: PathBuf, size: &str) -> Outcome<Self> {
        fs::create_dir_all(&folder)?;
        let guarded = Guarded::start(MOUNT, &mut Command::new("sh"), [&*folder.display().to_string(), size])?;
        if guarded.said == "mounted" { Ok(Self { folder, _guarded: guarded }) } else { Err("only root can mount a small disk".into()) }
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }

    /// Fills it to the last block, and again whatever has become free since.
    fn fill(&self) -> Outcome {
        let mut file = File::options().create(true).append(true).open(self.ballast())?;
        let block = [7; 4096];
        while file.write_all(&block).is_ok() {}
        Ok(())
    }

    fn free(&self) -> Outcome {
        Ok(fs::remove_file(self.ballast())?)
    }
}

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind) -> Outcome<Row> {
    let times = options.count.unwrap_or(if options.short { 2 } else { 20 });
    let mut row = Row::new("disk", kind.name());
    if !machine::root() {
        row.fault("only root can mount a small disk".to_owned());
        return Ok(row);
    }
    let postgres = stage.postgres(kind)?;
    let place = postgres.as_ref().map_or_else(|| stage.folder.join("disk"), |p| p.dir.join("small"));
    let disk = Disk::mount(place, "96m")?;
    let (url, database) = home(&disk, postgres.as_ref())?;
    let setup = Setup::make(&stage.binary, stage.folder.join(format!("disk_{}", kind.name())), url)?;
    let world = Arc::new(World::furnish(setup, database, Shape::plain("disk")).await?);
    let server = world.serve(0).await?;
    let load = Load::start(&world, CLIENTS, options.seed);
    let (mut seen, mut reads, mut healed) = (Vec::new(), 0, Duration::ZERO);
    for _ in 0..times {
        tokio::time::sleep(Duration::from_secs(1)).await;
        seen.append(&mut world.api.tries());
        reads += full(&world, &disk, &mut row).await?;
        disk.free()?;
        healed = healed.max(acknowledged(&world).await?);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    load.finish().await?;
    seen.append(&mut world.api.tries());
    let refused = seen.iter().filter(|t| t.status == 507).count();
    row.tell("times full", times);
    row.at_least("refused as storage_full", refused as f64, times as f64);
    row.tell("reads while it was full, all answered 200", reads);
    row.at_most("writes again after ms, most", healed.as_secs_f64() * 1000.0, HEALED_MS);
    let other = seen.iter().filter(|t| t.status >= 500 && !honest(t)).count();
    row.require("5xx other than 507 and 503 with Retry-After", other, other == 0);
    row.tell("answers", count(&seen).iter().map(|(what, n)| format!("{n} × {what}")).collect::<Vec<_>>().join(", "));
    // The memory of the process must have held nothing that the disk does not.
    server.kill();
    sound(&mut row, &world, postgres.as_ref()).await?;
    let server = world.serve(0).await?;
    stage.conclude(&mut row, &world, &seen).await?;
    drop(server);
    // It lies in the folder of the other.
    drop(disk);
    drop(postgres);
    Ok(row)
}

/// On SQLite the database file is on the disk; on PostgreSQL the tables are, while the log of the server is elsewhere.
fn home(disk: &Disk, postgres: Option<&Postgres>) -> Outcome<(String, Database)> {
    let Some(postgres) = postgres else {
        let file = disk.folder.join("linli.db");
        return Ok((format!("sqlite://{}", file.display()), Database::Sqlite(file)));
    };
    let owned = Command::new("chown").arg("postgres").arg(&disk.folder).status()?;
    if !owned.success() {
        return Err("the small disk cannot be given to PostgreSQL".into());
    }
    postgres.sql("postgres", &format!("CREATE TABLESPACE small LOCATION '{}'", disk.folder.display()))?;
    postgres.sql("postgres", "CREATE DATABASE disk TABLESPACE small")?;
    Ok((postgres.url("disk"), Database::Postgres(postgres.url("disk"))))
}

/// Fills the disk, keeps it full, and reads meanwhile; tells how many reads were answered.
async fn full(world: &World, disk: &Disk, row: &mut Row) -> Outcome<usize> {
    let (began, mut reads) = (Instant::now(), 0);
    let worker = &world.people.communities[0].worker;
    while began.elapsed() < FULL {
        disk.fill()?;
        for path in ["/api/v1/me", "/api/v1/orders?limit=20", "/api/v1/catalogue/items"] {
            match world.api.get(worker, path).await {
                Some(answer) if answer.status == 200 => reads += 1,
                Some(answer) if answer.status == 401 => {}
                other => row.fault(format!("{path} on a full disk: {:?}", other.map(|a| (a.status, a.json())))),
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(reads)
}

/// Waits until something is acknowledged that nobody could write before; tells how long that took.
async fn acknowledged(world: &World) -> Outcome<Duration> {
    let (began, before) = (Instant::now(), world.journal.count());
    while world.journal.count() < before + CLIENTS as u64 {
        if began.elapsed() > Duration::from_secs(30) {
            return Err("nothing is acknowledged although there is room again".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(began.elapsed())
}

fn honest(tried: &Try) -> bool {
    tried.retry_after && matches!(tried.status, 507 | 503)
}

/// The database finds no damage in itself.
async fn sound(row: &mut Row, world: &World, postgres: Option<&Postgres>) -> Outcome {
    match postgres {
        None => {
            let told: Vec<(String,)> = world.database.rows("PRAGMA integrity_check").await?;
            let told = told.into_iter().map(|(line,)| line).collect::<Vec<_>>().join(", ");
            row.require("integrity_check", told.clone(), told == "ok");
        }
        Some(postgres) => {
            postgres.sql("disk", "CREATE EXTENSION amcheck")?;
            let checked = postgres.sql(
                "disk",
                "SELECT count(bt_index_check(c.oid, i.indisunique)) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                 JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree' WHERE c.relpersistence = 'p'",
            );
            row.require("bt_index_check", checked.as_ref().map_or_else(ToString::to_string, |n| format!("{n} indexes")), checked.is_ok());
        }
    }
    Ok(())
}
