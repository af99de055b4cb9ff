//! Imports (导入): a table becomes grids, addresses, households or residents, by the domain's own rules for many rows at once.
//!
//! The header may stand in any order and under the names that offices use. What a row says wrong is told by row and column.
//! Nothing of a file is written before somebody has seen what would come of it, unless they say so.

mod columns;
mod rows;

pub use columns::{ImportColumn, ImportWord};

use crate::{
    row::{ImportMode, job::Model},
    run::{Counts, Run, Stopped},
    sheet::{self, Row, Sheet},
};
use kernel::{
    Code, Cx, Error, Result, Tx,
    bulk::{Existing, Put},
};
use rows::{Bad, Header};
use sea_orm::DbBackend;

/// Rows that are told to the domain at once.
const AT_ONCE: usize = 500;

/// What is wrong with a row, as it is kept.
pub(crate) struct Fault {
    pub(crate) row: u64,
    pub(crate) column: Option<String>,
    pub(crate) code: Code,
    pub(crate) params: kernel::error::Params,
}

/// Carries an import out, or checks it. `cx` is the request of whoever asked for it.
pub(crate) async fn run(run: &Run<'_>, cx: &Cx, job: &Model, bytes: Vec<u8>) -> std::result::Result<Counts, Stopped> {
    let limits = run.limits;
    let mut sheet = tokio::task::spawn_blocking(move || sheet::open(bytes, limits)).await.map_err(Error::internal)??;
    let total = sheet.len().map(|rows| rows.saturating_sub(1));
    let first = sheet.next_rows(1)?.pop().ok_or_else(|| Error::new(Code::SheetUnreadable).with("reason", "it is empty"))?;
    let subject = job.subject.ok_or_else(|| Error::internal("an import has a subject"))?;
    let mut import = Import {
        run,
        cx,
        header: Header::read(subject, &first)?,
        job,
        existing: existing(job)?,
        counts: Counts { total, ..Counts::of(job) },
    };
    match (job.dry_run, job.mode.unwrap_or_default()) {
        (true, _) => import.check(sheet).await?,
        (false, ImportMode::AllOrNothing) => import.all_or_nothing(sheet).await?,
        (false, ImportMode::GoodRows) => import.good_rows(sheet).await?,
    }
    Ok(import.counts)
}

fn existing(job: &Model) -> Result<Existing> {
    let word = job.existing.clone().unwrap_or_else(|| "update".to_owned());
    serde_json::from_value(serde_json::Value::from(word)).map_err(Error::internal)
}

struct Import<'a> {
    run: &'a Run<'a>,
    cx: &'a Cx,
    header: Header,
    job: &'a Model,
    existing: Existing,
    counts: Counts,
}

impl Import<'_> {
    /// Says what would come of it. The rows before do not count for the rows after, unless they stand close together.
    async fn check(&mut self, mut sheet: Sheet) -> std::result::Result<(), Stopped> {
        self.run.forget_errors(self.job).await?;
        self.counts = self.counts.anew();
        loop {
            let rows = sheet.next_rows(AT_ONCE)?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut tx = self.cx.begin();
            let faults = self.put(&mut tx, &rows, false).await?;
            drop(tx);
            self.run.progress(self.job, &self.counts, faults).await?;
        }
    }

    /// Some hundred rows a transaction, and with them how far it has come: taken up again, it goes on behind them.
    async fn good_rows(&mut self, mut sheet: Sheet) -> std::result::Result<(), Stopped> {
        let mut done = self.counts.read;
        if done == 0 {
            self.run.forget_errors(self.job).await?;
        }
        loop {
            let mut rows = sheet.next_rows(AT_ONCE)?;
            if rows.is_empty() {
                return Ok(());
            }
            let skip = usize::try_from(done).unwrap_or(usize::MAX).min(rows.len());
            done -= skip as u64;
            rows.drain(..skip);
            if rows.is_empty() {
                continue;
            }
            let mut tx = self.cx.begin();
            let faults = self.put(&mut tx, &rows, true).await?;
            self.run.progress_within(&mut tx, self.job, &self.counts, faults).await?;
            tx.commit(()).await?;
        }
    }

    /// All in one transaction; with the first row that is refused nothing is written any more, and the others are looked at all
    /// the same.
    async fn all_or_nothing(&mut self, mut sheet: Sheet) -> std::result::Result<(), Stopped> {
        self.run.forget_errors(self.job).await?;
        self.counts = self.counts.anew();
        let mut kept = Vec::new();
        let mut tx = self.cx.begin();
        loop {
            let rows = sheet.next_rows(AT_ONCE)?;
            if rows.is_empty() {
                break;
            }
            let write = self.counts.refused == 0;
            let faults = self.put(&mut tx, &rows, write).await?;
            // SQLite has one writer, and this is it: how far it has come is seen at the end.
            if self.cx.backend() == DbBackend::Postgres {
                self.run.progress(self.job, &self.counts, faults).await?;
            } else {
                kept.extend(faults);
            }
        }
        if self.counts.refused == 0 {
            self.run.within(&mut tx, self.job, &self.counts).await?;
            tx.commit(()).await?;
            return Ok(());
        }
        drop(tx);
        self.run.progress(self.job, &self.counts, kept).await?;
        Err(Error::new(Code::ImportRefused).with("rows", self.counts.refused).into())
    }

    /// Tells the domain of rows and counts what comes of them; what is wrong comes back.
    async fn put(&mut self, tx: &mut Tx<'_>, rows: &[Row], write: bool) -> Result<Vec<Fault>> {
        let (chunk, numbers, mut bad): (_, _, Vec<Bad>) = rows::read(&self.header, self.job.region_code, rows);
        let answers = if numbers.is_empty() { Vec::new() } else { chunk.put(tx, self.existing, write).await? };
        for (number, answer) in numbers.into_iter().zip(answers) {
            match answer {
                Put::Created => self.counts.created += 1,
                Put::Updated => self.counts.updated += 1,
                Put::Unchanged => self.counts.unchanged += 1,
                Put::Skipped => self.counts.skipped += 1,
                Put::Refused(error) => bad.push((number, error)),
            }
        }
        self.counts.read += rows.len() as u64;
        self.counts.refused += bad.len() as u64;
        bad.sort_by_key(|(number, _)| *number);
        Ok(bad.into_iter().flat_map(|(number, error)| self.faults(number, error)).collect())
    }

    /// What is wrong with a row: a fault for each column at fault, or one for the whole row.
    fn faults(&self, row: u64, error: Error) -> Vec<Fault> {
        if error.fields.is_empty() {
            return vec![Fault { row, column: None, code: error.code, params: error.params }];
        }
        let at = |field: kernel::error::FieldError| Fault {
            row,
            column: self.header.title_of(&field.pointer),
            code: field.code,
            params: field.params,
        };
        error.fields.into_iter().map(at).collect()
    }
}
