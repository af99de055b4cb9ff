//! Reads a list of regions, row by row, and refuses what cannot be right. It knows no database.
//!
//! A list is a CSV with a header. `code` and `name` are needed; `level` and `parent_code` follow
//! from the code and, if given, must agree with it; `valid_from`, `valid_to` and `replaced_by`
//! tell the history; other columns are passed over. The files of china-division
//! (provinces, cities, areas, streets, villages) are such lists.

use chrono::NaiveDate;
use csv::{ReaderBuilder, StringRecord, Terminator, Trim};
use kernel::{Code, Error, RegionCode, RegionLevel, Result};
use std::{
    collections::{HashMap, HashSet},
    io::{Chain, Read},
};

/// The longest name, in characters.
const MAX_NAME: usize = 100;

/// A row that is right in itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) code: RegionCode,
    pub(super) parent: RegionCode,
    pub(super) name: String,
    pub(super) valid_from: Option<NaiveDate>,
    pub(super) valid_to: Option<NaiveDate>,
    pub(super) replaced_by: Option<RegionCode>,
}

/// A refusal of a line.
pub(super) fn refuse(line: u64, reason: impl std::fmt::Display) -> Error {
    Error::new(Code::RegionImportInvalid).with("line", line).with("reason", reason)
}

/// Where the columns are.
#[derive(Debug)]
struct Columns {
    count: usize,
    code: usize,
    name: usize,
    level: Option<usize>,
    parent: Option<usize>,
    valid_from: Option<usize>,
    valid_to: Option<usize>,
    replaced_by: Option<usize>,
}

impl Columns {
    fn of(header: &StringRecord, line: u64) -> Result<Self> {
        let find = |name: &str| {
            let mut at = header.iter().enumerate().filter(|(_, h)| *h == name).map(|(i, _)| i);
            match (at.next(), at.next()) {
                (_, Some(_)) => Err(refuse(line, format!("the header names the column {name} twice"))),
                (at, None) => Ok(at),
            }
        };
        let need = |name: &str| find(name)?.ok_or_else(|| refuse(line, format!("the header has no column {name}")));
        Ok(Self {
            count: header.len(),
            code: need("code")?,
            name: need("name")?,
            level: find("level")?,
            parent: find("parent_code")?,
            valid_from: find("valid_from")?,
            valid_to: find("valid_to")?,
            replaced_by: find("replaced_by")?,
        })
    }

    /// Checks everything that a row shows by itself.
    fn row(&self, record: &StringRecord, line: u64) -> Result<Row> {
        if record.len() != self.count {
            return Err(refuse(line, format!("it has {} columns, the header has {}", record.len(), self.count)));
        }
        let given = |column: Option<usize>| column.and_then(|i| record.get(i)).filter(|text| !text.is_empty());
        let code = region(line, given(Some(self.code)).unwrap_or_default())?;
        let Some(parent) = code.parent() else { return Err(refuse(line, "the country itself is no region of the list")) };
        if let Some(text) = given(self.level) {
            let level: RegionLevel = text.parse().map_err(|e: Error| refuse(line, format!("there is no level {text}")).because(e))?;
            if level != code.level() {
                return Err(refuse(line, format!("the code {code} is of the level {}, not {text}", code.level().as_str())));
            }
        }
        if let Some(text) = given(self.parent)
            && region(line, text)? != parent
        {
            return Err(refuse(line, format!("the code {code} lies under {parent}, not {text}")));
        }
        let name = given(Some(self.name)).ok_or_else(|| refuse(line, "the name is empty"))?;
        if name.chars().count() > MAX_NAME {
            return Err(refuse(line, format!("the name has more than {MAX_NAME} characters")));
        }
        if name.chars().any(char::is_control) {
            return Err(refuse(line, "the name holds a control character"));
        }
        let valid_from = given(self.valid_from).map(|t| date(line, t)).transpose()?;
        let valid_to = given(self.valid_to).map(|t| date(line, t)).transpose()?;
        let replaced_by = given(self.replaced_by).map(|t| region(line, t)).transpose()?;
        if valid_from.zip(valid_to).is_some_and(|(from, to)| to < from) {
            return Err(refuse(line, "it ends before it begins"));
        }
        if replaced_by.is_some() && valid_to.is_none() {
            return Err(refuse(line, "it is replaced, but has no valid_to"));
        }
        if replaced_by == Some(code) {
            return Err(refuse(line, "it replaces itself"));
        }
        Ok(Row { line, code, parent, name: name.to_owned(), valid_from, valid_to, replaced_by })
    }
}

fn region(line: u64, text: &str) -> Result<RegionCode> {
    text.parse().map_err(|e: Error| refuse(line, format!("{text:?} is no region code")).because(e))
}

fn date(line: u64, text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|e: chrono::ParseError| refuse(line, format!("{text:?} is no date like 2023-06-30")).because(e))
}

