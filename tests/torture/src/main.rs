//! Linli tortured: `cargo run --release -p torture`.
//!
//! Each part starts the real binary on a fresh database, lets clients work, does something terrible, and then asks the
//! [`checker`] whether anything that was acknowledged is lost, doubled, illegal or seen by whom it should not be.
//!
//! [`load`] is what the clients do, [`journal`] what they were promised. `docs/reliability.md` tells the results.

mod api;
mod backup;
mod checker;
mod clock;
mod cluster;
mod crash;
mod database;
mod dice;
mod disk;
mod failover;
mod haproxy;
mod journal;
mod kills;
mod load;
mod machine;
mod outage;
mod overload;
mod people;
mod postgres;
mod proxy;
mod races;
mod report;
mod rolling;
mod server;
mod slow;
mod soak;
mod upgrade;
mod world;

use clap::{Parser, ValueEnum};
use postgres::Postgres;
use report::{Report, Row};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, ExitCode},
};
use world::{Kind, World};

/// What goes wrong here is told and ends the run.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Linli tortured.
#[derive(Parser)]
pub(crate) struct Options {
    /// Only these parts
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Minutes instead of hours: what CI runs
    #[arg(long)]
    short: bool,
    /// Only on this database
    #[arg(long, value_enum)]
    on: Option<Kind>,
    /// How often, instead of what the part does by itself; of `soak`, how many minutes
    #[arg(long)]
    count: Option<usize>,
    /// Another seed, other choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The binary [default: built here, in the profile that this was built in]
    #[arg(long)]
    server: Option<PathBuf>,
    /// The binary with crash points [default: built here]
    #[arg(long)]
    crashing: Option<PathBuf>,
    /// The binary of the release before, for `upgrade` [default: built from its tag]
    #[arg(long)]
    from: Option<PathBuf>,
}

impl Options {
    /// A bound on milliseconds. The short form may run a binary without optimisation on a busy machine: there it is twice
    /// as wide.
    fn within(&self, millis: f64) -> f64 {
        if self.short { 2.0 * millis } else { millis }
    }

    fn want(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Part {
    /// Kill -9 of the server under mixed load
    Kills,
    /// The server dies at each point of a command's way
    Crash,
    /// Many at once at the same order, through three servers
    Races,
    /// The database killed, frozen, unreachable, cut off at the commit, locked
    Outage,
    /// Loss of the primary under Patroni, and the same with asynchronous replication, which must lose
    Failover,
    /// Restarts of two servers behind haproxy
    Rolling,
    /// A full disk
    Disk,
    /// Clients that are slow on purpose
    Slow,
    /// Five times as many requests as the server can carry out
    Overload,
    /// Jumps of the clock
    Clock,
    /// An hour at half load
    Soak,
    /// A backup under load, put back elsewhere
    Backup,
    /// From the release before to this one, with a million orders
    Upgrade,
}

/// What every part works with.
pub(crate) struct Stage {
    binary: PathBuf,
    /// For what the parts write; it goes when we do.
    folder: PathBuf,
    _cleaner: machine::Guarded,
}

/// Makes a folder, says where it is, and takes it away in the end.
const FOLDER: &str = r#"dir=$(mktemp -d "${TMPDIR:-/var/tmp}/linli-torture.XXXXXX"); echo "$dir"; read -r _ || :; rm -rf "$dir""#;

impl Stage {
    fn make(binary: PathBuf) -> Outcome<Self> {
        let none: [&str; 0] = [];
        let cleaner = machine::Guarded::start(FOLDER, &mut Command::new("sh"), none)?;
        Ok(Self { binary, folder: cleaner.said.clone().into(), _cleaner: cleaner })
    }

    /// A binary of our own.
    fn keep(&self, binary: &[u8], name: &str) -> Outcome<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, binary)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        Ok(path)
    }

    /// Copies the journals and the logs to where they stay, for whoever wants to know what happened.
    fn save(&self) -> Outcome<PathBuf> {
        let kept = PathBuf::from("target/torture/kept");
        for world in fs::read_dir(&self.folder)?.flatten().filter(|e| e.path().is_dir()) {
            let to = kept.join(world.file_name());
            fs::create_dir_all(&to)?;
            let files = fs::read_dir(world.path())?.flatten();
            for file in files.filter(|f| f.path().extension().is_some_and(|e| e == "jsonl" || e == "log")) {
                fs::copy(file.path(), to.join(file.file_name()))?;
            }
        }
        Ok(kept)
    }

    /// A PostgreSQL for this part, if it wants one.
    fn postgres(&self, kind: Kind) -> Outcome<Option<Postgres>> {
        if kind == Kind::Postgres { Postgres::start().map(Some) } else { Ok(None) }
    }

