//! From cells to what the domain is told. What a cell cannot say is refused here, everything else by the domain.

use super::columns::{ImportColumn, plain};
use crate::{
    row::ImportSubject,
    sheet::{Cell, Row},
};
use chrono::NaiveDate;
use grids::{AddressPath, PutAddress, PutGrid, PutHousehold, PutResident};
use kernel::{
    Code, Error, RegionCode, Result, Tx,
    bulk::{Existing, Put},
    error::FieldError,
    geo::{Datum, Point},
};
use organizations::venue::{self, PutVenue};
use organizations::{OrganizationRules, PutMembership, PutOrganization};
use serde::de::DeserializeOwned;
use services::policy;
use std::collections::{HashMap, hash_map::Entry};

/// Which column of the file is which.
#[derive(Debug)]
pub(super) struct Header {
    subject: ImportSubject,
    /// Where each column stands, by its word.
    places: HashMap<&'static str, usize>,
    /// What the file calls them.
    titles: Vec<String>,
}

impl Header {
    /// Reads the first row.
    ///
    /// # Errors
    /// `sheet_header_invalid` for a column that nobody knows, one that is there twice, and one that is missing.
    pub(super) fn read(subject: ImportSubject, row: &Row) -> Result<Self> {
        let invalid = |reason: String| Error::new(Code::SheetHeaderInvalid).with("reason", reason);
        let (mut places, mut titles) = (HashMap::new(), Vec::new());
        for (n, cell) in row.cells.iter().enumerate() {
            let Cell::Text(title) = cell else { return Err(invalid(format!("column {} has a number for a header", n + 1))) };
            titles.push(title.clone());
            if title.is_empty() {
                continue;
            }
            let said = plain(title);
            let means = |c: &&ImportColumn| [c.key, c.title].iter().chain(c.aliases).any(|name| plain(name) == said);
            let column = subject.columns().iter().find(means).ok_or_else(|| invalid(format!("{title}: no such column")))?;
            if places.insert(column.key, n).is_some() {
                return Err(invalid(format!("{title}: there twice")));
            }
        }
        match subject.columns().iter().find(|c| c.required && !places.contains_key(c.key)) {
            Some(missing) => Err(invalid(format!("{}: missing", missing.title))),
            None => Ok(Self { subject, places, titles }),
        }
    }

    /// The header of the column that a pointer names, as it stands in the file; else the one that it should have.
    pub(super) fn title_of(&self, pointer: &str) -> Option<String> {
        let key = pointer.trim_start_matches("#/").split('/').next()?;
        // A point is two columns.
        let key = if key == "point" || key == "center" { "lng" } else { key };
        match self.places.get(key) {
            Some(n) => self.titles.get(*n).cloned(),
            None => self.subject.columns().iter().find(|c| c.key == key).map(|c| c.title.to_owned()),
        }
    }
}

/// A row under its header.
struct Read<'a> {
    header: &'a Header,
    row: &'a Row,
    region: RegionCode,
    wrong: Vec<FieldError>,
}

