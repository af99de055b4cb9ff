//! From the release before to this one, with a million orders: how long the migration takes, what the old server answers
//! meanwhile, and that nothing is lost on the way.

use crate::{
    Options, Outcome, Stage,
    api::count,
    database::Database,
    load::Load,
    machine,
    report::Row,
    server::Setup,
    world::{Kind, Shape, World},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

const CLIENTS: usize = 4;
/// The new server is ready so soon after the old one has gone.
const STOP_S: f64 = 300.0;

/// The binary of the release before: built from its tag, in a folder beside the other builds.
pub(crate) fn before(folder: &Path) -> Outcome<PathBuf> {
    let told = Command::new("git").args(["describe", "--tags", "--abbrev=0"]).output()?;
    let tag = String::from_utf8(told.stdout)?.trim().to_owned();
    if tag.is_empty() {
        return Err("there is no tag of a release before: name its binary with --from".into());
    }
    let source = folder.join("before").display().to_string();
    let target = std::env::current_dir()?.join("target/torture/before");
    let run = |program: &str, args: &[&str], dir: &str| {
        let status = Command::new(program).args(args).current_dir(dir).env("CARGO_TARGET_DIR", &target).stdout(Stdio::null()).status()?;
        if status.success() { Outcome::Ok(()) } else { Err(format!("{program} {args:?}: {status}").into()) }
    };
    run("git", &["worktree", "add", "--detach", &source, &tag], ".")?;
    let built = run("cargo", &["build", "--release", "--quiet", "-p", "linli"], &source);
    run("git", &["worktree", "remove", "--force", &source], ".")?;
    built.map(|()| target.join("release/linli"))
}

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind, before: &Path) -> Outcome<Row> {
    let orders = options.count.unwrap_or(if options.short { 20_000 } else { 1_000_000 });
    let mut row = Row::new("upgrade", kind.name());
    let postgres = stage.postgres(kind)?;
    let mut world = Arc::new(World::make(before, &stage.folder, postgres.as_ref(), Shape::plain("upgrade")).await?);
    let old = world.serve(0).await?;
    let load = Load::start(&world, 2 * CLIENTS, options.seed);
    tokio::time::sleep(Duration::from_secs(10)).await;
    load.finish().await?;
    multiply(&world.database, orders).await?;
    let all = ids(&world.database).await?;
    row.tell("orders", all);
    world.api.tries();

    // PostgreSQL may be migrated beside servers of the release before; SQLite belongs to one process.
    let new = Setup { binary: stage.binary.clone(), ..world.setup.clone() };
    let mut seen = Vec::new();
    let (stopped, took) = if kind == Kind::Postgres {
        let load = Load::start(&world, CLIENTS, options.seed + 1);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let began = Instant::now();
        let migrating = new.clone();
        tokio::task::spawn_blocking(move || migrating.run(&["migrate"], "")).await??;
        let took = began.elapsed();
        tokio::time::sleep(Duration::from_secs(2)).await;
        load.finish().await?;
        seen = world.api.tries();
        machine::end(old.pid, "TERM", Duration::from_secs(15)).await?;
        (Instant::now(), took)
    } else {
        machine::end(old.pid, "TERM", Duration::from_secs(15)).await?;
        let began = Instant::now();
        new.run(&["migrate"], "")?;
        (began, began.elapsed())
    };
    drop(old);
    Arc::get_mut(&mut world).ok_or("somebody is still at work")?.setup = new;
    let server = world.serve(0).await?;
    row.tell("migration s", (took.as_secs_f64() * 10.0).round() / 10.0);
    row.at_most("nobody served for s", stopped.elapsed().as_secs_f64(), STOP_S);
    let failed = seen.iter().filter(|t| t.status == 0 || t.status >= 500).count();
    let what = "requests to the old server that failed beside it";
    row.tell(what, format!("{failed} of {}", seen.len()));
    row.tell("answers", count(&seen).iter().map(|(what, n)| format!("{n} × {what}")).collect::<Vec<_>>().join(", "));
    let load = Load::start(&world, CLIENTS, options.seed + 2);
    tokio::time::sleep(Duration::from_secs(2)).await;
    load.finish().await?;
    let kept = ids(&world.database).await?;
    row.require("orders afterwards", kept, kept >= all);
    // The journal knows nothing of the copies.
    execute(
        &world.database,
        &[
            "DELETE FROM events WHERE subject_id IN (SELECT id FROM orders WHERE number LIKE '%-copy-%')".to_owned(),
            "DELETE FROM orders WHERE number LIKE '%-copy-%'".to_owned(),
        ],
    )
    .await?;
    let tries = world.api.tries();
    stage.conclude(&mut row, &world, &tries).await?;
    drop(server);
    Ok(row)
}

