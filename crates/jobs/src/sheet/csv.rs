//! Comma-separated text (RFC 4180) in UTF-8, UTF-16 with its mark, or GB 18030, which is how spreadsheets in China save it.

use super::{COLUMNS, Row, cell, too_large, unreadable};
use encoding_rs::{Encoding, GB18030, UTF_8};
use kernel::Result;
use std::io::Cursor;

/// A text that is being read.
pub(crate) struct Text {
    reader: csv::Reader<Cursor<String>>,
    record: csv::StringRecord,
    left: u64,
    limit: u64,
    lines: usize,
}

impl Text {
    pub(super) fn open(bytes: Vec<u8>, limit: u64) -> Result<Self> {
        let text = decode(bytes)?;
        let first = text.lines().next().unwrap_or_default();
        let count = |c: char| first.matches(c).count();
        let delimiter = [',', ';', '\t', ','].into_iter().max_by_key(|c| count(*c)).unwrap_or(',');
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(u8::try_from(delimiter).unwrap_or(b','))
            .from_reader(Cursor::new(text));
        Ok(Self { reader, record: csv::StringRecord::new(), left: limit, limit, lines })
    }

    /// Close enough for a bar of progress: a cell may hold more than one line.
    pub(super) const fn len(&self) -> Option<usize> {
        Some(self.lines)
    }

    pub(super) fn next_rows(&mut self, most: usize) -> Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(most.min(1024));
        while rows.len() < most {
            if !self.reader.read_record(&mut self.record).map_err(|e| unreadable("its rows cannot be told apart").because(e))? {
                break;
            }
            self.left = self.left.checked_sub(1).ok_or_else(|| too_large("rows", self.limit))?;
            let number = self.record.position().map_or(0, csv::Position::line);
            if self.record.len() > COLUMNS {
                return Err(too_large("columns", COLUMNS as u64));
            }
            let cells = self.record.iter().map(|text| cell(text, number)).collect::<Result<_>>()?;
            let row = Row { number, cells };
            if !row.is_empty() {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

fn decode(bytes: Vec<u8>) -> Result<String> {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        if encoding == UTF_8 {
            let mut bytes = bytes;
            bytes.drain(..mark);
            return String::from_utf8(bytes).map_err(|e| unreadable("it says that it is UTF-8, and is not").because(e));
        }
        let (text, wrong) = encoding.decode_with_bom_removal(&bytes);
        return if wrong { Err(unreadable("it says that it is UTF-16, and is not")) } else { Ok(text.into_owned()) };
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(e) => e.into_bytes(),
    };
    match GB18030.decode_without_bom_handling(&bytes) {
        (_, true) => Err(unreadable("it is neither UTF-8 nor GB 18030 text")),
        (text, false) => Ok(text.into_owned()),
    }
}
