//! A backup while people work, put back elsewhere: all that was acknowledged before it began is there, and what is there
//! is whole.

use crate::{
    Options, Outcome, Stage,
    api::{Api, count},
    database::Database,
    journal::{Ack, Journal},
    load::Load,
    machine,
    postgres::Postgres,
    report::Row,
    server::Setup,
    world::{Kind, Shape, World},
};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

const CLIENTS: usize = 8;
/// Put back and ready within five minutes.
const RESTORED_S: f64 = 300.0;

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind) -> Outcome<Row> {
    let mut row = Row::new("backup", kind.name());
    let postgres = stage.postgres(kind)?;
    let world = Arc::new(World::make(&stage.binary, &stage.folder, postgres.as_ref(), Shape::plain("backup")).await?);
    let server = world.serve(0).await?;
    let load = Load::start(&world, CLIENTS, options.seed);
    tokio::time::sleep(Duration::from_secs(if options.short { 3 } else { 60 })).await;
    let (from, began) = (world.journal.now(), Instant::now());
    let copy = save(&world, postgres.as_ref()).await?;
    row.tell("backup took s", tenths(began.elapsed()));
    tokio::time::sleep(Duration::from_secs(2)).await;
    load.finish().await?;
    let tries = world.api.tries();
    let failed = tries.iter().filter(|t| t.status == 0 || t.status >= 500).count();
    row.require("requests that failed meanwhile", failed, failed == 0);
    drop(server);
    let began = Instant::now();
    let world = Arc::into_inner(world).ok_or("somebody is still at work")?;
    let (restored, lost) = restore(world, postgres.as_ref(), &copy, from).await?;
    let server = restored.serve(0).await?;
    row.at_most("put back and ready after s", began.elapsed().as_secs_f64(), RESTORED_S);
    row.tell("acknowledged after it began and not in it", lost);
    row.tell("answers", count(&tries).iter().map(|(what, n)| format!("{n} × {what}")).collect::<Vec<_>>().join(", "));
    stage.conclude(&mut row, &restored, &tries).await?;
    drop(server);
    Ok(row)
}

/// Does what `docs/operations.md` says; gives the file.
async fn save(world: &World, postgres: Option<&Postgres>) -> Outcome<String> {
    match postgres {
        None => {
            let copy = world.setup.folder.join("copy.db").display().to_string();
            let mut connection = world.database.connect_to_file().await?;
            sqlx::query(sqlx::AssertSqlSafe(format!("VACUUM INTO '{copy}'"))).execute(&mut connection).await?;
            Ok(copy)
        }
        Some(postgres) => {
            let copy = postgres.dir.join("postgres/copy.dump").display().to_string();
            run_to_end(postgres, "pg_dump", &["--format=custom", "--file", &copy, &postgres.url("backup")])?;
            Ok(copy)
        }
    }
}

/// Puts a copy and the keys into a folder and a database of their own; tells how much of what was acknowledged after the
/// backup began is not in it, which the journal then forgets.
async fn restore(world: World, postgres: Option<&Postgres>, copy: &str, from: u64) -> Outcome<(World, usize)> {
    let folder =
        world.setup.folder.with_file_name(format!("{}_restored", world.setup.folder.file_name().and_then(|n| n.to_str()).unwrap_or("")));
    let (url, database) = match postgres {
        None => (format!("sqlite://{}", folder.join("linli.db").display()), Database::Sqlite(folder.join("linli.db"))),
        Some(postgres) => (postgres.url("restored"), Database::Postgres(postgres.url("restored"))),
    };
    let setup = Setup::make(&world.setup.binary, folder, url)?;
    for key in ["signing.key", "vault.keys"] {
        fs::copy(world.setup.folder.join(key), setup.folder.join(key))?;
    }
    match postgres {
        None => drop(fs::copy(copy, setup.folder.join("linli.db"))?),
        Some(postgres) => {
            postgres.sql("postgres", "CREATE DATABASE restored")?;
            run_to_end(postgres, "pg_restore", &["--dbname", &postgres.url("restored"), copy])?;
        }
    }
    let (journal, lost) = remembered(&database, &world.journal.path, &setup.folder.join("journal.jsonl"), from).await?;
    let port = machine::free_port()?;
    let api = Api::new(vec![format!("127.0.0.1:{port}")])?;
    Ok((World { setup, database, people: world.people, api, journal, ports: vec![port] }, lost))
}

/// The journal without what came after the backup began and is not in it.
async fn remembered(database: &Database, from_path: &Path, to_path: &Path, from: u64) -> Outcome<(Journal, usize)> {
    let sql = format!("SELECT {}, CAST(subject_version AS bigint) FROM events", database.id("subject_id"));
    let there: BTreeSet<(String, i64)> = database.rows::<(String, i64)>(&sql).await?.into_iter().collect();
    let all = Journal::read(from_path)?;
    let keep = |ack: &&Ack| ack.answered < from || there.contains(&(ack.order.clone(), ack.version));
    let kept: Vec<&Ack> = all.iter().filter(keep).collect();
    let journal = Journal::create(to_path.to_owned())?;
    let mut file = File::options().append(true).open(to_path)?;
    for ack in &kept {
        writeln!(file, "{}", serde_json::to_string(ack)?)?;
    }
    Ok((journal, all.len() - kept.len()))
}

fn run_to_end(postgres: &Postgres, program: &str, args: &[&str]) -> Outcome {
    let output = postgres.program(program).args(args).output()?;
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)).into()) }
}

fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}
