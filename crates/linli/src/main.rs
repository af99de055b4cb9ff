//! The binary: serves, brings the tables up to date, imports regions, makes accounts.
//!
//! Read [`settings`] for what can be set and [`serve`] for what happens at start and stop.

mod account;
mod allies;
mod database;
mod demo;
mod health;
mod import;
mod invented;
mod keys;
mod operations;
mod purge;
mod reseal;
mod serve;
mod settings;
mod telemetry;
mod terminal;
mod venues;
mod volumes;
mod webhooks;
mod worker;

use clap::{Parser, Subcommand, ValueEnum};
use kernel::Core;
use serve::Demo;
use settings::{Flags, Settings};
use std::{path::PathBuf, process::ExitCode};
use telemetry::Telemetry;
use terminal::{Fault, Outcome, say};
use webhooks::Webhooks;

/// Gives memory back: after the demo is seeded, or a hundred people have signed in, glibc's holds five times as much.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Linli (邻里): what a neighbourhood needs becomes an order that somebody takes and a resident judges.
#[derive(Debug, Parser)]
#[command(name = "linli", version, max_term_width = 120)]
struct Cli {
    /// The settings file [default: linli.toml in the working folder, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "LINLI_CONFIG", help_heading = "Settings")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until told to stop
    Serve {
        /// Use a database of its own, filled with a neighbourhood to try things on
        #[arg(long)]
        demo: bool,
        /// Leave the demo as it is at its start, without the households, people and grids that make it as large as the places it shows
        #[arg(long, requires = "demo")]
        small: bool,
    },
    /// Bring the tables of the database up to date
    Migrate,
    /// Administrative regions (区划)
    #[command(subcommand)]
    Regions(Regions),
    /// Fill the database with the neighbourhood of the demo, once, and besides with as much as is asked for
    Seed {
        /// All of the demo, with the households, people and grids that make it as large as the places it shows
        #[arg(long)]
        whole: bool,
        /// A place for load tests, with people who do not exist
        #[arg(long, value_enum, conflicts_with = "whole")]
        scale: Option<volumes::Scale>,
        /// How many people, instead of what the place has by itself
        #[arg(long, requires = "scale", value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=20_000_000))]
        people: Option<u32>,
    },
    /// Write the contract of the API
    Openapi {
        /// As which OpenAPI: 3.0 is for generators that know no 3.1, and leaves webhooks out
        #[arg(long, value_name = "VERSION", default_value = "3.1")]
        version: OpenApi,
        /// Where to; stdout when absent
        file: Option<PathBuf>,
    },
    /// Accounts (账号)
    #[command(subcommand)]
    Account(Account),
    #[command(subcommand)]
    Webhooks(Webhooks),
    /// The keys that seal personal data (密钥)
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Seal with the newest vault key what older keys have sealed; servers may run meanwhile
    Reseal(reseal::Reseal),
    /// Delete what the retention policies (保存期限) say is over
    Purge(purge::PurgeCommand),
    /// Show every setting with its value and where that came from; secrets hidden
    Settings {
        /// Show the table of settings for the documentation instead
        #[arg(long)]
        markdown: bool,
    },
    /// Ask the server at `listen` whether it is ready; exit code 0 if it is
    Health,
    /// Show what the server at `operations_listen` logs, or change it until its next start
    LogLevel {
        /// A level, or directives such as `info,api=debug`
        directives: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OpenApi {
    #[value(name = "3.1")]
    V3_1,
    #[value(name = "3.0")]
    V3_0,
}

impl OpenApi {
    fn contract(self) -> String {
        match self {
            Self::V3_1 => api::openapi(),
            Self::V3_0 => api::openapi_3_0(),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Regions {
    /// Read a list of regions; all of it or, when a line is wrong, nothing
    Import(import::Import),
}

#[derive(Debug, Subcommand)]
enum Account {
    /// Make an account with one role
    Create(account::Create),
}

fn main() -> ExitCode {
    kernel::tls::install();
    // Wrong usage ends here, with exit code 2.
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("linli: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Outcome {
    #[cfg(feature = "failpoints")]
    kernel::crash::check().map_err(Fault)?;
    match &cli.command {
        Command::Openapi { version, file: None } => return say(&version.contract()),
        Command::Openapi { version, file: Some(file) } => {
            return std::fs::write(file, version.contract()).map_err(|e| Fault(format!("{}: {e}", file.display())));
        }
        Command::Settings { markdown: true } => return say(&settings::markdown()),
        _ => {}
    }
    if let Command::Webhooks(command) = cli.command {
        return webhooks::run(command);
    }
    let file = settings::file_to_read(cli.config.filter(|path| !path.as_os_str().is_empty()));
    let settings = Settings::read(
        file.as_deref(),
        std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?))),
        &cli.flags,
    )?;
    match cli.command {
        Command::Settings { .. } => return say(&settings.shown()),
        Command::Health => return health::ready(&settings.listen),
        Command::Keys(command) => {
            keys::make_data_dir(&settings)?;
            return keys::run(&settings, &command);
        }
        Command::LogLevel { directives } => {
            let listen = settings.operations_listen.as_deref();
            let listen = listen.ok_or_else(|| Fault("operations_listen is not set: the server does not listen there".to_owned()))?;
            return say(&operations::log_level(listen, directives.as_deref())?);
        }
        _ => {}
    }
    let telemetry = telemetry::start(&settings)?;
    keys::make_data_dir(&settings)?;
    if let Some(file) = &settings.calendar_file {
        let told = |e: String| Fault(format!("the calendar {}: {e}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|e| told(e.to_string()))?;
        services::calendar::Calendar::parse(&text).map_err(|e| told(Fault::from(e).0))?.install();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(work(cli.command, &settings, &telemetry));
    runtime.shutdown_background();
    telemetry.finish();
    done
}

/// The commands that work with the database.
async fn work(command: Command, settings: &Settings, telemetry: &Telemetry) -> Outcome {
    match command {
        Command::Serve { demo, small } => {
            let demo = demo.then_some(if small { Demo::Small } else { Demo::Whole });
            serve::run(settings, demo, telemetry.log.clone()).await
        }
        Command::Migrate => {
            let db = database::connect(settings, &settings.database_url).await?;
            let steps = database::migrate(&db).await?;
            db.close().await;
            say(&format!("applied {steps} migrations\n"))
        }
        Command::Regions(Regions::Import(import)) => {
            let core = open(settings).await?;
            finish(&core, import::run(&core, import).await).await
        }
        Command::Seed { whole, scale, people } => {
            let core = open(settings).await?;
            let done = match demo::seed(&core).await {
                Ok(report) => match scale {
                    Some(scale) => volumes::seed(&core, scale, people).await,
                    None if whole => volumes::fill_demo(&core, false).await.map_err(Fault::from),
                    None => Ok(()),
                }
                .and_then(|()| say(&report.to_string())),
                Err(error) => Err(error.into()),
            };
            finish(&core, done).await
        }
        Command::Account(Account::Create(create)) => {
            let core = open(settings).await?;
            finish(&core, account::create(&core, create).await).await
        }
        Command::Reseal(command) => {
            let core = open(settings).await?;
            finish(&core, reseal::run(&core, settings, &command).await).await
        }
        Command::Purge(command) => {
            let core = open(settings).await?;
            finish(&core, purge::run(&core, &command).await).await
        }
        Command::Openapi { .. }
        | Command::Webhooks(_)
        | Command::Settings { .. }
        | Command::Keys(_)
        | Command::Health
        | Command::LogLevel { .. } => Ok(()),
    }
}

async fn open(settings: &Settings) -> Outcome<Core> {
    database::open(settings, &settings.database_url, keys::vault(settings)?).await
}

/// Closes the database, so that SQLite leaves one tidy file, whatever came of the command.
async fn finish(core: &Core, done: Outcome) -> Outcome {
    core.db.clone().close().await;
    done
}
