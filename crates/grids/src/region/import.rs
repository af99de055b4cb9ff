//! Brings a list of regions (区划导入) into the database: all of it or nothing.
//!
//! The file is streamed in batches, each compared with what is there, so that the report tells
//! what really changed and a second run changes nothing. Only the codes stay in memory, to find
//! a code that comes twice, a parent that never comes and, if asked, what the list no longer names.

use super::{
    Region,
    event::RegionImported,
    row,
    sheet::{Row, Sheet, refuse},
    store,
};
use chrono::NaiveDate;
use kernel::{Core, Cx, RegionCode, Result, Subject, Time};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, io::Read};
use uuid::Uuid;

/// Rows a statement: eight values each stay far below SQLite's 32,766.
const BATCH: usize = 500;

/// How to import a list of regions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportOptions {
    /// The day from which the list holds: the `valid_from` of what it adds without saying better, and the
    /// `valid_to` of what `close_missing` closes.
    pub as_of: NaiveDate,
    /// Whether current regions are closed that lie in a province of the list but are not named in it. The list
    /// must then be whole: every row's parent, up to the province, must be named too.
    pub close_missing: bool,
    /// Whether everything is checked and counted, and nothing written.
    pub dry_run: bool,
}

/// What an import did, or with `dry_run` would do. Every row counts once, under added, changed,
/// closed or unchanged; `closed` also counts what the list no longer names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// Rows in the list, the header not counted.
    pub rows: u64,
    /// Regions that were not there before.
    pub added: u64,
    /// Regions with another name, period or replacement than before, those that reopened included.
    pub changed: u64,
    /// Regions that had no end and now have one.
    pub closed: u64,
    /// Regions that are as they were.
    pub unchanged: u64,
}

