//! A table as it is written: text in UTF-8 with its mark, or a workbook. A cell that a spreadsheet would take for a formula
//! gets an apostrophe before it (CWE-1236).

use crate::row::SheetFormat;
use kernel::{Error, Result};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// A table that is being written.
pub(crate) enum Writer {
    Text(Box<csv::Writer<Vec<u8>>>),
    Workbook { book: Box<Workbook>, rows: u32 },
}

const SHEET: &str = "Linli";

impl Writer {
    /// Begins a table with this header.
    ///
    /// # Errors
    /// `internal_error` when there is no room for a temporary file.
    pub(crate) fn new(format: SheetFormat, header: &[String]) -> Result<Self> {
        match format {
            SheetFormat::Csv => {
                // Without the mark, spreadsheets take UTF-8 for the code page of their country.
                let mut text = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
                text.write_record(header).map_err(Error::internal)?;
                Ok(Self::Text(Box::new(text)))
            }
            SheetFormat::Xlsx => {
                let mut book = Box::new(Workbook::new());
                let sheet = book.add_worksheet_with_low_memory().map_err(broken)?;
                sheet.set_name(SHEET).map_err(broken)?;
                sheet.set_freeze_panes(1, 0).map_err(broken)?;
                let bold = Format::new().set_bold();
                for (column, title) in (0u16..).zip(header) {
                    sheet.write_string_with_format(0, column, title, &bold).map_err(broken)?;
                }
                Ok(Self::Workbook { book, rows: 1 })
            }
        }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// `internal_error`, in practice never.
    pub(crate) fn row(&mut self, cells: &[String]) -> Result<()> {
        match self {
            Self::Text(text) => {
                let safe = cells.iter().map(|cell| if is_formula(cell) { format!("'{cell}") } else { cell.clone() });
                text.write_record(safe).map_err(Error::internal)
            }
            Self::Workbook { book, rows } => {
                let sheet = book.worksheet_from_index(0).map_err(broken)?;
                for (column, cell) in (0u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                    // A string cell of a workbook is never a formula; its longest text has 32,767 characters.
                    let shown: String = cell.chars().take(32_000).collect();
                    sheet.write_string(*rows, column, shown).map_err(broken)?;
                }
                *rows += 1;
                Ok(())
            }
        }
    }

    /// What can be taken away already.
    ///
    /// # Errors
    /// `internal_error`, in practice never.
    pub(crate) fn drain(&mut self) -> Result<Vec<u8>> {
        match self {
            Self::Text(text) => {
                text.flush().map_err(Error::internal)?;
                // The writer has no way to give its bytes away but by ending.
                let ended =
                    std::mem::replace(&mut **text, csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()));
                ended.into_inner().map_err(|e| Error::internal(e.to_string()))
            }
            Self::Workbook { .. } => Ok(Vec::new()),
        }
    }

    /// Ends the table, with what is left of it.
    ///
    /// # Errors
    /// `internal_error`, in practice never.
    pub(crate) fn finish(self) -> Result<Vec<u8>> {
        match self {
            Self::Text(text) => text.into_inner().map_err(|e| Error::internal(e.to_string())),
            Self::Workbook { mut book, .. } => book.save_to_buffer().map_err(broken),
        }
    }
}

fn broken(error: XlsxError) -> Error {
    Error::internal(error)
}

/// Whether a spreadsheet that opens text would calculate this: a number is none.
fn is_formula(cell: &str) -> bool {
    match cell.as_bytes() {
        [b'=' | b'@' | b'\t' | b'\r', ..] => true,
        [b'+' | b'-', ..] => cell.parse::<f64>().is_err(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        let cells = ["=1+1", "@sum", "+86 138", "-1", "-2+3", "张三", "a,\"b\""].map(str::to_owned);
        let mut text = Writer::new(SheetFormat::Csv, &["a", "b", "c", "d", "e", "f", "姓名"].map(str::to_owned)).unwrap();
        text.row(&cells).unwrap();
        let bytes = text.finish().unwrap();
        assert_eq!(
            std::str::from_utf8(&bytes).unwrap(),
            "\u{feff}a,b,c,d,e,f,姓名\r\n'=1+1,'@sum,'+86 138,-1,'-2+3,张三,\"a,\"\"b\"\"\"\r\n"
        );
    }
}