    /// The end of every part: no answer said that it was our fault, nobody panicked, and the checker is content.
    async fn conclude(&self, row: &mut Row, world: &World, tries: &[api::Try]) -> Outcome {
        let broken = tries.iter().filter(|t| t.status == 500 || (t.status >= 400 && t.code == "no problem document")).count();
        row.require("500", broken, broken == 0);
        let panics = world.setup.logs()?.matches("panicked").count();
        row.require("panics", panics, panics == 0);
        if let database::Database::Sqlite(_) = &world.database {
            let told: Vec<(String,)> = world.database.rows("PRAGMA integrity_check").await?;
            row.require("integrity_check", told[0].0.as_str(), told[0].0 == "ok");
        }
        let evidence = checker::collect(world).await?;
        let (late, done_before) = journal::repeated(&evidence.acks);
        row.tell("acknowledged", evidence.acks.len());
        row.tell("of these only when repeated", late);
        row.tell("of these carried out before", done_before);
        row.verdict(&checker::judge(&evidence));
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Outcome<ExitCode> {
    // Of two calls the first counts, and there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = Options::parse();
    // The one with crash points first: both come to lie in the same place, where the other is to stay.
    let crashing = match &options.crashing {
        _ if !options.want(Part::Crash) => None,
        Some(binary) => Some(fs::read(binary)?),
        None => Some(fs::read(build(&["--features", "linli/failpoints"])?)?),
    };
    let binary = match &options.server {
        Some(binary) => binary.clone(),
        None => build(&[])?,
    };
    let stage = Stage::make(fs::canonicalize(binary)?)?;
    let crashing = crashing.map(|binary| stage.keep(&binary, "linli-crashing")).transpose()?;
    let before = match &options.from {
        Some(binary) => Some(fs::canonicalize(binary)?),
        None if options.want(Part::Upgrade) => Some(upgrade::before(&stage.folder)?),
        None => None,
    };
    let mut report = Report::default();
    let done = torture(&stage, &options, crashing, before, &mut report).await;
    let held = report.write(&stage.binary.display().to_string())?;
    if done.is_err() || !held {
        eprintln!("journals and logs are kept in {}", stage.save()?.display());
    }
    done?;
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All the parts that are wanted, one after the other.
async fn torture(stage: &Stage, options: &Options, crashing: Option<PathBuf>, before: Option<PathBuf>, report: &mut Report) -> Outcome {
    let kinds = [Kind::Sqlite, Kind::Postgres].into_iter().filter(|k| options.on.is_none_or(|on| on == *k));
    for kind in kinds.clone().filter(|_| options.want(Part::Kills)) {
        report.add(kills::run(stage, options, kind).await?);
    }
    if let Some(crashing) = crashing {
        for kind in kinds.clone() {
            report.add(crash::run(stage, options, kind, &crashing).await?);
        }
    }
    for kind in kinds.clone().filter(|_| options.want(Part::Races)) {
        report.add(races::run(stage, options, kind).await?);
    }
    for kind in kinds.clone().filter(|_| options.want(Part::Outage)) {
        report.add(outage::run(stage, options, kind).await?);
    }
    if options.want(Part::Failover) {
        report.add(failover::run(stage, options).await?);
        report.add(failover::control(stage, options).await?);
    }
    if options.want(Part::Rolling) {
        report.add(rolling::run(stage, options).await?);
    }
    for kind in kinds.clone().filter(|_| options.want(Part::Disk)) {
        report.add(disk::run(stage, options, kind).await?);
    }
    if options.want(Part::Slow) {
        report.add(slow::run(stage, options).await?);
    }
    for kind in kinds.clone().filter(|_| options.want(Part::Overload)) {
        report.add(overload::run(stage, options, kind).await?);
    }
    for kind in kinds.clone().filter(|_| options.want(Part::Clock)) {
        report.add(clock::run(stage, options, kind).await?);
    }
    for kind in kinds.clone().filter(|_| options.want(Part::Soak)) {
        report.add(soak::run(stage, options, kind).await?);
    }
    for kind in kinds.clone().filter(|_| options.want(Part::Backup)) {
        report.add(backup::run(stage, options, kind).await?);
    }
    if let Some(before) = before {
        for kind in kinds.clone() {
            report.add(upgrade::run(stage, options, kind, &before).await?);
        }
    }
    Ok(())
}

/// Builds the binary in the profile that this was built in; gives its path.
fn build(features: &[&str]) -> Outcome<PathBuf> {
    let profile: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
    let built = Command::new("cargo").args(["build", "--quiet", "-p", "linli"]).args(profile).args(features).status()?;
    if built.success() { Ok(std::env::current_exe()?.with_file_name("linli")) } else { Err("linli cannot be built".into()) }
}