/// Imports a list of regions in one transaction. `core` should hold a patient database
/// ([`kernel::db::Pool::patient`]); on SQLite it holds the one writer until it is done. `progress` is told,
/// after every batch, how many bytes of `source` have been read so far.
///
/// # Errors
/// `region_import_invalid` with `line` and `reason`, nothing imported; `internal_error` when the
/// source cannot be read; `database_unavailable`.
pub async fn import_regions(
    core: &Core,
    source: impl Read + Send,
    options: ImportOptions,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<ImportReport> {
    let cx = Cx::system(core.clone());
    let mut tx = cx.begin();
    let now = tx.now;
    let db = tx.conn().await?;
    let mut sheet = Sheet::open(source)?;
    let mut report = ImportReport::default();
    let mut replaced = Vec::new();
    loop {
        let batch = sheet.rows(BATCH)?;
        if batch.is_empty() {
            break;
        }
        write(db, batch, options.as_of, now, &mut report, &mut replaced).await?;
        progress(sheet.bytes());
    }
    require_parents(db, &sheet, options.close_missing).await?;
    replace(db, &sheet, &replaced).await?;
    if options.close_missing {
        report.closed += close_missing(db, &sheet, options.as_of, now).await?;
    }
    if options.dry_run {
        return Ok(report);
    }
    let event = RegionImported { as_of: options.as_of, close_missing: options.close_missing, report };
    tx.emit(Subject { id: Uuid::nil(), version: 1, region: RegionCode::COUNTRY }, &event)?;
    let report = tx.commit(report).await?;
    cx.forget::<Region>();
    Ok(report)
}

/// A region whose replacement may stand further down in the list: told at the end.
struct Replaced {
    line: u64,
    code: RegionCode,
    by: RegionCode,
}

/// Compares a batch with what is there, and writes what differs.
async fn write(
    db: &DatabaseTransaction,
    batch: Vec<Row>,
    as_of: NaiveDate,
    now: Time,
    report: &mut ImportReport,
    replaced: &mut Vec<Replaced>,
) -> Result<()> {
    let codes: Vec<_> = batch.iter().map(|r| r.code).collect();
    let mut known: HashMap<_, _> = store::known(db, &codes).await?;
    let mut rows = Vec::with_capacity(batch.len());
    for row in batch {
        report.rows += 1;
        let old = known.remove(&row.code);
        let new = wanted(&row, old.as_ref(), as_of, now);
        match &old {
            None => report.added += 1,
            Some(old) if same(old, &new) => {
                report.unchanged += 1;
                continue;
            }
            Some(old) if old.valid_to.is_none() && new.valid_to.is_some() => report.closed += 1,
            Some(_) => report.changed += 1,
        }
        // The replacement may not be there yet, and the foreign key looks at once.
        let before = old.and_then(|o| o.replaced_by);
        let by = new.replaced_by.filter(|by| before != Some(*by));
        replaced.extend(by.map(|by| Replaced { line: row.line, code: row.code, by }));
        rows.push(row::Model { replaced_by: if by.is_some() { None } else { new.replaced_by }, ..new });
    }
    store::upsert(db, rows).await
}

/// The region as the list wants it. A row without an end reopens what had ended.
fn wanted(row: &Row, old: Option<&row::Model>, as_of: NaiveDate, now: Time) -> row::Model {
    let assumed = old.map_or(as_of, |o| o.valid_from);
    // Where the list only knows the end, the beginning lies no later.
    let valid_from = row.valid_from.unwrap_or_else(|| row.valid_to.map_or(assumed, |end| end.min(assumed)));
    row::Model {
        code: row.code,
        name: row.name.clone(),
        level: row.code.level().as_str().to_owned(),
        parent_code: row.parent,
        valid_from,
        valid_to: row.valid_to,
        replaced_by: row.replaced_by,
        updated_at: now,
    }
}

fn same(old: &row::Model, new: &row::Model) -> bool {
    (&old.name, old.valid_from, old.valid_to, old.replaced_by) == (&new.name, new.valid_from, new.valid_to, new.replaced_by)
}

/// Every parent stands in the list or, unless the list must be whole, in the database.
async fn require_parents<R: Read>(db: &DatabaseTransaction, sheet: &Sheet<R>, whole: bool) -> Result<()> {
    for part in sheet.missing_parents().chunks(BATCH) {
        let codes: Vec<_> = part.iter().map(|(_, code)| *code).collect();
        let known = if whole { HashMap::new() } else { store::known(db, &codes).await? };
        if let Some((line, code)) = part.iter().find(|(_, code)| !known.contains_key(code)) {
            let wheres =
                if whole { "in the list, which must be whole to close what it does not name" } else { "in the list or in the database" };
            return Err(refuse(*line, format!("its parent {code} is not {wheres}")));
        }
    }
    Ok(())
}

/// Names the replacements, now that every region of the list is there.
async fn replace<R: Read>(db: &DatabaseTransaction, sheet: &Sheet<R>, replaced: &[Replaced]) -> Result<()> {
    for part in replaced.chunks(BATCH) {
        let codes: Vec<_> = part.iter().map(|r| r.by).filter(|by| !sheet.names(*by)).collect();
        let known = if codes.is_empty() { HashMap::new() } else { store::known(db, &codes).await? };
        for Replaced { line, code, by } in part {
            if !sheet.names(*by) && !known.contains_key(by) {
                return Err(refuse(*line, format!("its replacement {by} is not in the list or in the database")));
            }
            store::replace(db, *code, *by).await?;
        }
    }
    Ok(())
}

/// Closes what the list, which is whole, does not name in its provinces; returns how many.
async fn close_missing<R: Read>(db: &DatabaseTransaction, sheet: &Sheet<R>, on: NaiveDate, now: Time) -> Result<u64> {
    const LOOK: u64 = 5_000;
    let mut closed = 0;
    for province in sheet.provinces() {
        let mut after = None;
        loop {
            let there = store::without_end(db, province, after, LOOK).await?;
            let Some(last) = there.last().copied() else { break };
            after = Some(last);
            let gone: Vec<_> = there.into_iter().filter(|code| !sheet.names(*code)).collect();
            for part in gone.chunks(BATCH) {
                store::close(db, part, on, now).await?;
                closed += u64::try_from(part.len()).map_err(kernel::Error::internal)?;
            }
        }
    }
    Ok(closed)
}