impl Read<'_> {
    fn refuse(&mut self, key: &str, code: Code, params: kernel::error::Params) {
        self.wrong.push(FieldError { pointer: format!("#/{key}"), code, params });
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        match self.row.cells.get(*self.header.places.get(key)?)? {
            Cell::Text(text) if text.is_empty() => None,
            Cell::Text(text) => Some(text.clone()),
            Cell::Rounded => {
                let reason = "the spreadsheet has rounded this number; format the column as text and enter it anew".to_owned();
                self.refuse(key, Code::FieldInvalid, vec![("reason", reason)]);
                None
            }
        }
    }

    /// A text of at most this many characters that must be there.
    fn needed(&mut self, key: &'static str, longest: usize) -> String {
        let before = self.wrong.len();
        self.short(key, longest).unwrap_or_else(|| {
            if self.wrong.len() == before {
                self.refuse(key, Code::FieldMissing, vec![("name", key.to_owned())]);
            }
            String::new()
        })
    }

    /// Texts of at most this many characters.
    fn short(&mut self, key: &'static str, longest: usize) -> Option<String> {
        let text = self.text(key)?;
        if text.chars().count() > longest {
            self.refuse(key, Code::FieldLength, vec![("min", "1".to_owned()), ("max", longest.to_string())]);
            return None;
        }
        Some(text)
    }

    /// Several texts in one cell.
    fn several(&mut self, key: &'static str, longest: usize) -> Vec<String> {
        let text = self.short(key, longest).unwrap_or_default();
        let parts = text.split(['、', ',', ';', '\u{ff0c}', '\u{ff1b}', '\n']).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn parsed<T: std::str::FromStr>(&mut self, key: &'static str, what: &str) -> Option<T> {
        let text = self.text(key)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.refuse(key, Code::FieldInvalid, vec![("reason", what.to_owned())]);
        }
        parsed
    }

    fn count(&mut self, key: &'static str, most: u32) -> Option<u32> {
        let count = self.parsed(key, "a whole number")?;
        if count > most {
            self.refuse(key, Code::FieldRange, vec![("min", "0".to_owned()), ("max", most.to_string())]);
        }
        Some(count)
    }

    /// One of the words of the column, in Chinese or as the API says it.
    fn word<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        let text = self.text(key)?;
        let words = self.header.subject.columns().iter().find(|c| c.key == key).map_or(&[][..], |c| c.words);
        let same = |a: &str| plain(a) == plain(&text);
        let word = words.iter().find(|w| same(w.said) || w.word == text).map(|w| w.word);
        let read = word.and_then(|word| serde_json::from_value(serde_json::Value::from(word)).ok());
        if read.is_none() {
            let all = words.iter().map(|w| w.said).collect::<Vec<_>>().join("、");
            self.refuse(key, Code::FieldInvalid, vec![("reason", all)]);
        }
        read
    }

    fn date(&mut self, key: &'static str) -> Option<NaiveDate> {
        let text = self.text(key)?;
        let date = text.split(['T', ' ']).next().unwrap_or_default();
        let read =
            ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"].iter().find_map(|f| NaiveDate::parse_from_str(date, f).ok());
        if read.is_none() {
            self.refuse(key, Code::FieldInvalid, vec![("reason", "2026-05-01".to_owned())]);
        }
        read
    }

    fn region(&mut self) -> RegionCode {
        self.parsed("region_code", "a code of 2 to 12 digits").unwrap_or(self.region)
    }

    fn path(&mut self) -> AddressPath {
        AddressPath {
            estate: self.short("estate", 50),
            building: self.short("building", 50),
            unit: self.short("unit", 50),
            room: self.short("room", 50),
        }
    }

    fn point(&mut self) -> Option<Point> {
        let (lng, lat) = (self.parsed("lng", "degrees"), self.parsed("lat", "degrees"));
        let datum: Datum = self.word("datum").unwrap_or_default();
        match (lng, lat) {
            (Some(lng), Some(lat)) => Some(Point { lng, lat, datum }),
            (Some(_), None) => {
                self.needed("lat", 30);
                None
            }
            (None, Some(_)) => {
                self.needed("lng", 30);
                None
            }
            (None, None) => None,
        }
    }
}

/// Some rows as the domain takes them, each with its number.
pub(super) enum Chunk {
    Grids(Vec<PutGrid>),
    Addresses(Vec<PutAddress>),
    Households(Vec<PutHousehold>),
    Residents(Vec<PutResident>),
    Organizations(Vec<PutOrganization>),
    Memberships(Vec<PutMembership>),
    Venues(Vec<PutVenue>),
}

/// A row that the domain is not told of.
pub(super) type Bad = (u64, Error);

/// Reads rows; those that can be told, with their numbers, and those that cannot.
pub(super) fn read(header: &Header, region: RegionCode, rows: &[Row]) -> (Chunk, Vec<u64>, Vec<Bad>) {
    match header.subject {
        ImportSubject::Grids => {
            let (told, numbers, bad) = each(header, region, rows, grid);
            (Chunk::Grids(told), numbers, bad)
        }
        ImportSubject::Addresses => {
            let (told, numbers, bad) = each(header, region, rows, address);
            (Chunk::Addresses(told), numbers, bad)
        }
        ImportSubject::Households => {
            let (told, numbers, bad) = each(header, region, rows, household);
            (Chunk::Households(told), numbers, bad)
        }
        ImportSubject::Residents => {
            let (told, numbers, bad) = each(header, region, rows, resident);
            (Chunk::Residents(told), numbers, bad)
        }
        ImportSubject::Organizations => {
            let (told, numbers, bad) = each(header, region, rows, organization);
            (Chunk::Organizations(told), numbers, bad)
        }
        ImportSubject::Memberships => {
            let (told, numbers, bad) = each(header, region, rows, membership);
            (Chunk::Memberships(told), numbers, bad)
        }
        ImportSubject::Venues => {
            let (told, numbers, bad) = each(header, region, rows, one_venue);
            (Chunk::Venues(told), numbers, bad)
        }
    }
}

