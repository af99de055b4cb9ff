//! Log lines on stderr, as text or JSON. They name requests, codes and ids, never people.

use crate::{
    settings::{LogFormat, Settings},
    terminal::{Fault, Outcome},
};
use std::io::{self, IsTerminal};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// The database layers tell of every statement; only what goes wrong is worth a line. actix tells what paths and queries
/// held that it could not read.
const QUIET: &str = "sqlx=warn,sea_orm=warn,sea_orm_migration=warn,actix_web=info,actix_http=info";

/// Starts logging.
pub(crate) fn start(settings: &Settings) -> Outcome {
    let directives = format!("{QUIET},{}", settings.log);
    let filter = EnvFilter::builder().parse(directives).map_err(|e| Fault(format!("the setting log is refused: {e}")))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match settings.log_format {
        LogFormat::Text => registry.with(fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal())).try_init(),
        LogFormat::Json => registry.with(fmt::layer().json().flatten_event(true).with_writer(io::stderr)).try_init(),
    };
    started.map_err(|e| Fault(e.to_string()))
}