async fn ids(database: &Database) -> Outcome<i64> {
    Ok(database.rows::<(i64,)>("SELECT count(*) FROM orders").await?.first().map_or(0, |(n,)| *n))
}

/// Copies what is done with its history until there are so many orders. Copies have a number of their own.
async fn multiply(database: &Database, orders: usize) -> Outcome {
    let done = "state IN ('closed', 'cancelled', 'rejected')";
    let there: i64 = database.rows::<(i64,)>(&format!("SELECT count(*) FROM orders WHERE {done}")).await?[0].0;
    let times = orders as i64 / there.max(1) + 1;
    let (columns, id) = match database {
        Database::Postgres(_) => ("SELECT column_name::text FROM information_schema.columns WHERE table_name", "gen_random_uuid()"),
        Database::Sqlite(_) => ("SELECT p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.name", "randomblob(16)"),
    };
    let names = async |table: &str| {
        let rows = database.rows::<(String,)>(&format!("{columns} = '{table}'")).await?;
        Outcome::Ok(rows.into_iter().map(|(name,)| name).collect::<Vec<_>>())
    };
    let copied = |names: &[String], as_copy: &dyn Fn(&str) -> String| {
        let list: Vec<&str> = names.iter().map(String::as_str).filter(|n| *n != "seq" && *n != "xid").collect();
        (list.join(", "), list.iter().map(|n| as_copy(n)).collect::<Vec<_>>().join(", "))
    };
    let (into, values) = copied(&names("orders").await?, &|name| match name {
        "id" => "c.new".to_owned(),
        "number" => "t.number || '-copy-' || c.n".to_owned(),
        "lead_slot" => "NULL".to_owned(),
        other => format!("t.{other}"),
    });
    let (events_into, events_values) =
        copied(&names("events").await?, &|name| if name == "subject_id" { "c.new".to_owned() } else { format!("t.{name}") });
    execute(
        database,
        &[
            format!(
                "CREATE TEMP TABLE copies AS WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {times}) \
                 SELECT id AS old, {id} AS new, n FROM orders, series WHERE {done}"
            ),
            format!("INSERT INTO orders ({into}) SELECT {values} FROM copies c JOIN orders t ON t.id = c.old"),
            format!("INSERT INTO events ({events_into}) SELECT {events_values} FROM copies c JOIN events t ON t.subject_id = c.old"),
        ],
    )
    .await
}

/// Runs statements one after another in one session.
async fn execute(database: &Database, statements: &[String]) -> Outcome {
    match database {
        Database::Sqlite(_) => {
            let mut connection = database.connect_to_file().await?;
            for statement in statements {
                sqlx::query(AssertSqlSafe(statement.as_str())).execute(&mut connection).await?;
            }
            Ok(connection.close().await?)
        }
        Database::Postgres(url) => {
            let mut connection = PgConnection::connect(url).await?;
            for statement in statements {
                sqlx::query(AssertSqlSafe(statement.as_str())).execute(&mut connection).await?;
            }
            Ok(connection.close().await?)
        }
    }
}