fn each<T>(header: &Header, region: RegionCode, rows: &[Row], one: impl Fn(&mut Read<'_>) -> T) -> (Vec<T>, Vec<u64>, Vec<Bad>) {
    let (mut told, mut numbers, mut bad) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        let mut read = Read { header, row, region, wrong: Vec::new() };
        let row_told = one(&mut read);
        if read.wrong.is_empty() {
            told.push(row_told);
            numbers.push(row.number);
        } else {
            let mut error = Error::new(Code::ContentInvalid);
            error.fields = read.wrong;
            bad.push((row.number, error));
        }
    }
    (told, numbers, bad)
}

fn grid(read: &mut Read<'_>) -> PutGrid {
    PutGrid {
        region_code: read.region(),
        code: read.needed("code", 40),
        name: read.needed("name", 100),
        kind: read.word("kind"),
        parent_code: read.short("parent_code", 40),
        households: read.count("households", 100_000),
        extent: read.short("extent", 500),
        point: read.point(),
    }
}

fn address(read: &mut Read<'_>) -> PutAddress {
    PutAddress { region_code: read.region(), path: read.path(), grid_code: read.short("grid_code", 40), point: read.point() }
}

fn household(read: &mut Read<'_>) -> PutHousehold {
    PutHousehold {
        region_code: read.region(),
        code: read.short("code", 40),
        path: read.path(),
        grid_code: read.short("grid_code", 40),
        kind: read.word("kind"),
    }
}

fn resident(read: &mut Read<'_>) -> PutResident {
    let path = read.path();
    PutResident {
        region_code: read.region(),
        household_code: read.short("household_code", 40),
        path: Some(path).filter(|path| *path != AddressPath::default()),
        relation: read.word("relation"),
        name: read.needed("name", 50),
        phone: read.short("phone", 20),
        id_number: read.short("id_number", 20),
        sex: read.word("sex"),
        residence: read.word("residence"),
        moved_in: read.date("moved_in"),
    }
}

fn organization(read: &mut Read<'_>) -> PutOrganization {
    PutOrganization {
        region_code: read.region(),
        name: read.needed("name", 100),
        kind: read.word("kind"),
        parent: read.short("parent", 100),
        grid_code: read.short("grid_code", 40),
        credit_code: read.short("credit_code", 30),
        address: read.short("address", 200),
    }
}

fn membership(read: &mut Read<'_>) -> PutMembership {
    PutMembership {
        region_code: read.region(),
        organization: read.needed("organization", 100),
        account: read.needed("account", 100),
        role: read.word("role"),
        from_on: read.date("from_on"),
        to_on: read.date("to_on"),
    }
}

/// What rules organizations in the regions of these rows.
async fn rules_of(tx: &Tx<'_>, rows: &[PutOrganization]) -> Result<HashMap<RegionCode, OrganizationRules>> {
    let mut rules = HashMap::new();
    for row in rows {
        if let Entry::Vacant(unknown) = rules.entry(row.region_code) {
            unknown.insert(policy::organization_rules(tx.cx(), row.region_code).await?);
        }
    }
    Ok(rules)
}

fn one_venue(read: &mut Read<'_>) -> PutVenue {
    PutVenue {
        region_code: read.region(),
        name: read.needed("name", 100),
        kind: read.word("kind"),
        brand: read.short("brand", 50),
        address: read.short("address", 200),
        phone: read.short("phone", 20),
        point: read.point(),
        area: read.parsed("area", "square metres"),
        office_area: read.parsed("office_area", "square metres"),
        public_area: read.parsed("public_area", "square metres"),
        hours: read.short("hours", 500),
        services: read.several("services", 2000),
        features: read.several("features", 1000),
    }
}

impl Chunk {
    /// Tells the domain. Organizations and memberships are written even when they are only to be looked at: then their change is dropped.
    pub(super) async fn put(&self, tx: &mut Tx<'_>, existing: Existing, write: bool) -> Result<Vec<Put>> {
        match self {
            Self::Grids(rows) => grids::put_grids(tx, rows, existing, write).await,
            Self::Addresses(rows) => grids::put_addresses(tx, rows, existing, write).await,
            Self::Households(rows) => grids::put_households(tx, rows, existing, write).await,
            Self::Residents(rows) => grids::put_residents(tx, rows, existing, write).await,
            Self::Organizations(rows) => organizations::put_organizations(tx, rows, existing, &rules_of(tx, rows).await?).await,
            Self::Memberships(rows) => organizations::put_memberships(tx, rows, existing).await,
            Self::Venues(rows) => venue::put_venues(tx, rows, existing, write).await,
        }
    }
}
