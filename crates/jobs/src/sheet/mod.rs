//! Tables in files: comma-separated text and workbooks, read with bounds and written so that no cell becomes a formula.

mod csv;
mod write;
mod xlsx;

pub(crate) use write::Writer;

use crate::row::SheetFormat;
use kernel::{Code, Error, Result};

/// The most columns of a table that is read.
const COLUMNS: usize = 100;
/// The most characters of a cell.
const CELL: usize = 2000;

/// What is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Rows of a workbook, the header included: it is unpacked in memory.
    pub workbook_rows: u64,
    /// Rows of comma-separated text, which is read row by row.
    pub text_rows: u64,
    /// Bytes of a workbook when it is unpacked.
    pub unpacked: u64,
    /// Rows of an export as a workbook.
    pub workbook_export: u64,
    /// Rows of an export as text.
    pub text_export: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { workbook_rows: 50_000, text_rows: 200_000, unpacked: 100 << 20, workbook_export: 100_000, text_export: 5_000_000 }
    }
}

/// What stands in a cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Cell {
    /// What it says, without blanks around it; empty for nothing.
    Text(String),
    /// A number of more digits than a spreadsheet keeps: the last ones are lost.
    Rounded,
}

/// A row of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    /// Its number, as the spreadsheet counts.
    pub(crate) number: u64,
    pub(crate) cells: Vec<Cell>,
}

impl Row {
    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| matches!(cell, Cell::Text(text) if text.is_empty()))
    }
}

/// A table that is being read.
pub(crate) enum Sheet {
    Text(Box<csv::Text>),
    Workbook(std::vec::IntoIter<Row>),
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Sheet::Text",
            Self::Workbook(_) => "Sheet::Workbook",
        })
    }
}

/// What form a file has: its content says, not its name.
///
/// # Errors
/// `sheet_unreadable` for what is neither.
pub(crate) fn format_of(bytes: &[u8]) -> Result<SheetFormat> {
    match bytes {
        [b'P', b'K', 3, 4, ..] => Ok(SheetFormat::Xlsx),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(unreadable("a workbook of before 2007; save it as .xlsx")),
        [b'%', b'P', b'D', b'F', ..] => Err(unreadable("a PDF")),
        _ => Ok(SheetFormat::Csv),
    }
}

/// Opens a table. A workbook is unpacked here: call it off the request's thread.
///
/// # Errors
/// `sheet_unreadable`; `sheet_too_large`.
pub(crate) fn open(bytes: Vec<u8>, limits: Limits) -> Result<Sheet> {
    match format_of(&bytes)? {
        SheetFormat::Csv => Ok(Sheet::Text(Box::new(csv::Text::open(bytes, limits.text_rows)?))),
        SheetFormat::Xlsx => Ok(Sheet::Workbook(xlsx::read(bytes, limits)?.into_iter())),
    }
}

impl Sheet {
    /// The next rows, at most so many; none at the end. Empty ones are left out.
    ///
    /// # Errors
    /// `sheet_unreadable`; `sheet_too_large`.
    pub(crate) fn next_rows(&mut self, most: usize) -> Result<Vec<Row>> {
        match self {
            Self::Text(text) => text.next_rows(most),
            Self::Workbook(rows) => Ok(rows.by_ref().take(most).collect()),
        }
    }

    /// How many rows there are, the header included, where it is known without reading them.
    pub(crate) fn len(&self) -> Option<usize> {
        match self {
            Self::Text(text) => text.len(),
            Self::Workbook(rows) => Some(rows.len()),
        }
    }
}

fn unreadable(reason: impl std::fmt::Display) -> Error {
    Error::new(Code::SheetUnreadable).with("reason", reason)
}

fn too_large(what: &str, limit: u64) -> Error {
    Error::new(Code::SheetTooLarge).with("what", what).with("limit", limit)
}

/// A cell of this text.
fn cell(text: &str, number: u64) -> Result<Cell> {
    let text = text.trim();
    if text.chars().nth(CELL).is_some() {
        return Err(unreadable(format!("row {number} has a cell of more than {CELL} characters")));
    }
    if text.contains('\0') {
        return Err(unreadable(format!("row {number} is no text")));
    }
    Ok(Cell::Text(text.to_owned()))
}
