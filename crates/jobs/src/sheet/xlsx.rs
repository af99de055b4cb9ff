//! Workbooks (Office Open XML): the first sheet, cell by cell, because a sheet says itself how large it is and may lie.

use super::{COLUMNS, Cell, Limits, Row, cell, too_large, unreadable};
use calamine::{DataRef, Reader, Xlsx};
use kernel::Result;
use std::io::{Cursor, Read};

/// Whole numbers beyond this have lost digits.
const EXACT: f64 = 1e15;

pub(super) fn read(bytes: Vec<u8>, limits: Limits) -> Result<Vec<Row>> {
    measure(&bytes, limits.unpacked)?;
    let no_workbook = |e: calamine::XlsxError| unreadable("it is no workbook").because(e.to_string());
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(no_workbook)?;
    let first = book.sheet_names().first().cloned().ok_or_else(|| unreadable("it has no sheet"))?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(no_workbook)?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(found) = cells.next_cell().map_err(no_workbook)? {
        let (row, column) = found.get_position();
        let number = u64::from(row) + 1;
        if number > limits.workbook_rows {
            return Err(too_large("rows", limits.workbook_rows));
        }
        let said = said(found.get_value(), number)?;
        if said == Cell::Text(String::new()) {
            continue;
        }
        let column = usize::try_from(column).unwrap_or(COLUMNS);
        if column >= COLUMNS {
            return Err(too_large("columns", COLUMNS as u64));
        }
        if rows.last().is_none_or(|last| last.number != number) {
            rows.push(Row { number, cells: Vec::new() });
        }
        if let Some(last) = rows.last_mut() {
            if last.cells.len() <= column {
                last.cells.resize(column + 1, Cell::Text(String::new()));
            }
            last.cells[column] = said;
        }
    }
    Ok(rows)
}

fn said(value: &DataRef<'_>, number: u64) -> Result<Cell> {
    let text = match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) if n.fract() == 0.0 && n.abs() >= EXACT => return Ok(Cell::Rounded),
        DataRef::Float(n) if n.fract() == 0.0 => format!("{n:.0}"),
        DataRef::Float(n) => n.to_string(),
        DataRef::DateTime(at) => match at.as_datetime() {
            Some(at) if at.time() == chrono::NaiveTime::MIN => at.date().to_string(),
            Some(at) => at.format("%Y-%m-%dT%H:%M:%S").to_string(),
            None => at.as_f64().to_string(),
        },
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        // `#N/A` and its like: a formula that went wrong.
        DataRef::Error(error) => return Err(unreadable(format!("row {number} has a formula that went wrong: {error}"))),
    };
    cell(&text, number)
}

/// Unpacks it to nowhere: what the archive says of its size is not believed.
fn measure(bytes: &[u8], limit: u64) -> Result<()> {
    let no_archive = |e: zip::result::ZipError| unreadable("it is no workbook").because(e);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(no_archive)?;
    let mut left = limit;
    for n in 0..archive.len() {
        let entry = archive.by_index(n).map_err(no_archive)?;
        let read = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink());
        let read = read.map_err(|e| unreadable("its archive is broken").because(e))?;
        left = left.checked_sub(read).ok_or_else(|| too_large("bytes unpacked", limit))?;
    }
    Ok(())
}