/// A list being read.
pub(super) struct Sheet<R> {
    reader: csv::Reader<Chain<R, &'static [u8]>>,
    record: StringRecord,
    columns: Columns,
    seen: HashSet<RegionCode>,
    /// Parents that have not come by yet, with the first line that asks for them.
    parents: HashMap<RegionCode, u64>,
}

impl<R: Read> Sheet<R> {
    /// Reads the header.
    pub(super) fn open(source: R) -> Result<Self> {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            // A line ends with \n; the \r before it is white space and trimmed. The reader counts lines by \n,
            // so that the line is right in both; the \n added at the end keeps it right in the last one.
            .terminator(Terminator::Any(b'\n'))
            .from_reader(source.chain(&b"\n"[..]));
        let mut record = StringRecord::new();
        let Some(line) = read(&mut reader, &mut record)? else { return Err(refuse(1, "the file is empty")) };
        let columns = Columns::of(&record, line)?;
        Ok(Self { reader, record, columns, seen: HashSet::new(), parents: HashMap::new() })
    }

    /// The next rows, at most `limit`; none at the end.
    pub(super) fn rows(&mut self, limit: usize) -> Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(limit);
        while rows.len() < limit {
            let Some(line) = read(&mut self.reader, &mut self.record)? else { break };
            let row = self.columns.row(&self.record, line)?;
            if !self.seen.insert(row.code) {
                return Err(refuse(line, format!("the code {} comes twice", row.code)));
            }
            self.parents.remove(&row.code);
            if row.parent != RegionCode::COUNTRY && !self.seen.contains(&row.parent) {
                self.parents.entry(row.parent).or_insert(line);
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// How many bytes of the source have been read.
    pub(super) fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }

    /// Whether a row had this code.
    pub(super) fn names(&self, code: RegionCode) -> bool {
        self.seen.contains(&code)
    }

    /// The parents that no row has named so far, by the line that first asked for them.
    pub(super) fn missing_parents(&self) -> Vec<(u64, RegionCode)> {
        let mut missing: Vec<_> = self.parents.iter().map(|(code, line)| (*line, *code)).collect();
        missing.sort_unstable();
        missing
    }

    /// The provinces that at least one row lies in.
    pub(super) fn provinces(&self) -> Vec<RegionCode> {
        let provinces: HashSet<_> = self.seen.iter().map(|code| code.at(RegionLevel::Province)).collect();
        let mut provinces: Vec<_> = provinces.into_iter().collect();
        provinces.sort_unstable();
        provinces
    }
}

/// Reads the next record that is not empty; gives the line that it begins on.
fn read<R: Read>(reader: &mut csv::Reader<R>, record: &mut StringRecord) -> Result<Option<u64>> {
    loop {
        match reader.read_record(record) {
            Ok(false) => return Ok(None),
            Ok(true) if record.len() == 1 && record.get(0) == Some("") => {}
            Ok(true) => {
                let within = record.as_slice().bytes().filter(|b| *b == b'\n').count();
                let within = u64::try_from(within).map_err(Error::internal)?;
                return Ok(Some(reader.position().line().saturating_sub(1 + within)));
            }
            Err(e) if matches!(e.kind(), csv::ErrorKind::Utf8 { .. }) => {
                return Err(refuse(reader.position().line().saturating_sub(1), "it is not UTF-8").because(e));
            }
            Err(e) => return Err(Error::internal(e)),
        }
    }
}

pub(crate) fn fuzz(bytes: &[u8]) {
    let Ok(mut sheet) = Sheet::open(bytes) else { return };
    while let Ok(rows) = sheet.rows(100) {
        if rows.is_empty() {
            sheet.missing_parents();
            return;
        }
        assert!(rows.iter().all(|row| sheet.names(row.code) && row.parent.covers(row.code)), "{rows:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(csv: &[u8]) -> Result<Vec<Row>> {
        Sheet::open(csv)?.rows(usize::from(u16::MAX))
    }

    fn refused(csv: impl AsRef<[u8]>) -> (String, String) {
        let error = rows(csv.as_ref()).unwrap_err();
        assert_eq!(error.code, Code::RegionImportInvalid);
        let param = |name| error.params.iter().find(|(n, _)| *n == name).unwrap().1.clone();
        (param("line"), param("reason"))
    }

    #[test]
    fn a_list_reads_with_and_without_bom_crlf_and_last_newline() {
        let plain = "code,name,level,parent_code\n320000000000,江苏省,province,\n321100000000,镇江市,city,320000000000\n";
        let expected = rows(plain.as_bytes()).unwrap();
        assert_eq!(
            expected.iter().map(|r| (r.line, r.code.to_string(), r.name.as_str())).collect::<Vec<_>>(),
            [(2, "320000000000".to_owned(), "江苏省"), (3, "321100000000".to_owned(), "镇江市")]
        );
        for other in [format!("\u{feff}{plain}"), plain.replace('\n', "\r\n"), plain.trim_end().to_owned()] {
            assert_eq!(rows(other.as_bytes()).unwrap(), expected, "{other:?}");
        }
    }

    #[test]
    fn the_files_of_china_division_load() {
        let villages = "code,name,streetCode,provinceCode,cityCode,areaCode\n321182001017,\"新联社区居委会\",321182001,32,3211,321182\n";
        let row = rows(villages.as_bytes()).unwrap().remove(0);
        assert_eq!((row.name.as_str(), row.parent.to_string().as_str()), ("新联社区居委会", "321182001000"));
        // A township directly under its city, and a county in the list of townships (金门县).
        let streets = rows(b"code,name,areaCode\n441900003,\"a\",441900\n350527000,\"b\",350527\n").unwrap();
        assert_eq!(streets.iter().map(|r| r.parent.to_string()).collect::<Vec<_>>(), ["441900000000", "350500000000"]);
        assert_eq!(rows("code,name\r\n11,\"北京市\"\r\n".as_bytes()).unwrap()[0].parent, RegionCode::COUNTRY);
    }

    #[test]
    fn a_bad_row_is_refused_with_its_line() {
        let long = "长".repeat(101);
        for (csv, line, reason) in [
            (String::new(), "1", "empty"),
            ("code\n32\n".into(), "1", "no column name"),
            ("code,name,code\n32,a,32\n".into(), "1", "twice"),
            ("code,name\n32,a\n3,b\n".into(), "3", "no region code"),
            ("code,name\n,a\n".into(), "2", "no region code"),
            ("code,name\n32,a\n\n\n3211,\n".into(), "5", "empty"),
            (format!("code,name\r\n32,a\r\n\r\n3211,{long}\r\n"), "4", "more than 100"),
            ("code,name\n32,a\n3211,b,c".into(), "3", "3 columns"),
            ("code,name\n32\n".into(), "2", "1 columns"),
            ("code,name\n32,a\n3211,b\n32,a\n".into(), "4", "comes twice"),
            ("code,name\n32,a\n320000000000,a\n".into(), "3", "comes twice"),
            ("code,name\n000000000000,中国\n".into(), "2", "country"),
            ("code,name,level\n3211,a,town\n".into(), "2", "no level town"),
            ("code,name,level\n3211,a,county\n".into(), "2", "level city"),
            ("code,name,parent_code\n3211,a,31\n".into(), "2", "lies under 320000000000"),
            ("code,name\n32,\"a\nb\"\n".into(), "2", "control"),
            ("code,name\n32,\"a\nb".into(), "2", "control"),
            ("code,name\n32,a\0b\n".into(), "2", "control"),
            ("code,name,valid_to\n32,a,2020\n".into(), "2", "no date"),
            ("code,name,valid_from,valid_to\n32,a,2020-01-02,2020-01-01\n".into(), "2", "before it begins"),
            ("code,name,replaced_by\n320602,a,320613\n".into(), "2", "no valid_to"),
            ("code,name,valid_to,replaced_by\n320602,a,2020-07-01,320602\n".into(), "2", "itself"),
        ] {
            let (got_line, got_reason) = refused(&csv);
            assert!(got_line == line && got_reason.contains(reason), "{csv:?}: line {got_line}, {got_reason}");
        }
        assert_eq!(refused(b"code,name\n32,a\n3211,\xff\xfe\n"), ("3".to_owned(), "it is not UTF-8".to_owned()));
    }

    #[test]
    fn history_is_read() {
        let row =
            rows("code,name,valid_from,valid_to,replaced_by\n320602,崇川区,,2020-07-01,320613\n320613,崇川区,2020-07-01,,\n".as_bytes());
        let row = row.unwrap().remove(0);
        assert_eq!(
            (row.valid_to, row.replaced_by.map(|c| c.to_string())),
            (NaiveDate::from_ymd_opt(2020, 7, 1), Some("320613000000".to_owned()))
        );
    }

    #[test]
    fn parents_may_come_later_but_must_come() {
        let mut sheet = Sheet::open(&b"code,name\n3211,a\n3212,b\n321182001,c\n32,d\n"[..]).unwrap();
        assert_eq!(sheet.rows(2).unwrap().len(), 2);
        assert_eq!(sheet.missing_parents(), [(2, "32".parse().unwrap())]);
        assert_eq!((sheet.rows(9).unwrap().len(), sheet.rows(9).unwrap().len()), (2, 0));
        assert_eq!(sheet.missing_parents(), [(4, "321182".parse().unwrap())]);
        assert_eq!(sheet.provinces(), ["32".parse().unwrap()]);
    }
}
