//! `linli regions import`: reads a list of regions (区划) as the statistics bureau publishes it.

use crate::terminal::{Fault, Outcome, say};
use chrono::NaiveDate;
use grids::ImportOptions;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use kernel::Core;
use std::{
    fs::File,
    io::{self, IsTerminal},
    path::PathBuf,
    time::{Duration, Instant},
};

/// Without a terminal: one line each so many seconds.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// What to import, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// A CSV file with a header and at least the columns code and name
    file: PathBuf,
    /// The day from which the list holds [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Close the regions that the list, which must then be whole, does not name
    #[arg(long)]
    close_missing: bool,
    /// Check everything and count, write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Imports the list and prints what came of it.
pub(crate) async fn run(core: &Core, import: Import) -> Outcome {
    let told = |e: io::Error| Fault(format!("{}: {e}", import.file.display()));
    let source = File::open(&import.file).map_err(told)?;
    let size = source.metadata().map_err(told)?.len();
    // Regions begin and end with the day in China.
    let today = core.clock.now().with_timezone(&services::calendar::china()).date_naive();
    let options = ImportOptions { as_of: import.as_of.unwrap_or(today), close_missing: import.close_missing, dry_run: import.dry_run };
    let mut show = Show::new(size)?;
    let report = grids::import_regions(core, source, options, &mut |bytes| show.read(bytes)).await;
    show.end();
    let report = report?;
    let what = if import.dry_run { "would be: " } else { "" };
    say(&format!("{what}added {}, changed {}, closed {}, unchanged {}\n", report.added, report.changed, report.closed, report.unchanged))
}

/// How far it is: a bar on a terminal, else a line now and then.
enum Show {
    Bar(ProgressBar),
    Lines { size: u64, last: Instant },
}

impl Show {
    fn new(size: u64) -> Outcome<Self> {
        if !io::stderr().is_terminal() {
            return Ok(Self::Lines { size, last: Instant::now() });
        }
        let style = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left").map_err(|e| Fault(e.to_string()))?;
        Ok(Self::Bar(ProgressBar::new(size).with_style(style)))
    }

    fn read(&mut self, bytes: u64) {
        match self {
            Self::Bar(bar) => bar.set_position(bytes),
            Self::Lines { size, last } if last.elapsed() >= LINE_EVERY => {
                *last = Instant::now();
                eprintln!("read {} of {}", HumanBytes(bytes), HumanBytes(*size));
            }
            Self::Lines { .. } => {}
        }
    }

    fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
